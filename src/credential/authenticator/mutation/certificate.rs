//! The certificates of a statement.

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::byte_expressions::{self, Parts};
use super::given::Given;
use super::stage::{Mutation, Stage};
use crate::authenticator::certificate::{CertificateTemplate, basic_constraints, explicit_curve};
use crate::authenticator::error::MutationError;
use crate::authenticator::keys::{KeyPair, RsaKey};
use crate::authenticator::parts::{Certification, Issued, Part, directory_name};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::hash::Hash;
use crate::webauthn::public_key::KeyKind;
use crate::webauthn::x509::oid;

pub(super) const MUTATIONS: &[Mutation] = &[Mutation {
    id: "certificate",
    summary: "other certificates: {\"key\": p384, rsa, ed25519 or credential, \"algorithm\": number, \"issuer\": of the leaf, \"chain\": what x5c holds of leaf, intermediate, second, root, other-root, curveball, \"repeat\": [name, times], and by those names {\"version\", \"not-before\", \"not-after\", \"subject\": [[attribute, text], ..], \"remove\": [extension, ..], \"add\": [{\"extension\", \"critical\", \"value\": bytes}, ..], \"issuer\", \"signed-by\", \"path-length\", \"hash\": sha1, \"explicit-curve\": true, \"tpm-name\": [manufacturer, version, model]}}",
    stage: Stage::Attesting(|part, given| match part {
        Part::Certification(certification) => change(certification, given).map(|()| true),
        _ => Ok(false),
    }),
}];

const WANTED: MutationError = MutationError::Args(
    "an object with some of key, algorithm, issuer, chain, repeat, leaf, intermediate, second, root, other-root",
);

fn change(certification: &mut Certification, given: &Given<'_>) -> Result<(), MutationError> {
    let members = given.0.as_object().filter(|members| !members.is_empty()).ok_or(WANTED)?;
    for (name, value) in members {
        match name.as_str() {
            "key" => set_key(certification, value, given)?,
            "algorithm" => {
                certification.algorithm = CoseAlgorithm(value.as_i64().ok_or(WANTED)?);
            }
            "issuer" => certification.set_issuer("leaf", value.as_str().ok_or(WANTED)?).ok_or(WANTED)?,
            "chain" => {
                let names = value.as_array().ok_or(WANTED)?.iter().map(|name| name.as_str().map(str::to_owned));
                certification.chain = names.collect::<Option<Vec<_>>>().ok_or(WANTED)?;
            }
            "repeat" => {
                let (name, times) =
                    value.get(0).and_then(Json::as_str).zip(value.get(1).and_then(Json::as_u64)).ok_or(WANTED)?;
                let times = usize::try_from(times).ok().filter(|times| *times <= 10_000).ok_or(WANTED)?;
                certification.chain.extend(std::iter::repeat_n(name.to_owned(), times));
            }
            _ => edit(certification, name, value, given)?,
        }
    }
    Ok(())
}

fn set_key(certification: &mut Certification, kind: &Json, given: &Given<'_>) -> Result<(), MutationError> {
    let derive = |kind| KeyPair::derive(kind, given.seed, "other-attestation-key");
    let key = match kind.as_str().ok_or(WANTED)? {
        "p256" => derive(KeyKind::P256),
        "p384" => derive(KeyKind::P384),
        "rsa" => RsaKey::named("rsa-2048-attestation").map(KeyPair::Rsa),
        "ed25519" => derive(KeyKind::Ed25519),
        "credential" => Some(given.key.clone()),
        _ => None,
    };
    let key = key.ok_or(MutationError::Args("a key that is one of p256, p384, rsa, ed25519, credential"))?;
    certification.algorithm = key.usual_algorithm();
    let leaf = certification.get("leaf").ok_or(WANTED)?;
    let spki = key.public_key().to_spki_der();
    // No two certificates of an issuer have one serial number (RFC 5280 section 4.1.2.2).
    leaf.template.serial = Sha256::new_with_prefix("proofmark/serial/").chain_update(&spki).finalize()[..16].to_vec();
    leaf.template.set_key(spki);
    leaf.key = key;
    Ok(())
}

/// What an edit of a certificate can name.
struct CertificateParts<'a>(&'a CertificateTemplate);

impl Parts for CertificateParts<'_> {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        let known = self.0.extensions.iter().find(|known| known.identifier == oid::FIDO_AAGUID);
        known.filter(|_| name == "aaguid-extension").map(|known| known.value.clone())
    }
}

