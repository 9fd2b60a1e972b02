//! Key pairs of P-256, the most frequent kind in a run.
//!
//! AWS-LC multiplies the generator, in a fifth of the time that p256 takes; p256 computes modulo the order of the group. AWS-LC's own
//! signatures have random nonces, and one seed must give the same bytes again.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use p256::ecdsa::Signature;
use p256::elliptic_curve::Curve as _;
use p256::elliptic_curve::ff::PrimeField as _;
use p256::elliptic_curve::ops::{Invert as _, Reduce as _};
use p256::{FieldBytes, NistP256, NonZeroScalar, Scalar};
use rfc6979::KGenerator;
use sha2::Sha256;

/// A private key with its public key, the uncompressed point of SEC 1 §2.3.3.
#[derive(Clone)]
pub(in crate::authenticator) struct P256Key {
    scalar: NonZeroScalar,
    point: [u8; 65],
}

impl P256Key {
    /// The key with this big-endian scalar of 32 bytes; `None` if it is not from 1 to the order of the group less one.
    pub(super) fn new(scalar: &[u8]) -> Option<P256Key> {
        let scalar = Scalar::from_repr(FieldBytes::try_from(scalar).ok()?).into_option();
        let scalar = NonZeroScalar::new(scalar?).into_option()?;
        Some(P256Key { point: multiple(&scalar), scalar })
    }

    /// The uncompressed point.
    pub(super) fn public_point(&self) -> &[u8; 65] {
        &self.point
    }

    /// The scalar, big-endian.
    pub(super) fn private_bytes(&self) -> Vec<u8> {
        self.scalar.to_repr().to_vec()
    }

    /// The deterministic signature of RFC 6979 over a digest, in DER. One that is not 32 bytes long is cut,
    /// or is the same number.
    pub(super) fn sign_prehash(&self, digest: &[u8]) -> Vec<u8> {
        self.sign_prehash_with(digest, &[])
    }

    /// Another signature for each `further`, the additional data of RFC 6979 §3.6.
    pub(super) fn sign_prehash_with(&self, digest: &[u8], further: &[u8]) -> Vec<u8> {
        let mut nonces =
            KGenerator::<Sha256, _>::new(&self.scalar.to_repr(), digest, further, NistP256::ORDER.as_ref());
        let z = Scalar::reduce(&bits_to_int(digest));
        let mut nonce = FieldBytes::default();
        loop {
            nonces.fill_next_k(&mut nonce);
            if let Some(signature) = self.sign_with(&nonce, z) {
                return signature.to_der().as_bytes().to_vec();
            }
        }
    }

    /// The signature of SEC 1 §4.1.3; `None` for the (practically impossible) nonces for which r or s is zero.
    fn sign_with(&self, nonce: &FieldBytes, z: Scalar) -> Option<Signature> {
        let nonce = NonZeroScalar::from_repr(*nonce).into_option()?;
        let x = FieldBytes::try_from(&multiple(&nonce)[1..33]).ok()?;
        let r = Scalar::reduce(&x);
        let s = *nonce.invert_vartime() * (z + r * *self.scalar);
        Signature::from_scalars(r.to_repr(), s.to_repr()).ok()
    }
}

/// The leftmost 256 bits of a digest as a number.
fn bits_to_int(digest: &[u8]) -> FieldBytes {
    let mut bytes = FieldBytes::default();
    let digits = &digest[..digest.len().min(bytes.len())];
    let zeros = bytes.len() - digits.len();
    bytes[zeros..].copy_from_slice(digits);
    bytes
}

/// The generator times a scalar, as an uncompressed point.
fn multiple(scalar: &NonZeroScalar) -> [u8; 65] {
    let key = PrivateKey::from_private_key(&ECDH_P256, &scalar.to_repr()).expect("from 1 to the order less one");
    let point = key.compute_public_key().expect("AWS-LC holds the public key already");
    point.as_ref().try_into().expect("a P-256 point has 65 bytes uncompressed")
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
    use p256::ecdsa::signature::hazmat::PrehashSigner as _;
    use p256::ecdsa::{Signature, SigningKey};
    use proptest::prelude::*;
    use sha2::{Digest as _, Sha256};

    use super::*;

    proptest! {
        #[test]
        fn signs_byte_by_byte_what_p256_signs(scalar: [u8; 32], message: Vec<u8>, longer: bool) {
            let (Some(ours), Ok(theirs)) = (P256Key::new(&scalar), SigningKey::from_slice(&scalar)) else {
                return Err(TestCaseError::reject("no scalar"));
            };
            prop_assert_eq!(ours.public_point().as_slice(), theirs.verifying_key().to_sec1_point(false).as_bytes().to_vec());
            prop_assert_eq!(ours.private_bytes(), theirs.to_bytes().to_vec());
            let digest = Sha256::digest(&message);
            let digest = [digest.as_slice(), if longer { &[7; 16] } else { &[] }].concat();
            let signature: Signature = theirs.sign_prehash(&digest).expect("long enough");
            let signed = ours.sign_prehash(&digest);
            prop_assert_eq!(&signed, &signature.to_der().as_bytes().to_vec());
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, ours.public_point()).verify(&message, &signed).expect("valid");
        }

        #[test]
        fn short_digests_are_small_numbers(short in proptest::collection::vec(any::<u8>(), 16..32)) {
            let scalar = [0x42; 32];
            let theirs: Signature = SigningKey::from_slice(&scalar).expect("a scalar").sign_prehash(&short).expect("long enough");
            prop_assert_eq!(P256Key::new(&scalar).expect("a scalar").sign_prehash(&short), theirs.to_der().as_bytes().to_vec());
        }
    }

    #[test]
    fn only_scalars_of_the_group_are_keys() {
        let last: [u8; 32] = (-Scalar::ONE).to_repr().into();
        let mut order = last;
        // The order is odd.
        order[31] += 1;
        assert!(P256Key::new(&[0; 32]).is_none());
        assert!(P256Key::new(&order).is_none());
        assert!(P256Key::new(&[0xff; 32]).is_none());
        assert!(P256Key::new(&[1; 31]).is_none());
        assert!(P256Key::new(&last).is_some());
    }
}
