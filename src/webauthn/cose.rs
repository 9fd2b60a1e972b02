//! COSE keys and algorithms (RFC 9052, RFC 9053) as far as WebAuthn L3 §5.8.5 and §6.5.1 use them.

use std::fmt;

use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{DerSignature, VerifyingKey};

use super::cbor::{self, Value};

/// A COSEAlgorithmIdentifier (WebAuthn L3 §5.8.5): a number of the IANA COSE Algorithms registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CoseAlgorithm(pub i64);

impl CoseAlgorithm {
    /// ECDSA with SHA-256, with WebAuthn always on P-256.
    pub const ES256: CoseAlgorithm = CoseAlgorithm(-7);
    /// RSASSA-PKCS1-v1_5 with SHA-256; no key of this algorithm can be verified yet.
    pub const RS256: CoseAlgorithm = CoseAlgorithm(-257);
}

impl fmt::Display for CoseAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Labels of the parameters of a COSE_Key (RFC 9052 §7.1, RFC 9053 §7.1.1).
pub mod label {
    /// `kty`
    pub const KEY_TYPE: i64 = 1;
    /// `alg`
    pub const ALGORITHM: i64 = 3;
    /// `crv`
    pub const CURVE: i64 = -1;
    /// `x`
    pub const X: i64 = -2;
    /// `y`
    pub const Y: i64 = -3;
}

/// Key type EC2: elliptic curve with both coordinates.
const EC2: i64 = 2;
/// Curve P-256.
const P256: i64 = 1;

/// Why a key cannot be used, or a signature does not stand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoseError {
    /// The item is not a map.
    #[error("the COSE key is not a map")]
    NotMap,
    /// A parameter is absent, or has another CBOR type than its definition says.
    #[error("the COSE key has no proper {0}")]
    Missing(&'static str),
    /// `alg` names an algorithm that is not implemented.
    #[error("COSE algorithm {0} is not supported")]
    UnsupportedAlgorithm(CoseAlgorithm),
    /// A parameter has a value that does not go with the algorithm.
    #[error("{name} is {found}, which does not go with the algorithm")]
    Mismatch {
        /// Name of the parameter.
        name: &'static str,
        /// The value found.
        found: i64,
    },
    /// A coordinate has a length other than the curve's.
    #[error("a coordinate has {0} bytes instead of 32")]
    CoordinateLength(usize),
    /// A parameter that WebAuthn L3 §6.5.1 does not allow.
    #[error("the COSE key has a parameter beside the required ones and alg")]
    Surplus,
    /// The coordinates are not those of a point on the curve.
    #[error("the coordinates are not a point on P-256")]
    OffCurve,
    /// The signature is malformed or was not made by this key over this message.
    #[error("the signature does not verify")]
    Signature,
}

/// A COSE_Key as it stands in authenticator data: any map. Use [`CoseKey::require_usable`] before trusting it.
#[derive(Debug, Clone, PartialEq)]
pub struct CoseKey {
    /// The parameters in the order of their encoding.
    pub parameters: Vec<(Value, Value)>,
}

impl CoseKey {
    /// The ES256 key with these affine coordinates, in canonical order.
    pub fn es256(x: &[u8; 32], y: &[u8; 32]) -> CoseKey {
        let mut key = CoseKey { parameters: Vec::new() };
        key.set(label::KEY_TYPE, EC2.into());
        key.set(label::ALGORITHM, CoseAlgorithm::ES256.0.into());
        key.set(label::CURVE, P256.into());
        key.set(label::X, Value::Bytes(x.to_vec()));
        key.set(label::Y, Value::Bytes(y.to_vec()));
        key
    }

    /// Takes a decoded CBOR item.
    ///
    /// # Errors
    /// [`CoseError::NotMap`]
    pub fn from_value(value: Value) -> Result<CoseKey, CoseError> {
        value.into_map().map(|parameters| CoseKey { parameters }).map_err(|_other| CoseError::NotMap)
    }

    /// The parameter with a label.
    pub fn get(&self, label: i64) -> Option<&Value> {
        self.parameters.iter().find(|(key, _)| *key == Value::from(label)).map(|(_, value)| value)
    }

