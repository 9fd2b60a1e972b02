//! The credential public key, before signing. The private key stays, so packed signatures stay those of the true key.

use super::authenticator_data::attested;
use super::client_data::flip_last_bit;
use super::{Args, Mutation, MutationError, Stage};
use crate::webauthn::authenticator_data::AuthenticatorData;
use crate::webauthn::cbor::Value;
use crate::webauthn::cose::{CoseKey, label};

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "cose-alg",
        summary: "another algorithm in the key (a packed statement follows): a number, by default -257",
        stage: Stage::AuthenticatorData(|data, args| set(data, label::ALGORITHM, args.number_or(-257)?.into())),
    },
    Mutation {
        id: "cose-kty",
        summary: "another key type: a number, by default 3 (RSA)",
        stage: Stage::AuthenticatorData(|data, args| set(data, label::KEY_TYPE, args.number_or(3)?.into())),
    },
    Mutation {
        id: "cose-crv",
        summary: "another curve: a number, by default 2 (P-384)",
        stage: Stage::AuthenticatorData(|data, args| set(data, label::CURVE, args.number_or(2)?.into())),
    },
    Mutation {
        id: "cose-missing-parameter",
        summary: "a parameter of the key left out: kty, alg (the default), crv, x or y",
        stage: Stage::AuthenticatorData(missing_parameter),
    },
    Mutation {
        id: "cose-extra-parameter",
        summary: "an optional parameter, which the key must not have: its label, by default 4 (key_ops)",
        stage: Stage::AuthenticatorData(|data, args| {
            let operations = Value::Array(vec![Value::from(2)]);
            set(data, args.number_or(4)?, operations)
        }),
    },
    Mutation {
        id: "cose-point-off-curve",
        summary: "a y coordinate that does not belong to x",
        stage: Stage::AuthenticatorData(|data, _args| coordinate(data, label::Y, |bytes| flip_last_bit(bytes))),
    },
    Mutation {
        id: "cose-point-compressed",
        summary: "the compressed point form: y is a sign",
        stage: Stage::AuthenticatorData(|data, _args| set(data, label::Y, Value::Bool(true))),
    },
    Mutation {
        id: "cose-coordinate-length",
        summary: "an x coordinate of another length: a number of bytes, by default 31",
        stage: Stage::AuthenticatorData(|data, args| {
            let length = args.size_or(31)?.min(65_536);
            coordinate(data, label::X, |bytes| {
                bytes.resize(length, 0);
                Ok(())
            })
        }),
    },
];

fn key(data: &mut AuthenticatorData) -> Result<&mut CoseKey, MutationError> {
    Ok(&mut attested(data)?.public_key)
}

fn set(data: &mut AuthenticatorData, label: i64, value: Value) -> Result<(), MutationError> {
    key(data)?.set(label, value);
    Ok(())
}

fn coordinate(
    data: &mut AuthenticatorData,
    label: i64,
    change: impl FnOnce(&mut Vec<u8>) -> Result<(), MutationError>,
) -> Result<(), MutationError> {
    let mut bytes = key(data)?.get(label).and_then(Value::as_bytes).cloned().unwrap_or_default();
    change(&mut bytes)?;
    set(data, label, Value::Bytes(bytes))
}

fn missing_parameter(data: &mut AuthenticatorData, args: &Args) -> Result<(), MutationError> {
    let label = match args.text_or("alg")? {
        "kty" => label::KEY_TYPE,
        "alg" => label::ALGORITHM,
        "crv" => label::CURVE,
        "x" => label::X,
        "y" => label::Y,
        _ => return Err(MutationError::Args("one of kty, alg, crv, x, y")),
    };
    key(data)?.remove(label);
    Ok(())
}
