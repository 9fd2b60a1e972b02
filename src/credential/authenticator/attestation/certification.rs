//! The certificates of one attestation: a leaf, the authorities above it, and those that the statement carries.

use sha2::{Digest as _, Sha256};

use super::draft::{Draft, certificates, members};
use crate::authenticator::certificate::{Authority, CertificateTemplate, Name, explicit_curve};
use crate::authenticator::error::ClientError;
use crate::authenticator::keys::{Forgeable, KeyPair};
use crate::authenticator::parts::{Certification, Issued, Part};
use crate::webauthn::cbor::Value;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::public_key::KeyKind;
use crate::webauthn::x509::oid;

/// The seed of the attestation key, which all authenticators of our one model share.
const MODEL_SEED: [u8; 32] = *b"proofmark authenticator model 01";

/// The certificate (DER) of the authority that issues attestation certificates: what a target has to trust.
pub fn attestation_root() -> Vec<u8> {
    let root = Authority::named(ROOT);
    root.template().issue(&root.key)
}

const ROOT: &str = "proofmark attestation root";
const OTHER_ROOT: &str = "proofmark other root";
const INTERMEDIATE: &str = "proofmark intermediate";
const SECOND: &str = "proofmark second intermediate";

impl Issued {
    /// Issued by itself, until [`Certification::set_issuer`] says otherwise.
    fn new(name: &'static str, template: CertificateTemplate, key: KeyPair) -> Issued {
        Issued { name, template, key, issuer: name, signed_by: name, is_linked: true }
    }
}

/// Certificates that are issued, and the key that signs the statement.
pub(super) struct Certified {
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) key: KeyPair,
    pub(super) algorithm: CoseAlgorithm,
}

impl Draft<'_> {
    /// Whether the W3C vectors are made.
    pub(super) fn is_vector(&self) -> bool {
        self.request.vector_attestation.is_some()
    }

    /// The attestation key that all authenticators of the model share.
    pub(super) fn model_key(&self, kind: KeyKind) -> KeyPair {
        let given = self.request.vector_attestation.as_ref().and_then(|vector| vector.private_key.as_ref());
        let given = given.and_then(|bytes| KeyPair::from_private_key(KeyKind::P256, bytes));
        given.or_else(|| KeyPair::derive(kind, &MODEL_SEED, "attestation-key")).unwrap_or_else(|| self.key.clone())
    }

    /// The subject of attestation certificates, as §8.2.1 asks.
    pub(super) fn subject(&self) -> Name {
        let (name, organization, country) = match self.is_vector() {
            true => ("WebAuthn test vectors", "W3C", "AA"),
            false => ("proofmark virtual authenticator", "proofmark", "CH"),
        };
        let attributes = [
            (oid::COMMON_NAME, name),
            (oid::ORGANIZATION, organization),
            (oid::ORGANIZATIONAL_UNIT, "Authenticator Attestation"),
            (oid::COUNTRY, country),
        ];
        attributes.map(|(kind, text)| (kind.to_owned(), text.to_owned())).to_vec()
    }

    /// Issues a leaf for a key; `extend` adds what the format asks for.
    pub(super) fn certify(
        &self,
        key: KeyPair,
        subject: Name,
        extend: impl FnOnce(&mut CertificateTemplate),
    ) -> Result<Certified, ClientError> {
        let root = self.authority();
        let algorithm = key.usual_algorithm();
        let spki = key.public_key().to_spki_der();
        let mut leaf = root.end_entity(self.serial(&spki), subject, spki);
        extend(&mut leaf);
        let leaf = Issued { issuer: "root", signed_by: "root", ..Issued::new("leaf", leaf, key) };
        let issued = vec![leaf, Issued::new("root", root.template(), root.key.clone())];
        let mut certification = Certification { issued, chain: vec!["leaf".to_owned()], algorithm };
        let sends_intermediate = self.request.format.sends_intermediate() && !self.is_vector();
        if sends_intermediate {
            certification.add_authority("intermediate", INTERMEDIATE, "root");
            let _ = certification.set_issuer("leaf", "intermediate");
            certification.chain.push("intermediate".to_owned());
        }
        if !self.applied.mutations.is_empty() {
            certification.add_authorities();
        }
        self.applied.attesting(&mut Part::Certification(&mut certification))?;
        certification.link();
        let chain = certification.chain.iter().map(|name| certification.der(name)).collect();
        let algorithm = certification.algorithm;
        let key = certification.get("leaf").map(|leaf| leaf.key.clone()).unwrap_or_else(|| self.key.clone());
        Ok(Certified { chain, key, algorithm })
    }

    /// The serial number of the leaf: another for each certificate of an issuer (RFC 5280 §4.1.2.2), which differ by key and
    /// by what the format writes into them.
    fn serial(&self, spki: &[u8]) -> Vec<u8> {
        let drawn = || {
            let hash = Sha256::new_with_prefix("proofmark/serial/").chain_update(self.request.format.slug());
            hash.chain_update(spki).finalize()[..16].to_vec()
        };
        self.request.vector_attestation.as_ref().map_or_else(drawn, |vector| vector.certificate_serial.clone())
    }

    fn authority(&self) -> Authority {
        let Some(vector) = &self.request.vector_attestation else {
            return Authority::named(ROOT);
        };
        let mut root = Authority::named("WebAuthn test vectors");
        "W3C".clone_into(&mut root.name[1].1);
        "AA".clone_into(&mut root.name[3].1);
        "30240101000000Z".clone_into(&mut root.not_after);
        if let Some(key) = KeyPair::from_private_key(KeyKind::P256, &vector.authority_private_key) {
            root.key = key;
        }
        root
    }
}

