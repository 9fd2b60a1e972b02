//! Throw-away test keys: key pairs and nonces that cost an addition each.

use p256::elliptic_curve::ff::Field as _;
use p256::elliptic_curve::ops::Reduce as _;
use p256::{FieldBytes, Scalar};
use sha2::{Digest as _, Sha256};

use super::walk::{self, Point, Walk};
use crate::webauthn::public_key::{KeyKind, PublicKey};

/// Key pairs for ES256 and signatures of theirs, without a scalar multiplication for each.
///
/// **Test keys only.** Every private key is the one before plus one, and every nonce too. Two signatures whose places in the
/// chain can be guessed give away both private keys, and with them all others. That is harmless for throw-away credentials on
/// test servers, which this is for. Anywhere else it would be a broken account: a credential that is kept must not have
/// such a key, and `attest` makes them only when it is told to.
///
/// The keys are valid and all different, the nonces too, and the signatures verify as any others do. From a base that the seed
/// gives, the next point is P + G and the next scalar d + 1. Points are added in batches, with one inversion in the field for
/// all of them; the nonces are inverted in the same way, and so a signature is two multiplications modulo the group order.
///
/// A chain holds some 40 kB: one for each thread is better than one for each user.
#[derive(Clone)]
pub struct KeyChain {
    keys: Walk<ChainedKey>,
    nonces: Walk<Nonce>,
}

/// A key pair of a [`KeyChain`]: for throw-away credentials on test servers only.
#[derive(Clone, Copy)]
pub struct ChainedKey {
    scalar: Scalar,
    pub(super) x: FieldBytes,
    pub(super) y: FieldBytes,
}

/// What one signature uses up: the inverse of k, and the x coordinate of k·G as a scalar.
#[derive(Clone, Copy)]
struct Nonce {
    inverse: Scalar,
    r: Scalar,
}

impl KeyChain {
    /// The chain that a seed gives.
    pub fn new(seed: &[u8; 32]) -> KeyChain {
        KeyChain { keys: Walk::new(seed, "key-chain/keys"), nonces: Walk::new(seed, "key-chain/nonces") }
    }

    /// The next key pair.
    pub fn next_key(&mut self) -> ChainedKey {
        self.keys.next(|scalars, points| {
            let key = |(scalar, point): (Scalar, Point)| ChainedKey { scalar, x: point.x(), y: point.y() };
            scalars.into_iter().zip(points).map(key).collect()
        })
    }

    /// A signature over a message with ES256, in DER, under the next nonce.
    pub fn sign(&mut self, key: &ChainedKey, message: &[u8]) -> Vec<u8> {
        let mut der = Vec::new();
        self.sign_prehash(key, Sha256::digest(message).into(), &mut der);
        der
    }

    /// As [`KeyChain::sign`], over a digest and to the end of `der`.
    pub(super) fn sign_prehash(&mut self, key: &ChainedKey, digest: [u8; 32], der: &mut Vec<u8>) {
        let digest = Scalar::reduce(&FieldBytes::from(digest));
        loop {
            let Nonce { inverse, r } = self.next_nonce();
            let s = inverse * (digest + r * key.scalar);
            // A signature has no zeros (SEC 1 §4.1.3); once in 2^255.
            if !bool::from(r.is_zero() | s.is_zero()) {
                return push_signature(der, [r.to_bytes(), s.to_bytes()]);
            }
        }
    }

    fn next_nonce(&mut self) -> Nonce {
        self.nonces.next(|mut scalars, points| {
            walk::invert(&mut scalars);
            let nonce = |(inverse, point): (Scalar, Point)| Nonce { inverse, r: Scalar::reduce(&point.x()) };
            scalars.into_iter().zip(points).map(nonce).collect()
        })
    }
}

impl ChainedKey {
    /// The private key, big-endian.
    pub fn private_key(&self) -> [u8; 32] {
        self.scalar.to_bytes().into()
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey::elliptic(KeyKind::P256, &self.x, &self.y)
    }
}

/// Appends an ECDSA-Sig-Value (RFC 3279 §2.2.3) of numbers that are not zero.
fn push_signature(der: &mut Vec<u8>, numbers: [FieldBytes; 2]) {
    let start = der.len();
    der.extend([0x30, 0]);
    for number in numbers {
        let zeros = number.iter().take_while(|byte| **byte == 0).count();
        let digits = &number[zeros..];
        // The highest bit is the sign.
        let sign: &[u8] = if digits.first() >= Some(&0x80) { &[0] } else { &[] };
        der.extend([0x02, short(sign.len() + digits.len())]);
        der.extend(sign);
        der.extend(digits);
    }
    der[start + 1] = short(der.len() - start - 2);
}

/// A length of less than 128.
pub(super) fn short(length: usize) -> u8 {
    u8::try_from(length).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use p256::ecdsa::SigningKey;

    use super::*;
    use crate::webauthn::cose::CoseAlgorithm;

    #[test]
    fn every_point_belongs_to_its_scalar_and_every_scalar_is_one_more() {
        let mut chain = KeyChain::new(&[1; 32]);
        let keys: Vec<ChainedKey> = (0..600).map(|_| chain.next_key()).collect();
        for pair in keys.windows(2) {
            assert_eq!(pair[1].scalar, pair[0].scalar + Scalar::ONE);
        }
        for key in keys.iter().step_by(85).chain(&keys[254..258]).chain(&keys[510..514]) {
            let expected = SigningKey::from_slice(&key.private_key()).expect("a private key");
            assert_eq!(key.public_key().bytes, expected.verifying_key().to_sec1_point(false).as_bytes());
        }
        assert_eq!(KeyChain::new(&[1; 32]).next_key().private_key(), keys[0].private_key());
        assert_ne!(KeyChain::new(&[2; 32]).next_key().private_key(), keys[0].private_key());
    }

    #[test]
    fn every_signature_verifies_under_a_nonce_of_its_own() {
        let mut chain = KeyChain::new(&[1; 32]);
        let mut nonces = HashSet::new();
        for number in 0..600_u16 {
            let (key, message) = (chain.next_key(), number.to_be_bytes());
            nonces.insert(chain.clone().next_nonce().r.to_bytes());
            let signature = chain.sign(&key, &message);
            assert_eq!(key.public_key().verify(CoseAlgorithm::ES256, &message, &signature), Ok(()));
            assert!(key.public_key().verify(CoseAlgorithm::ES256, b"another", &signature).is_err());
        }
        assert_eq!(nonces.len(), 600);
    }

    #[test]
    fn signatures_are_in_the_shortest_der() {
        let number = |head: [u8; 2], last: u8| {
            let mut bytes = [0; 32];
            bytes[..2].copy_from_slice(&head);
            bytes[31] = last;
            FieldBytes::from(bytes)
        };
        let mut der = vec![9];
        push_signature(&mut der, [number([0x80, 0], 1), number([0, 0x7f], 2)]);
        assert_eq!(der[..6], [9, 0x30, 2 + 33 + 2 + 31, 0x02, 33, 0]);
        assert_eq!(der[6..8], [0x80, 0]);
        assert_eq!(der[38..41], [0x02, 31, 0x7f]);
        assert_eq!(der.len(), 1 + 2 + 2 + 33 + 2 + 31);
        der.clear();
        push_signature(&mut der, [number([0, 0], 0x80), number([0, 0], 1)]);
        assert_eq!(der, [0x30, 7, 0x02, 2, 0, 0x80, 0x02, 1, 1]);
    }
}
