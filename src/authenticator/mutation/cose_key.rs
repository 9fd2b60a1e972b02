//! The credential public key as it is encoded, before signing. The private key stays the true one, and signs.

use super::map_edit;
use super::notation::Parts;
use super::{Given, Mutation, MutationError, Stage};
use crate::authenticator::keys::KeyPair;
use crate::webauthn::cbor::{self, Form, Value};
use crate::webauthn::cose::{CoseAlgorithm, CoseKey, label};
use crate::webauthn::public_key::KeyKind;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "cose-key",
        summary: "another COSE_Key: an edit of the map (set, remove, rename, append, order, header, prefix, suffix or replace; keys are labels); values x, y, n, e, private, spki, key, other-key, other-x",
        stage: Stage::PublicKey(|bytes, given| {
            let parts = KeyParts { encoded: bytes.clone(), given };
            map_edit::edit(bytes, &given.0, given, &parts)
        }),
    },
    Mutation {
        id: "cose-key-kind",
        summary: "a special key on P-256: leading-zero-x, leading-zero-y (valid keys), either with -stripped, compressed-y-sign, twist or unreduced",
        stage: Stage::PublicKey(|bytes, given| {
            *bytes = special(given.text()?, bytes)?.encode();
            Ok(())
        }),
    },
];

struct KeyParts<'a> {
    encoded: Vec<u8>,
    given: &'a Given<'a>,
}

impl KeyParts<'_> {
    fn other(&self) -> Option<KeyPair> {
        KeyPair::derive(self.given.key.kind(), self.given.seed, "other-key")
    }
}

impl Parts for KeyParts<'_> {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        let key = || CoseKey::from_value(cbor::decode(&self.encoded, Form::Any).ok()?).ok();
        let parameter = |label| key()?.get(label)?.as_bytes().cloned();
        match name {
            "x" => parameter(label::X),
            "y" => parameter(label::Y),
            "n" => parameter(label::MODULUS),
            "e" => parameter(label::EXPONENT),
            "private" => Some(self.given.key.private_bytes()),
            "spki" => Some(self.given.key.public_key().to_spki_der()),
            "key" => Some(self.encoded.clone()),
            "other-key" => Some(self.other()?.cose_key(key()?.algorithm()?).encode()),
            "other-x" => self.other()?.cose_key(CoseAlgorithm::ES256).get(label::X)?.as_bytes().cloned(),
            _ => None,
        }
    }
}

/// The smallest scalars whose points have a coordinate that begins with a zero byte.
const LEADING_ZERO_X: u16 = 379;
const LEADING_ZERO_Y: u16 = 43;
/// The smallest x from 5 on that no point of P-256 has.
const TWIST_X: u8 = 7;
/// The prime of P-256's field, and the y of the point whose x is zero.
const PRIME: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff,
];
const Y_OF_ZERO: [u8; 32] = [
    0x66, 0x48, 0x5c, 0x78, 0x0e, 0x2f, 0x83, 0xd7, 0x24, 0x33, 0xbd, 0x5d, 0x84, 0xa0, 0x6b, 0xb6, 0x54, 0x1c, 0x2a,
    0xf3, 0x1d, 0xae, 0x87, 0x17, 0x28, 0xbf, 0x85, 0x6a, 0x17, 0x4f, 0x93, 0xf4,
];

fn special(kind: &str, encoded: &[u8]) -> Result<CoseKey, MutationError> {
    let with_scalar = |scalar: u16| {
        let pair = KeyPair::from_private_key(KeyKind::P256, &scalar.to_be_bytes());
        pair.map(|pair| pair.cose_key(CoseAlgorithm::ES256)).ok_or(MutationError::Args("another kind"))
    };
    let strip = |mut key: CoseKey, label: i64| {
        let stripped = key.get(label).and_then(Value::as_bytes).and_then(|bytes| bytes.get(1..)).map(<[u8]>::to_vec);
        key.set(label, Value::Bytes(stripped.unwrap_or_default()));
        key
    };
    let with_point = |x: [u8; 32], y: [u8; 32]| -> Result<CoseKey, MutationError> {
        let mut key = with_scalar(1)?;
        key.set(label::X, Value::Bytes(x.to_vec()));
        key.set(label::Y, Value::Bytes(y.to_vec()));
        Ok(key)
    };
    Ok(match kind {
        "leading-zero-x" => with_scalar(LEADING_ZERO_X)?,
        "leading-zero-y" => with_scalar(LEADING_ZERO_Y)?,
        "leading-zero-x-stripped" => strip(with_scalar(LEADING_ZERO_X)?, label::X),
        "leading-zero-y-stripped" => strip(with_scalar(LEADING_ZERO_Y)?, label::Y),
        "compressed-y-sign" => {
            let value = cbor::decode(encoded, Form::Any).ok();
            let mut key = value
                .and_then(|value| CoseKey::from_value(value).ok())
                .ok_or(MutationError::Args("used on an EC2 key"))?;
            let odd = key.get(label::Y).and_then(Value::as_bytes).and_then(|y| y.last()).is_some_and(|y| y & 1 == 1);
            key.set(label::Y, Value::Bool(odd));
            key
        }
        "twist" => {
            let mut x = [0; 32];
            x[31] = TWIST_X;
            with_point(x, [1; 32])?
        }
        "unreduced" => with_point(PRIME, Y_OF_ZERO)?,
        _ => {
            return Err(MutationError::Args(
                "one of leading-zero-x, leading-zero-y, leading-zero-x-stripped, leading-zero-y-stripped, compressed-y-sign, twist, unreduced",
            ));
        }
    })
}
