use super::*;
use crate::outcome::CredentialRecord;
use crate::webauthn::authenticator_data::{Aaguid, AttestedCredentialData, AuthenticatorData, Flags};
use crate::webauthn::base64::{decode_url, encode_url};
use crate::webauthn::cbor::{self, Value};
use crate::webauthn::client_data::{CREATE, CollectedClientData};
use crate::webauthn::cose::{CoseAlgorithm, CoseKey, label};
use crate::webauthn::public_key::{KeyKind, PublicKey};

/// A credential in its parts, so that a test changes one of them.
#[derive(Clone)]
struct Made {
    client_data: CollectedClientData,
    data: AuthenticatorData,
    statement: Value,
}

fn made() -> Made {
    let key = CoseKey::new(CoseAlgorithm::ES256, &PublicKey::elliptic(KeyKind::P256, &[1; 32], &[2; 32]));
    Made {
        client_data: CollectedClientData {
            r#type: Some(CREATE.to_owned()),
            challenge: Some("AAAA".to_owned()),
            origin: Some("https://login.example".to_owned()),
            ..CollectedClientData::default()
        },
        data: AuthenticatorData {
            rp_id_hash: [7; 32],
            flags: Flags(0x45),
            sign_count: 5,
            attested: Some(AttestedCredentialData {
                aaguid: Aaguid([9; 16]),
                credential_id: vec![3; 32],
                public_key: key,
            }),
            extensions: None,
        },
        statement: Value::Map(Vec::new()),
    }
}

impl Made {
    fn object(&self, data: Vec<u8>) -> Vec<u8> {
        cbor::encode(&Value::Map(vec![
            (Value::from("fmt"), Value::from("none")),
            (Value::from("attStmt"), self.statement.clone()),
            (Value::from("authData"), Value::Bytes(data)),
        ]))
    }

    fn text(&self) -> String {
        text_of(&self.client_data.serialize(), &self.object(self.data.encode()))
    }
}

fn text_of(client_data: &[u8], object: &[u8]) -> String {
    let response =
        serde_json::json!({"clientDataJSON": encode_url(client_data), "attestationObject": encode_url(object)});
    let id = encode_url(&[3; 32]);
    serde_json::json!({"id": id, "rawId": id, "type": "public-key", "response": response}).to_string()
}

fn tree(sent: &str) -> Tree {
    let mutations = vec!["x/y".to_owned()];
    decoded(&CredentialRecord { sent: sent.to_owned(), good: made().text(), mutations })
}

fn changed(change: impl FnOnce(&mut Made)) -> Tree {
    let mut one = made();
    change(&mut one);
    tree(&one.text())
}

/// The node at a path of labels.
fn at<'a>(tree: &'a Tree, path: &str) -> &'a Node {
    path.split('/').fold(&tree.root, |node, label| {
        let found = node.parts.iter().find(|part| part.label == label);
        found.unwrap_or_else(|| panic!("no {label} of {path} in\n{}", text(tree)))
    })
}

/// Paths of every part that differs while none of its own parts does.
fn differing(tree: &Tree) -> Vec<String> {
    fn walk(node: &Node, path: &str, found: &mut Vec<String>) {
        let path = if path.is_empty() { node.label.clone() } else { format!("{path}/{}", node.label) };
        match node.change {
            Change::Same => {}
            Change::Inside => node.parts.iter().for_each(|part| walk(part, &path, found)),
            Change::Changed | Change::Added | Change::Missing => found.push(path),
        }
    }
    let mut found = Vec::new();
    walk(&tree.root, "", &mut found);
    found
}

const AUTH_DATA: &str = "response/attestationObject/authData";

