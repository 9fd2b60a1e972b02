//! "Registering a New Credential" (section 7.1): the steps of a registration only.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::ceremony::{Ceremony, Omission, Refusal, Registration};
use super::context::{Context, quote};
use super::procedure::REGISTRATION;
use super::step::Step;
use super::{authenticator_data, client_data};
use crate::webauthn::attestation::{self, AttestationObject, AttestationType, Statement};
use crate::webauthn::authenticator_data::{AttestedCredentialData, AuthenticatorData};
use crate::webauthn::cbor::Form;
use crate::webauthn::cose::CoseKey;
use crate::webauthn::credential::RegistrationResponse;
use crate::webauthn::x509::validate_path;

/// Longest credential id (WebAuthn L3 §6.5.1), in bytes.
const MAX_CREDENTIAL_ID: usize = 1023;

/// That CBOR is in the CTAP2 canonical form, which decoders SHOULD demand (§2.4).
pub(super) const CANONICAL: &str = "2.4/canonical";

/// Verifies a RegistrationResponseJSON.
///
/// # Errors
/// [`Refusal`]: the first step of WebAuthn L3 §7.1 that does not hold.
pub fn verify_registration(ceremony: &Ceremony<'_>, credential: &Value) -> Result<Registration, Refusal> {
    verify_registration_without(ceremony, credential, None)
}

/// Verifies as a relying party would that leaves something out. With `None` the same as [`verify_registration`].
///
/// # Errors
/// [`Refusal`]; of a step that is left out only if its input cannot be read at all.
pub fn verify_registration_without(
    ceremony: &Ceremony<'_>,
    credential: &Value,
    omission: Option<Omission>,
) -> Result<Registration, Refusal> {
    verify(&Context { procedure: &REGISTRATION, ceremony, omissions: omission.as_slice() }, credential)
}

pub(super) fn verify(context: &Context<'_>, credential: &Value) -> Result<Registration, Refusal> {
    let response = read_envelope(context, credential)?;
    context.check(client_data::CHECKS, &context.read_client_data(&response.client_data_json)?)?;
    // Step 12: the hash is over the bytes as received.
    let client_data_hash: [u8; 32] = Sha256::digest(&response.client_data_json).into();
    let (object, data, attested) = read_attestation_object(context, &response.attestation_object)?;
    let is_named = response.raw_id == attested.credential_id || context.omits("5.1/raw-id");
    context.ensure(Step::CredentialJson, is_named, || {
        "rawId is not the credential id in the authenticator data".to_owned()
    })?;
    context.check(authenticator_data::CHECKS, &data)?;
    check_algorithm(context, &attested.public_key)?;
    let statement = Statement {
        value: &object.statement,
        authenticator_data: &object.authenticator_data,
        data: &data,
        attested: &attested,
        client_data_hash: &client_data_hash,
    };
    let attestation_type = check_attestation(context, &object.format, &statement)?;
    check_credential_id(context, &attested.credential_id)?;
    Ok(Registration {
        credential_id: attested.credential_id,
        public_key: attested.public_key,
        sign_count: data.sign_count,
        flags: data.flags,
        aaguid: attested.aaguid,
        format: object.format,
        attestation_type,
    })
}

fn read_envelope(context: &Context<'_>, credential: &Value) -> Result<RegistrationResponse, Refusal> {
    let read = if context.skips(Step::CredentialJson) {
        RegistrationResponse::from_json_leniently(credential)
    } else {
        RegistrationResponse::from_json(credential)
    };
    read.map_err(|error| context.refusal(Step::CredentialJson, error))
}

/// Step 13. Decoders SHOULD refuse CBOR that is not in the CTAP2 canonical form (§2.4); this one does.
fn read_attestation_object(
    context: &Context<'_>,
    bytes: &[u8],
) -> Result<(AttestationObject, AuthenticatorData, AttestedCredentialData), Refusal> {
    let lenient = context.skips(Step::AttestationObject);
    let form = if context.omits(CANONICAL) { Form::Any } else { Form::Canonical };
    let object = if lenient { AttestationObject::decode_prefix(bytes) } else { AttestationObject::decode(bytes, form) };
    let object = object.map_err(|error| context.refusal(Step::AttestationObject, error))?;
    let data = if lenient {
        AuthenticatorData::decode_first(&object.authenticator_data, Form::Any).map(|(data, _rest)| data)
    } else {
        AuthenticatorData::decode(&object.authenticator_data, form)
    };
    let mut data = data.map_err(|error| context.refusal(Step::AttestationObject, error))?;
    let attested = data.attested.take().ok_or_else(|| {
        context.refusal(Step::AttestationObject, "the authenticator data hold no attested credential data")
    })?;
    Ok((object, data, attested))
}

/// Step 20. That the key is one of the algorithm it names follows from §5.8.5 and §6.5.1.
fn check_algorithm(context: &Context<'_>, key: &CoseKey) -> Result<(), Refusal> {
    let offered = key.algorithm().is_some_and(|algorithm| context.ceremony.algorithms.contains(&algorithm));
    context.ensure(Step::Algorithm, offered, || match key.algorithm() {
        Some(algorithm) => format!("algorithm {algorithm} was not offered"),
        None => "the credential public key has no alg".to_owned(),
    })?;
    let usable = if context.omits("6.5.1/point") { key.public_key().map(drop) } else { key.require_usable() };
    context.ensure(Step::Algorithm, usable.is_ok(), || usable.err().map_or_else(String::new, |error| error.to_string()))
}

/// Steps 21 to 24.
fn check_attestation(context: &Context<'_>, name: &str, statement: &Statement<'_>) -> Result<AttestationType, Refusal> {
    let Some(format) = attestation::find(name) else {
        context.ensure(Step::Format, false, || format!("format {} is not supported", quote(name)))?;
        return Ok(AttestationType::None);
    };
    let attestation = match format.verify(statement) {
        Ok(attestation) => attestation,
        Err(error) if context.tolerates(name, error.check) => return Ok(AttestationType::None),
        Err(error) => {
            let step = Step::AttestationStatement;
            return Err(Refusal { check: Some(error.check), ..context.refusal(step, error.detail) });
        }
    };
    let (path, anchors) = (&attestation.trust_path, context.ceremony.trust_anchors);
    if !path.is_empty() && !anchors.is_empty() {
        let trusted = validate_path(path, anchors, context.ceremony.now);
        context.ensure(Step::AttestationTrust, trusted.is_ok(), || {
            trusted.err().map_or_else(String::new, |error| error.to_string())
        })?;
    }
    Ok(attestation.attestation_type)
}

/// Steps 25 and 26.
fn check_credential_id(context: &Context<'_>, id: &[u8]) -> Result<(), Refusal> {
    context.ensure(Step::CredentialIdLength, id.len() <= MAX_CREDENTIAL_ID, || {
        format!("the credential id has {} bytes, more than {MAX_CREDENTIAL_ID}", id.len())
    })?;
    context.ensure(Step::CredentialIdUnique, !(context.ceremony.is_registered)(id), || {
        "the credential id is registered already".to_owned()
    })
}
