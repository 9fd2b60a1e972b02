//! Tokens are in no artifact of a run, in no form, whatever the target does with them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use proofmark::report::REPORTS;
use proofmark::server::{Management, Server, ServerConfig};

use crate::cli::{Served, command, finish, text};
use crate::misbehaving::json;
use crate::misbehaving::proxy::{Act, Proxy, Request};

/// Everything that a run writes, by name.
type Artifacts = BTreeMap<String, String>;

/// Runs against a target, as a step of a CI job that wants every report.
fn run(target: &str, directory: &Path, patterns: &[&str], code: i32) -> Artifacts {
    let path = |name: &str| directory.join(format!("artifact.{name}"));
    let options: Vec<String> =
        REPORTS.iter().map(|report| format!("{}={}", report.name, text(&path(report.name)))).collect();
    let mut args = [&["run"], patterns, &["--target", target, "--seed", "1"]].concat();
    options.iter().for_each(|option| args.extend(["--report", option]));
    let output = finish(command(&args).env("GITHUB_ACTIONS", "true").envs(TOKENS)).exits(code);
    let read = |name: &str| std::fs::read_to_string(path(name)).expect("written");
    let mut artifacts: Artifacts = REPORTS.iter().map(|report| (report.name.to_owned(), read(report.name))).collect();
    assert!(output.out.contains("\n::error ") == (code == 1), "annotations are in standard output");
    artifacts.extend([("stdout".to_owned(), output.out), ("stderr".to_owned(), output.err)]);
    artifacts
}

/// The forms in which a token can be recognized: as it is, percent-encoded in two spellings, and in base64 at each alignment, where
/// only the characters count that depend on nothing else.
fn forms(token: &str) -> Vec<String> {
    let percent = |digits: fn(u8) -> String| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        token.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { digits(byte) }).collect()
    };
    let mut forms = vec![token.to_owned(), percent(|b| format!("%{b:02X}")), percent(|b| format!("%{b:02x}"))];
    for engine in [STANDARD, URL_SAFE] {
        for shift in 0..3 {
            let encoded = engine.encode(format!("{}{token}", "x".repeat(shift)));
            let (start, end) = ((shift * 8).div_ceil(6), (shift + token.len()) * 8 / 6);
            forms.push(encoded[start..end].to_owned());
        }
    }
    forms
}

/// What a reader of the file sees: references to characters, of HTML and of JSON, are those characters.
fn read_by_a_browser(text: &str) -> String {
    let mut text = text.to_owned();
    for character in ['+', '/', '=', '~', '-', '.', '%'] {
        let number = u32::from(character);
        for reference in
            [format!("&#{number};"), format!("&#x{number:x};"), format!("&#x{number:X};"), format!("\\u{number:04x}")]
        {
            text = text.replace(&reference, &character.to_string());
        }
    }
    text.replace("&amp;", "&").replace("\\/", "/")
}

#[track_caller]
fn assert_hidden(artifacts: &Artifacts, tokens: &[String]) {
    for (name, artifact) in artifacts {
        let read = read_by_a_browser(artifact);
        for form in tokens.iter().flat_map(|token| forms(token)) {
            assert!(!artifact.contains(&form) && !read.contains(&form), "{name} shows a token as {form}");
        }
    }
}

#[test]
fn every_form_is_looked_for() {
    let token = "s3cr3t~token+with/every=sign";
    for text in [
        format!("a{token}b"),
        "s3cr3t~token%2Bwith%2Fevery%3Dsign".to_owned(),
        "s3cr3t~token%2bwith%2fevery%3dsign".to_owned(),
        STANDARD.encode(format!("Bearer {token} and more")),
        STANDARD.encode(format!("Bearer: {token}")),
        URL_SAFE.encode(format!("Bearer : {token}?")),
        "s3cr3t~token&#43;with&#x2f;every&#x3D;sign".to_owned(),
        "s3cr3t~token\\u002bwith\\/every=sign".to_owned(),
    ] {
        let read = read_by_a_browser(&text);
        assert!(forms(token).iter().any(|form| text.contains(form) || read.contains(form)), "{text}");
    }
    assert!(!forms(token).iter().any(|form| form.len() < token.len()), "no form is so short that it says nothing");
}

#[test]
fn no_token_of_a_reference_server_is_shown() {
    let patterns = ["v2/u2f/*/authorization/*", "v1/u2f/*/authorization/*", "v2/passkey/*/enrolment/good"];
    for defect in [
        "robust-token-echoed",
        "robust-token-in-header",
        "authorization-any-scheme",
        "authorization-foreign-token-accepted",
        "authorization-missing-token-accepted",
        "",
    ] {
        let served = if defect.is_empty() { Served::with(&[]) } else { Served::with(&["--defect", defect]) };
        let artifacts = run(&served.target(), served.directory.path(), &patterns, i32::from(!defect.is_empty()));
        assert_hidden(&artifacts, &served.tokens());
        // What is almost a token is as secret.
        let most = |token: &String| token[..token.len() - 4].to_owned();
        assert_hidden(&artifacts, &served.tokens().iter().map(most).collect::<Vec<_>>());
        if defect == "robust-token-echoed" {
            // Requests are in the reports, not on standard output.
            for name in ["ndjson", "json", "junit", "markdown"] {
                assert!(artifacts[name].contains("$TOKEN"), "{name} shows where the token was");
            }
        }
    }
}

