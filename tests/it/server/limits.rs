//! The documented limits, at both edges, over each protocol.

use proofmark::authenticator::Format;
use proofmark::contract::{Flow, Operation, Protocol, What};
use serde_json::{Value, json};

use super::{Session, World, call, combinations, endpoint, error_id, success};

/// A valid credential whose JSON text has exactly this many characters.
pub fn padded(credential: &Value, length: usize) -> Value {
    let mut padded = credential.clone();
    padded["clientExtensionResults"]["pad"] = json!("");
    let missing = length - padded.to_string().chars().count();
    padded["clientExtensionResults"]["pad"] = json!("x".repeat(missing));
    assert_eq!(padded.to_string().chars().count(), length);
    padded
}

#[tokio::test]
async fn names_have_1_to_200_characters() {
    let world = World::new().await;
    for (index, flow, protocol) in combinations() {
        let session = Session::new(&world, flow, protocol, index);
        let member = endpoint(flow, Operation::Verify).asks(What::FactorName).expect("a verify").name();
        for (name, accepted) in [("", false), ("é", true), (&"😀".repeat(200), true), (&"x".repeat(201), false)] {
            let started = session.start().await;
            let credential = session.create(&started, Format::None).json;
            let message = session.verify_message(&started.factor_id, &credential, name);
            let exchange = session.send(Operation::Verify, message).await;
            if accepted {
                success(&exchange);
            } else {
                assert_eq!(error_id(&exchange), format!("LIMIT-{member}"), "{flow} {protocol}");
                // What was refused for its shape has cost nothing.
                success(&session.verify(&started, &credential).await);
            }
        }
        if let Some(listed) = session.list().await {
            assert!(listed.iter().any(|(_, name)| *name == "😀".repeat(200)), "{flow} {protocol}");
        }
    }
}

#[tokio::test]
async fn a_valid_credential_may_have_1048576() {
    let world = World::new().await;
    for (index, flow, protocol) in combinations() {
        let session = Session::new(&world, flow, protocol, index);
        for (length, accepted) in [(1_048_576, true), (1_048_577, false)] {
            let started = session.start().await;
            let credential = padded(&session.create(&started, Format::None).json, length);
            let exchange = session.verify(&started, &credential).await;
            if accepted {
                success(&exchange);
            } else {
                assert_eq!(error_id(&exchange), "LIMIT-publicKeyCredential", "{flow} {protocol}");
            }
        }
    }
}

#[tokio::test]
async fn a_credential_has_at_least_55() {
    let world = World::new().await;
    for (index, flow, protocol) in combinations() {
        let session = Session::new(&world, flow, protocol, index);
        for (length, id) in [(54, "LIMIT-publicKeyCredential"), (55, "WEBAUTHN-credential-json")] {
            let started = session.start().await;
            let credential = json!({ "id": "x".repeat(length - r#"{"id":""}"#.len()) });
            assert_eq!(error_id(&session.verify(&started, &credential).await), id, "{flow} {protocol}");
        }
    }
}

#[tokio::test]
async fn numbers_are_counted_the_same_over_every_protocol() {
    let world = World::new().await;
    for protocol in Protocol::ALL {
        let session = Session::new(&world, Flow::V2_U2F, protocol, 0);
        let started = session.start().await;
        // 54 characters as 1, 56 as 1.0: the way through the Struct makes it 1.
        let credential = json!({ "id": "x".repeat(54 - r#"{"id":"","n":1}"#.len()), "n": 1.0 });
        let exchange = session.verify(&started, &credential).await;
        assert_eq!(error_id(&exchange), "LIMIT-publicKeyCredential", "{protocol}");
    }
}

#[tokio::test]
async fn ids_have_at_most_200_characters() {
    let world = World::new().await;
    for (_, flow, protocol) in combinations().filter(|(_, flow, _)| flow.names_user()) {
        for operation in Operation::ALL {
            let session = Session::new(&world, flow, protocol, 0);
            let whole = session.verify_message("1", &json!({ "id": "x".repeat(60) }), "key");
            let base = if operation == Operation::Verify { whole } else { session.message(operation, "1") };
            let members = endpoint(flow, operation).path_members();
            for member in members {
                for (length, ok) in [(200, true), (201, false)] {
                    let mut message = base.clone();
                    message[member] = json!("ä".repeat(length));
                    let sent = call(endpoint(flow, operation), message, &world.admin());
                    let id = error_id(&world.call(protocol, &sent).await);
                    let expected = match member {
                        _ if !ok => format!("LIMIT-{member}"),
                        "userId" => "NOTFOUND-user".to_owned(),
                        _ => "NOTFOUND-factor".to_owned(),
                    };
                    assert_eq!(id, expected, "{flow} {protocol} {member} {length}");
                }
            }
        }
    }
}
