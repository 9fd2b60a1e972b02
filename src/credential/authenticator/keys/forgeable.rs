//! Public keys under which signatures can be made without a private key.

use p256::elliptic_curve::ops::Reduce as _;
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::elliptic_curve::sec1::FromSec1Point as _;
use p256::{AffinePoint, FieldBytes, ProjectivePoint, Scalar};
use sha2::{Digest as _, Sha256};

use super::rsa::{RsaKey, encode_pkcs1};
use crate::webauthn::der;
use crate::webauthn::public_key::{KeyKind, PublicKey};

/// One of them.
#[derive(Debug, Clone)]
pub(in crate::authenticator) enum Forgeable {
    /// An RSA modulus with exponent 1: the padded digest is its own signature.
    RsaExponentOne(Vec<u8>),
    /// The identity of Ed25519: R the identity and a zero s satisfy the equation of RFC 8032 §5.1.7.
    Ed25519Identity,
    /// A point of P-256 that is declared to be the generator, so that the private key is 1 (CVE-2020-0601).
    OwnGenerator(Vec<u8>),
}

impl Forgeable {
    /// The key with a name: `rsa-exponent-1` or `ed25519-identity`.
    pub(in crate::authenticator) fn named(name: &str) -> Option<Forgeable> {
        match name {
            "rsa-exponent-1" => Some(Forgeable::RsaExponentOne(RsaKey::named("rsa-2048-0")?.modulus())),
            "ed25519-identity" => Some(Forgeable::Ed25519Identity),
            _ => None,
        }
    }

    pub(super) fn public_key(&self) -> PublicKey {
        match self {
            Forgeable::RsaExponentOne(modulus) => PublicKey::rsa(modulus, &[1]),
            Forgeable::Ed25519Identity => {
                let mut bytes = vec![0; 32];
                bytes[0] = 1;
                PublicKey { kind: KeyKind::Ed25519, bytes }
            }
            Forgeable::OwnGenerator(point) => PublicKey { kind: KeyKind::P256, bytes: point.clone() },
        }
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Forgeable::RsaExponentOne(modulus) => encode_pkcs1(message, modulus.len(), None),
            Forgeable::Ed25519Identity => [vec![1], vec![0; 63]].concat(),
            Forgeable::OwnGenerator(point) => sign_with_generator(point, message).unwrap_or_default(),
        }
    }
}

/// ECDSA with private key 1 and another generator: r is the x coordinate of k times the generator, s is (z + r) / k.
fn sign_with_generator(generator: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    let point = p256::Sec1Point::from_bytes(generator).ok()?;
    let generator: AffinePoint = Option::from(AffinePoint::from_sec1_point(&point))?;
    let scalar = |bytes: &[u8]| -> Option<Scalar> { Some(Scalar::reduce(&FieldBytes::try_from(bytes).ok()?)) };
    let digest = Sha256::digest(message);
    let z = scalar(&digest)?;
    let k = scalar(&Sha256::digest(digest))?;
    let r = scalar(&(ProjectivePoint::from(generator) * k).to_affine().x())?;
    let s = Option::<Scalar>::from(k.invert())? * (z + r);
    Some(der::sequence(&[der::unsigned(&r.to_bytes()), der::unsigned(&s.to_bytes())]))
}
