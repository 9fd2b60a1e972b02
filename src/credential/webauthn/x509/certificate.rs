//! A certificate as a relying party reads it, and the validation of a path.

use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::ext::pkix::name::GeneralName;

use super::oid;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::der::{self, DerError};
use crate::webauthn::public_key::{PublicKey, PublicKeyError};

/// Extensions whose meaning is known; another that is critical makes a path invalid (RFC 5280 §4.2).
const KNOWN_EXTENSIONS: [&str; 9] = [
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::KEY_USAGE,
    oid::SUBJECT_ALTERNATIVE_NAME,
    oid::BASIC_CONSTRAINTS,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::EXTENDED_KEY_USAGE,
    oid::FIDO_AAGUID,
    oid::ANDROID_KEY_DESCRIPTION,
    oid::APPLE_NONCE,
];

/// Why a certificate or a path of them is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The bytes are not an X.509 certificate in DER.
    #[error("not an X.509 certificate: {0}")]
    Malformed(String),
    /// A structure within it is not DER of the expected form.
    #[error("a structure of the certificate: {0}")]
    Structure(#[from] DerError),
    /// The key is not usable.
    #[error("the certificate's key: {0}")]
    Key(#[from] PublicKeyError),
    /// The path does not lead to a trust anchor, or is not valid on the way.
    #[error("certificate {index} of the path: {why}")]
    Path {
        /// Position in the path, the leaf is 0.
        index: usize,
        /// What is wrong.
        why: &'static str,
    },
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate(pub(super) x509_cert::Certificate);

/// Content of the Basic Constraints extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a certification authority.
    pub is_authority: bool,
    /// Greatest number of authorities below it.
    pub path_length: Option<usize>,
}

impl Certificate {
    /// Reads a certificate that fills `bytes`.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`]; never panics, whatever the bytes.
    pub fn from_der(bytes: &[u8]) -> Result<Certificate, CertificateError> {
        let read = x509_cert::Certificate::from_der(bytes);
        read.map(Certificate).map_err(|error| CertificateError::Malformed(error.to_string()))
    }

    /// 1, 2 or 3.
    pub fn version(&self) -> u8 {
        match self.0.tbs_certificate().version() {
            x509_cert::Version::V1 => 1,
            x509_cert::Version::V2 => 2,
            x509_cert::Version::V3 => 3,
        }
    }

    /// The attributes of the subject with a type, as text, in order.
    pub fn subject(&self, attribute: &str) -> Vec<String> {
        let name = self.0.tbs_certificate().subject();
        let values = name.iter().filter(|one| one.oid.to_string() == attribute);
        values.map(|one| String::from_utf8_lossy(one.value.value()).into_owned()).collect()
    }

    /// Whether the subject is empty.
    pub fn has_empty_subject(&self) -> bool {
        self.0.tbs_certificate().subject().is_empty()
    }

    /// Whether an extension is critical, and its value.
    pub fn extension(&self, identifier: &str) -> Option<(bool, &[u8])> {
        let extensions = self.0.tbs_certificate().extensions()?;
        let found = extensions.iter().find(|extension| extension.extn_id.to_string() == identifier)?;
        Some((found.critical, found.extn_value.as_bytes()))
    }

    /// The Basic Constraints, if there are any.
    ///
    /// # Errors
    /// [`CertificateError::Structure`]
    pub fn basic_constraints(&self) -> Result<Option<BasicConstraints>, CertificateError> {
        let Some((_, value)) = self.extension(oid::BASIC_CONSTRAINTS) else { return Ok(None) };
        let parts = der::read_all(der::read(value)?.expect(der::SEQUENCE)?)?;
        // RFC 5280 §4.2.1.9: an optional BOOLEAN, and an optional INTEGER. A false that DER leaves out is tolerated.
        let flag =
            parts.first().filter(|part| part.is(der::BOOLEAN) && [[0x00], [0xff]].iter().any(|of| part.content == of));
        let is_authority = flag.is_some_and(|part| part.content == [0xff]);
        let rest = &parts[usize::from(flag.is_some())..];
        if rest.len() > 1 || rest.iter().any(|part| !part.is(der::INTEGER)) {
            return Err(DerError::Tag.into());
        }
        let length = |content: &[u8]| {
            content.iter().try_fold(0_usize, |sum, byte| Some(sum.checked_mul(256)? + usize::from(*byte)))
        };
        let path_length = rest.first().map(|part| length(part.content).unwrap_or(usize::MAX));
        Ok(Some(BasicConstraints { is_authority, path_length }))
    }

    /// Whether the key usage extension, if there is one, has keyCertSign (RFC 5280 §4.2.1.3), its bit 5.
    fn may_sign_certificates(&self) -> bool {
        let Some((_, value)) = self.extension(oid::KEY_USAGE) else { return true };
        let usage = der::read(value).ok().filter(|element| element.is(der::BIT_STRING));
        usage.is_some_and(|element| element.content.get(1).is_some_and(|bits| bits & 0x04 != 0))
    }

    /// The subject's key.
    ///
    /// # Errors
    /// [`PublicKeyError::Malformed`]
    pub fn public_key(&self) -> Result<PublicKey, PublicKeyError> {
        let spki = self.0.tbs_certificate().subject_public_key_info().to_der();
        PublicKey::from_spki_der(&spki.map_err(|_error| PublicKeyError::Malformed)?)
    }

    /// Whether it is within its validity at a time, in seconds since 1970.
    pub fn is_valid_at(&self, seconds: u64) -> bool {
        let validity = self.0.tbs_certificate().validity();
        (validity.not_before.to_unix_duration().as_secs()..=validity.not_after.to_unix_duration().as_secs())
            .contains(&seconds)
    }

    /// The last second at which it is valid, since 1970.
    pub fn valid_until(&self) -> u64 {
        self.0.tbs_certificate().validity().not_after.to_unix_duration().as_secs()
    }

    /// The issuer as text (RFC 4514).
    pub fn issuer(&self) -> String {
        self.0.tbs_certificate().issuer().to_string()
    }

    /// The host names and addresses of the subject's alternative names.
    pub fn host_names(&self) -> Vec<String> {
        let Some((_, value)) = self.extension(oid::SUBJECT_ALTERNATIVE_NAME) else { return Vec::new() };
        let names = x509_cert::ext::pkix::SubjectAltName::from_der(value).map(|names| names.0).unwrap_or_default();
        let name = |name: &GeneralName| match name {
            GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
            GeneralName::IpAddress(address) => match *address.as_bytes() {
                [a, b, c, d] => Some(std::net::Ipv4Addr::new(a, b, c, d).to_string()),
                _ => <[u8; 16]>::try_from(address.as_bytes())
                    .ok()
                    .map(|bytes| std::net::Ipv6Addr::from(bytes).to_string()),
            },
            _ => None,
        };
        names.iter().filter_map(name).collect()
    }

    /// Whether `issuer` is named as its issuer and signed it.
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        let named = self.0.tbs_certificate().issuer() == issuer.0.tbs_certificate().subject();
        named && self.signature_stands(issuer).unwrap_or(false)
    }

    fn signature_stands(&self, issuer: &Certificate) -> Option<bool> {
        let algorithm = match self.0.signature_algorithm().oid.to_string().as_str() {
            "1.2.840.10045.4.3.2" => CoseAlgorithm::ES256,
            "1.2.840.10045.4.3.3" => CoseAlgorithm::ES384,
            "1.2.840.10045.4.3.4" => CoseAlgorithm::ES512,
            "1.2.840.113549.1.1.11" => CoseAlgorithm::RS256,
            "1.2.840.113549.1.1.12" => CoseAlgorithm::RS384,
            "1.2.840.113549.1.1.13" => CoseAlgorithm::RS512,
            "1.3.101.112" => CoseAlgorithm::EDDSA,
            // SHA-1 among others.
            _ => return None,
        };
        if self.0.signature_algorithm() != self.0.tbs_certificate().signature() {
            // RFC 5280 §4.1.1.2: they MUST be the same.
            return None;
        }
        let message = self.0.tbs_certificate().to_der().ok()?;
        let signature = self.0.signature().as_bytes()?;
        Some(issuer.public_key().ok()?.verify(algorithm, &message, signature).is_ok())
    }

    fn has_unknown_critical_extension(&self) -> bool {
        let extensions = self.0.tbs_certificate().extensions().into_iter().flatten();
        extensions
            .filter(|extension| extension.critical)
            .any(|extension| !KNOWN_EXTENSIONS.contains(&extension.extn_id.to_string().as_str()))
    }
}

