//! Authenticator data: fields and bytes, both before signing.

use sha2::{Digest, Sha256};

use super::args::Args;
use super::bits::{flip_last_bit, keep};
use super::byte_expressions::{self, NoParts, Parts};
use super::given::Given;
use super::stage::{Mutation, Stage};
use crate::authenticator::error::MutationError;
use crate::webauthn::authenticator_data::{Aaguid, AttestedCredentialData, AuthenticatorData, Flags};
use crate::webauthn::cbor::{self, Form};
use crate::webauthn::cose::{CoseKey, label};

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "rp-id-hash",
        summary: "another RP ID hash: {\"rp-id\": a template that is hashed}, {\"bytes\": bytes}, or \"bit-flip\" (the default)",
        stage: Stage::AuthenticatorData(rp_id_hash),
    },
    Mutation {
        id: "flags",
        summary: "all flags at once: a number from 0 to 255",
        stage: Stage::AuthenticatorData(|data, args| {
            data.flags = Flags(byte(&args.0)?);
            Ok(())
        }),
    },
    Mutation {
        id: "auth-data",
        summary: "authenticator data that contradict themselves: any of {\"flags\": number, \"keep\": first bytes, \"append\": bytes, \"extensions\": bytes after the key, \"declared-id-length\": number, \"aaguid\": bytes, \"key\": bytes in place of the key}",
        stage: Stage::AuthenticatorDataBytes(auth_data),
    },
    Mutation {
        id: "auth-data-keep",
        summary: "only the first bytes of the authenticator data: how many",
        stage: Stage::AuthenticatorDataBytes(|bytes, given| keep(bytes, given.size()?)),
    },
    Mutation {
        id: "sign-count",
        summary: "another signature counter, which is not an error: a number from 0 to 4294967295",
        stage: Stage::AuthenticatorData(|data, args| {
            let wanted = MutationError::Args("a number from 0 to 4294967295");
            data.sign_count = u32::try_from(args.number()?).map_err(|_error| wanted)?;
            Ok(())
        }),
    },
    Mutation {
        id: "aaguid",
        summary: "another AAGUID, which is not an error without a policy: 16 bytes",
        stage: Stage::AuthenticatorData(|data, given| {
            let bytes = byte_expressions::bytes(&given.0, given, &NoParts)?;
            let bytes = bytes.try_into().map_err(|_bytes| MutationError::Args("16 bytes"))?;
            attested(data)?.aaguid = Aaguid(bytes);
            Ok(())
        }),
    },
    Mutation {
        id: "credential-id-length",
        summary: "a credential id of another length, everywhere: a number of bytes up to 65535, by default 1024, which is one byte too many",
        stage: Stage::AuthenticatorData(credential_id_length),
    },
];

/// Offset of the flags.
const FLAGS: usize = 32;
/// Offset of the AAGUID.
const AAGUID: usize = 32 + 1 + 4;
/// Offset of the length of the credential id.
const CREDENTIAL_ID_LENGTH: usize = 32 + 1 + 4 + 16;
/// Offset of the credential id.
const CREDENTIAL_ID: usize = CREDENTIAL_ID_LENGTH + 2;

pub(super) fn attested(data: &mut AuthenticatorData) -> Result<&mut AttestedCredentialData, MutationError> {
    data.attested.as_mut().ok_or(MutationError::Impossible("there are no attested credential data".to_owned()))
}

fn byte(json: &serde_json::Value) -> Result<u8, MutationError> {
    let byte = json.as_u64().and_then(|number| u8::try_from(number).ok());
    byte.ok_or(MutationError::Args("a number from 0 to 255"))
}

fn rp_id_hash(data: &mut AuthenticatorData, given: &Given<'_>) -> Result<(), MutationError> {
    const WANTED: MutationError = MutationError::Args("bit-flip, {\"rp-id\": template} or {\"bytes\": 32 bytes}");
    if let Some(rp_id) = given.member("rp-id").and_then(serde_json::Value::as_str) {
        data.rp_id_hash = Sha256::digest(given.template(rp_id)?).into();
    } else if let Some(json) = given.member("bytes") {
        let mut bytes = byte_expressions::bytes(json, given, &NoParts)?;
        bytes.resize(32, 0);
        data.rp_id_hash = bytes.try_into().map_err(|_bytes| WANTED)?;
    } else if given.text_or("bit-flip")? == "bit-flip" {
        flip_last_bit(&mut data.rp_id_hash)?;
    } else {
        return Err(WANTED);
    }
    Ok(())
}

/// The parts of encoded authenticator data: up to the key, and the key.
struct Encoded<'a>(&'a [u8]);

impl Encoded<'_> {
    fn key_start(&self) -> Option<usize> {
        let length = self.0.get(CREDENTIAL_ID_LENGTH..CREDENTIAL_ID)?;
        Some(CREDENTIAL_ID + usize::from(u16::from_be_bytes(length.try_into().ok()?)))
    }
}

impl Parts for Encoded<'_> {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        let key = self.0.get(self.key_start()?..)?;
        let key = CoseKey::from_value(cbor::decode_first(key, Form::Any).ok()?.0).ok()?;
        let label = match name {
            "x" => label::X,
            "y" => label::Y,
            _ => return None,
        };
        key.get(label)?.as_bytes().cloned()
    }
}

fn auth_data(bytes: &mut Vec<u8>, given: &Given<'_>) -> Result<(), MutationError> {
    const WANTED: MutationError =
        MutationError::Args("an object with some of flags, keep, append, extensions, declared-id-length, aaguid, key");
    let members = given.0.as_object().filter(|members| !members.is_empty()).ok_or(WANTED)?;
    let original = bytes.clone();
    let read = |json: &serde_json::Value| byte_expressions::bytes(json, given, &Encoded(&original));
    for (name, value) in members {
        match name.as_str() {
            "flags" => *bytes.get_mut(FLAGS).ok_or(WANTED)? = byte(value)?,
            "keep" => keep(bytes, Args(value.clone()).size()?)?,
            "append" | "extensions" => bytes.extend(read(value)?),
            "declared-id-length" => {
                let length = value.as_u64().and_then(|length| u16::try_from(length).ok()).ok_or(WANTED)?;
                bytes
                    .get_mut(CREDENTIAL_ID_LENGTH..CREDENTIAL_ID)
                    .ok_or(WANTED)?
                    .copy_from_slice(&length.to_be_bytes());
            }
            "aaguid" => {
                let aaguid = read(value)?;
                let field = bytes.get_mut(AAGUID..CREDENTIAL_ID_LENGTH).filter(|field| field.len() == aaguid.len());
                field.ok_or(WANTED)?.copy_from_slice(&aaguid);
            }
            "key" => {
                let key = read(value)?;
                bytes.truncate(Encoded(&original).key_start().ok_or(WANTED)?);
                bytes.extend(key);
            }
            _ => return Err(WANTED),
        }
    }
    Ok(())
}

fn credential_id_length(data: &mut AuthenticatorData, args: &Given<'_>) -> Result<(), MutationError> {
    let length = args.size_or(1024)?;
    if length > usize::from(u16::MAX) {
        return Err(MutationError::Args("a number up to 65535"));
    }
    let id = &mut attested(data)?.credential_id;
    let bytes: Vec<u8> = id.iter().copied().cycle().take(length).collect();
    if bytes.len() < length {
        return Err(MutationError::Impossible("the credential id is empty".to_owned()));
    }
    *id = bytes;
    Ok(())
}
