//! Public keys and the verification of signatures, by AWS-LC: another implementation than the one that signs.

use aws_lc_rs::signature::{self, ParsedPublicKey, VerificationAlgorithm};

use super::algorithm::CoseAlgorithm;
pub use super::algorithm::KeyKind;
use super::der::{self, DerError};

/// Object identifier id-ecPublicKey (RFC 5480).
const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";

/// A public key whose form was checked; [`PublicKey::require_valid`] checks whether it is a valid one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    /// What it is.
    pub kind: KeyKind,
    /// The uncompressed point (SEC 1), the Edwards key, the key of ML-DSA (FIPS 204), or the DER of RSAPublicKey.
    pub bytes: Vec<u8>,
}

/// Why a key or a signature is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublicKeyError {
    /// The SubjectPublicKeyInfo is not DER of the expected form, or names its curve by parameters.
    #[error("the SubjectPublicKeyInfo is not well formed, or does not name a known curve")]
    Malformed,
    /// The key is not a valid key of its kind: its point is not on the curve, or its modulus or exponent is impossible.
    #[error("the key is not a valid key of its kind")]
    Invalid,
    /// Keys of this kind make no signatures of this algorithm.
    #[error("the algorithm does not fit the key")]
    Algorithm,
    /// The signature is malformed or was not made by this key over this message.
    #[error("the signature does not verify")]
    Signature,
}

impl PublicKeyError {
    /// Whether the algorithm was wrong, not the signature.
    pub fn is_about_algorithm(&self) -> bool {
        *self == PublicKeyError::Algorithm
    }
}

impl From<DerError> for PublicKeyError {
    fn from(_error: DerError) -> Self {
        PublicKeyError::Malformed
    }
}

impl PublicKey {
    /// An elliptic curve key from its coordinates.
    pub fn elliptic(kind: KeyKind, x: &[u8], y: &[u8]) -> PublicKey {
        PublicKey { kind, bytes: [&[4], x, y].concat() }
    }

    /// An RSA key from modulus and exponent, big-endian.
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> PublicKey {
        PublicKey { kind: KeyKind::Rsa, bytes: der::sequence(&[der::unsigned(modulus), der::unsigned(exponent)]) }
    }

    /// Reads a SubjectPublicKeyInfo (RFC 5280, RFC 5480, RFC 8410, RFC 8017, RFC 9881).
    ///
    /// # Errors
    /// [`PublicKeyError::Malformed`]; elliptic curves have to be named (RFC 5480 §2.1.1).
    pub fn from_spki_der(bytes: &[u8]) -> Result<PublicKey, PublicKeyError> {
        let parts = der::read_all(der::read(bytes)?.expect(der::SEQUENCE)?)?;
        let [algorithm, key] = parts.as_slice() else { return Err(PublicKeyError::Malformed) };
        let algorithm = algorithm.expect(der::SEQUENCE)?;
        let [0, key @ ..] = key.expect(der::BIT_STRING)? else { return Err(PublicKeyError::Malformed) };
        let kind = KeyKind::ALL.into_iter().find(|kind| identifier(*kind).concat() == algorithm);
        let kind = kind.ok_or(PublicKeyError::Malformed)?;
        Ok(PublicKey { kind, bytes: key.to_vec() })
    }

    /// The key as DER SubjectPublicKeyInfo, the value of `response.publicKey`.
    pub fn to_spki_der(&self) -> Vec<u8> {
        der::sequence(&[der::sequence(&identifier(self.kind)), der::bit_string(&self.bytes)])
    }

    /// Modulus and exponent of an RSA key, without leading zeros.
    pub fn rsa_parts(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let parts = der::read_all(der::read(&self.bytes).ok()?.expect(der::SEQUENCE).ok()?).ok()?;
        let number = |index: usize| -> Option<Vec<u8>> {
            let content = parts.get(index)?.expect(der::INTEGER).ok()?;
            Some(content.iter().copied().skip_while(|byte| *byte == 0).collect())
        };
        (self.kind == KeyKind::Rsa).then_some((number(0)?, number(1)?))
    }

    /// Holds the key to the rules of its kind: a point on the curve, a modulus and an exponent that verify.
    ///
    /// # Errors
    /// [`PublicKeyError::Invalid`]
    pub fn require_valid(&self) -> Result<(), PublicKeyError> {
        if self.kind == KeyKind::Ed448 {
            let fits = Some(self.bytes.len()) == self.kind.field_length();
            return if fits { Ok(()) } else { Err(PublicKeyError::Invalid) };
        }
        let usual = usual_algorithm(self.kind);
        self.parse(usual).map(|_key| ())
    }

    /// Verifies a signature over a message: ECDSA in DER, the others as plain bytes (WebAuthn L3 §6.5.5).
    ///
    /// # Errors
    /// [`PublicKeyError`]
    pub fn verify(&self, algorithm: CoseAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), PublicKeyError> {
        let verification = verification(self.kind, algorithm).ok_or(PublicKeyError::Algorithm)?;
        self.parse(verification)?.verify_sig(message, signature).map_err(|_error| PublicKeyError::Signature)
    }

