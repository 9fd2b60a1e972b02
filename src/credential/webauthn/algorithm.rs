//! Algorithms of signatures, and the kinds of keys that they need.

use std::fmt;

/// A COSEAlgorithmIdentifier (WebAuthn L3 §5.8.5): a number of the IANA COSE Algorithms registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CoseAlgorithm(pub i64);

impl CoseAlgorithm {
    /// ECDSA with SHA-256, with WebAuthn always on P-256.
    pub const ES256: CoseAlgorithm = CoseAlgorithm(-7);
    /// ECDSA with SHA-384, with WebAuthn always on P-384.
    pub const ES384: CoseAlgorithm = CoseAlgorithm(-35);
    /// ECDSA with SHA-512, with WebAuthn always on P-521.
    pub const ES512: CoseAlgorithm = CoseAlgorithm(-36);
    /// ECDSA with SHA-256 on secp256k1.
    pub const ES256K: CoseAlgorithm = CoseAlgorithm(-47);
    /// EdDSA, with WebAuthn always on Ed25519.
    pub const EDDSA: CoseAlgorithm = CoseAlgorithm(-8);
    /// ECDSA with SHA-256 on P-256, fully specified.
    pub const ESP256: CoseAlgorithm = CoseAlgorithm(-9);
    /// ECDSA with SHA-384 on P-384, fully specified.
    pub const ESP384: CoseAlgorithm = CoseAlgorithm(-51);
    /// ECDSA with SHA-512 on P-521, fully specified.
    pub const ESP512: CoseAlgorithm = CoseAlgorithm(-52);
    /// EdDSA on Ed25519, fully specified.
    pub const ED25519: CoseAlgorithm = CoseAlgorithm(-19);
    /// EdDSA on Ed448, fully specified.
    pub const ED448: CoseAlgorithm = CoseAlgorithm(-53);
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub const RS256: CoseAlgorithm = CoseAlgorithm(-257);
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    pub const RS384: CoseAlgorithm = CoseAlgorithm(-258);
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    pub const RS512: CoseAlgorithm = CoseAlgorithm(-259);
    /// RSASSA-PSS with SHA-256.
    pub const PS256: CoseAlgorithm = CoseAlgorithm(-37);
    /// RSASSA-PSS with SHA-384.
    pub const PS384: CoseAlgorithm = CoseAlgorithm(-38);
    /// RSASSA-PSS with SHA-512.
    pub const PS512: CoseAlgorithm = CoseAlgorithm(-39);
    /// ML-DSA-44 (RFC 9964).
    pub const ML_DSA_44: CoseAlgorithm = CoseAlgorithm(-48);
    /// ML-DSA-65 (RFC 9964).
    pub const ML_DSA_65: CoseAlgorithm = CoseAlgorithm(-49);
    /// ML-DSA-87 (RFC 9964).
    pub const ML_DSA_87: CoseAlgorithm = CoseAlgorithm(-50);
    /// RSASSA-PKCS1-v1_5 with SHA-1.
    pub const RS1: CoseAlgorithm = CoseAlgorithm(-65535);

    /// Every algorithm that is known, with its registered name and the kind of its keys.
    pub const ALL: [(CoseAlgorithm, &'static str, KeyKind); 20] = [
        (CoseAlgorithm::ES256, "ES256", KeyKind::P256),
        (CoseAlgorithm::ES384, "ES384", KeyKind::P384),
        (CoseAlgorithm::ES512, "ES512", KeyKind::P521),
        (CoseAlgorithm::ES256K, "ES256K", KeyKind::Secp256k1),
        (CoseAlgorithm::EDDSA, "EdDSA", KeyKind::Ed25519),
        (CoseAlgorithm::ESP256, "ESP256", KeyKind::P256),
        (CoseAlgorithm::ESP384, "ESP384", KeyKind::P384),
        (CoseAlgorithm::ESP512, "ESP512", KeyKind::P521),
        (CoseAlgorithm::ED25519, "Ed25519", KeyKind::Ed25519),
        (CoseAlgorithm::ED448, "Ed448", KeyKind::Ed448),
        (CoseAlgorithm::RS256, "RS256", KeyKind::Rsa),
        (CoseAlgorithm::RS384, "RS384", KeyKind::Rsa),
        (CoseAlgorithm::RS512, "RS512", KeyKind::Rsa),
        (CoseAlgorithm::PS256, "PS256", KeyKind::Rsa),
        (CoseAlgorithm::PS384, "PS384", KeyKind::Rsa),
        (CoseAlgorithm::PS512, "PS512", KeyKind::Rsa),
        (CoseAlgorithm::RS1, "RS1", KeyKind::Rsa),
        (CoseAlgorithm::ML_DSA_44, "ML-DSA-44", KeyKind::MlDsa44),
        (CoseAlgorithm::ML_DSA_65, "ML-DSA-65", KeyKind::MlDsa65),
        (CoseAlgorithm::ML_DSA_87, "ML-DSA-87", KeyKind::MlDsa87),
    ];

    /// The kind of key that the algorithm needs in WebAuthn; `None` if it is not known.
    pub fn kind(self) -> Option<KeyKind> {
        Self::ALL.iter().find(|(known, ..)| *known == self).map(|(.., kind)| *kind)
    }

    /// The registered name; `None` if the algorithm is not known.
    pub fn name(self) -> Option<&'static str> {
        Self::ALL.iter().find(|(known, ..)| *known == self).map(|(_, name, _)| *name)
    }

