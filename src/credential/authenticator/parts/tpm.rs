//! The structures of TPM attestation: those of TPM 2.0 part 2, sections 10.12.12 and 12.2.4, and the name of a TPM.

use crate::authenticator::keys::KeyPair;
use crate::webauthn::der;
use crate::webauthn::hash::Hash;
use crate::webauthn::public_key::KeyKind;

/// TPM_ALG_SHA256
const SHA256: u16 = 0x000b;
/// TPM_ALG_NULL
const NULL: [u8; 2] = [0x00, 0x10];

/// TPMS_ATTEST with TPMS_CERTIFY_INFO.
pub struct CertInfo {
    pub(in crate::authenticator) magic: u32,
    pub(in crate::authenticator) kind: u16,
    pub(in crate::authenticator) qualified_signer: Vec<u8>,
    pub(in crate::authenticator) extra_data: Vec<u8>,
    /// Another declared length of extraData.
    pub(in crate::authenticator) extra_data_length: Option<u16>,
    pub(in crate::authenticator) clock_info: Vec<u8>,
    pub(in crate::authenticator) firmware_version: Vec<u8>,
    pub(in crate::authenticator) name: Vec<u8>,
    pub(in crate::authenticator) qualified_name: Vec<u8>,
    /// What was hashed for extraData.
    pub(in crate::authenticator) attested: Vec<u8>,
    /// The public area that is named.
    pub(in crate::authenticator) pub_area: Vec<u8>,
    /// Bytes to keep, and bytes to follow.
    pub(in crate::authenticator) keep: Option<usize>,
    pub(in crate::authenticator) suffix: Vec<u8>,
}

/// TPMT_PUBLIC.
pub struct PubArea {
    pub(in crate::authenticator) kind: u16,
    pub(in crate::authenticator) name_algorithm: u16,
    /// symmetric, scheme and what the type adds
    pub(in crate::authenticator) parameters: Parameters,
    pub(in crate::authenticator) unique: Vec<Vec<u8>>,
    pub(in crate::authenticator) prefix: Vec<u8>,
    pub(in crate::authenticator) keep: Option<usize>,
    pub(in crate::authenticator) suffix: Vec<u8>,
    attributes: u32,
}

/// Parameters of the public area, after symmetric and scheme.
pub enum Parameters {
    /// keyBits and exponent
    Rsa(u16, u32),
    /// curveID; kdf is none
    Ecc(u16),
}

/// A TPM2B.
fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes(), bytes].concat()
}

impl PubArea {
    /// The public area of a credential key.
    pub(in crate::authenticator) fn of(key: &KeyPair, attributes: u32) -> PubArea {
        let public = key.public_key();
        let (kind, parameters, unique) = match public.rsa_parts() {
            Some((modulus, _exponent)) => {
                let bits = u16::try_from(modulus.len() * 8).unwrap_or(u16::MAX);
                (0x0001, Parameters::Rsa(bits, 0), vec![modulus])
            }
            None => {
                let curve = match public.kind {
                    KeyKind::P384 => 0x0004,
                    KeyKind::P521 => 0x0005,
                    _ => 0x0003,
                };
                let (x, y) = public.bytes[1..].split_at((public.bytes.len() - 1) / 2);
                (0x0023, Parameters::Ecc(curve), vec![x.to_vec(), y.to_vec()])
            }
        };
        let (prefix, keep, suffix) = (Vec::new(), None, Vec::new());
        PubArea { kind, name_algorithm: SHA256, parameters, unique, prefix, keep, suffix, attributes }
    }

    /// The bytes of `pubArea`.
    pub(in crate::authenticator) fn encode(&self) -> Vec<u8> {
        let mut out = [self.kind.to_be_bytes(), self.name_algorithm.to_be_bytes()].concat();
        out.extend(self.attributes.to_be_bytes());
        out.extend(sized(&[]));
        out.extend([NULL, NULL].concat());
        match self.parameters {
            Parameters::Rsa(bits, exponent) => {
                out.extend(bits.to_be_bytes());
                out.extend(exponent.to_be_bytes());
            }
            Parameters::Ecc(curve) => {
                out.extend(curve.to_be_bytes());
                out.extend(NULL);
            }
        }
        out.extend(self.unique.iter().flat_map(|part| sized(part)));
        out.truncate(self.keep.unwrap_or(out.len()));
        [&self.prefix[..], &out, &self.suffix].concat()
    }

    /// nameAlg and the digest of the public area.
    pub(in crate::authenticator) fn name(name_algorithm: u16, encoded: &[u8]) -> Vec<u8> {
        let hash = Hash::from_tpm_id(name_algorithm).unwrap_or(Hash::Sha256);
        [name_algorithm.to_be_bytes().to_vec(), hash.digest(encoded)].concat()
    }
}

impl CertInfo {
    /// The bytes of `certInfo`.
    pub(in crate::authenticator) fn encode(&self) -> Vec<u8> {
        let mut extra_data = sized(&self.extra_data);
        if let Some(length) = self.extra_data_length {
            extra_data[..2].copy_from_slice(&length.to_be_bytes());
        }
        let mut out = [
            self.magic.to_be_bytes().to_vec(),
            self.kind.to_be_bytes().to_vec(),
            sized(&self.qualified_signer),
            extra_data,
            self.clock_info.clone(),
            self.firmware_version.clone(),
            sized(&self.name),
            sized(&self.qualified_name),
        ]
        .concat();
        out.truncate(self.keep.unwrap_or(out.len()));
        out.extend(&self.suffix);
        out
    }
}

/// GeneralNames with one directoryName, whose attributes are one set.
pub(in crate::authenticator) fn directory_name(attributes: [(&str, &str); 3]) -> Vec<u8> {
    general_names(&der::set(&attributes.map(attribute)))
}

pub(in crate::authenticator) fn attribute((kind, text): (&str, &str)) -> Vec<u8> {
    der::sequence(&[der::object_identifier(kind), der::element(der::UTF8_STRING, text.as_bytes())])
}

pub(in crate::authenticator) fn general_names(attributes: &[u8]) -> Vec<u8> {
    der::sequence(&[der::context(4, &der::sequence(&[attributes.to_vec()]))])
}
