//! Certificates that are written field by field, and the certification authority of the virtual authenticator.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sha1::Sha1;
use sha2::{Digest as _, Sha256};

use super::keys::{KeyPair, derive_bytes};
use crate::webauthn::der;
use crate::webauthn::hash::Hash;
use crate::webauthn::public_key::KeyKind;
use crate::webauthn::x509::oid;

/// A distinguished name: attribute types and values in order.
pub(super) type Name = Vec<(String, String)>;

/// One extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extension {
    pub(super) identifier: String,
    pub(super) critical: bool,
    pub(super) value: Vec<u8>,
}

/// What a certificate will say. Nothing is checked, so that a wrong one can be written too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CertificateTemplate {
    /// 1, 2 or 3
    pub(super) version: u8,
    pub(super) serial: Vec<u8>,
    pub(super) issuer: Name,
    /// `YYYYMMDDHHMMSSZ`
    pub(super) not_before: String,
    pub(super) not_after: String,
    pub(super) subject: Name,
    /// SubjectPublicKeyInfo in DER.
    pub(super) spki: Vec<u8>,
    pub(super) extensions: Vec<Extension>,
    /// The hash of the signature, if not the usual one of the issuer's key.
    pub(super) hash: Option<Hash>,
}

/// When certificates begin and end to be valid; the W3C vectors have the first and other ends.
pub(super) const NOT_BEFORE: &str = "20240101000000Z";
pub(super) const NOT_AFTER: &str = "21240101000000Z";

impl CertificateTemplate {
    /// The certificate, signed by an issuer's key.
    pub(super) fn issue(&self, issuer: &KeyPair) -> Vec<u8> {
        let algorithm = self.algorithm(issuer);
        let mut parts = Vec::new();
        if self.version > 1 {
            parts.push(der::context(0, &der::unsigned(&[self.version - 1])));
        }
        parts.extend([
            der::unsigned(&self.serial),
            algorithm.clone(),
            name(&self.issuer),
            der::sequence(&[time(&self.not_before), time(&self.not_after)]),
            name(&self.subject),
            self.spki.clone(),
        ]);
        if !self.extensions.is_empty() && self.version > 2 {
            let extensions: Vec<Vec<u8>> = self.extensions.iter().map(extension).collect();
            parts.push(der::context(3, &der::sequence(&extensions)));
        }
        let tbs = der::sequence(&parts);
        let signature = match self.hash {
            Some(hash) if issuer.kind() != KeyKind::Ed25519 => issuer.sign_prehash(&hash.digest(&tbs)),
            _ => issuer.sign(issuer.usual_algorithm(), &tbs),
        };
        der::sequence(&[tbs, algorithm, der::bit_string(&signature)])
    }

    /// The AlgorithmIdentifier of the signature.
    fn algorithm(&self, issuer: &KeyPair) -> Vec<u8> {
        let identifier = match (issuer.kind(), self.hash) {
            (KeyKind::Rsa, _) => {
                return der::sequence(&[der::object_identifier("1.2.840.113549.1.1.11"), der::element(5, &[])]);
            }
            (KeyKind::Ed25519, _) => "1.3.101.112",
            (_, Some(Hash::Sha1)) => "1.2.840.10045.4.1",
            (KeyKind::P384, _) => "1.2.840.10045.4.3.3",
            (KeyKind::P521, _) => "1.2.840.10045.4.3.4",
            _ => "1.2.840.10045.4.3.2",
        };
        der::sequence(&[der::object_identifier(identifier)])
    }

    /// The value of an extension.
    pub(super) fn set_extension(&mut self, identifier: &str, critical: bool, value: Vec<u8>) {
        let extension = Extension { identifier: identifier.to_owned(), critical, value };
        match self.extensions.iter_mut().find(|known| known.identifier == identifier) {
            Some(known) => *known = extension,
            None => self.extensions.push(extension),
        }
    }

    /// The content of the subject key identifier, if there is one.
    pub(super) fn subject_key_identifier(&self) -> Option<Vec<u8>> {
        let known = self.extensions.iter().find(|known| known.identifier == oid::SUBJECT_KEY_IDENTIFIER)?;
        Some(der::read(&known.value).ok()?.content.to_vec())
    }

    /// Names the issuer's key by its identifier.
    pub(super) fn set_authority_key_identifier(&mut self, identifier: &[u8]) {
        let value = der::sequence(&[der::element(0x80, identifier)]);
        self.set_extension(oid::AUTHORITY_KEY_IDENTIFIER, false, value);
    }

    /// Takes another key, with the subject key identifier that follows from it.
    pub(super) fn set_key(&mut self, spki: Vec<u8>) {
        if self.extensions.iter().any(|known| known.identifier == oid::SUBJECT_KEY_IDENTIFIER) {
            self.set_extension(oid::SUBJECT_KEY_IDENTIFIER, false, der::octet_string(&key_identifier(&spki)));
        }
        self.spki = spki;
    }
}

/// Encoded Basic Constraints.
pub(super) fn basic_constraints(is_authority: bool, path_length: Option<u8>) -> Vec<u8> {
    let mut parts = Vec::new();
    if is_authority {
        parts.push(der::element(1, &[0xff]));
    }
    parts.extend(path_length.map(|length| der::unsigned(&[length])));
    der::sequence(&parts)
}

/// SHA-1 of the key's bits (RFC 5280 §4.2.1.2).
fn key_identifier(spki: &[u8]) -> Vec<u8> {
    let parts = der::read(spki).and_then(|spki| der::read_all(spki.content));
    let bits = parts.ok().and_then(|parts| parts.last().map(|bits| bits.content.get(1..).unwrap_or_default().to_vec()));
    Sha1::digest(bits.unwrap_or_default()).to_vec()
}