fn edit(certification: &mut Certification, name: &str, changes: &Json, given: &Given<'_>) -> Result<(), MutationError> {
    let changes = changes.as_object().ok_or(WANTED)?;
    if let Some(issuer) = changes.get("issuer").and_then(Json::as_str) {
        certification.set_issuer(name, issuer).ok_or(WANTED)?;
    }
    let signer =
        changes.get("signed-by").and_then(Json::as_str).map(|signer| certification.get(signer).map(|found| found.name));
    let issued = certification.get(name).ok_or(WANTED)?;
    if let Some(signer) = signer {
        issued.signed_by = signer.ok_or(WANTED)?;
    }
    for (field, value) in changes.iter().filter(|(field, _)| !["issuer", "signed-by"].contains(&field.as_str())) {
        set_field(issued, field, value, given)?;
    }
    Ok(())
}

fn set_field(issued: &mut Issued, field: &str, value: &Json, given: &Given<'_>) -> Result<(), MutationError> {
    let template = &mut issued.template;
    let text = || value.as_str().map(str::to_owned).ok_or(WANTED);
    match field {
        "version" => template.version = value.as_u64().and_then(|version| u8::try_from(version).ok()).ok_or(WANTED)?,
        "not-before" => template.not_before = text()?,
        "not-after" => template.not_after = text()?,
        "subject" => {
            let attribute = |pair: &Json| Some((attribute(pair.get(0)?.as_str()?)?, pair.get(1)?.as_str()?.to_owned()));
            let pairs = value.as_array().ok_or(WANTED)?.iter().map(attribute);
            template.subject = pairs.collect::<Option<_>>().ok_or(WANTED)?;
        }
        "remove" => {
            for name in value.as_array().ok_or(WANTED)? {
                let identifier = name.as_str().and_then(extension).ok_or(WANTED)?;
                template.extensions.retain(|known| known.identifier != identifier);
                issued.is_linked &= identifier != oid::AUTHORITY_KEY_IDENTIFIER;
            }
        }
        "add" => {
            for one in value.as_array().ok_or(WANTED)? {
                let identifier = one.get("extension").and_then(Json::as_str).and_then(extension).ok_or(WANTED)?;
                let critical = one.get("critical").and_then(Json::as_bool).unwrap_or(false);
                let value = one.get("value").ok_or(WANTED)?;
                let value = byte_expressions::bytes(value, given, &CertificateParts(template))?;
                template.set_extension(&identifier, critical, value);
                issued.is_linked &= identifier != oid::AUTHORITY_KEY_IDENTIFIER;
            }
        }
        "critical" => {
            let identifier = value.as_str().and_then(extension).ok_or(WANTED)?;
            template.extensions.iter_mut().find(|known| known.identifier == identifier).ok_or(WANTED)?.critical ^= true;
        }
        "path-length" => {
            let length = value.as_u64().and_then(|length| u8::try_from(length).ok()).ok_or(WANTED)?;
            template.set_extension(oid::BASIC_CONSTRAINTS, true, basic_constraints(true, Some(length)));
        }
        "hash" if value == "sha1" => template.hash = Some(Hash::Sha1),
        "explicit-curve" => template.spki = explicit_curve(&template.spki, None).ok_or(WANTED)?,
        "tpm-name" => {
            let part = |index: usize| value.get(index).and_then(Json::as_str).ok_or(WANTED);
            let attributes = [("2.23.133.2.1", part(0)?), ("2.23.133.2.3", part(1)?), ("2.23.133.2.2", part(2)?)];
            template.set_extension(oid::SUBJECT_ALTERNATIVE_NAME, true, directory_name(attributes));
        }
        _ => return Err(WANTED),
    }
    Ok(())
}

fn attribute(name: &str) -> Option<String> {
    let identifier = match name {
        "CN" => oid::COMMON_NAME,
        "O" => oid::ORGANIZATION,
        "OU" => oid::ORGANIZATIONAL_UNIT,
        "C" => oid::COUNTRY,
        dotted if dotted.contains('.') => dotted,
        _ => return None,
    };
    Some(identifier.to_owned())
}

fn extension(name: &str) -> Option<String> {
    let identifier = match name {
        "basic-constraints" => oid::BASIC_CONSTRAINTS,
        "key-usage" => oid::KEY_USAGE,
        "extended-key-usage" => oid::EXTENDED_KEY_USAGE,
        "subject-alternative-name" => oid::SUBJECT_ALTERNATIVE_NAME,
        "aaguid" => oid::FIDO_AAGUID,
        "key-description" => oid::ANDROID_KEY_DESCRIPTION,
        "nonce" => oid::APPLE_NONCE,
        dotted if dotted.contains('.') => dotted,
        _ => return None,
    };
    Some(identifier.to_owned())
}
