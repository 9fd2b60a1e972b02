//! Attestation statements and the attestation object around them.

use std::mem;

use super::client_data::flip_last_bit;
use super::{Args, Mutation, MutationError, Stage};
use crate::authenticator::keys::KeyPair;
use crate::webauthn::attestation::{AttestationInput, AttestationObject};
use crate::webauthn::cbor::{self, Form, Value};

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "format",
        summary: "another attestation statement format identifier: a string, by default example.unknown",
        stage: Stage::Statement(|object, args| {
            object.format = args.text_or("example.unknown")?.to_owned();
            Ok(())
        }),
    },
    Mutation {
        id: "none-statement-not-empty",
        summary: "a member in the statement of format none",
        stage: Stage::Statement(|object, _args| set(object, "x", Value::from(1))),
    },
    Mutation {
        id: "packed-signature",
        summary: "another attestation signature: \"bit-flip\" (the default), \"other-key\", \"other-client-data\", \"trailing-byte\" or \"empty\"",
        stage: Stage::Attesting(packed_signature),
    },
    Mutation {
        id: "packed-alg",
        summary: "another alg in the statement than in the key: a number, by default -257",
        stage: Stage::Statement(|object, args| set(object, "alg", Value::from(args.number_or(-257)?))),
    },
    Mutation {
        id: "packed-statement-missing-member",
        summary: "a member of the statement left out: alg or sig (the default)",
        stage: Stage::Statement(|object, args| remove(&mut object.statement, args.text_or("sig")?)),
    },
    Mutation {
        id: "packed-statement-extra-member",
        summary: "a member that the statement's syntax does not have",
        stage: Stage::Statement(|object, _args| set(object, "x", Value::from(1))),
    },
    Mutation {
        id: "packed-x5c-empty",
        summary: "an empty list of certificates in a self attestation",
        stage: Stage::Statement(|object, _args| set(object, "x5c", Value::Array(Vec::new()))),
    },
    Mutation {
        id: "attestation-object-truncated",
        summary: "the last bytes of the attestation object missing: how many, by default 1",
        stage: Stage::Encoded(|bytes, args| {
            bytes.truncate(bytes.len().saturating_sub(args.size_or(1)?));
            Ok(())
        }),
    },
    Mutation {
        id: "attestation-object-trailing",
        summary: "bytes after the attestation object: base64, or a number of zero bytes, by default 1",
        stage: Stage::Encoded(|bytes, args| {
            bytes.extend(args.bytes()?);
            Ok(())
        }),
    },
    Mutation {
        id: "attestation-object-missing-member",
        summary: "a member left out: fmt, attStmt or authData (the default)",
        stage: Stage::Encoded(|bytes, args| edit(bytes, |map| remove(map, args.text_or("authData")?))),
    },
    Mutation {
        id: "attestation-object-member-type",
        summary: "a member that is null: fmt, attStmt or authData (the default)",
        stage: Stage::Encoded(|bytes, args| {
            edit(bytes, |map| {
                let name = args.text_or("authData")?;
                remove(map, name)?;
                insert(map, name, Value::Null);
                Ok(())
            })
        }),
    },
    Mutation {
        id: "attestation-object-extra-member",
        summary: "a further member, which an RP may ignore: its name, by default extra",
        stage: Stage::Encoded(|bytes, args| {
            edit(bytes, |map| {
                insert(map, args.text_or("extra")?, Value::from(1));
                Ok(())
            })
        }),
    },
    Mutation {
        id: "attestation-object-duplicate-member",
        summary: "a member twice with the same value: fmt (the default), attStmt or authData",
        stage: Stage::Encoded(|bytes, args| {
            edit(bytes, |map| {
                let name = args.text_or("fmt")?;
                let twice = map.iter().find(|(key, _)| key.as_text() == Some(name)).cloned();
                map.push(twice.ok_or(MutationError::Args("one of fmt, attStmt, authData"))?);
                Ok(())
            })
        }),
    },
    Mutation {
        id: "attestation-object-not-canonical",
        summary: "another form of CBOR than CTAP2's: \"long-length\" (the default), \"indefinite\" or \"order\"",
        stage: Stage::Encoded(not_canonical),
    },
    Mutation {
        id: "attestation-object-replaced",
        summary: "other bytes instead of the attestation object: base64, or a number of zero bytes, by default 1",
        stage: Stage::Encoded(|bytes, args| {
            *bytes = args.bytes()?;
            Ok(())
        }),
    },
];

type Members = Vec<(Value, Value)>;

fn insert(map: &mut Members, name: &str, value: Value) {
    map.push((Value::Text(name.to_owned()), value));
    cbor::sort_canonically(map);
}

fn remove(map: &mut Members, name: &str) -> Result<(), MutationError> {
    let before = map.len();
    map.retain(|(key, _)| key.as_text() != Some(name));
    if map.len() < before { Ok(()) } else { Err(MutationError::Args("the name of a member that is there")) }
}

fn set(object: &mut AttestationObject, name: &str, value: Value) -> Result<(), MutationError> {
    object.statement.retain(|(key, _)| key.as_text() != Some(name));
    insert(&mut object.statement, name, value);
    Ok(())
}

fn edit(
    bytes: &mut Vec<u8>,
    change: impl FnOnce(&mut Members) -> Result<(), MutationError>,
) -> Result<(), MutationError> {
    let impossible = || MutationError::Impossible("the attestation object is not a map".to_owned());
    let value = cbor::decode(bytes, Form::Any).map_err(|error| MutationError::Impossible(error.to_string()))?;
    let mut map = value.into_map().map_err(|_value| impossible())?;
    change(&mut map)?;
    *bytes = cbor::encode(&Value::Map(map));
    Ok(())
}

fn packed_signature(input: &mut AttestationInput<'_>, args: &Args) -> Result<(), MutationError> {
    let sign = mem::replace(&mut input.sign, Box::new(|_message| Vec::new()));
    match args.text_or("bit-flip")? {
        // The last byte belongs to s, so the DER form stays good.
        "bit-flip" => {
            input.sign = Box::new(move |message| {
                let mut signature = sign(message);
                flip_last_bit(&mut signature).expect("an ECDSA signature is not empty");
                signature
            });
        }
        "other-key" => input.sign = Box::new(|message| KeyPair::derive(&[0; 32], "other-key").sign(message)),
        "other-client-data" => {
            input.sign = Box::new(move |message| {
                let mut message = message.to_vec();
                flip_last_bit(&mut message).expect("the message ends with a hash");
                sign(&message)
            });
        }
        "trailing-byte" => input.sign = Box::new(move |message| [sign(message), vec![0]].concat()),
        "empty" => {}
        _ => return Err(MutationError::Args("one of bit-flip, other-key, other-client-data, trailing-byte, empty")),
    }
    Ok(())
}

fn not_canonical(bytes: &mut Vec<u8>, args: &Args) -> Result<(), MutationError> {
    match (args.text_or("long-length")?, bytes.first()) {
        ("long-length", Some(0xa3)) => drop(bytes.splice(0..1, [0xb8, 0x03])),
        ("indefinite", Some(0xa3)) => {
            bytes[0] = 0xbf;
            bytes.push(0xff);
        }
        ("order", _) => edit(bytes, |map| {
            map.reverse();
            Ok(())
        })?,
        _ => return Err(MutationError::Args("one of long-length, indefinite, order")),
    }
    Ok(())
}