/// Tokens with the signs that are not the same in every form. The target file takes them from the environment.
const TOKENS: [(&str, &str); 4] = [
    ("USER_1", "s3cr3t~token+with/every=sign-1"),
    ("USER_2", "another.t0ken/of+the_same~kind="),
    ("ADMIN", "adm1n//of=everything+and~more.."),
    ("NO_RIGHTS", "n0+rights/at~all=in-this_place+"),
];

/// Answers every start, and refuses every verify, with the caller's token in all forms.
fn echo(request: &Request) -> Act {
    let authorization = request.header("authorization").unwrap_or_default();
    let token = authorization.trim_start_matches("Bearer ");
    let shown: Vec<String> = (0..3)
        .flat_map(|shift| [STANDARD, URL_SAFE].map(|engine| engine.encode(format!("{}{token}", "-".repeat(shift)))))
        .chain(forms(token))
        .collect();
    let shown = shown.join(" ");
    if request.line.contains("/passkeys/") || request.line.contains("/u2f/") {
        let error = serde_json::json!({ "code": 3, "message": shown, "details": [{ "@type": "x", "id": shown }] });
        return json("400 Bad Request", error.to_string());
    }
    let options = serde_json::json!({ "publicKey": {
        "rp": { "id": "localhost", "name": shown },
        "user": { "id": "MTIz", "name": "somebody", "displayName": "Somebody" },
        "challenge": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
    }});
    let details = serde_json::json!({ "sequence": "1", "changeDate": "2026-01-01T00:00:00Z", "resourceOwner": "1" });
    let reply =
        serde_json::json!({ "details": details, "passkeyId": "7", "publicKeyCredentialCreationOptions": options });
    json("200 OK", reply.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_is_shown_that_the_target_echoes_in_any_form() {
    let proxy = Proxy::start("127.0.0.1:9".parse().expect("an address"), echo).await;
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("target.toml");
    let file = format!(
        "base-url = \"{}\"\nrp-id = \"localhost\"\norigin = \"https://localhost\"\nflows = [\"v2/passkey\"]\nprotocols = [\"rest\"]\n",
        proxy.base_url()
    );
    let accounts = "[accounts]\nsubjects = [{ user-id = \"1\", token = \"${USER_1}\" }, { user-id = \"2\", token = \"${USER_2}\" }]\n\
                    admin-token = \"${ADMIN}\"\nno-rights-token = \"${NO_RIGHTS}\"\n";
    let file = file + accounts;
    std::fs::write(&target, file).expect("written");
    let artifacts = tokio::task::spawn_blocking(move || {
        let artifacts = run(&text(&target), directory.path(), &["enrolment/good"], 1);
        drop(directory);
        artifacts
    });
    let artifacts = artifacts.await.expect("no panic");
    assert_hidden(&artifacts, &TOKENS.map(|(_, token)| token.to_owned()));
    assert!(artifacts["ndjson"].matches("$TOKEN").count() > 10, "{}", artifacts["ndjson"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_provisioner_makes_is_shown() {
    let management = Some(Management::default());
    let server = Server::start(ServerConfig { management, ..ServerConfig::default() }).await.expect("a free port");
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let proxy = Proxy::start(server.address, {
        let seen = Arc::clone(&seen);
        move |request| {
            let mut seen = seen.lock().expect("no panic");
            let token =
                request.header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
            // Malformed tokens and those that nobody has are not secrets.
            seen.extend(token.filter(|token| !token.starts_with("proofmark-")));
            let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let passwords =
                ["/password/password", "/checks/password/password"].map(|place| body.pointer(place).cloned());
            seen.extend(passwords.into_iter().flatten().filter_map(|password| password.as_str().map(str::to_owned)));
            Act::Forward
        }
    })
    .await;
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("admin"), server.accounts.admin.expose()).expect("written");
    let target = directory.path().join("target.toml");
    let file = format!(
        "base-url = \"{}\"\nrp-id = \"localhost\"\norigin = \"https://localhost\"\nprotocols = [\"rest\"]\n[accounts]\n\
         admin-token = {{ file = \"admin\" }}\nprovisioner = {{ kind = \"zitadel\", subjects = 4 }}\n",
        proxy.base_url()
    );
    std::fs::write(&target, file).expect("written");
    let artifacts = tokio::task::spawn_blocking(move || {
        let artifacts =
            run(&text(&target), directory.path(), &["enrolment/good", "authorization/*", "v1/u2f/*/enrolment"], 0);
        drop(directory);
        artifacts
    });
    let artifacts = artifacts.await.expect("no panic");
    let seen: Vec<String> = seen.lock().expect("no panic").iter().cloned().collect();
    // The administrator's token, four sessions and two callers; four passwords; and tokens that are almost one of these.
    let is_cut = |token: &&String| seen.iter().any(|other| other != *token && other.starts_with(token.as_str()));
    assert!(seen.len() > 11 && seen.iter().any(|token| is_cut(&token)), "{seen:?}");
    assert_hidden(&artifacts, &seen);
    server.shutdown().await;
}
