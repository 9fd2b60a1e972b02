//! TPM attestation (WebAuthn L3 §8.3). Structures are those of TPM 2.0 part 2, sections 10.12.12 and 12.2.4.

use super::statement::{
    Attestation, AttestationFormat, Statement, StatementError, aaguid_extension, require_end_entity,
};
use crate::webauthn::cose::{CoseAlgorithm, CoseKey};
use crate::webauthn::der::{self, DerError};
use crate::webauthn::hash::Hash;
use crate::webauthn::public_key::{KeyKind, PublicKey};
use crate::webauthn::x509::{Certificate, oid};

/// `tpm`: a TPM certified the credential key with its attestation identity key.
pub(super) struct Tpm;

/// TPM_GENERATED_VALUE
const GENERATED: u32 = 0xff54_4347;
/// TPM_ST_ATTEST_CERTIFY
const ATTEST_CERTIFY: u16 = 0x8017;
/// TPM_ALG_RSA, TPM_ALG_ECC, TPM_ALG_NULL
const RSA: u16 = 0x0001;
const ECC: u16 = 0x0023;
const NULL: u16 = 0x0010;
/// The exponent that is meant by a zero.
const DEFAULT_EXPONENT: u32 = 65_537;
/// TPM manufacturer, model and version in the subject alternative name (TCG EK profile, section 3.2.9).
const MANUFACTURER: &str = "2.23.133.2.1";
const MODEL: &str = "2.23.133.2.2";
const VERSION: &str = "2.23.133.2.3";

impl AttestationFormat for Tpm {
    fn identifier(&self) -> &'static str {
        "tpm"
    }

    fn verify(&self, statement: &Statement<'_>) -> Result<Attestation, StatementError> {
        const SYNTAX: &str = "8.3/syntax";
        if statement.text(SYNTAX, "ver")? != "2.0" {
            return Err(StatementError::new("8.3/version", "ver is not \"2.0\""));
        }
        let algorithm = CoseAlgorithm(statement.integer(SYNTAX, "alg")?);
        let signature = statement.bytes(SYNTAX, "sig")?;
        let (cert_info, pub_area) = (statement.bytes(SYNTAX, "certInfo")?, statement.bytes(SYNTAX, "pubArea")?);
        let path = statement.certificates(SYNTAX)?;
        statement.only(SYNTAX, &["ver", "alg", "sig", "x5c", "certInfo", "pubArea"])?;
        let area =
            PubArea::read(pub_area).ok_or(StatementError::new("8.3/pub-area", "pubArea is not a TPMT_PUBLIC"))?;
        if !area.is_key(&statement.attested.public_key) {
            return Err(StatementError::new("8.3/public-key", "pubArea holds another key than the credential's"));
        }
        let info =
            CertInfo::read(cert_info).ok_or(StatementError::new("8.3/cert-info", "certInfo is not a TPMS_ATTEST"))?;
        info.verify(&statement.signed_bytes(), algorithm)?;
        if info.name != area.name(pub_area)? {
            return Err(StatementError::new("8.3/name", "attested.name is not the name of pubArea"));
        }
        let aik = &path[0];
        let key = aik.public_key().map_err(|error| StatementError::of("8.3/syntax", &error))?;
        key.verify(algorithm, cert_info, signature).map_err(|error| {
            StatementError::of(if error.is_about_algorithm() { "8.3/algorithm" } else { "8.3/signature" }, &error)
        })?;
        require_aik_certificate(aik)?;
        aaguid_extension(aik, &statement.attested.aaguid, "8.3/aaguid")?;
        Ok(Attestation::certified(path))
    }
}

/// Reads big-endian fields from the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    /// A TPM2B: two bytes of length and the content.
    fn sized(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }
}

/// What of TPMT_PUBLIC the procedure looks at.
struct PubArea<'a> {
    name_algorithm: u16,
    key: AreaKey<'a>,
}

enum AreaKey<'a> {
    Rsa { modulus: &'a [u8], exponent: u32 },
    Ecc { curve: u16, x: &'a [u8], y: &'a [u8] },
}

impl<'a> PubArea<'a> {
    /// `None` if the bytes are not a TPMT_PUBLIC of an RSA or ECC key, or more than that.
    fn read(bytes: &'a [u8]) -> Option<PubArea<'a>> {
        let mut reader = Reader(bytes);
        let (kind, name_algorithm) = (reader.u16()?, reader.u16()?);
        let (_attributes, _policy) = (reader.u32()?, reader.sized()?);
        if reader.u16()? != NULL {
            let (_key_bits, _mode) = (reader.u16()?, reader.u16()?);
        }
        if reader.u16()? != NULL {
            let _hash = reader.u16()?;
        }
        let key = match kind {
            RSA => {
                let (_key_bits, exponent) = (reader.u16()?, reader.u32()?);
                let exponent = if exponent == 0 { DEFAULT_EXPONENT } else { exponent };
                AreaKey::Rsa { exponent, modulus: reader.sized()? }
            }
            ECC => {
                let curve = reader.u16()?;
                if reader.u16()? != NULL {
                    let _hash = reader.u16()?;
                }
                AreaKey::Ecc { curve, x: reader.sized()?, y: reader.sized()? }
            }
            _ => return None,
        };
        reader.0.is_empty().then_some(PubArea { name_algorithm, key })
    }

    fn is_key(&self, credential: &CoseKey) -> bool {
        let key = match self.key {
            AreaKey::Rsa { modulus, exponent } => PublicKey::rsa(modulus, &exponent.to_be_bytes()),
            AreaKey::Ecc { curve, x, y } => {
                let kind = match curve {
                    0x0003 => KeyKind::P256,
                    0x0004 => KeyKind::P384,
                    0x0005 => KeyKind::P521,
                    _ => return false,
                };
                PublicKey::elliptic(kind, x, y)
            }
        };
        credential.public_key().is_ok_and(|credential| credential == key)
    }

    /// The Name of an object: nameAlg and the digest of the public area (TPM 2.0 part 1, section 16).
    fn name(&self, pub_area: &[u8]) -> Result<Vec<u8>, StatementError> {
        let hash = Hash::from_tpm_id(self.name_algorithm)
            .ok_or(StatementError::new("8.3/name", "pubArea names an unknown nameAlg"))?;
        Ok([self.name_algorithm.to_be_bytes().to_vec(), hash.digest(pub_area)].concat())
    }
}

/// What of TPMS_ATTEST with TPMS_CERTIFY_INFO the procedure looks at.
struct CertInfo<'a> {
    magic: u32,
    kind: u16,
    extra_data: &'a [u8],
    name: &'a [u8],
}

