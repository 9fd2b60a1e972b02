//! `vectors export` and the published schema of what it writes say the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proofmark::scenario::Policy;
use serde_json::{Value, json};

use super::{proofmark, text};

fn schema_text() -> Value {
    serde_json::from_str(include_str!("../../../reports/schemas/vector.schema.json")).expect("JSON")
}

fn schema() -> jsonschema::Validator {
    let schema = schema_text();
    assert!(jsonschema::meta::is_valid(&schema), "a valid schema");
    jsonschema::validator_for(&schema).expect("a schema")
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).expect("there")).expect("JSON")
}

/// The names of all files in a directory and below, without the directory's own.
fn files(directory: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("readable");
        let name = entry.file_name().into_string().expect("UTF-8");
        if entry.file_type().expect("readable").is_dir() {
            found.extend(files(&entry.path()).into_iter().map(|below| format!("{name}/{below}")));
        } else {
            found.insert(name);
        }
    }
    found
}

#[test]
fn every_exported_file_is_as_the_schema_says() {
    let directory = tempfile::tempdir().expect("a directory");
    let output = proofmark(&["vectors", "export", &text(directory.path())]).exits(0);
    let schema = schema();
    let index = read(&directory.path().join("index.json"));
    assert!(schema.is_valid(&index), "{:?}", schema.iter_errors(&index).map(|error| error.to_string()).next());
    let vectors = index["vectors"].as_array().expect("a list");
    assert!(output.out.starts_with(&format!("{} vectors", vectors.len())), "{}", output.out);
    let mut expected: BTreeSet<String> = ["index.json", "attestation-root.pem"].map(str::to_owned).into();
    let names =
        |member: &str| vectors.iter().map(|vector| vector[member].as_str().expect("text")).collect::<BTreeSet<_>>();
    for name in names("name").union(&names("control")) {
        let path = |ending: &str| directory.path().join(format!("{name}.{ending}"));
        let vector = read(&path("json"));
        let errors: Vec<String> = schema.iter_errors(&vector).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert_eq!(vector["name"], *name);
        let bytes = |ending| fs::read(path(ending)).expect("there");
        assert_eq!(vector["clientDataJSON"], URL_SAFE_NO_PAD.encode(bytes("client-data")), "{name}");
        assert_eq!(vector["attestationObject"], URL_SAFE_NO_PAD.encode(bytes("attestation-object")), "{name}");
        assert_eq!(vector["credentialText"], URL_SAFE_NO_PAD.encode(bytes("credential")), "{name}");
        let credential: Option<Value> = serde_json::from_slice(&bytes("credential")).ok();
        assert_eq!(vector.get("credential"), credential.as_ref(), "{name}");
        fits_its_options(&vector);
        let endings = ["json", "credential", "client-data", "attestation-object"];
        expected.extend(endings.map(|ending| format!("{name}.{ending}")));
    }
    assert_eq!(files(directory.path()), expected, "nothing else is written");
    let lengths: BTreeSet<usize> = names("name").iter().map(|name| challenge_length(directory.path(), name)).collect();
    assert!(lengths.len() > 30 && lengths.iter().all(|length| (16..=64).contains(length)), "{lengths:?}");
    let controls: BTreeSet<&str> =
        index["controls"].as_array().expect("a list").iter().map(|one| one["name"].as_str().expect("text")).collect();
    assert_eq!(controls, names("control"));
    for vector in vectors {
        let file = read(&directory.path().join(format!("{}.json", vector["name"].as_str().expect("text"))));
        assert_eq!((&file["expected"], &file["control"]), (&vector["expected"], &vector["control"]), "{vector}");
    }
    refuses_changes(&schema, &index, &read(&directory.path().join("control/none-ES256.json")));
    proofmark(&["vectors", "export", &text(directory.path())]).exits(2).says(&["not empty", "new directory"]);
}

fn challenge_length(directory: &Path, name: &str) -> usize {
    let vector = read(&directory.join(format!("{name}.json")));
    let challenge = vector["options"]["publicKey"]["challenge"].as_str().expect("text").to_owned();
    URL_SAFE_NO_PAD.decode(challenge).expect("base64url").len()
}

/// What a vector requires of the options, its options have; a control requires what it is.
fn fits_its_options(vector: &Value) {
    let options = &vector["options"]["publicKey"];
    let offers = |number: &str| {
        let offered = options["pubKeyCredParams"].as_array().expect("a list");
        offered.iter().any(|one| number.parse() == Ok(one["alg"].as_i64().expect("a number")))
    };
    let verification = &options["authenticatorSelection"]["userVerification"];
    let requires: Vec<&str> = vector["requires"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    for requirement in &requires {
        let holds = match requirement.split_once(':') {
            Some(("alg", number)) => offers(number),
            _ => match *requirement {
                "uv-required" => verification == "required",
                "uv-not-required" => verification != "required",
                "credProps-requested" => options["extensions"]["credProps"] == true,
                _ => true,
            },
        };
        assert!(holds, "{}: {requirement}", vector["name"]);
    }
    let is_control = vector["name"].as_str().expect("text").starts_with("control/");
    assert!(!is_control || !requires.is_empty(), "{} requires nothing", vector["name"]);
}

/// A schema that says nothing would fit everything.
fn refuses_changes(schema: &jsonschema::Validator, index: &Value, control: &Value) {
    let refused = |document: &Value, pointer: &str, value: Value| {
        let mut document = document.clone();
        *document.pointer_mut(pointer).expect(pointer) = value.clone();
        assert!(!schema.is_valid(&document), "{pointer} = {value}");
    };
    for document in [index, control] {
        // Any value can be sent as credential, and one that is not JSON is left out.
        for member in document.as_object().expect("an object").keys().filter(|member| *member != "credential") {
            let mut without = document.clone();
            without.as_object_mut().expect("an object").remove(member);
            assert!(!schema.is_valid(&without), "without {member}");
            refused(document, &format!("/{member}"), json!([{}]));
        }
        let mut surplus = document.clone();
        surplus["surplus"] = json!(1);
        assert!(!schema.is_valid(&surplus));
    }
    refused(control, "/expected", json!("may"));
    refused(control, "/verifier", json!({ "accepts": false }));
    refused(control, "/verifier", json!({ "accepts": true, "clause": "webauthn/7.1/origin", "detail": "x" }));
    refused(control, "/requires", json!(["no-such-property"]));
    refused(control, "/clauses/0/basis", json!("must"));
    refused(control, "/attestationObject", json!("a+b="));
    refused(control, "/options/publicKey/rp", json!({ "name": "Example" }));
    refused(index, "/vectors/0", json!({ "name": "none/x", "expected": "must-accept", "control": "none/x" }));
}

#[test]
fn the_schema_knows_every_property_that_a_vector_can_require() {
    let schema = schema_text();
    let listed = schema["$defs"]["requirement"]["anyOf"][2]["enum"].as_array().expect("a list").iter();
    let listed: BTreeSet<&str> = listed.map(|name| name.as_str().expect("text")).collect();
    let known = Policy::NAMES.map(|(name, ..)| name);
    let of_options = ["uv-required", "uv-not-required", "credProps-requested"];
    assert_eq!(listed, known.into_iter().chain(of_options).collect());
}
