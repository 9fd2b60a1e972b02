//! Authenticator data (WebAuthn L3 §6.1) and attested credential data (§6.5.1).

use std::fmt;

use super::cbor::{self, CborError, Form, Value};
use super::cose::{CoseError, CoseKey};

/// The flags byte of authenticator data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// UP, bit 0.
    pub const USER_PRESENT: u8 = 0x01;
    /// UV, bit 2.
    pub const USER_VERIFIED: u8 = 0x04;
    /// BE, bit 3.
    pub const BACKUP_ELIGIBLE: u8 = 0x08;
    /// BS, bit 4.
    pub const BACKUP_STATE: u8 = 0x10;
    /// AT, bit 6.
    pub const ATTESTED_CREDENTIAL_DATA: u8 = 0x40;
    /// ED, bit 7.
    pub const EXTENSION_DATA: u8 = 0x80;
    /// RFU1 and RFU2, bits 1 and 5.
    pub const RESERVED: u8 = 0x22;

    /// Whether all bits of `mask` are set.
    pub const fn has(self, mask: u8) -> bool {
        self.0 & mask == mask
    }

    /// The flags with the bits of `mask` set or cleared.
    #[must_use]
    pub const fn with(self, mask: u8, on: bool) -> Flags {
        if on { Flags(self.0 | mask) } else { Flags(self.0 & !mask) }
    }
}

/// The AAGUID of an authenticator model; all zero if it is not given.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Aaguid(pub [u8; 16]);

impl Aaguid {
    /// Sixteen zero bytes.
    pub const ZERO: Aaguid = Aaguid([0; 16]);
}

impl fmt::Display for Aaguid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Aaguid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Aaguid({self})")
    }
}

/// Attested credential data (WebAuthn L3 §6.5.1).
#[derive(Debug, Clone, PartialEq)]
pub struct AttestedCredentialData {
    /// Model of the authenticator.
    pub aaguid: Aaguid,
    /// Credential id; at most 1023 bytes in a conforming authenticator, at most 65535 in the encoding.
    pub credential_id: Vec<u8>,
    /// Credential public key; any map of CBOR.
    pub public_key: CoseKey,
}

/// Authenticator data. What is written does not depend on the flags, so that wrong flags can be written too.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthenticatorData {
    /// SHA-256 of the RP ID.
    pub rp_id_hash: [u8; 32],
    /// Flags.
    pub flags: Flags,
    /// Signature counter.
    pub sign_count: u32,
    /// Attested credential data.
    pub attested: Option<AttestedCredentialData>,
    /// Extension outputs, a CBOR map.
    pub extensions: Option<Value>,
}

/// Why bytes are not authenticator data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticatorDataError {
    /// The bytes end within a field.
    #[error("the authenticator data end within {0}")]
    Truncated(&'static str),
    /// The credential public key is not CBOR.
    #[error("the credential public key: {0}")]
    PublicKeyCbor(CborError),
    /// The credential public key is not a map.
    #[error("the credential public key: {0}")]
    PublicKey(CoseError),
    /// The extension data are not a CBOR map with text keys.
    #[error("the extension data are not a CBOR map with text keys")]
    Extensions,
    /// Bytes follow the last field that the flags announce.
    #[error("{0} bytes after the authenticator data")]
    Trailing(usize),
}

impl AuthenticatorData {
    /// Encodes every part that is there, whatever the flags say. A credential id above 65535 bytes is cut off there.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_parts().concat()
    }

    /// As [`AuthenticatorData::encode`], in three parts: up to the credential public key, the key, and the bytes that follow.
    pub fn encode_parts(&self) -> [Vec<u8>; 3] {
        let mut before = self.rp_id_hash.to_vec();
        before.push(self.flags.0);
        before.extend(self.sign_count.to_be_bytes());
        let mut key = Vec::new();
        if let Some(attested) = &self.attested {
            let length = u16::try_from(attested.credential_id.len()).unwrap_or(u16::MAX);
            before.extend(attested.aaguid.0);
            before.extend(length.to_be_bytes());
            before.extend(&attested.credential_id[..usize::from(length)]);
            key = attested.public_key.encode();
        }
        [before, key, self.extensions.as_ref().map(cbor::encode).unwrap_or_default()]
    }

    /// Decodes authenticator data that fill `bytes`.
    ///
    /// # Errors
    /// [`AuthenticatorDataError`]; never panics, whatever the bytes.
    pub fn decode(bytes: &[u8], form: Form) -> Result<AuthenticatorData, AuthenticatorDataError> {
        let (data, rest) = Self::decode_first(bytes, form)?;
        if rest.is_empty() { Ok(data) } else { Err(AuthenticatorDataError::Trailing(rest.len())) }
    }

    /// Decodes the authenticator data at the beginning of `bytes`; returns them with the bytes that follow.
    ///
    /// # Errors
    /// [`AuthenticatorDataError`]; never panics, whatever the bytes.
    pub fn decode_first(bytes: &[u8], form: Form) -> Result<(AuthenticatorData, &[u8]), AuthenticatorDataError> {
        let (rp_id_hash, rest) = take::<32>(bytes, "the RP ID hash")?;
        let ([flags], rest) = take::<1>(rest, "the flags")?;
        let (sign_count, mut rest) = take::<4>(rest, "the signature counter")?;
        let flags = Flags(flags);
        let mut data = AuthenticatorData {
            rp_id_hash,
            flags,
            sign_count: u32::from_be_bytes(sign_count),
            attested: None,
            extensions: None,
        };
        if flags.has(Flags::ATTESTED_CREDENTIAL_DATA) {
            let (attested, after) = decode_attested(rest, form)?;
            data.attested = Some(attested);
            rest = after;
        }
        if flags.has(Flags::EXTENSION_DATA) {
            let (extensions, after) = decode_extensions(rest, form)?;
            data.extensions = Some(extensions);
            rest = after;
        }
        Ok((data, rest))
    }
}