/// Validates a path (RFC 5280 §6.1), the leaf first, up to one of the anchors. A leaf or authority that is itself an anchor
/// ends the path; certificates behind an anchor are not tolerated.
///
/// # Errors
/// [`CertificateError`]
pub fn validate_path(path: &[Certificate], anchors: &[Certificate], seconds: u64) -> Result<(), CertificateError> {
    for (index, certificate) in path.iter().enumerate() {
        let fail = |why| Err(CertificateError::Path { index, why });
        if !certificate.is_valid_at(seconds) {
            return fail("it is not valid at this time");
        }
        if certificate.has_unknown_critical_extension() {
            return fail("it has an unknown critical extension");
        }
        if index > 0 {
            let constraints = certificate.basic_constraints()?;
            let Some(constraints) = constraints.filter(|constraints| constraints.is_authority) else {
                return fail("it is not a CA certificate");
            };
            if constraints.path_length.is_some_and(|most| most < index - 1) {
                return fail("its path length constraint is exceeded");
            }
            if !certificate.may_sign_certificates() {
                return fail("its key usage does not allow it to sign certificates");
            }
        }
        let last = index + 1 == path.len();
        if anchors.contains(certificate) && (last || index > 0) {
            return if last { Ok(()) } else { fail("a certificate follows the trust anchor") };
        }
        if last {
            let anchored = anchors.iter().any(|anchor| certificate.is_issued_by(anchor) && anchor.is_valid_at(seconds));
            return if anchored { Ok(()) } else { fail("it was not issued by a trust anchor") };
        }
        if !certificate.is_issued_by(&path[index + 1]) {
            return fail("it was not issued by the next certificate");
        }
    }
    Err(CertificateError::Path { index: 0, why: "there is no certificate" })
}
