//! The published schema of subject pools and the parser say the same; the example target file is one.

use std::path::Path;

use proofmark::contract::{Flow, Protocol};
use proofmark::runner::target::Said;
use proofmark::runner::target::subject_source;
use proofmark::runner::target_file::{self, Surroundings};
use serde_json::{Value, json};

fn schema() -> jsonschema::Validator {
    let schema: Value =
        serde_json::from_str(include_str!("../../../reports/schemas/subjects.schema.json")).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema), "a valid schema");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn pool(change: impl Fn(&mut Value)) -> Value {
    let mut pool = json!({ "subjects": [
        { "userId": "1", "token": "token-of-user-1" },
        { "userId": "2", "token": "token-of-user-2" },
    ]});
    change(&mut pool);
    pool
}

#[test]
fn schema_and_parser_agree() {
    let schema = schema();
    let cases = [
        (true, pool(|_| {})),
        (true, pool(|p| p["adminToken"] = json!("ABC-._~+/=!"))),
        (true, pool(|p| p["noRightsToken"] = json!(null))),
        (true, pool(|p| p["readOnlyToken"] = json!("token-of-a-reader"))),
        (false, pool(|p| p["readOnlyToken"] = json!("short"))),
        (true, pool(|p| p["subjects"][0]["userId"] = json!("ü 1"))),
        (true, pool(|p| p["subjects"][0]["token"] = json!("12345678"))),
        (false, json!([])),
        (false, json!({})),
        (false, pool(|p| p["subjects"] = json!([]))),
        (false, pool(|p| p["subjects"] = json!([p["subjects"][0]]))),
        (false, pool(|p| p["subjects"][1] = p["subjects"][0].clone())),
        (false, pool(|p| p["subjects"] = json!({}))),
        (false, pool(|p| p["users"] = json!([]))),
        (false, pool(|p| p["adminToken"] = json!("short"))),
        (false, pool(|p| p["adminToken"] = json!(12_345_678))),
        (false, pool(|p| p["noRightsToken"] = json!("with a blank in it"))),
        (false, pool(|p| p["subjects"][0]["token"] = json!("1234567"))),
        (false, pool(|p| p["subjects"][0]["token"] = json!("line\r\nbreak: x"))),
        (false, pool(|p| p["subjects"][0]["token"] = json!("quote\"quote"))),
        (false, pool(|p| p["subjects"][0]["token"] = json!("back\\slash"))),
        (false, pool(|p| p["subjects"][0]["token"] = json!("tökentöken"))),
        (false, pool(|p| p["subjects"][0]["userId"] = json!(""))),
        (false, pool(|p| p["subjects"][0]["userId"] = json!(7))),
        (false, pool(|p| p["subjects"][0]["tokn"] = json!("token-of-user-1"))),
        (false, pool(|p| p["subjects"][0] = json!({ "userId": "1" }))),
    ];
    for (good, pool) in cases {
        assert_eq!(schema.is_valid(&pool), good, "schema: {pool}");
        let parsed = subject_source::parse("pool.json", pool.to_string().as_bytes());
        assert_eq!(parsed.is_ok(), good, "parser: {pool}: {parsed:?}");
        if let Ok(parsed) = parsed {
            let written = serde_json::to_value(&parsed).expect("JSON");
            assert!(schema.is_valid(&written), "{written}");
        }
    }
    // What a schema can't say.
    let twice = pool(|p| p["subjects"][1]["userId"] = json!("1"));
    let error = subject_source::parse("pool.json", twice.to_string().as_bytes()).expect_err("twice").to_string();
    assert!(error.contains("subjects[1].userId 1 occurs twice"), "{error}");
    assert!(!error.contains("token-of-user"), "no token is quoted: {error}");
}

/// What the provisioner is asked is tested against the reference server; here only the file.
#[tokio::test]
async fn the_other_example_target_files_are_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let beside = |name: &str, text: &[u8]| std::fs::write(directory.path().join(name), text).expect("written");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/targets");
    let certificate = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    beside("company-ca.pem", certificate.cert.pem().as_bytes());
    for name in ["admin", "no-rights", "read-only"] {
        beside(&format!("{name}.token"), format!("the-token-of-{name}\n").as_bytes());
    }
    beside("subjects.json", pool(|_| {}).to_string().as_bytes());
    for name in ["static-tokens.toml", "zitadel.toml"] {
        beside(name, &std::fs::read(examples.join(name)).expect("readable"));
    }
    let set = |name: &str| (name == "ZITADEL_ADMIN_TOKEN").then(|| "a-personal-access-token".to_owned());
    let needed = |_: &[Flow], _: &[Protocol]| 1;
    let surroundings = Surroundings { variable: &set, subjects_needed: &needed, tell: &|_| () };
    let path = directory.path().join("static-tokens.toml");
    let target = target_file::load(&path, &surroundings).await.expect("valid");
    assert_eq!(target.accounts.read_only.expect("there").expose(), "the-token-of-read-only");
    assert!(target.accounts.provisioner.is_none() && !target_file::has_provisioner(&path));
    let error = target_file::provisioner(&path, &surroundings).map(|_| ()).expect_err("it has none").to_string();
    assert!(error.contains("there is no accounts.provisioner"), "{error}");
    let path = directory.path().join("zitadel.toml");
    assert!(target_file::has_provisioner(&path));
    let provisioner = target_file::provisioner(&path, &surroundings).expect("valid");
    assert!(provisioner.u2f_locks_tokens());
    assert!(!format!("{provisioner:?}").contains("a-personal"), "{provisioner:?}");
}

#[tokio::test]
async fn the_example_target_file_is_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/targets/example.toml");
    let text = std::fs::read_to_string(&path).expect("readable");
    for (name, holds, _) in proofmark::scenario::Policy::NAMES {
        assert!(text.contains(&format!("\n{name} = {holds}\n")), "{name} is in the example as it is taken for granted");
    }
    let set = |name: &str| name.strip_prefix("PROOFMARK_").map(|rest| format!("value-of-{rest}"));
    let needed = |_: &[Flow], _: &[Protocol]| 1;
    let target =
        target_file::load(&path, &Surroundings { variable: &set, subjects_needed: &needed, tell: &|_| () }).await;
    let target = target.expect("valid");
    assert_eq!((target.flows.len(), target.protocols.len()), (4, 3));
    assert_eq!(target.address(Protocol::Grpc).base_url, "https://grpc.id.example.org:8443");
    assert_eq!(target.accounts.subjects[1].token.expose(), "value-of-TOKEN_2");
    assert_eq!(target.accounts.secrets().count(), 5);
    assert_eq!(target.reasons.clauses(&Said::id("WEBAUTHN-origin-7")), ["webauthn/7.1/origin"]);
    assert_eq!(target.limits.timeout.as_secs(), 10);
    let unset = |_: &str| None;
    let error =
        target_file::load(&path, &Surroundings { variable: &unset, subjects_needed: &needed, tell: &|_| () }).await;
    let error = error.expect_err("variables are not set").to_string();
    assert!(error.contains("PROOFMARK_ADMIN_TOKEN is not set"), "{error}");
}