#[test]
fn a_good_credential_is_read_whole_and_nothing_is_marked() {
    let tree = tree(&made().text());
    assert_eq!(differing(&tree), [""; 0]);
    assert_eq!(at(&tree, &format!("{AUTH_DATA}/flags")).value, "01000101: UP, UV, AT");
    assert_eq!(at(&tree, &format!("{AUTH_DATA}/aaguid")).value, "09090909-0909-0909-0909-090909090909");
    let key = at(&tree, &format!("{AUTH_DATA}/credentialPublicKey"));
    let words: Vec<String> = key.parts.iter().map(|part| format!("{}: {}", part.label, part.value)).collect();
    let expected =
        ["1 (kty): 2 (EC2)", "3 (alg): -7 (ES256)", "-1 (crv): 1 (P-256)", "-2 (x): 32 bytes", "-3 (y): 32 bytes"];
    assert_eq!(words, expected);
    assert_eq!(at(&tree, "response/clientDataJSON/origin").value, "\"https://login.example\"");
    assert!(!text(&tree).contains(['[', '+']), "{}", text(&tree));
}

#[test]
fn a_flag_is_marked() {
    let tree = changed(|made| made.data.flags = Flags(0x44));
    assert_eq!(differing(&tree), [format!("credential/{AUTH_DATA}/flags")]);
    let flags = at(&tree, &format!("{AUTH_DATA}/flags"));
    assert_eq!((flags.value.as_str(), flags.good.as_deref()), ("01000100: UV, AT", Some("01000101: UP, UV, AT")));
    let text = text(&tree);
    for line in ["-         flags: 01000101: UP, UV, AT", "+         flags: 01000100: UV, AT", "[45]", "[44]"] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

#[test]
fn one_byte_of_a_hash_is_marked() {
    let tree = changed(|made| made.data.rp_id_hash[31] = 8);
    let marks = at(&tree, &format!("{AUTH_DATA}/rpIdHash")).bytes.as_ref().expect("bytes");
    assert_eq!(marks.words, "1 byte differs, from offset 31");
    assert_eq!(marks.sent.last().map(|run| (run.marked, run.head.as_str())), Some((true, "08")));
    assert_eq!(marks.good.last().map(|run| (run.marked, run.head.as_str())), Some((true, "07")));
}

#[test]
fn members_of_a_key_are_changed_added_and_missing() {
    let key = |made: &mut Made, change: &dyn Fn(&mut CoseKey)| {
        change(&mut made.data.attested.as_mut().expect("attested").public_key);
    };
    let path = format!("credential/{AUTH_DATA}/credentialPublicKey");
    let tree = changed(|made| key(made, &|key| key.set(label::ALGORITHM, Value::from(-257))));
    assert_eq!(differing(&tree), [format!("{path}/3 (alg)")]);
    let algorithm = at(&tree, &format!("{AUTH_DATA}/credentialPublicKey/3 (alg)"));
    assert_eq!((algorithm.value.as_str(), algorithm.good.as_deref()), ("-257 (RS256)", Some("-7 (ES256)")));
    let tree = changed(|made| key(made, &|key| key.set(4, Value::from(true))));
    assert_eq!(at(&tree, &format!("{AUTH_DATA}/credentialPublicKey/4")).change, Change::Added);
    let tree = changed(|made| key(made, &|key| key.parameters.truncate(4)));
    assert_eq!(at(&tree, &format!("{AUTH_DATA}/credentialPublicKey/-3 (y)")).change, Change::Missing);
    assert!(text(&tree).contains("- ") && text(&tree).contains("[0202"), "{}", text(&tree));
}

#[test]
fn keys_that_only_change_their_order_are_marked_as_written_otherwise() {
    let tree = changed(|made| made.data.attested.as_mut().expect("attested").public_key.parameters.swap(0, 1));
    let key = at(&tree, &format!("{AUTH_DATA}/credentialPublicKey"));
    assert_eq!(key.change, Change::Changed);
    assert!(key.note.contains("encoded differently"), "{}", key.note);
    assert_eq!(key.bytes.as_ref().map(|marks| marks.words.as_str()), Some("4 bytes differ, from offset 1"));
}

#[test]
fn bytes_behind_the_end_are_a_part_of_their_own() {
    let made = made();
    let mut object = made.object(made.data.encode());
    object.extend([0xde, 0xad]);
    let tree = tree(&text_of(&made.client_data.serialize(), &object));
    let further = at(&tree, "response/attestationObject/further bytes");
    assert_eq!(further.change, Change::Added);
    assert_eq!(further.bytes.as_ref().map(|marks| marks.sent[0].head.as_str()), Some("dead"));
    let data = [made.data.encode(), vec![0xbe, 0xef]].concat();
    let tree = super::tests::tree(&text_of(&made.client_data.serialize(), &made.object(data)));
    assert_eq!(at(&tree, &format!("{AUTH_DATA}/further bytes")).change, Change::Added);
}

#[test]
fn cbor_that_ends_early_is_read_as_far_as_it_goes() {
    let made = made();
    let object = made.object(made.data.encode());
    // Within authData, the last member.
    let tree = tree(&text_of(&made.client_data.serialize(), &object[..object.len() - 10]));
    let object_node = at(&tree, "response/attestationObject");
    assert_eq!(object_node.change, Change::Changed);
    let start = object.len() - made.data.encode().len() - 2;
    let expected = format!("not readable as CBOR from offset {start}: the bytes end before the string does");
    assert_eq!(object_node.note, expected);
    assert_eq!(at(&tree, "response/attestationObject/fmt").value, "\"none\"");
    assert_eq!(
        object_node.bytes.as_ref().map(|marks| marks.words.clone()),
        Some(format!("10 bytes deleted at offset {}", object.len() - 10))
    );
    // Authenticator data that end within the credential id.
    let data = &made.data.encode()[..60];
    let tree = super::tests::tree(&text_of(&made.client_data.serialize(), &made.object(data.to_vec())));
    let data = at(&tree, AUTH_DATA);
    assert_eq!(data.note, "not readable from offset 55: the bytes end within credentialId");
    assert_eq!(data.parts.last().map(|part| part.label.as_str()), Some("credentialIdLength"));
}

#[test]
fn json_that_is_none_is_shown_as_bytes() {
    let good = made().text();
    let tree = tree(&good[..good.len() - 1]);
    let root = &tree.root;
    assert!(
        root.note.starts_with(&format!("not readable as JSON from offset {}: EOF", good.len() - 2)),
        "{}",
        root.note
    );
    assert_eq!(
        root.bytes.as_ref().map(|marks| marks.words.clone()),
        Some(format!("1 byte deleted at offset {}", good.len() - 1))
    );
    let mut client_data = made().client_data.serialize();
    client_data[0] = b'[';
    let made = made();
    let broken = text_of(&client_data, &made.object(made.data.encode()));
    let tree = super::tests::tree(&broken);
    let client_data = at(&tree, "response/clientDataJSON");
    assert!(client_data.note.starts_with("not readable as JSON"), "{}", client_data.note);
    assert_eq!(client_data.bytes.as_ref().map(|marks| marks.words.as_str()), Some("1 byte differs, from offset 0"));
    // Base64url with padding.
    let padded = good.replacen("\"rawId\":\"", "\"rawId\":\"=", 1);
    let raw_id = super::tests::tree(&padded);
    let raw_id = at(&raw_id, "rawId");
    assert!(raw_id.note.starts_with("not base64url"), "{}", raw_id.note);
    assert_eq!(raw_id.bytes.as_ref().map(|marks| marks.words.as_str()), Some("1 byte inserted at offset 0"));
}

#[test]
fn a_member_that_is_there_twice_is_seen() {
    let good = made().text();
    let twice = good.replacen("\"type\":\"public-key\"", "\"type\":\"public-key\",\"type\":\"public-key\"", 1);
    let tree = tree(&twice);
    let words = tree.root.bytes.as_ref().map(|marks| marks.words.clone()).unwrap_or_default();
    assert!(words.starts_with("20 bytes inserted at offset "), "{words}");
    assert_eq!(tree.root.change, Change::Changed);
}

/// The W3C vector `packed.ES256`, and the same with `from` replaced by `to` in its attestation object.
fn packed(from: &str, to: &str) -> CredentialRecord {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../../../fixtures/vectors/registration.json")).expect("JSON");
    let vectors = file["vectors"].as_array().expect("a list");
    let vector = vectors.iter().find(|vector| vector["name"] == "packed.ES256").expect("packed");
    let output = |name: &str| vector["outputs"][name].as_str().expect("hex").to_owned();
    let bytes = |hex: &str| -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
    };
    let object = output("attestationObject");
    assert!(object.contains(from), "{from} is not in {object}");
    let text = |object: &str| text_of(&bytes(&output("clientDataJSON")), &bytes(object));
    CredentialRecord { sent: text(&object.replacen(from, to, 1)), good: text(&object), mutations: Vec::new() }
}

