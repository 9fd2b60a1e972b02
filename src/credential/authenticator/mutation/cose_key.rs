//! The encoding of the credential public key, before signing. The private key stays the right one, and signs.

use super::byte_expressions::Parts;
use super::given::Given;
use super::map_edit;
use super::stage::{Mutation, Stage};
use crate::authenticator::error::MutationError;
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
    Mutation {
        id: "key-fault",
        summary: "a COSE_Key of the credential's algorithm that is not one: kty, alg (of another type of key), missing (its first number), text, invalid (not a point on the curve, an even modulus, a key of ML-DSA that is too short); for elliptic curve keys also curve, short, long; except for Ed25519 also zero",
        stage: Stage::PublicKey(|bytes, given| {
            *bytes = faulty(given.text()?, bytes)?.encode();
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

const FAULTS: MutationError =
    MutationError::Args("one of kty, alg, missing, text, invalid, and for some keys curve, short, long, zero");
/// `kty` of octet key pairs, of elliptic curve keys, and of RSA keys (RFC 9053 section 7, RFC 8230 section 4).
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const AKP: i64 = 7;

/// The key with one parameter that no key of its algorithm has.
fn faulty(kind: &str, encoded: &[u8]) -> Result<CoseKey, MutationError> {
    let decoded = cbor::decode(encoded, Form::Any).ok().and_then(|value| CoseKey::from_value(value).ok());
    let mut key = decoded.ok_or(MutationError::Impossible("there is no COSE_Key to change".to_owned()))?;
    let integer = |key: &CoseKey, label| key.get(label).and_then(Value::as_integer).map(i128::from);
    let key_type = integer(&key, label::KEY_TYPE).and_then(|kty| i64::try_from(kty).ok()).ok_or(FAULTS)?;
    // The parameter that has the number which makes the key.
    let number = match key_type {
        RSA => label::MODULUS,
        AKP => label::PUBLIC,
        _ => label::X,
    };
    let bytes = key.get(number).and_then(Value::as_bytes).cloned().unwrap_or_default();
    match (kind, key_type) {
        ("kty", EC2) => key.set(label::KEY_TYPE, OKP.into()),
        ("kty", _) => key.set(label::KEY_TYPE, EC2.into()),
        ("alg", RSA | OKP) => key.set(label::ALGORITHM, CoseAlgorithm::ES256.0.into()),
        ("alg", _) => key.set(label::ALGORITHM, CoseAlgorithm::RS256.0.into()),
        ("missing", _) => key.parameters.retain(|(known, _)| *known != Value::from(number)),
        ("text", _) => key.set(number, Value::Text("x".repeat(bytes.len()))),
        ("curve", EC2) => {
            // P-384, or P-256 if the key is on P-384.
            let other = if integer(&key, label::CURVE) == Some(2) { 1 } else { 2 };
            key.set(label::CURVE, Value::from(other));
        }
        // X25519
        ("curve", OKP) => key.set(label::CURVE, Value::from(4)),
        // A key of ML-DSA is invalid only by its length (FIPS 204 section 3.6.2).
        ("short", EC2 | OKP) | ("invalid", AKP) => {
            key.set(number, Value::Bytes(bytes.split_last().map(|(_, x)| x.to_vec()).unwrap_or_default()))
        }
        ("long", EC2 | OKP) => key.set(number, Value::Bytes([&[0], &bytes[..]].concat())),
        ("zero", EC2) => {
            key.set(label::X, Value::Bytes(vec![0; bytes.len()]));
            key.set(label::Y, Value::Bytes(vec![0; bytes.len()]));
        }
        ("zero", RSA) => key.set(label::MODULUS, Value::Bytes(vec![1])),
        ("invalid", EC2) => flip(&mut key, label::Y),
        ("invalid", RSA) => flip(&mut key, label::MODULUS),
        // No point of Ed25519 has y = 2 (RFC 8032 section 5.1.3).
        ("invalid", OKP) => {
            key.set(label::X, Value::Bytes([&[2], &vec![0; bytes.len().saturating_sub(1)][..]].concat()))
        }
        _ => return Err(FAULTS),
    }
    Ok(key)
}

/// Flips the last bit of a parameter.
fn flip(key: &mut CoseKey, label: i64) {
    let mut bytes = key.get(label).and_then(Value::as_bytes).cloned().unwrap_or_default();
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    key.set(label, Value::Bytes(bytes));
}

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
