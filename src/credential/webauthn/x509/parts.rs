//! A certificate taken apart, for people.

use x509_cert::der::Encode;
use x509_cert::name::Name;

use super::certificate::Certificate;
use super::oid;
use crate::webauthn::public_key::{KeyKind, PublicKey};

/// Extensions by their names.
const EXTENSIONS: [(&str, &str); 9] = [
    (oid::SUBJECT_KEY_IDENTIFIER, "subjectKeyIdentifier"),
    (oid::KEY_USAGE, "keyUsage"),
    (oid::SUBJECT_ALTERNATIVE_NAME, "subjectAltName"),
    (oid::BASIC_CONSTRAINTS, "basicConstraints"),
    (oid::AUTHORITY_KEY_IDENTIFIER, "authorityKeyIdentifier"),
    (oid::EXTENDED_KEY_USAGE, "extKeyUsage"),
    (oid::FIDO_AAGUID, "id-fido-gen-ce-aaguid"),
    (oid::ANDROID_KEY_DESCRIPTION, "Android key description"),
    (oid::APPLE_NONCE, "Apple nonce"),
];

/// Signature algorithms by their names.
const SIGNATURES: [(&str, &str); 8] = [
    ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256"),
    ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384"),
    ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512"),
    ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption"),
    ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption"),
    ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption"),
    ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption"),
    ("1.3.101.112", "Ed25519"),
];

/// One field or extension of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePart {
    /// Name of the field or extension; an object identifier if it has no name here.
    pub name: String,
    /// What it says, in words.
    pub value: String,
    /// How it is encoded; of an extension and of the signature their content.
    pub der: Vec<u8>,
}

impl Certificate {
    /// The fields and extensions, in their order.
    pub fn parts(&self) -> Vec<CertificatePart> {
        let inside = self.0.tbs_certificate();
        let algorithm = self.0.signature_algorithm();
        let identifier = algorithm.oid.to_string();
        let validity = inside.validity();
        let key = encoded(inside.subject_public_key_info());
        let mut parts = vec![
            part("version", self.version().to_string(), encoded(&inside.version())),
            part("serialNumber", inside.serial_number().to_string(), encoded(inside.serial_number())),
            part("signatureAlgorithm", named(&SIGNATURES, &identifier).to_owned(), encoded(algorithm)),
            part("issuer", name_words(inside.issuer()), encoded(inside.issuer())),
            part("notBefore", validity.not_before.to_string(), encoded(&validity.not_before)),
            part("notAfter", validity.not_after.to_string(), encoded(&validity.not_after)),
            part("subject", name_words(inside.subject()), encoded(inside.subject())),
            part("subjectPublicKeyInfo", key_words(&key), key),
        ];
        for extension in inside.extensions().into_iter().flatten() {
            let identifier = extension.extn_id.to_string();
            let critical = if extension.critical { "critical, " } else { "" };
            let value = extension.extn_value.as_bytes();
            let words = format!("{critical}{identifier}, {} bytes", value.len());
            parts.push(part(named(&EXTENSIONS, &identifier), words, value.to_vec()));
        }
        let signature = self.0.signature().raw_bytes();
        parts.push(part("signature", format!("{} bytes", signature.len()), signature.to_vec()));
        parts
    }
}

fn part(name: &str, value: String, der: Vec<u8>) -> CertificatePart {
    CertificatePart { name: name.to_owned(), value, der }
}

/// Empty if x509-cert can't write it again.
fn encoded(value: &impl Encode) -> Vec<u8> {
    value.to_der().unwrap_or_default()
}

fn named<'a>(names: &[(&str, &'a str)], identifier: &'a str) -> &'a str {
    names.iter().find(|(known, _)| *known == identifier).map_or(identifier, |(_, name)| name)
}

fn name_words(name: &Name) -> String {
    if name.is_empty() { "empty".to_owned() } else { name.to_string() }
}

fn key_words(der: &[u8]) -> String {
    let Ok(key) = PublicKey::from_spki_der(der) else { return format!("of an unknown kind, {} bytes", der.len()) };
    match key.kind {
        KeyKind::Rsa => format!("RSA, {} bytes", key.bytes.len()),
        kind => format!("{kind:?}, {} bytes", key.bytes.len()),
    }
}