impl Certification {
    /// A certificate that looks like the root's but declares the root's point to be the generator, so that its private key is 1.
    fn curveball(&self) -> Option<Issued> {
        let root = self.issued.iter().find(|issued| issued.name == "root")?;
        let point = root.key.public_key().bytes;
        let mut template = root.template.clone();
        template.spki = explicit_curve(&template.spki, Some(&point))?;
        let key = KeyPair::Forgeable(Forgeable::OwnGenerator(point));
        Some(Issued::new("curveball", template, key))
    }

    /// An authority below another, unless it is there.
    fn add_authority(&mut self, name: &'static str, common_name: &'static str, issuer: &str) {
        if self.get(name).is_none() {
            let authority = Authority::named(common_name);
            self.issued.push(Issued::new(name, authority.template(), authority.key));
            let _ = self.set_issuer(name, issuer);
        }
    }

    /// The authorities that mutations use.
    fn add_authorities(&mut self) {
        self.add_authority("intermediate", INTERMEDIATE, "root");
        self.add_authority("second", SECOND, "intermediate");
        self.add_authority("other-root", OTHER_ROOT, "other-root");
        self.issued.extend(self.curveball());
    }

    /// Writes into every certificate the identifier of its issuer's key, as its issuer's certificate has it. Those of authorities
    /// that name themselves have none (RFC 5280 §4.2.1.1).
    fn link(&mut self) {
        let identifiers: Vec<_> =
            self.issued.iter().map(|issued| (issued.name, issued.template.subject_key_identifier())).collect();
        for issued in self.issued.iter_mut().filter(|issued| issued.is_linked) {
            let known = identifiers.iter().find(|(name, _)| *name == issued.issuer);
            if let Some((_, Some(identifier))) = known.filter(|_| issued.issuer != issued.name || issued.name == "leaf")
            {
                issued.template.set_authority_key_identifier(identifier);
            }
        }
    }

    /// The DER of a certificate.
    fn der(&self, name: &str) -> Vec<u8> {
        let find = |name: &str| self.issued.iter().find(|issued| issued.name == name);
        match find(name).and_then(|subject| Some((subject, find(subject.signed_by)?))) {
            Some((subject, issuer)) => subject.template.issue(&issuer.key),
            None => Vec::new(),
        }
    }
}

/// A statement of `alg`, `sig` over authenticator data and client data hash, and `x5c`.
pub(super) fn signed(draft: &Draft<'_>, certified: Certified) -> Result<Value, ClientError> {
    let message = draft.message(draft.usual_pieces())?;
    let signature = draft.sign(&certified.key, certified.algorithm, message)?;
    Ok(members([
        ("alg", Value::from(certified.algorithm.0)),
        ("sig", Value::Bytes(signature)),
        ("x5c", certificates(certified.chain)),
    ]))
}
