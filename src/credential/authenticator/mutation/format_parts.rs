//! Parts that only one format has: a TPM's structures, Android's key description, Apple's nonce, the list of a compound.

use serde_json::Value as Json;

use super::byte_expressions::{self, NoParts, Parts};
use super::given::Given;
use super::stage::{Mutation, Stage};
use crate::authenticator::error::MutationError;
use crate::authenticator::parts::{CertInfo, KeyDescription, Nonce, Parameters, Part, PubArea};
use crate::webauthn::cbor::Value;
use crate::webauthn::hash::Hash;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "tpm-cert-info",
        summary: "another certInfo, signed: {\"magic\", \"type\", \"extra-data-length\", \"keep\": number, \"qualified-signer\", \"extra-data\", \"clock-info\", \"firmware-version\", \"name\", \"qualified-name\", \"suffix\": bytes}; values extra-data, attested-sha1, name, name-sha1, name-other",
        stage: Stage::Attesting(|part, given| match part {
            Part::CertInfo(info) => cert_info(info, given).map(|()| true),
            _ => Ok(false),
        }),
    },
    Mutation {
        id: "tpm-pub-area",
        summary: "another pubArea, named in certInfo: {\"type\", \"name-algorithm\", \"exponent\", \"curve\", \"keep\": number, \"unique\", \"prefix\", \"suffix\": bytes}; value unique",
        stage: Stage::Attesting(|part, given| match part {
            Part::PubArea(area) => pub_area(area, given).map(|()| true),
            _ => Ok(false),
        }),
    },
    Mutation {
        id: "key-description",
        summary: "another Android key description: {\"version\", \"security-level\": number, \"challenge\": bytes, \"software\", \"hardware\": {tag: bytes or null}, \"value\": bytes}, or \"swap-lists\"",
        stage: Stage::Attesting(|part, given| match part {
            Part::KeyDescription(description) => key_description(description, given).map(|()| true),
            _ => Ok(false),
        }),
    },
    Mutation {
        id: "apple-nonce",
        summary: "another nonce in the certificate: {\"nonce\": bytes} or {\"value\": bytes of the extension}; values nonce, raw-client-data",
        stage: Stage::Attesting(|part, given| match part {
            Part::Nonce(nonce) => apple_nonce(nonce, given).map(|()| true),
            _ => Ok(false),
        }),
    },
    Mutation {
        id: "compound",
        summary: "other statements of a compound one: one, none, nested, without-format, unknown-format, with-none, one-invalid or all-invalid",
        stage: Stage::Attesting(|part, given| match part {
            Part::Compound(statements) => compound(statements, given).map(|()| true),
            _ => Ok(false),
        }),
    },
];

const CERT_INFO: MutationError = MutationError::Args("an object of fields of certInfo");
const PUB_AREA: MutationError = MutationError::Args("an object of fields of pubArea");

fn unsigned<T: TryFrom<u64>>(json: &Json, wanted: MutationError) -> Result<T, MutationError> {
    json.as_u64().and_then(|number| T::try_from(number).ok()).ok_or(wanted)
}

struct InfoParts {
    extra_data: Vec<u8>,
    attested: Vec<u8>,
    name: Vec<u8>,
    pub_area: Vec<u8>,
}

impl Parts for InfoParts {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        Some(match name {
            "extra-data" => self.extra_data.clone(),
            "attested-sha1" => Hash::Sha1.digest(&self.attested),
            "name" => self.name.clone(),
            "name-sha1" => PubArea::name(0x0004, &self.pub_area),
            "name-other" => PubArea::name(0x000b, b"another public area"),
            _ => return None,
        })
    }
}

fn cert_info(info: &mut CertInfo, given: &Given<'_>) -> Result<(), MutationError> {
    let parts = InfoParts {
        extra_data: info.extra_data.clone(),
        attested: info.attested.clone(),
        name: info.name.clone(),
        pub_area: info.pub_area.clone(),
    };
    for (field, value) in given.0.as_object().ok_or(CERT_INFO)? {
        let bytes = || byte_expressions::bytes(value, given, &parts);
        match field.as_str() {
            "magic" => info.magic = unsigned(value, CERT_INFO)?,
            "type" => info.kind = unsigned(value, CERT_INFO)?,
            "extra-data-length" => info.extra_data_length = Some(unsigned(value, CERT_INFO)?),
            "keep" => info.keep = Some(unsigned(value, CERT_INFO)?),
            "qualified-signer" => info.qualified_signer = bytes()?,
            "extra-data" => info.extra_data = bytes()?,
            "clock-info" => info.clock_info = bytes()?,
            "firmware-version" => info.firmware_version = bytes()?,
            "name" => info.name = bytes()?,
            "qualified-name" => info.qualified_name = bytes()?,
            "suffix" => info.suffix = bytes()?,
            _ => return Err(CERT_INFO),
        }
    }
    Ok(())
}

struct AreaParts(Vec<u8>);

impl Parts for AreaParts {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        (name == "unique").then(|| self.0.clone())
    }
}