    /// Replaces or adds a parameter; a new one goes where the canonical order has it.
    pub fn set(&mut self, label: i64, value: Value) {
        match self.parameters.iter_mut().find(|(key, _)| *key == Value::from(label)) {
            Some((_, old)) => *old = value,
            None => {
                self.parameters.push((label.into(), value));
                cbor::sort_canonically(&mut self.parameters);
            }
        }
    }

    /// Removes a parameter; says whether it was there.
    pub fn remove(&mut self, label: i64) -> bool {
        let before = self.parameters.len();
        self.parameters.retain(|(key, _)| *key != Value::from(label));
        self.parameters.len() < before
    }

    /// The `alg` parameter; `None` if it is absent or not an integer.
    pub fn algorithm(&self) -> Option<CoseAlgorithm> {
        self.integer(label::ALGORITHM).map(CoseAlgorithm)
    }

    /// Encodes as CBOR map, parameters in their order.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(&Value::Map(self.parameters.clone()))
    }

    /// Holds the key to WebAuthn L3 §5.8.5 and §6.5.1: `alg` present and supported, the parameters that the key type
    /// requires and no others, P-256 with an uncompressed point on the curve.
    ///
    /// # Errors
    /// The first [`CoseError`] found.
    pub fn require_usable(&self) -> Result<(), CoseError> {
        self.verifying_key().map(|_key| ())
    }

    /// Verifies a signature over a message with the algorithm of the key (for ES256: DER, SHA-256).
    ///
    /// # Errors
    /// [`CoseError`]: the key is unusable, `algorithm` is not the key's, or the signature does not stand.
    pub fn verify(&self, algorithm: CoseAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), CoseError> {
        let key = self.verifying_key()?;
        if self.algorithm() != Some(algorithm) {
            return Err(CoseError::UnsupportedAlgorithm(algorithm));
        }
        let signature = DerSignature::from_bytes(signature).map_err(|_error| CoseError::Signature)?;
        key.verify(message, &signature).map_err(|_error| CoseError::Signature)
    }

    /// The key as DER SubjectPublicKeyInfo (RFC 5480), the value of `response.publicKey`.
    ///
    /// # Errors
    /// [`CoseError`] if the key is not usable.
    pub fn to_spki_der(&self) -> Result<Vec<u8>, CoseError> {
        // SEQUENCE { SEQUENCE { id-ecPublicKey, prime256v1 }, BIT STRING of 66 bytes }, all of fixed length.
        const PREFIX: [u8; 26] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        let point = self.verifying_key()?.to_sec1_point(false);
        Ok([&PREFIX[..], point.as_bytes()].concat())
    }

    fn verifying_key(&self) -> Result<VerifyingKey, CoseError> {
        let algorithm = self.algorithm().ok_or(CoseError::Missing("alg"))?;
        if algorithm != CoseAlgorithm::ES256 {
            return Err(CoseError::UnsupportedAlgorithm(algorithm));
        }
        self.require(label::KEY_TYPE, "kty", EC2)?;
        self.require(label::CURVE, "crv", P256)?;
        let (x, y) = (self.coordinate(label::X, "x")?, self.coordinate(label::Y, "y")?);
        if self.parameters.len() != 5 {
            return Err(CoseError::Surplus);
        }
        VerifyingKey::from_sec1_bytes(&[&[4], x, y].concat()).map_err(|_error| CoseError::OffCurve)
    }

    fn require(&self, label: i64, name: &'static str, expected: i64) -> Result<(), CoseError> {
        match self.integer(label) {
            Some(found) if found == expected => Ok(()),
            Some(found) => Err(CoseError::Mismatch { name, found }),
            None => Err(CoseError::Missing(name)),
        }
    }

    fn coordinate(&self, label: i64, name: &'static str) -> Result<&[u8], CoseError> {
        let bytes = self.get(label).and_then(Value::as_bytes).ok_or(CoseError::Missing(name))?;
        if bytes.len() == 32 { Ok(bytes) } else { Err(CoseError::CoordinateLength(bytes.len())) }
    }

    fn integer(&self, label: i64) -> Option<i64> {
        self.get(label).and_then(Value::as_integer).and_then(|integer| integer.try_into().ok())
    }
}

#[cfg(test)]
#[path = "cose_tests.rs"]
mod tests;
