//! `attest` in a pipe.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::fed;

const CHALLENGE: [u8; 20] = *b"\xfb\xff\xbe0123456789abcdefg";

fn options() -> Value {
    json!({ "publicKey": {
        "rp": { "id": "example.org", "name": "Example" },
        "user": { "id": URL_SAFE_NO_PAD.encode([1, 2, 3]), "name": "n", "displayName": "d" },
        "challenge": URL_SAFE_NO_PAD.encode(CHALLENGE),
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
        "excludeCredentials": [{ "type": "public-key", "id": "AQIDBA" }],
    }})
}

fn attest(options: &str, args: &[&str]) -> Value {
    let output = fed(&[&["attest", "--seed", "1"], args].concat(), options.as_bytes()).exits(0);
    assert_eq!(output.out.lines().count(), 1, "one line: {}", output.out);
    serde_json::from_str(&output.out).expect("JSON")
}

fn client_data(credential: &Value) -> Value {
    let text = credential["response"]["clientDataJSON"].as_str().expect("a string");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).expect("base64url")).expect("JSON")
}

#[test]
fn every_documented_form_of_options_gives_the_same_credential() {
    let json = options().to_string();
    let credential = attest(&json, &[]);
    assert_eq!(client_data(&credential)["challenge"], URL_SAFE_NO_PAD.encode(CHALLENGE));
    assert_eq!(client_data(&credential)["origin"], "https://example.org");
    let plain = json.replace(&URL_SAFE_NO_PAD.encode(CHALLENGE), &STANDARD.encode(CHALLENGE));
    assert_ne!(plain, json);
    let wrapped: String =
        STANDARD.encode(&json).as_bytes().chunks(76).map(|c| String::from_utf8_lossy(c) + "\n").collect();
    let forms = [
        ("the inner object", options()["publicKey"].to_string()),
        ("white space around", format!("\n {json}\r\n")),
        ("standard base64 inside", plain),
        ("v1: base64 of JSON", STANDARD.encode(&json)),
        ("v1: base64url of JSON", URL_SAFE_NO_PAD.encode(&json)),
        ("v1: base64 with line breaks", wrapped),
        ("v1: base64 as a JSON string", format!("\"{}\"", STANDARD.encode(&json))),
    ];
    for (form, text) in forms {
        assert_eq!(attest(&text, &[]), credential, "{form}");
    }
}

#[test]
fn what_is_no_options_is_told() {
    let inputs: [(&[u8], &str); 6] = [
        (b"", "proofmark attest < options.json"),
        (b" \n", "proofmark attest < options.json"),
        (b"garbage", "neither JSON nor base64"),
        (b"\xff\xfe", "UTF-8"),
        (b"{\"publicKey\": {}}", "creation options on standard input"),
        (b"[1,2]", "creation options on standard input"),
    ];
    for (input, words) in inputs {
        fed(&["attest"], input).exits(3).says(&[words]);
    }
    let endless = vec![b'x'; 9 << 20];
    fed(&["attest"], &endless).exits(3).says(&["creation options"]);
}

#[test]
fn the_seed_decides_every_byte_and_is_told_if_it_was_not_given() {
    let json = options().to_string();
    let first = attest(&json, &["--format", "packed"]);
    assert_eq!(first, attest(&json, &["--format", "packed"]));
    let fresh = fed(&["attest"], json.as_bytes()).exits(0);
    let seed = fresh.err.trim().strip_prefix("seed ").expect("the seed").to_owned();
    let again = fed(&["attest", "--seed", &seed], json.as_bytes()).exits(0);
    assert_eq!((again.out.as_str(), again.err.as_str()), (fresh.out.as_str(), ""));
    assert_ne!(fresh.out, first.to_string());
}

#[test]
fn a_client_refuses_what_browsers_refuse_unless_told_otherwise() {
    let held = options().to_string();
    let other_algorithm = held.replace("-7", "-257");
    let cases: [(&str, &[&str], &str, &str); 3] = [
        (&held, &["--holds", "AQIDBA"], "InvalidStateError", "--ignore-exclude"),
        (&other_algorithm, &[], "NotSupportedError", "--ignore-algorithms"),
        (&held, &["--origin", "https://elsewhere.test"], "SecurityError", "--ignore-rp-id"),
    ];
    for (text, args, error, fix) in cases {
        let args = [&["attest", "--seed", "1"], args].concat();
        fed(&args, text.as_bytes()).exits(3).says(&[error, fix]);
        fed(&[&args[..], &[fix]].concat(), text.as_bytes()).exits(0);
    }
}

#[test]
fn mutations_take_arguments_and_wrong_ones_are_usage() {
    let json = options().to_string();
    let origin = |args: &[&str]| client_data(&attest(&json, args))["origin"].clone();
    assert_eq!(origin(&["--mutate", "origin=https://other.example"]), "https://other.example");
    assert_eq!(origin(&["--mutate", "origin"]), "https://attacker.example");
    assert_eq!(origin(&["--mutate", "origin=\"quoted\""]), "quoted");
    let cases: [(&[&str], &[&str]); 6] = [
        (&["--mutate", "orgin"], &["there is no such mutation", "proofmark list mutations"]),
        (&["--mutate", "origin=5"], &["--mutate", "a string", "proofmark list mutations"]),
        (&["--mutate", "sign-count=x"], &["a whole number"]),
        (&["--format", "u2f"], &["there are none, packed"]),
        (&["--holds", "!!"], &["--holds !!"]),
        (&["--origin", "not an origin"], &["--origin", "https://example.org"]),
    ];
    for (args, words) in cases {
        let args = [&["attest", "--seed", "1"], args].concat();
        let output = fed(&args, json.as_bytes()).exits(2);
        output.says(words);
        assert_eq!(output.err.matches("its arguments").count() / 2, 0, "said once: {}", output.err);
    }
}