#[test]
fn certificates_are_read_field_by_field() {
    let hex = |text: &str| text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>();
    // The subject's, not the issuer's.
    let changed = |text: &str| format!("{}310b", hex(text));
    let tree = decoded(&packed(&changed("Authenticator Attestation"), &changed("authenticator attestation")));
    let certificate = at(&tree, "response/attestationObject/attStmt/x5c/[0]");
    let subject = certificate.parts.iter().find(|part| part.label == "subject").expect("a subject");
    assert_eq!(subject.change, Change::Changed);
    assert!(subject.value.contains("OU=authenticator attestation"), "{}", subject.value);
    assert!(subject.good.as_deref().is_some_and(|good| good.contains("OU=Authenticator Attestation")));
    let rest = |part: &&Node| part.label != "subject";
    assert!(certificate.parts.iter().filter(rest).all(|part| part.change == Change::Same), "{}", text(&tree));
    for label in ["issuer", "notBefore", "notAfter", "subjectPublicKeyInfo", "basicConstraints", "signature"] {
        let part = certificate.parts.iter().find(|part| part.label == label);
        assert!(part.is_some_and(|part| !part.value.is_empty()), "{label} in\n{}", text(&tree));
    }
}

#[test]
fn a_certificate_that_is_none_is_shown_as_bytes() {
    // The outer SEQUENCE becomes a SET.
    let tree = decoded(&packed("3082", "3182"));
    let certificate = at(&tree, "response/attestationObject/attStmt/x5c/[0]");
    assert!(certificate.note.starts_with("not an X.509 certificate"), "{}", certificate.note);
    assert_eq!(certificate.bytes.as_ref().map(|marks| marks.words.as_str()), Some("1 byte differs, from offset 0"));
}

#[test]
fn what_is_huge_is_cut() {
    let tree = changed(|made| {
        made.client_data.extra.push(("padding".to_owned(), serde_json::json!("x".repeat(1_000_000))));
        let deep = (0..11).fold(Value::from(1), |inner, _| Value::Array(vec![inner; 2]));
        made.statement = Value::Map(vec![(Value::from("deep"), deep)]);
        made.data.extensions =
            Some(Value::Map((0..500).map(|key| (Value::from(key.to_string()), Value::from(1))).collect()));
        made.data.flags = Flags(0xc5);
    });
    let text = text(&tree);
    assert!(text.len() < 60_000, "{} characters", text.len());
    assert!(text.contains("(1000002 characters)"), "{text}");
    assert!(text.contains("not shown"));
}

#[test]
fn hostile_characters_are_visible() {
    let tree = tree("{\"id\u{1b}[31m\": \"\u{202e}\"}");
    assert!(!text(&tree).contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn decoded_bytes_are_those_of_the_text() {
    let text = made().text();
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let object = decode_url(json["response"]["attestationObject"].as_str().expect("text")).expect("base64url");
    let tree = tree(&text);
    assert_eq!(at(&tree, "response/attestationObject").value, format!("{} bytes", object.len()));
}