    /// The algorithm with a registered name, such as `ES256`; letter case does not count.
    pub fn from_name(name: &str) -> Option<CoseAlgorithm> {
        Self::ALL.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name)).map(|(algorithm, ..)| *algorithm)
    }
}

impl fmt::Display for CoseAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The kinds of keys that are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// Elliptic curve P-256.
    P256,
    /// Elliptic curve P-384.
    P384,
    /// Elliptic curve P-521.
    P521,
    /// Elliptic curve secp256k1.
    Secp256k1,
    /// Edwards curve Ed25519.
    Ed25519,
    /// Edwards curve Ed448; no signature of it can be verified.
    Ed448,
    /// RSA.
    Rsa,
    /// ML-DSA-44 (FIPS 204).
    MlDsa44,
    /// ML-DSA-65.
    MlDsa65,
    /// ML-DSA-87.
    MlDsa87,
}

impl KeyKind {
    /// Bytes of a coordinate (elliptic curves) or of the public key (Edwards curves, ML-DSA); `None` for RSA.
    pub const fn field_length(self) -> Option<usize> {
        match self {
            KeyKind::P256 | KeyKind::Secp256k1 | KeyKind::Ed25519 => Some(32),
            KeyKind::P384 => Some(48),
            KeyKind::P521 => Some(66),
            KeyKind::Ed448 => Some(57),
            KeyKind::MlDsa44 => Some(1312),
            KeyKind::MlDsa65 => Some(1952),
            KeyKind::MlDsa87 => Some(2592),
            KeyKind::Rsa => None,
        }
    }

    /// Object identifier of the named curve, or of the algorithm for kinds without one.
    pub(super) const fn object_identifier(self) -> &'static str {
        match self {
            KeyKind::P256 => "1.2.840.10045.3.1.7",
            KeyKind::P384 => "1.3.132.0.34",
            KeyKind::P521 => "1.3.132.0.35",
            KeyKind::Secp256k1 => "1.3.132.0.10",
            KeyKind::Ed25519 => "1.3.101.112",
            KeyKind::Ed448 => "1.3.101.113",
            KeyKind::Rsa => "1.2.840.113549.1.1.1",
            KeyKind::MlDsa44 => "2.16.840.1.101.3.4.3.17",
            KeyKind::MlDsa65 => "2.16.840.1.101.3.4.3.18",
            KeyKind::MlDsa87 => "2.16.840.1.101.3.4.3.19",
        }
    }

    /// Whether it is an elliptic curve with points of two coordinates.
    pub const fn is_elliptic(self) -> bool {
        matches!(self, KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Secp256k1)
    }

    /// Whether signatures of it are made from the message itself, and not from a digest of it.
    pub const fn is_ml_dsa(self) -> bool {
        matches!(self, KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87)
    }

    pub(super) const ALL: [KeyKind; 10] = [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Secp256k1,
        KeyKind::Ed25519,
        KeyKind::Ed448,
        KeyKind::Rsa,
        KeyKind::MlDsa44,
        KeyKind::MlDsa65,
        KeyKind::MlDsa87,
    ];
}
