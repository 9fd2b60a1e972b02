//! Authenticator data: fields and bytes, both before signing.

use sha2::{Digest, Sha256};

use super::client_data::flip_last_bit;
use super::{Args, Mutation, MutationError, Stage};
use crate::webauthn::authenticator_data::{Aaguid, AttestedCredentialData, AuthenticatorData, Flags};
use crate::webauthn::cbor::Value;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "rp-id-hash",
        summary: "another RP ID hash: \"bit-flip\" (the default), or the RP ID to be hashed",
        stage: Stage::AuthenticatorData(rp_id_hash),
    },
    Mutation {
        id: "user-present",
        summary: "the UP flag: false (the default) or true",
        stage: Stage::AuthenticatorData(|data, args| flag(data, args, Flags::USER_PRESENT)),
    },
    Mutation {
        id: "user-verified",
        summary: "the UV flag: false (the default) or true",
        stage: Stage::AuthenticatorData(|data, args| flag(data, args, Flags::USER_VERIFIED)),
    },
    Mutation {
        id: "backup-state-without-eligibility",
        summary: "the BS flag set and the BE flag clear",
        stage: Stage::AuthenticatorData(|data, _args| {
            data.flags = data.flags.with(Flags::BACKUP_STATE, true).with(Flags::BACKUP_ELIGIBLE, false);
            Ok(())
        }),
    },
    Mutation {
        id: "flags",
        summary: "all flags at once: a number from 0 to 255",
        stage: Stage::AuthenticatorData(|data, args| {
            let byte = u8::try_from(args.number()?).map_err(|_error| MutationError::Args("a number from 0 to 255"))?;
            data.flags = Flags(byte);
            Ok(())
        }),
    },
    Mutation {
        id: "reserved-flag",
        summary: "a reserved flag set, which an RP may ignore: bit 1 (the default) or 5",
        stage: Stage::AuthenticatorData(reserved_flag),
    },
    Mutation {
        id: "attested-credential-data",
        summary: "the AT flag clear: \"keep\" the data (the default) or \"drop\" them",
        stage: Stage::AuthenticatorData(attested_credential_data),
    },
    Mutation {
        id: "extension-data-flag",
        summary: "the ED flag set without extension data",
        stage: Stage::AuthenticatorData(|data, _args| {
            data.flags = data.flags.with(Flags::EXTENSION_DATA, true);
            Ok(())
        }),
    },
    Mutation {
        id: "extension-data",
        summary: "unsolicited extension data {name: true} with the ED flag, which an RP has to be prepared for: a name, by default example.extension",
        stage: Stage::AuthenticatorData(extension_data),
    },
    Mutation {
        id: "sign-count",
        summary: "another signature counter, which is no error: a number from 0 to 4294967295",
        stage: Stage::AuthenticatorData(|data, args| {
            let wanted = MutationError::Args("a number from 0 to 4294967295");
            data.sign_count = u32::try_from(args.number()?).map_err(|_error| wanted)?;
            Ok(())
        }),
    },
    Mutation {
        id: "aaguid",
        summary: "another AAGUID, which is no error without a policy: base64 of 16 bytes",
        stage: Stage::AuthenticatorData(|data, args| {
            let bytes = args.bytes()?.try_into().map_err(|_bytes| MutationError::Args("base64 of 16 bytes"))?;
            attested(data)?.aaguid = Aaguid(bytes);
            Ok(())
        }),
    },
    Mutation {
        id: "credential-id-length",
        summary: "a credential id of another length, everywhere: a number of bytes up to 65535, by default 1024, which is one too many",
        stage: Stage::AuthenticatorData(credential_id_length),
    },
    Mutation {
        id: "credential-id-length-field",
        summary: "another declared length of the credential id, the bytes as they were: a number up to 65535",
        stage: Stage::AuthenticatorDataBytes(|bytes, args| credential_id_length_field(bytes, args)),
    },
    Mutation {
        id: "credential-id-mismatch",
        summary: "a credential id in the authenticator data other than id and rawId",
        stage: Stage::AuthenticatorDataBytes(|bytes, _args| match bytes.get_mut(CREDENTIAL_ID) {
            Some(byte) => {
                *byte ^= 1;
                Ok(())
            }
            None => Err(MutationError::Impossible("there is no credential id".to_owned())),
        }),
    },
    Mutation {
        id: "auth-data-truncated",
        summary: "the last bytes of the authenticator data missing: how many, by default 1",
        stage: Stage::AuthenticatorDataBytes(|bytes, args| {
            bytes.truncate(bytes.len().saturating_sub(args.size_or(1)?));
            Ok(())
        }),
    },
    Mutation {
        id: "auth-data-trailing",
        summary: "bytes after the authenticator data: base64, or a number of zero bytes, by default 1",
        stage: Stage::AuthenticatorDataBytes(|bytes, args| {
            bytes.extend(args.bytes()?);
            Ok(())
        }),
    },
];

/// Offset of the length of the credential id.
const CREDENTIAL_ID_LENGTH: usize = 32 + 1 + 4 + 16;
/// Offset of the credential id.
const CREDENTIAL_ID: usize = CREDENTIAL_ID_LENGTH + 2;

pub(super) fn attested(data: &mut AuthenticatorData) -> Result<&mut AttestedCredentialData, MutationError> {
    data.attested.as_mut().ok_or(MutationError::Impossible("there are no attested credential data".to_owned()))
}

fn rp_id_hash(data: &mut AuthenticatorData, args: &Args) -> Result<(), MutationError> {
    match args.text_or("bit-flip")? {
        "bit-flip" => flip_last_bit(&mut data.rp_id_hash)?,
        rp_id => data.rp_id_hash = Sha256::digest(rp_id.as_bytes()).into(),
    }
    Ok(())
}

fn flag(data: &mut AuthenticatorData, args: &Args, mask: u8) -> Result<(), MutationError> {
    data.flags = data.flags.with(mask, args.flag_or(false)?);
    Ok(())
}

fn reserved_flag(data: &mut AuthenticatorData, args: &Args) -> Result<(), MutationError> {
    let mask = match args.number_or(1)? {
        1 => 0x02,
        5 => 0x20,
        _ => return Err(MutationError::Args("1 or 5")),
    };
    data.flags = data.flags.with(mask, true);
    Ok(())
}

fn attested_credential_data(data: &mut AuthenticatorData, args: &Args) -> Result<(), MutationError> {
    data.flags = data.flags.with(Flags::ATTESTED_CREDENTIAL_DATA, false);
    match args.text_or("keep")? {
        "keep" => {}
        "drop" => data.attested = None,
        _ => return Err(MutationError::Args("keep or drop")),
    }
    Ok(())
}

fn extension_data(data: &mut AuthenticatorData, args: &Args) -> Result<(), MutationError> {
    let name = args.text_or("example.extension")?.to_owned();
    data.flags = data.flags.with(Flags::EXTENSION_DATA, true);
    data.extensions = Some(Value::Map(vec![(Value::Text(name), Value::Bool(true))]));
    Ok(())
}

fn credential_id_length(data: &mut AuthenticatorData, args: &Args) -> Result<(), MutationError> {
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

fn credential_id_length_field(bytes: &mut [u8], args: &Args) -> Result<(), MutationError> {
    let length = u16::try_from(args.number()?).map_err(|_error| MutationError::Args("a number up to 65535"))?;
    let field = bytes.get_mut(CREDENTIAL_ID_LENGTH..CREDENTIAL_ID);
    field
        .ok_or(MutationError::Impossible("there is no credential id".to_owned()))?
        .copy_from_slice(&length.to_be_bytes());
    Ok(())
}