fn pub_area(area: &mut PubArea, given: &Given<'_>) -> Result<(), MutationError> {
    let parts = AreaParts(area.unique.first().cloned().unwrap_or_default());
    for (field, value) in given.0.as_object().ok_or(PUB_AREA)? {
        let bytes = || byte_expressions::bytes(value, given, &parts);
        match (field.as_str(), &mut area.parameters) {
            ("type", _) => area.kind = unsigned(value, PUB_AREA)?,
            ("name-algorithm", _) => area.name_algorithm = unsigned(value, PUB_AREA)?,
            ("exponent", Parameters::Rsa(_, exponent)) => *exponent = unsigned(value, PUB_AREA)?,
            ("curve", Parameters::Ecc(curve)) => *curve = unsigned(value, PUB_AREA)?,
            ("keep", _) => area.keep = Some(unsigned(value, PUB_AREA)?),
            ("unique", _) => *area.unique.first_mut().ok_or(PUB_AREA)? = bytes()?,
            ("prefix", _) => area.prefix = bytes()?,
            ("suffix", _) => area.suffix = bytes()?,
            _ => return Err(PUB_AREA),
        }
    }
    Ok(())
}

fn key_description(description: &mut KeyDescription, given: &Given<'_>) -> Result<(), MutationError> {
    const WANTED: MutationError = MutationError::Args(
        "swap-lists, or an object with some of version, security-level, challenge, software, hardware, value",
    );
    if given.0 == "swap-lists" {
        std::mem::swap(&mut description.software, &mut description.hardware);
        return Ok(());
    }
    for (field, value) in given.0.as_object().ok_or(WANTED)? {
        match field.as_str() {
            "version" => {
                description.version = unsigned(value, WANTED)?;
                description.key_mint_version = description.version;
            }
            "security-level" => description.security_level = unsigned(value, WANTED)?,
            "challenge" => description.challenge = byte_expressions::bytes(value, given, &NoParts)?,
            "value" => description.value = Some(byte_expressions::bytes(value, given, &NoParts)?),
            "software" | "hardware" => {
                let list = if field == "software" { &mut description.software } else { &mut description.hardware };
                for (tag, value) in value.as_object().ok_or(WANTED)? {
                    let tag: u32 = tag.parse().map_err(|_error| WANTED)?;
                    list.retain(|(known, _)| *known != tag);
                    if !value.is_null() {
                        list.push((tag, byte_expressions::bytes(value, given, &NoParts)?));
                        list.sort_by_key(|(tag, _)| *tag);
                    }
                }
            }
            _ => return Err(WANTED),
        }
    }
    Ok(())
}

struct NonceParts<'a>(&'a Nonce);

impl Parts for NonceParts<'_> {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        let Nonce { client_data_json, authenticator_data, nonce, .. } = self.0;
        match name {
            "nonce" => Some(nonce.clone()),
            "raw-client-data" => Some([authenticator_data.as_slice(), client_data_json].concat()),
            _ => None,
        }
    }
}

fn apple_nonce(nonce: &mut Nonce, given: &Given<'_>) -> Result<(), MutationError> {
    let read = |name: &str| {
        given.member(name).map(|json| byte_expressions::bytes(json, given, &NonceParts(nonce))).transpose()
    };
    let (other, value) = (read("nonce")?, read("value")?);
    if other.is_none() && value.is_none() {
        return Err(MutationError::Args("{\"nonce\": bytes} or {\"value\": bytes}"));
    }
    nonce.nonce = other.unwrap_or_else(|| nonce.nonce.clone());
    nonce.value = value;
    Ok(())
}

fn compound(statements: &mut Vec<Value>, given: &Given<'_>) -> Result<(), MutationError> {
    let text = |name: &str| Value::Text(name.to_owned());
    let element =
        |format: &str, statement: Value| Value::Map(vec![(text("fmt"), text(format)), (text("attStmt"), statement)]);
    // An earlier mutation may have taken all of them.
    let none = || MutationError::Impossible("there is no statement to change".to_owned());
    match given.text()? {
        "one" => statements.truncate(1),
        "none" => statements.clear(),
        "nested" => {
            let inner = Value::Array(statements.clone());
            statements.push(element("compound", inner));
        }
        "without-format" => {
            if let Value::Map(members) = statements.last_mut().ok_or_else(none)? {
                members.retain(|(key, _)| key.as_text() != Some("fmt"));
            }
        }
        "unknown-format" => {
            *statements.last_mut().ok_or_else(none)? = element("org.example.x", Value::Map(Vec::new()));
        }
        "with-none" => *statements.last_mut().ok_or_else(none)? = element("none", Value::Map(Vec::new())),
        "one-invalid" => corrupt(statements.last_mut().ok_or_else(none)?),
        "all-invalid" => statements.iter_mut().for_each(corrupt),
        _ => {
            return Err(MutationError::Args(
                "one of one, none, nested, without-format, unknown-format, with-none, one-invalid, all-invalid",
            ));
        }
    }
    Ok(())
}

/// Flips the last bit of a statement's signature.
fn corrupt(element: &mut Value) {
    let Value::Map(members) = element else { return };
    let statement = members.iter_mut().find(|(key, _)| key.as_text() == Some("attStmt")).map(|(_, value)| value);
    let Some(Value::Map(statement)) = statement else { return };
    let signature = statement.iter_mut().find(|(key, _)| key.as_text() == Some("sig")).map(|(_, value)| value);
    if let Some(last) = signature.and_then(Value::as_bytes_mut).and_then(|bytes| bytes.last_mut()) {
        *last ^= 1;
    }
}
