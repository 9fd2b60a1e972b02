//! `verify`: real registrations, and the forms in which they are found.

use std::path::Path;

use serde_json::{Value, json};

use super::{Output, fed, proofmark, text};

/// Public registrations of real and test authenticators: one a line, with its ceremony and what a verifier has to say.
const REGISTRATIONS: &str = include_str!("../../../fixtures/credentials/registrations.jsonl");

fn registrations() -> Vec<Value> {
    REGISTRATIONS.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Options with which a registration was made, as far as they are known.
fn options_of(registration: &Value) -> Value {
    let ceremony = &registration["ceremony"];
    let algorithms = ceremony["algorithms"].as_array().expect("a list").iter();
    let params: Vec<Value> = algorithms.map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
    json!({ "publicKey": {
        "challenge": ceremony["challenge"], "rp": { "id": ceremony["rpId"], "name": "n" },
        "user": { "id": "dXNlcg", "name": "ada@example.org", "displayName": "Ada" }, "pubKeyCredParams": params,
    } })
}

/// What `verify` says of it as JSON.
fn verified(directory: &Path, registration: &Value, input: &[u8], more: &[&str]) -> Output {
    let options = directory.join("options.json");
    std::fs::write(&options, options_of(registration).to_string()).expect("written");
    let origin = registration["ceremony"]["origin"].as_str().expect("an origin");
    let options = text(&options);
    let mut args = vec!["verify", "--options", &options, "--origin", origin, "--at", "1600000000"];
    if registration["ceremony"]["crossOriginAllowed"] == true {
        args.push("--allow-cross-origin");
    }
    fed(&[&args, more].concat(), input)
}

#[test]
fn real_registrations_are_judged_as_they_have_to_be() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut wrong = Vec::new();
    for registration in registrations() {
        let input = registration["credential"].to_string();
        let output = verified(directory.path(), &registration, input.as_bytes(), &["--format", "json"]);
        let report: Value = serde_json::from_str(&output.out).unwrap_or_default();
        let (is_accepted, wanted) = (report["verdict"] == "accepted", &registration["expected"]);
        let clause = report["refusal"]["clause"].as_str().unwrap_or_default();
        let is_explained = report["steps"].as_array().is_some_and(|steps| {
            steps.iter().any(|step| {
                step["standing"] == "refused"
                    || step["detail"]
                        .as_str()
                        .is_some_and(|detail| detail.starts_with("but: ") || detail.contains("Level 3"))
            })
        });
        let is_right = match wanted.as_str() {
            Some("accept") => is_accepted && output.code == Some(0),
            Some("refuse") => !is_accepted && output.code == Some(1) && clause.starts_with("webauthn/"),
            _ => is_explained,
        };
        if !is_right {
            wrong.push(format!(
                "{} {} ({}): {}{}",
                registration["id"], wanted, registration["why"], report["refusal"], output.err
            ));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn a_refusal_names_its_step_and_says_what_else_is_wrong() {
    let directory = tempfile::tempdir().expect("a directory");
    let registration = &registrations()[0];
    let input = registration["credential"].to_string();
    let elsewhere = verified(
        directory.path(),
        registration,
        input.as_bytes(),
        &["--challenge", "AAAA", "--rp-id", "other.example"],
    );
    let output = elsewhere.exits(1);
    output.tells(&[
        "REFUSED     8. challenge",
        "REFUSED    14. rp-id-hash",
        "verdict   refused: webauthn/7.1/challenge",
    ]);
    output.tells(&[
        "promise   MUST",
        "source    ",
        "not judged 24. attestation-trust",
        "no trust anchors were given",
        "fmt: \"android-key\"",
    ]);
    // The user of the options is nobody's business, unless it is asked for.
    assert!(!output.out.contains("ada@example.org"), "{}", output.out);
    let shown = verified(directory.path(), registration, input.as_bytes(), &["--show-user"]).exits(0);
    shown.tells(&["user      ada@example.org (Ada), user handle dXNlcg"]);
}

#[test]
fn a_response_is_found_in_the_forms_in_which_people_have_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let registration = &registrations()[0];
    let credential = &registration["credential"];
    let response = &credential["response"];
    let standard = |name: &str| response[name].as_str().expect("text").replace('-', "+").replace('_', "/") + "==";
    let padded = |text: &str| text.trim_end_matches('=').to_owned();
    let mut other = credential.clone();
    other["response"]["clientDataJSON"] = padded(&standard("clientDataJSON")).into();
    let whole_request = json!({ "userId": "7", "publicKeyCredential": credential, "tokenName": "my key" });
    let log = json!([{ "level": "info" }, { "body": whole_request.to_string() }]);
    let bom = format!("\u{feff}{credential}");
    let unnamed = json!({ "rawId": credential["rawId"], "response": response });
    for (input, notes) in [
        (credential.to_string(), vec![]),
        (bom, vec![]),
        (whole_request.to_string(), vec!["the response was found at /publicKeyCredential"]),
        (log.to_string(), vec!["the response was found at /1/body/publicKeyCredential"]),
        (json!(credential.to_string()).to_string(), vec!["it was in a JSON string"]),
        (unnamed.to_string(), vec!["id is missing", "type is missing"]),
    ] {
        let output = verified(directory.path(), registration, input.as_bytes(), &[]).exits(0);
        output.tells(&notes);
        output.tells(&["verdict   accepted"]);
    }
    let object = response["attestationObject"].as_str().expect("text");
    let alone = verified(directory.path(), registration, object.as_bytes(), &[]).exits(0);
    alone.tells(&["not judged  8. challenge", "an attestation object alone", "passed     14. rp-id-hash"]);
    let without = fed(&["verify"], credential.to_string().as_bytes()).exits(0);
    without.tells(&["no challenge was given", "no RP ID was given", "as far as it was judged"]);
}

#[test]
fn what_is_not_a_response_is_named_as_what_it_is() {
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (input, words) in [
        (&b""[..], "there is nothing to read"),
        (&utf16, "UTF-16"),
        (b"\xff\xfd\xfc", "not UTF-8"),
        (b"{\"a\": 1}", "no attestationObject"),
        (b"{\"a\": ", "neither JSON"),
    ] {
        fed(&["verify"], input).exits(3).says(&[words]);
    }
    proofmark(&["verify", "missing.json"]).exits(3).says(&["missing.json"]);
    fed(&["verify", "--challenge", "!"], b"{}").exits(2).says(&["--challenge"]);
    let directory = tempfile::tempdir().expect("a directory");
    let empty = directory.path().join("roots.pem");
    std::fs::write(&empty, "nothing").expect("written");
    fed(&["verify", "--trust-anchors", &text(&empty)], b"{}").exits(3).says(&["no certificate in PEM"]);
}

#[test]
fn our_own_credentials_lead_to_our_own_root() {
    let directory = tempfile::tempdir().expect("a directory");
    let (options, root) = (directory.path().join("options.json"), directory.path().join("root.pem"));
    let wanted = options_of(&registrations()[0]).to_string();
    std::fs::write(&options, &wanted).expect("written");
    std::fs::write(&root, proofmark(&["attest", "--root"]).exits(0).out).expect("written");
    let made = fed(&["attest", "--seed", "7", "--format", "packed-x5c"], wanted.as_bytes()).exits(0);
    let args = ["verify", "--options", &text(&options), "--trust-anchors", &text(&root)];
    let output = fed(&args, made.out.as_bytes()).exits(0);
    output.tells(&["passed     24. attestation-trust", "verdict   accepted"]);
    let mutated = fed(&["attest", "--seed", "7", "--mutate", "type=webauthn.get"], wanted.as_bytes()).exits(0);
    fed(&args, mutated.out.as_bytes()).exits(1).tells(&["verdict   refused: webauthn/7.1/type"]);
}

#[test]
fn the_page_shows_what_the_command_prints() {
    let directory = tempfile::tempdir().expect("a directory");
    let registration = registrations().into_iter().find(|one| one["id"] == "55803b9a").expect("a W3C vector");
    let options = directory.path().join("options.json");
    std::fs::write(&options, options_of(&registration).to_string()).expect("written");
    let args = ["verify", "--options", &text(&options), "--origin", "https://other.example"];
    let output = fed(&args, registration["credential"].to_string().as_bytes()).exits(1);
    let page = include_str!("../../../docs/verify.md");
    let shown = page.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    assert!(output.out.ends_with(shown), "{}", output.out);
}
