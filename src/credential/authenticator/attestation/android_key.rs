//! Android key attestation (WebAuthn L3 §8.4).

use super::certification::signed;
use super::draft::Draft;
use crate::authenticator::error::ClientError;
use crate::authenticator::parts::{KeyDescription, Part};
use crate::webauthn::cbor::Value;
use crate::webauthn::x509::oid;

/// Signed with the credential key, whose certificate has the key description.
pub(super) fn attest(draft: &Draft<'_>) -> Result<Value, ClientError> {
    let challenge = draft.client_data_hash();
    let mut description =
        if draft.is_vector() { KeyDescription::of_vector(challenge) } else { KeyDescription::usual(challenge) };
    draft.applied.attesting(&mut Part::KeyDescription(&mut description))?;
    let value = description.encode();
    let certified = draft.certify(draft.key.clone(), draft.subject(), |leaf| {
        leaf.set_extension(oid::ANDROID_KEY_DESCRIPTION, false, value);
    })?;
    signed(draft, certified)
}