fn decode_attested(bytes: &[u8], form: Form) -> Result<(AttestedCredentialData, &[u8]), AuthenticatorDataError> {
    let (aaguid, rest) = take::<16>(bytes, "the AAGUID")?;
    let (length, rest) = take::<2>(rest, "the credential id length")?;
    let length = usize::from(u16::from_be_bytes(length));
    let (credential_id, rest) =
        rest.split_at_checked(length).ok_or(AuthenticatorDataError::Truncated("the credential id"))?;
    let (key, rest) = cbor::decode_first(rest, form).map_err(AuthenticatorDataError::PublicKeyCbor)?;
    let public_key = CoseKey::from_value(key).map_err(AuthenticatorDataError::PublicKey)?;
    Ok((AttestedCredentialData { aaguid: Aaguid(aaguid), credential_id: credential_id.to_vec(), public_key }, rest))
}

fn decode_extensions(bytes: &[u8], form: Form) -> Result<(Value, &[u8]), AuthenticatorDataError> {
    let (value, rest) = cbor::decode_first(bytes, form).map_err(|_error| AuthenticatorDataError::Extensions)?;
    match value.as_map() {
        Some(map) if map.iter().all(|(key, _)| key.is_text()) => Ok((value, rest)),
        _ => Err(AuthenticatorDataError::Extensions),
    }
}

fn take<'a, const N: usize>(
    bytes: &'a [u8],
    field: &'static str,
) -> Result<([u8; N], &'a [u8]), AuthenticatorDataError> {
    let (head, rest) = bytes.split_first_chunk::<N>().ok_or(AuthenticatorDataError::Truncated(field))?;
    Ok((*head, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webauthn::cose::CoseAlgorithm;
    use crate::webauthn::public_key::{KeyKind, PublicKey};
    use proptest::prelude::*;

    fn data(credential_id: Vec<u8>, flags: u8, sign_count: u32) -> AuthenticatorData {
        let flags = Flags(flags).with(Flags::ATTESTED_CREDENTIAL_DATA, true);
        AuthenticatorData {
            rp_id_hash: [7; 32],
            flags,
            sign_count,
            attested: Some(AttestedCredentialData {
                aaguid: Aaguid([9; 16]),
                credential_id,
                public_key: CoseKey::new(CoseAlgorithm::ES256, &PublicKey::elliptic(KeyKind::P256, &[1; 32], &[2; 32])),
            }),
            extensions: flags
                .has(Flags::EXTENSION_DATA)
                .then(|| Value::Map(vec![(Value::Text("x".to_owned()), Value::from(1))])),
        }
    }

    #[test]
    fn every_truncation_is_refused() {
        let bytes = data(vec![3; 32], 0xc5, 1).encode();
        for length in 0..bytes.len() {
            assert!(AuthenticatorData::decode(&bytes[..length], Form::Canonical).is_err(), "{length} bytes");
        }
        assert_eq!(bytes.len(), 37 + 16 + 2 + 32 + 77 + 4);
    }

    #[test]
    fn flags_and_contents_have_to_agree() {
        let mut wrong = data(vec![3; 32], 0x45, 0);
        wrong.flags = Flags(0xc5);
        assert_eq!(AuthenticatorData::decode(&wrong.encode(), Form::Any), Err(AuthenticatorDataError::Extensions));
        wrong.flags = Flags(0x05);
        assert_eq!(
            AuthenticatorData::decode(&wrong.encode(), Form::Any),
            Err(AuthenticatorDataError::Trailing(16 + 2 + 32 + 77))
        );
    }

    #[test]
    fn an_aaguid_prints_in_groups() {
        assert_eq!(Aaguid([0xab; 16]).to_string(), "abababab-abab-abab-abab-abababababab");
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_decoded(id in proptest::collection::vec(any::<u8>(), 0..1100), flags in any::<u8>(), count in any::<u32>()) {
            let data = data(id, flags, count);
            prop_assert_eq!(AuthenticatorData::decode(&data.encode(), Form::Canonical), Ok(data));
        }

        #[test]
        fn no_bytes_make_it_panic(head in proptest::array::uniform32(any::<u8>()), tail in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = AuthenticatorData::decode(&[&head[..], &tail].concat(), Form::Canonical);
        }
    }
}
