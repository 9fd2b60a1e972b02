//! RSA keys and signatures: the good ones are made by the rsa crate, the padding by hand if a fault needs it.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pss::Pss;
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use rsa::{BoxedUint, RsaPrivateKey};
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::derive::derive_bytes;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::der;
use crate::webauthn::hash::Hash;
use crate::webauthn::public_key::PublicKey;

/// An RSA key pair.
#[derive(Clone)]
pub(in crate::authenticator) struct RsaKey(Arc<RsaPrivateKey>);

#[derive(Deserialize)]
struct Entry {
    e: u32,
    p: String,
    q: String,
}

/// Names of the keys that credentials draw from begin so.
const DRAWN: &str = "rsa-2048-";
/// Drawn keys: `rsa-2048-0` to `rsa-2048-3`.
const DRAWN_COUNT: u8 = 4;

fn entries() -> &'static BTreeMap<String, (Entry, OnceLock<RsaKey>)> {
    static ENTRIES: OnceLock<BTreeMap<String, (Entry, OnceLock<RsaKey>)>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let file = proofmark_fixtures::RSA_KEYS;
        let entries: BTreeMap<String, Entry> = serde_json::from_str(file).expect("the tests read every key");
        entries.into_iter().map(|(name, entry)| (name, (entry, OnceLock::new()))).collect()
    })
}

fn unhex(digits: &str) -> Vec<u8> {
    let pairs = (0..digits.len()).step_by(2);
    pairs.filter_map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()).collect()
}

impl RsaKey {
    /// The key of `fixtures/keys/rsa.json` with a name.
    pub(in crate::authenticator) fn named(name: &str) -> Option<RsaKey> {
        let (entry, key) = entries().get(name)?;
        let make = || {
            RsaKey::from_primes(&unhex(&entry.p), &unhex(&entry.q), &entry.e.to_be_bytes())
                .expect("the tests make every key")
        };
        Some(key.get_or_init(make).clone())
    }

    /// The names of all keys.
    #[cfg(test)]
    pub(in crate::authenticator) fn names() -> impl Iterator<Item = &'static str> {
        entries().keys().map(String::as_str)
    }

    /// One of the 2048-bit keys.
    pub(super) fn drawn(seed: &[u8; 32], name: &str) -> RsaKey {
        let index = derive_bytes(seed, name, 1)[0] % DRAWN_COUNT;
        RsaKey::named(&format!("{DRAWN}{index}")).expect("the tests draw every key")
    }

    /// The key with two primes and an exponent, big-endian.
    pub(in crate::authenticator) fn from_primes(p: &[u8], q: &[u8], exponent: &[u8]) -> Option<RsaKey> {
        let number = BoxedUint::from_be_slice_vartime;
        RsaPrivateKey::from_p_q(number(p), number(q), number(exponent)).ok().map(|key| RsaKey(Arc::new(key)))
    }

    pub(super) fn public_key(&self) -> PublicKey {
        PublicKey::rsa(&self.modulus(), &self.0.e().to_be_bytes_trimmed_vartime())
    }

    /// The modulus, big-endian.
    pub(in crate::authenticator) fn modulus(&self) -> Vec<u8> {
        self.0.n().to_be_bytes_trimmed_vartime().into_vec()
    }

    pub(super) fn private_exponent(&self) -> Vec<u8> {
        self.0.d().to_be_bytes_trimmed_vartime().into_vec()
    }

    /// RSASSA-PKCS1-v1_5 or RSASSA-PSS as the algorithm says; RS256 for an algorithm that is not an RSA one.
    pub(in crate::authenticator) fn sign(&self, algorithm: CoseAlgorithm, message: &[u8]) -> Vec<u8> {
        use CoseAlgorithm as A;
        let signed = match algorithm {
            A::RS1 => self.0.sign(Pkcs1v15Sign::new::<Sha1>(), &Sha1::digest(message)),
            A::RS384 => self.0.sign(Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(message)),
            A::RS512 => self.0.sign(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message)),
            A::PS256 | A::PS384 | A::PS512 => return self.sign_pss(algorithm, message, None),
            _ => self.0.sign(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message)),
        };
        signed.unwrap_or_default()
    }

    /// RSASSA-PSS with the hash of an algorithm, the salt as long as the hash unless another length is given.
    pub(in crate::authenticator) fn sign_pss(
        &self,
        algorithm: CoseAlgorithm,
        message: &[u8],
        salt_length: Option<usize>,
    ) -> Vec<u8> {
        let mut salts = ChaCha20Rng::from_seed(Sha256::digest(message).into());
        let hash = Hash::of(algorithm).unwrap_or(Hash::Sha256);
        let digest = hash.digest(message);
        let salt_length = salt_length.unwrap_or(digest.len());
        let signed = match hash {
            Hash::Sha384 => self.0.sign_with_rng(&mut salts, Pss::<Sha384>::new_with_salt(salt_length), &digest),
            Hash::Sha512 => self.0.sign_with_rng(&mut salts, Pss::<Sha512>::new_with_salt(salt_length), &digest),
            _ => self.0.sign_with_rng(&mut salts, Pss::<Sha256>::new_with_salt(salt_length), &digest),
        };
        signed.unwrap_or_default()
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2) with SHA-256: the block of `length` bytes that a signature is the root of. `padding` is how
/// many bytes 0xff there are; what is left over stays zero.
pub(in crate::authenticator) fn encode_pkcs1(message: &[u8], length: usize, padding: Option<usize>) -> Vec<u8> {
    let sha256 = der::sequence(&[der::object_identifier("2.16.840.1.101.3.4.2.1"), der::element(5, &[])]);
    let info = der::sequence(&[sha256, der::octet_string(&Hash::Sha256.digest(message))]);
    let padding = padding.unwrap_or_else(|| length.saturating_sub(info.len() + 3));
    let mut block = [&[0, 1][..], &vec![0xff; padding], &[0], &info].concat();
    block.resize(length, 0);
    block
}
