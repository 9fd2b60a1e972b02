//! FIDO U2F attestation (WebAuthn L3 §8.6).

use super::draft::{Draft, certificates, members};
use crate::authenticator::error::ClientError;
use crate::webauthn::cbor::Value;
use crate::webauthn::cose::label;
use crate::webauthn::public_key::KeyKind;

/// Signed as a U2F token signs at registration.
pub(super) fn attest(draft: &Draft<'_>) -> Result<Value, ClientError> {
    let certified = draft.certify(draft.model_key(KeyKind::P256), draft.subject(), |_leaf| {})?;
    let attested = draft.data.attested.as_ref();
    let coordinate = |label| {
        let parameter = attested.and_then(|attested| attested.public_key.get(label)).and_then(Value::as_bytes);
        parameter.cloned().unwrap_or_default()
    };
    let message = draft.message(vec![
        ("reserved", vec![0]),
        ("rpIdHash", draft.data.rp_id_hash.to_vec()),
        ("clientDataHash", draft.client_data_hash()),
        ("credentialId", attested.map(|attested| attested.credential_id.clone()).unwrap_or_default()),
        ("publicKey", [vec![4], coordinate(label::X), coordinate(label::Y)].concat()),
    ])?;
    let signature = draft.sign(&certified.key, certified.algorithm, message)?;
    Ok(members([("sig", Value::Bytes(signature)), ("x5c", certificates(certified.chain))]))
}