    fn parse(&self, algorithm: &'static dyn VerificationAlgorithm) -> Result<ParsedPublicKey, PublicKeyError> {
        let fits = match self.kind.field_length() {
            Some(length) if self.kind.is_elliptic() => {
                self.bytes.len() == 1 + 2 * length && self.bytes.first() == Some(&4)
            }
            Some(length) => self.bytes.len() == length && (self.kind.is_ml_dsa() || self.is_point()),
            None => self.is_rsa_key(),
        };
        if !fits {
            return Err(PublicKeyError::Invalid);
        }
        ParsedPublicKey::new(algorithm, &self.bytes).map_err(|_error| PublicKeyError::Invalid)
    }

    /// Whether 32 bytes decode to a point of Ed25519 (RFC 8032 §5.1.3), which AWS-LC only asks when it verifies.
    fn is_point(&self) -> bool {
        let bytes: Result<[u8; 32], _> = self.bytes.as_slice().try_into();
        bytes.is_ok_and(|bytes| ed25519_dalek::VerifyingKey::from_bytes(&bytes).is_ok())
    }

    /// RFC 8017 §3.1: an odd modulus and an odd exponent of at least 3. RFC 8812 §2: at least 2048 bits.
    fn is_rsa_key(&self) -> bool {
        let odd = |bytes: &[u8]| bytes.last().is_some_and(|byte| byte & 1 == 1);
        self.rsa_parts().is_some_and(|(modulus, exponent)| {
            odd(&modulus) && odd(&exponent) && exponent != [1] && modulus.len() >= 256 && modulus.len() <= 1024
        })
    }
}

/// The elements of an AlgorithmIdentifier.
fn identifier(kind: KeyKind) -> Vec<Vec<u8>> {
    let named = der::object_identifier(kind.object_identifier());
    match kind {
        KeyKind::Rsa => vec![named, der::element(5, &[])],
        _ if kind.is_elliptic() => vec![der::object_identifier(EC_PUBLIC_KEY), named],
        _ => vec![named],
    }
}

fn usual_algorithm(kind: KeyKind) -> &'static dyn VerificationAlgorithm {
    match kind {
        KeyKind::P256 => &signature::ECDSA_P256_SHA256_ASN1,
        KeyKind::P384 => &signature::ECDSA_P384_SHA384_ASN1,
        KeyKind::P521 => &signature::ECDSA_P521_SHA512_ASN1,
        KeyKind::Secp256k1 => &signature::ECDSA_P256K1_SHA256_ASN1,
        KeyKind::Ed25519 | KeyKind::Ed448 => &signature::ED25519,
        KeyKind::MlDsa44 => &signature::ML_DSA_44,
        KeyKind::MlDsa65 => &signature::ML_DSA_65,
        KeyKind::MlDsa87 => &signature::ML_DSA_87,
        KeyKind::Rsa => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    }
}

/// How signatures of an algorithm are verified with a kind of key. The algorithm decides on the hash, so that ES256 with a
/// P-384 key (which only attestation keys may have) is ECDSA with SHA-256.
fn verification(kind: KeyKind, algorithm: CoseAlgorithm) -> Option<&'static dyn VerificationAlgorithm> {
    use CoseAlgorithm as A;
    Some(match (kind, algorithm) {
        (KeyKind::P256, A::ES256 | A::ESP256) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyKind::P256, A::ES384) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyKind::P256, A::ES512) => &signature::ECDSA_P256_SHA512_ASN1,
        (KeyKind::P384, A::ES256) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyKind::P384, A::ES384 | A::ESP384) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeyKind::P384, A::ES512) => &signature::ECDSA_P384_SHA512_ASN1,
        (KeyKind::P521, A::ES256) => &signature::ECDSA_P521_SHA256_ASN1,
        (KeyKind::P521, A::ES384) => &signature::ECDSA_P521_SHA384_ASN1,
        (KeyKind::P521, A::ES512 | A::ESP512) => &signature::ECDSA_P521_SHA512_ASN1,
        (KeyKind::Secp256k1, A::ES256K | A::ES256) => &signature::ECDSA_P256K1_SHA256_ASN1,
        (KeyKind::Ed25519, A::EDDSA | A::ED25519) => &signature::ED25519,
        (KeyKind::MlDsa44, A::ML_DSA_44) => &signature::ML_DSA_44,
        (KeyKind::MlDsa65, A::ML_DSA_65) => &signature::ML_DSA_65,
        (KeyKind::MlDsa87, A::ML_DSA_87) => &signature::ML_DSA_87,
        (KeyKind::Rsa, A::RS1) => &signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        (KeyKind::Rsa, A::RS256) => &signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (KeyKind::Rsa, A::RS384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyKind::Rsa, A::RS512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (KeyKind::Rsa, A::PS256) => &signature::RSA_PSS_2048_8192_SHA256,
        (KeyKind::Rsa, A::PS384) => &signature::RSA_PSS_2048_8192_SHA384,
        (KeyKind::Rsa, A::PS512) => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}