#[test]
fn a_key_chain_gives_as_many_credentials_as_are_wanted() {
    let json = options().to_string();
    let made =
        |args: &[&str]| fed(&[&["attest", "--key-chain", "--seed", "1"], args].concat(), json.as_bytes()).exits(0);
    for format in ["none", "packed-self"] {
        let output = made(&["--format", format, "--count", "300"]);
        let credentials: Vec<Value> =
            output.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let ids: HashSet<&str> =
            credentials.iter().map(|credential| credential["id"].as_str().expect("text")).collect();
        assert_eq!((credentials.len(), ids.len()), (300, 300));
        assert!(credentials.iter().all(|credential| client_data(credential)["origin"] == "https://example.org"));
        let one = made(&["--format", format]);
        assert_eq!(Some(one.out.trim_end()), output.out.lines().next(), "the seed decides, and one is the default");
    }
    assert_eq!(made(&["--alg", "ES256"]).out.lines().count(), 1);
}

#[test]
fn what_a_key_chain_has_not_is_usage() {
    let json = options().to_string();
    let cases: [(&[&str], &[&str]); 6] = [
        (&["--count", "5"], &["--key-chain"]),
        (&["--key-chain", "--count", "0"], &["--count"]),
        (&["--key-chain", "--mutate", "origin"], &["--mutate", "--key-chain"]),
        (&["--key-chain", "--format", "tpm"], &["--format", "none and packed-self"]),
        (&["--key-chain", "--alg", "EdDSA"], &["--alg", "ES256"]),
        (&["--key-chain", "--origin", "not an origin"], &["--origin", "https://example.org"]),
    ];
    for (args, words) in cases {
        fed(&[&["attest", "--seed", "1"], args].concat(), json.as_bytes()).exits(2).says(words);
    }
    let other_algorithm = json.replace("-7", "-257");
    let args = ["attest", "--seed", "1", "--key-chain", "--ignore-algorithms"];
    fed(&args[..4], other_algorithm.as_bytes()).exits(3).says(&["NotSupportedError", "--ignore-algorithms"]);
    fed(&args, other_algorithm.as_bytes()).exits(0);
}

#[test]
fn a_client_does_what_browsers_do_with_what_they_do_not_know() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut options = options();
        change(&mut options["publicKey"]);
        options.to_string()
    };
    // Section 5.1.3: a list of unknown types only offers nothing, and an empty one stands for the usual algorithms.
    let unknown = with(&|options| options["pubKeyCredParams"] = json!([{ "type": "foo", "alg": -7 }]));
    fed(&["attest", "--seed", "1"], unknown.as_bytes()).exits(3).says(&["NotSupportedError"]);
    let empty = with(&|options| options["pubKeyCredParams"] = json!([]));
    attest(&empty, &[]);
    for (given, wanted) in [("", "cross-platform"), ("PLATFORM", "cross-platform"), ("platform", "platform")] {
        let options = with(&|options| options["authenticatorSelection"] = json!({ "authenticatorAttachment": given }));
        assert_eq!(attest(&options, &[])["authenticatorAttachment"], wanted, "{given}");
    }
    let excluded =
        |kind: &str| with(&|options| options["excludeCredentials"] = json!([{ "type": kind, "id": "AAAA" }]));
    attest(&excluded("x-other"), &["--holds", "AAAA"]);
    fed(&["attest", "--seed", "1", "--holds", "AAAA"], excluded("public-key").as_bytes())
        .exits(3)
        .says(&["InvalidStateError"]);
    let blob = with(&|options| options["extensions"] = json!({ "largeBlob": { "support": "required" } }));
    fed(&["attest", "--seed", "1"], blob.as_bytes()).exits(3).says(&["NotSupportedError", "largeBlob"]);
    let properties = with(&|options| options["extensions"] = json!({ "credProps": true }));
    assert_eq!(attest(&properties, &[])["clientExtensionResults"], json!({ "credProps": { "rk": false } }));
    // What a browser shows as umlauts is sent in A-labels.
    let umlauts = with(&|options| options["rp"]["id"] = json!("m\u{fc}ller.example"));
    let named = attest(&umlauts, &[]);
    assert_eq!(client_data(&named)["origin"], "https://xn--mller-kva.example");
    assert_eq!(named, attest(&umlauts, &["--origin", "https://xn--mller-kva.example"]));
}

#[test]
fn options_are_found_in_the_whole_reply_of_a_server() {
    let options = options();
    let inner = &options["publicKey"];
    let wanted = attest(&options.to_string(), &[]);
    let mut fido = inner.clone();
    (fido["status"], fido["errorMessage"]) = (json!("ok"), json!(""));
    for reply in [
        json!({ "passkeyId": "7", "publicKeyCredentialCreationOptions": options }),
        json!({ "key": { "publicKey": STANDARD.encode(options.to_string()) } }),
        json!({ "ui": { "nodes": [] }, "publicKey": inner }),
        json!(options.to_string()),
        fido,
    ] {
        assert_eq!(attest(&reply.to_string(), &[]), wanted, "{reply}");
    }
    assert_eq!(attest(&format!("\u{feff}{options}"), &[]), wanted);
    let utf16: Vec<u8> = options.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    fed(&["attest", "--seed", "1"], &utf16).exits(3).says(&["UTF-16"]);
}
