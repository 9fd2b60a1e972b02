//! Packed attestation (WebAuthn L3 §8.2).

use super::certification::signed;
use super::draft::{Draft, members};
use crate::authenticator::error::ClientError;
use crate::webauthn::cbor::Value;
use crate::webauthn::der;
use crate::webauthn::public_key::KeyKind;
use crate::webauthn::x509::oid;

/// Signed with the credential private key.
pub(super) fn attest_self(draft: &Draft<'_>) -> Result<Value, ClientError> {
    let message = draft.message(draft.usual_pieces())?;
    let signature = draft.sign(draft.key, draft.algorithm, message)?;
    Ok(members([("alg", Value::from(draft.algorithm.0)), ("sig", Value::Bytes(signature))]))
}

/// Signed with the model's attestation key, whose certificate names the AAGUID.
pub(super) fn attest(draft: &Draft<'_>) -> Result<Value, ClientError> {
    let aaguid = draft.data.attested.as_ref().map(|attested| attested.aaguid.0).unwrap_or_default();
    let certified = draft.certify(draft.model_key(KeyKind::P256), draft.subject(), |leaf| {
        if !draft.is_vector() {
            leaf.set_extension(oid::FIDO_AAGUID, false, der::octet_string(&aaguid));
        }
    })?;
    signed(draft, certified)
}