fn name(name: &Name) -> Vec<u8> {
    let attribute = |(kind, text): &(String, String)| {
        let tag = if kind == oid::COUNTRY { der::PRINTABLE_STRING } else { der::UTF8_STRING };
        der::set(&[der::sequence(&[der::object_identifier(kind), der::element(tag, text.as_bytes())])])
    };
    der::sequence(&name.iter().map(attribute).collect::<Vec<_>>())
}

/// UTCTime until 2049, GeneralizedTime from then on (RFC 5280 §4.1.2.5).
fn time(text: &str) -> Vec<u8> {
    let short = text.get(2..).filter(|_| ("1950".."2050").contains(&text.get(..4).unwrap_or_default()));
    short.map_or_else(|| der::element(0x18, text.as_bytes()), |short| der::element(0x17, short.as_bytes()))
}

fn extension(extension: &Extension) -> Vec<u8> {
    let mut parts = vec![der::object_identifier(&extension.identifier)];
    if extension.critical {
        parts.push(der::element(1, &[0xff]));
    }
    parts.push(der::octet_string(&extension.value));
    der::sequence(&parts)
}

/// The SubjectPublicKeyInfo of a P-256 key with the curve's parameters in place of its name (SEC 1, C.2), and another generator
/// if one is given.
pub(super) fn explicit_curve(spki: &[u8], generator: Option<&[u8]>) -> Option<Vec<u8>> {
    let hex = |digits: &str| -> Vec<u8> {
        (0..digits.len()).step_by(2).filter_map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
    };
    let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let a = hex("ffffffff00000001000000000000000000000000fffffffffffffffffffffffc");
    let b = hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
    let usual = hex(concat!(
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    ));
    let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    let field = der::sequence(&[der::object_identifier("1.2.840.10045.1.1"), der::unsigned(&prime)]);
    let curve = der::sequence(&[der::octet_string(&a), der::octet_string(&b)]);
    let parameters = der::sequence(&[
        der::unsigned(&[1]),
        field,
        curve,
        der::octet_string(generator.unwrap_or(&usual)),
        der::unsigned(&order),
        der::unsigned(&[1]),
    ]);
    let bits = der::read_all(der::read(spki).ok()?.content).ok()?.get(1)?.content;
    let algorithm = der::sequence(&[der::object_identifier("1.2.840.10045.2.1"), parameters]);
    Some(der::sequence(&[algorithm, der::element(der::BIT_STRING, bits)]))
}

/// A certification authority: its name and key.
#[derive(Clone)]
pub(super) struct Authority {
    pub(super) name: Name,
    pub(super) key: KeyPair,
    pub(super) serial: Vec<u8>,
    pub(super) not_after: String,
}

impl Authority {
    /// An authority whose key follows from its name alone: the same in every run, so that a target can be told to trust it. Each is
    /// made once.
    pub(super) fn named(common_name: &'static str) -> Authority {
        static MADE: Mutex<BTreeMap<&str, Authority>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(common_name).or_insert_with(|| Authority::make(common_name)).clone()
    }

    fn make(common_name: &str) -> Authority {
        let seed: [u8; 32] = Sha256::digest(format!("proofmark/authority/{common_name}")).into();
        let key = KeyPair::derive(KeyKind::P256, &seed, "authority-key").expect("P-256 keys can be derived");
        let attributes = [
            (oid::COMMON_NAME, common_name),
            (oid::ORGANIZATION, "proofmark"),
            (oid::ORGANIZATIONAL_UNIT, "Authenticator Attestation CA"),
            (oid::COUNTRY, "CH"),
        ];
        let name = attributes.map(|(kind, text)| (kind.to_owned(), text.to_owned())).to_vec();
        Authority { name, key, serial: derive_bytes(&seed, "serial", 16), not_after: NOT_AFTER.to_owned() }
    }

    /// The certificate of the authority, issued by itself unless the template is changed.
    pub(super) fn template(&self) -> CertificateTemplate {
        let spki = self.key.public_key().to_spki_der();
        let identifier = der::octet_string(&key_identifier(&spki));
        let extension =
            |identifier: &str, critical, value| Extension { identifier: identifier.to_owned(), critical, value };
        CertificateTemplate {
            version: 3,
            serial: self.serial.clone(),
            issuer: self.name.clone(),
            not_before: NOT_BEFORE.to_owned(),
            not_after: self.not_after.clone(),
            subject: self.name.clone(),
            spki,
            extensions: vec![
                extension(oid::BASIC_CONSTRAINTS, true, basic_constraints(true, None)),
                extension(oid::KEY_USAGE, true, vec![0x03, 0x02, 0x01, 0x06]),
                extension(oid::SUBJECT_KEY_IDENTIFIER, false, identifier),
            ],
            hash: None,
        }
    }

    /// The certificate of an end entity with a key, issued by this authority.
    pub(super) fn end_entity(&self, serial: Vec<u8>, subject: Name, spki: Vec<u8>) -> CertificateTemplate {
        let mut template = self.template();
        let authority_key = key_identifier(&template.spki);
        template.serial = serial;
        template.subject = subject;
        template.set_extension(oid::BASIC_CONSTRAINTS, true, basic_constraints(false, None));
        template.set_extension(oid::KEY_USAGE, true, vec![0x03, 0x02, 0x07, 0x80]);
        template.set_key(spki);
        template.set_authority_key_identifier(&authority_key);
        template
    }
}