impl<'a> CertInfo<'a> {
    /// `None` if the bytes are not of the structure. `attested` is only read if `type` says what it is.
    fn read(bytes: &'a [u8]) -> Option<CertInfo<'a>> {
        const CLOCK_INFO: usize = 8 + 4 + 4 + 1;
        const FIRMWARE_VERSION: usize = 8;
        let mut reader = Reader(bytes);
        let (magic, kind) = (reader.u32()?, reader.u16()?);
        let (_qualified_signer, extra_data) = (reader.sized()?, reader.sized()?);
        reader.take(CLOCK_INFO + FIRMWARE_VERSION)?;
        if kind != ATTEST_CERTIFY {
            return Some(CertInfo { magic, kind, extra_data, name: &[] });
        }
        let (name, _qualified_name) = (reader.sized()?, reader.sized()?);
        reader.0.is_empty().then_some(CertInfo { magic, kind, extra_data, name })
    }

    fn verify(&self, signed: &[u8], algorithm: CoseAlgorithm) -> Result<(), StatementError> {
        if self.magic != GENERATED {
            return Err(StatementError::new("8.3/magic", "magic is not TPM_GENERATED_VALUE"));
        }
        if self.kind != ATTEST_CERTIFY {
            return Err(StatementError::new("8.3/type", "type is not TPM_ST_ATTEST_CERTIFY"));
        }
        let expected = Hash::of(algorithm).map(|hash| hash.digest(signed));
        if expected.as_deref() != Some(self.extra_data) {
            return Err(StatementError::new("8.3/extra-data", "extraData is not the hash of the attested data"));
        }
        Ok(())
    }
}

/// Certificate requirements of §8.3.1.
fn require_aik_certificate(aik: &Certificate) -> Result<(), StatementError> {
    if aik.version() != 3 {
        return Err(StatementError::new("8.3.1/version", "the AIK certificate is not of version 3"));
    }
    if !aik.has_empty_subject() {
        return Err(StatementError::new("8.3.1/subject", "the AIK certificate has a subject"));
    }
    let name = aik.extension(oid::SUBJECT_ALTERNATIVE_NAME).map(|(_critical, value)| value);
    if !name.is_some_and(|name| names_a_tpm(name).unwrap_or(false)) {
        let detail = "the AIK certificate's subject alternative name does not have manufacturer, model and version";
        return Err(StatementError::new("8.3.1/subject-alternative-name", detail));
    }
    let purposes = aik.extension(oid::EXTENDED_KEY_USAGE).map(|(_critical, value)| value);
    if !purposes.is_some_and(|value| has_purpose(value).unwrap_or(false)) {
        let detail = "the AIK certificate is not for the purpose tcg-kp-AIKCertificate";
        return Err(StatementError::new("8.3.1/extended-key-usage", detail));
    }
    require_end_entity(aik, "8.3.1/basic-constraints")
}

fn has_purpose(value: &[u8]) -> Result<bool, DerError> {
    let wanted = der::object_identifier(oid::TCG_AIK_CERTIFICATE);
    let purposes = der::read_all(der::read(value)?.expect(der::SEQUENCE)?)?;
    let is_wanted = |content| der::element(der::OBJECT_IDENTIFIER, content) == wanted;
    Ok(purposes.iter().any(|purpose| purpose.is(der::OBJECT_IDENTIFIER) && is_wanted(purpose.content)))
}

/// Whether GeneralNames hold a directoryName with the three attributes, the manufacturer as `id:` and eight hex digits.
fn names_a_tpm(value: &[u8]) -> Result<bool, DerError> {
    let names = der::read_all(der::read(value)?.expect(der::SEQUENCE)?)?;
    let mut attributes = Vec::new();
    for name in names.iter().filter(|name| name.is_context(4)) {
        for set in der::read_all(der::read(name.content)?.expect(der::SEQUENCE)?)? {
            for attribute in der::read_all(set.expect(der::SET)?)? {
                let parts = der::read_all(attribute.expect(der::SEQUENCE)?)?;
                if let [kind, text] = parts.as_slice() {
                    let kind = kind.expect(der::OBJECT_IDENTIFIER)?;
                    attributes.push((der::element(der::OBJECT_IDENTIFIER, kind), text.content));
                }
            }
        }
    }
    let find = |identifier: &str| {
        let wanted = der::object_identifier(identifier);
        attributes.iter().find(|(kind, _)| *kind == wanted).map(|(_, text)| *text)
    };
    let is_vendor = |text: &[u8]| {
        text.strip_prefix(b"id:").is_some_and(|digits| digits.len() == 8 && digits.iter().all(u8::is_ascii_hexdigit))
    };
    Ok(find(MANUFACTURER).is_some_and(is_vendor) && find(MODEL).is_some() && find(VERSION).is_some())
}
