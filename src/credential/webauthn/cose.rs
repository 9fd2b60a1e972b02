//! COSE keys and algorithms (RFC 9052, RFC 9053, RFC 8230, RFC 8812, RFC 9964) as far as WebAuthn L3 §5.8.5 and §6.5.1 use them.

pub use super::algorithm::CoseAlgorithm;
use super::algorithm::KeyKind;
use super::cbor::{self, Value};
use super::public_key::{PublicKey, PublicKeyError};

/// Labels of the parameters of a COSE_Key (RFC 9052 §7.1, RFC 9053 §7.1.1, RFC 8230 §4).
pub mod label {
    /// `kty`
    pub const KEY_TYPE: i64 = 1;
    /// `alg`
    pub const ALGORITHM: i64 = 3;
    /// `crv` of EC2 and OKP
    pub const CURVE: i64 = -1;
    /// `x` of EC2 and OKP
    pub const X: i64 = -2;
    /// `y` of EC2
    pub const Y: i64 = -3;
    /// `n` of RSA
    pub const MODULUS: i64 = -1;
    /// `e` of RSA
    pub const EXPONENT: i64 = -2;
    /// `pub` of AKP
    pub const PUBLIC: i64 = -1;
}

/// Key types: octet key pair, elliptic curve with both coordinates, RSA, algorithm key pair.
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const AKP: i64 = 7;

/// Key type and curve (RFC 9053, RFC 8812) of a kind.
const fn type_and_curve(kind: KeyKind) -> (i64, Option<i64>) {
    match kind {
        KeyKind::P256 => (EC2, Some(1)),
        KeyKind::P384 => (EC2, Some(2)),
        KeyKind::P521 => (EC2, Some(3)),
        KeyKind::Secp256k1 => (EC2, Some(8)),
        KeyKind::Ed25519 => (OKP, Some(6)),
        KeyKind::Ed448 => (OKP, Some(7)),
        KeyKind::Rsa => (RSA, None),
        KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => (AKP, None),
    }
}

