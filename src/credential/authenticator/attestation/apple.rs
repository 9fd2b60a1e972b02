//! Apple anonymous attestation (WebAuthn L3 §8.8).

use sha2::{Digest as _, Sha256};

use super::draft::{Draft, certificates, members};
use crate::authenticator::error::ClientError;
use crate::authenticator::parts::{Nonce, Part};
use crate::webauthn::cbor::Value;
use crate::webauthn::der;
use crate::webauthn::x509::oid;

/// No signature: the certificate for the credential key has a nonce over what would be signed.
pub(super) fn attest(draft: &Draft<'_>) -> Result<Value, ClientError> {
    let message: Vec<u8> = draft.usual_pieces().into_iter().flat_map(|(_, piece)| piece).collect();
    let mut nonce = Nonce {
        client_data_json: draft.client_data_json.to_vec(),
        authenticator_data: draft.authenticator_data.to_vec(),
        nonce: Sha256::digest(message).to_vec(),
        value: None,
    };
    draft.applied.attesting(&mut Part::Nonce(&mut nonce))?;
    let value = nonce.value.unwrap_or_else(|| der::sequence(&[der::context(1, &der::octet_string(&nonce.nonce))]));
    let certified = draft.certify(draft.key.clone(), draft.subject(), |leaf| {
        leaf.set_extension(oid::APPLE_NONCE, false, value);
    })?;
    Ok(members([("x5c", certificates(certified.chain))]))
}
