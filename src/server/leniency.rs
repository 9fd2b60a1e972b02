//! Steps of the ceremony that a defect leaves out for some credentials only: those of one algorithm, one format, or over one protocol.

use std::borrow::Cow;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::credential::{attestation_object, claimed_challenge_text};
use super::defect::{self, Defect};
use super::switches::Switches;
use super::variant;
use crate::contract::Protocol;
use crate::relying_party::{Omission, Step};
use crate::webauthn::authenticator_data::{AuthenticatorData, Flags};
use crate::webauthn::base64;
use crate::webauthn::cbor::{self, Form};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::public_key::KeyKind;

/// What is left out for this credential.
pub(super) fn omission(
    switches: &Switches,
    protocol: Protocol,
    challenge: &[u8],
    credential: &Value,
) -> Option<Omission> {
    if switches.is_empty() {
        return None;
    }
    let object = attestation_object(credential)?;
    let data = AuthenticatorData::decode_first(&object.authenticator_data, Form::Any).ok();
    let algorithm = data.and_then(|(data, _)| data.attested?.public_key.algorithm());
    let kind = algorithm.and_then(CoseAlgorithm::kind);
    let is = |wanted: CoseAlgorithm| algorithm == Some(wanted);
    let is_elliptic = matches!(kind, Some(KeyKind::P256 | KeyKind::P384 | KeyKind::P521));
    let format = object.format.as_str();
    let has_certificates = object.statement.as_map().is_some_and(|map| cbor::member(map, "x5c").is_some());
    let has_challenge = || {
        let claimed = claimed_challenge_text(credential).unwrap_or_default();
        base64::decode_any(&claimed).is_ok_and(|bytes| bytes == challenge)
    };
    let has = |defect: &'static Defect| switches.has(defect);
    let check = Omission::Check;
    let step = Omission::Step;
    let packed = Omission::Format("packed");
    let checks = [
        (is(CoseAlgorithm::ES384) && has(&defect::algorithm::ES384_SIGNATURE_UNCHECKED), packed),
        (is(CoseAlgorithm::PS256) && has(&defect::algorithm::PS256_SIGNATURE_UNCHECKED), packed),
        (
            kind == Some(KeyKind::Rsa) && has(&defect::algorithm::RSA_STATEMENT_ALGORITHM_UNCHECKED),
            check("8.2/algorithm"),
        ),
        (is(CoseAlgorithm::EDDSA) && has(&defect::algorithm::EDDSA_POINT_UNCHECKED), check("6.5.1/point")),
        (is(CoseAlgorithm::ES512) && has(&defect::algorithm::ES512_POINT_UNCHECKED), check("6.5.1/point")),
        (format == "packed" && has(&defect::algorithm::PACKED_ORIGIN_UNCHECKED), step(Step::Origin)),
        (format == "tpm" && has(&defect::algorithm::TPM_USER_VERIFIED_UNCHECKED), step(Step::UserVerified)),
        (
            format == "tpm" && is_elliptic && has(&defect::algorithm::TPM_ECC_EXTRA_DATA_UNCHECKED),
            check("8.3/extra-data"),
        ),
        (is(CoseAlgorithm::RS256) && has(&defect::algorithm::RS256_BACKUP_STATE_UNCHECKED), step(Step::BackupState)),
        (
            protocol == Protocol::GrpcWeb && has(&defect::algorithm::CROSS_ORIGIN_UNCHECKED_OVER_GRPC_WEB),
            step(Step::CrossOrigin),
        ),
        (
            kind == Some(KeyKind::Ed25519) && has(&defect::algorithm::EDDSA_TRAILING_BYTES_ACCEPTED),
            step(Step::AttestationObject),
        ),
        (has(&defect::algorithm::CHALLENGE_IN_ANY_BASE64) && has_challenge(), step(Step::Challenge)),
        (format == "none" && has(&defect::algorithm::NONE_RP_ID_HASH_UNCHECKED), step(Step::RpIdHash)),
        (
            format == "packed" && has_certificates && has(&defect::algorithm::PACKED_CERTIFICATE_SIGNATURE_UNCHECKED),
            check("8.2/signature"),
        ),
    ];
    checks.into_iter().find(|(holds, _)| *holds).map(|(_, omission)| omission)
}

/// The credential as it is read: a variant accepts a credential without rawId and uses its id instead, and defects read members in
/// encodings that are not documented for them.
pub(super) fn completed<'c>(switches: &Switches, credential: &'c Value) -> Cow<'c, Value> {
    let mut completed = Cow::Borrowed(credential);
    if credential["rawId"].is_null()
        && credential["id"].is_string()
        && switches.varies(&variant::behaviour::RAW_ID_OPTIONAL)
    {
        completed.to_mut()["rawId"] = credential["id"].clone();
    }
    if switches.has(&defect::algorithm::ATTESTATION_OBJECT_IN_ANY_BASE64) {
        respell(&mut completed, "/response/attestationObject");
    }
    if switches.has(&defect::algorithm::CLIENT_DATA_IN_ANY_BASE64) {
        respell(&mut completed, "/response/clientDataJSON");
    }
    completed
}

/// Writes a member in base64url without padding, in whichever form of base64 it came.
fn respell(credential: &mut Cow<'_, Value>, pointer: &str) {
    let text = credential.pointer(pointer).and_then(Value::as_str);
    let Some(bytes) = text.and_then(|text| base64::decode_any(text).ok()) else { return };
    if let Some(member) = credential.to_mut().pointer_mut(pointer) {
        *member = json!(base64::encode_url(&bytes));
    }
}

/// Whether the copy of the authenticator data beside the attestation object, which nobody signs, says that the user was verified.
pub(super) fn says_verified(credential: &Value) -> bool {
    let copy = credential.pointer("/response/authenticatorData").and_then(Value::as_str).unwrap_or_default();
    let data = base64::decode_any(copy).unwrap_or_default();
    AuthenticatorData::decode_first(&data, Form::Any).is_ok_and(|(data, _)| data.flags.has(Flags::USER_VERIFIED))
}

/// Whether the authenticator data are for the AppID that U2F had in place of the RP ID: the origin.
pub(super) fn is_for_app(origin: &str, credential: &Value) -> bool {
    let data = attestation_object(credential).map(|object| object.authenticator_data).unwrap_or_default();
    data.starts_with(Sha256::digest(origin).as_slice())
}

/// An origin without its port.
pub(super) fn without_port(origin: &str) -> &str {
    match origin.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => origin,
    }
}