/// Why a key cannot be used, or a signature is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoseError {
    /// The item is not a map.
    #[error("the COSE key is not a map")]
    NotMap,
    /// A parameter is absent, or has another CBOR type than its definition says.
    #[error("the COSE key has no valid {0}")]
    Missing(&'static str),
    /// `alg` names an algorithm that is not implemented.
    #[error("COSE algorithm {0} is not supported")]
    UnsupportedAlgorithm(CoseAlgorithm),
    /// A parameter has a value that does not go with the algorithm.
    #[error("{name} is {found}, which does not fit the algorithm")]
    Mismatch {
        /// Name of the parameter.
        name: &'static str,
        /// The value found.
        found: i64,
    },
    /// A coordinate, or a key of ML-DSA, has a length other than its kind's.
    #[error("a coordinate or key has {found} bytes instead of {expected}")]
    CoordinateLength {
        /// Bytes found.
        found: usize,
        /// Bytes of the curve's field, or of the key.
        expected: usize,
    },
    /// An RSA number begins with a zero byte (RFC 8230 §4).
    #[error("{0} is not in the shortest form")]
    LeadingZero(&'static str),
    /// A parameter that WebAuthn L3 §6.5.1 does not allow.
    #[error("the COSE key has a parameter other than the required ones and alg")]
    Surplus,
    /// The parameters are not those of a valid key, or the signature is not valid.
    #[error("{0}")]
    Key(#[from] PublicKeyError),
}

/// A COSE_Key as it is in authenticator data: any map. Use [`CoseKey::require_usable`] before trusting it.
#[derive(Debug, Clone, PartialEq)]
pub struct CoseKey {
    /// The parameters in the order of their encoding.
    pub parameters: Vec<(Value, Value)>,
}

impl CoseKey {
    /// The key of an algorithm, in canonical order.
    pub fn new(algorithm: CoseAlgorithm, key: &PublicKey) -> CoseKey {
        let (key_type, curve) = type_and_curve(key.kind);
        let mut parameters = vec![(label::KEY_TYPE, key_type.into()), (label::ALGORITHM, algorithm.0.into())];
        parameters.extend(curve.map(|curve| (label::CURVE, curve.into())));
        match (key.rsa_parts(), key_type) {
            (Some((modulus, exponent)), _) => {
                let modulus = (label::MODULUS, Value::Bytes(modulus));
                parameters.extend([modulus, (label::EXPONENT, Value::Bytes(exponent))]);
            }
            (None, EC2) => {
                let point = key.bytes.get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                parameters.extend([(label::X, Value::Bytes(x.to_vec())), (label::Y, Value::Bytes(y.to_vec()))]);
            }
            (None, AKP) => parameters.push((label::PUBLIC, Value::Bytes(key.bytes.clone()))),
            _ => parameters.push((label::X, Value::Bytes(key.bytes.clone()))),
        }
        CoseKey { parameters: parameters.into_iter().map(|(label, value)| (label.into(), value)).collect() }
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

    /// Replaces or adds a parameter; a new one is put into its place in the canonical order.
    pub fn set(&mut self, label: i64, value: Value) {
        match self.parameters.iter_mut().find(|(key, _)| *key == Value::from(label)) {
            Some((_, old)) => *old = value,
            None => {
                self.parameters.push((label.into(), value));
                cbor::sort_canonically(&mut self.parameters);
            }
        }
    }

    /// The `alg` parameter; `None` if it is absent or not an integer.
    pub fn algorithm(&self) -> Option<CoseAlgorithm> {
        self.integer(label::ALGORITHM).map(CoseAlgorithm)
    }

    /// Encodes as CBOR map, parameters in their order.
    pub fn encode(&self) -> Vec<u8> {
        cbor::encode(&Value::Map(self.parameters.clone()))
    }

    /// Holds the key to WebAuthn L3 §5.8.5 and §6.5.1: `alg` present and known, the parameters that the key type
    /// requires and no others, the curve that the algorithm fixes, an uncompressed point on it, an RSA key that can verify.
    ///
    /// # Errors
    /// The first [`CoseError`] found.
    pub fn require_usable(&self) -> Result<(), CoseError> {
        Ok(self.public_key()?.require_valid()?)
    }

    /// Verifies a signature over a message with the algorithm of the key.
    ///
    /// # Errors
    /// [`CoseError`]: the key is unusable, `algorithm` is not the key's, or the signature is not valid.
    pub fn verify(&self, algorithm: CoseAlgorithm, message: &[u8], signature: &[u8]) -> Result<(), CoseError> {
        let key = self.public_key()?;
        if self.algorithm() != Some(algorithm) {
            return Err(CoseError::UnsupportedAlgorithm(algorithm));
        }
        Ok(key.verify(algorithm, message, signature)?)
    }

    /// The key as DER SubjectPublicKeyInfo (RFC 5480), the value of `response.publicKey`.
    ///
    /// # Errors
    /// [`CoseError`] if the key is not usable.
    pub fn to_spki_der(&self) -> Result<Vec<u8>, CoseError> {
        let key = self.public_key()?;
        key.require_valid()?;
        Ok(key.to_spki_der())
    }

    /// The key in the form of its kind, its parameters checked but for their values.
    ///
    /// # Errors
    /// The first [`CoseError`] found.
    pub fn public_key(&self) -> Result<PublicKey, CoseError> {
        let algorithm = self.algorithm().ok_or(CoseError::Missing("alg"))?;
        let kind = algorithm.kind().ok_or(CoseError::UnsupportedAlgorithm(algorithm))?;
        let (key_type, curve) = type_and_curve(kind);
        self.require(label::KEY_TYPE, "kty", key_type)?;
        if let Some(curve) = curve {
            self.require(label::CURVE, "crv", curve)?;
        }
        let (key, parameters) = match (kind.field_length(), key_type) {
            (Some(length), EC2) => {
                let coordinate = |label, name| self.coordinate(label, name, length);
                (PublicKey::elliptic(kind, coordinate(label::X, "x")?, coordinate(label::Y, "y")?), 5)
            }
            (Some(length), AKP) => {
                (PublicKey { kind, bytes: self.coordinate(label::PUBLIC, "pub", length)?.to_vec() }, 3)
            }
            (Some(length), _) => (PublicKey { kind, bytes: self.coordinate(label::X, "x", length)?.to_vec() }, 4),
            (None, _) => (PublicKey::rsa(self.number(label::MODULUS, "n")?, self.number(label::EXPONENT, "e")?), 4),
        };
        if self.parameters.len() == parameters { Ok(key) } else { Err(CoseError::Surplus) }
    }

    fn require(&self, label: i64, name: &'static str, expected: i64) -> Result<(), CoseError> {
        match self.integer(label) {
            Some(found) if found == expected => Ok(()),
            Some(found) => Err(CoseError::Mismatch { name, found }),
            None => Err(CoseError::Missing(name)),
        }
    }

    fn bytes(&self, label: i64, name: &'static str) -> Result<&[u8], CoseError> {
        self.get(label).and_then(Value::as_bytes).map(Vec::as_slice).ok_or(CoseError::Missing(name))
    }

    fn coordinate(&self, label: i64, name: &'static str, expected: usize) -> Result<&[u8], CoseError> {
        let bytes = self.bytes(label, name)?;
        let found = bytes.len();
        if found == expected { Ok(bytes) } else { Err(CoseError::CoordinateLength { found, expected }) }
    }

    fn number(&self, label: i64, name: &'static str) -> Result<&[u8], CoseError> {
        let bytes = self.bytes(label, name)?;
        match bytes.first() {
            None => Err(CoseError::Missing(name)),
            Some(0) => Err(CoseError::LeadingZero(name)),
            Some(_) => Ok(bytes),
        }
    }

    fn integer(&self, label: i64) -> Option<i64> {
        self.get(label).and_then(Value::as_integer).and_then(|integer| integer.try_into().ok())
    }
}

#[cfg(test)]
mod tests;
