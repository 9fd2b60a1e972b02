//! The device's half: authenticatorMakeCredential (WebAuthn L3 §6.3.2) up to the attestation object.

use sha2::{Digest, Sha256};

use super::attestation::Draft;
use super::error::ClientError;
use super::keys::{Forgeable, KeyPair, RsaKey, derive_bytes};
use super::mutation::{Applied, Stage};
use super::request::{CreationRequest, CredentialKey};
use crate::webauthn::attestation::AttestationObject;
use crate::webauthn::authenticator_data::{AttestedCredentialData, AuthenticatorData};
use crate::webauthn::cbor::Form;
use crate::webauthn::cose::CoseKey;

/// What the device gives the client.
pub(super) struct Made {
    pub(super) credential_id: Vec<u8>,
    /// The true public key.
    pub(super) public_key: CoseKey,
    /// The key in the authenticator data.
    pub(super) attested_key: Option<CoseKey>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
}

/// The key pair of a request.
pub(super) fn key_pair(request: &CreationRequest<'_>) -> Result<KeyPair, ClientError> {
    let kind = request.algorithm.kind().ok_or(ClientError::Algorithm(request.algorithm))?;
    let key = match request.key {
        Some(CredentialKey::Private(bytes)) => KeyPair::from_private_key(kind, bytes),
        Some(CredentialKey::Named(name)) => {
            RsaKey::named(name).map(KeyPair::Rsa).or_else(|| Forgeable::named(name).map(KeyPair::Forgeable))
        }
        Some(CredentialKey::Primes(p, q)) => RsaKey::from_primes(p, q, &[1, 0, 1]).map(KeyPair::Rsa),
        None => {
            let derived = KeyPair::derive(kind, &request.seed, "credential-key");
            return derived.ok_or(ClientError::Algorithm(request.algorithm));
        }
    };
    key.filter(|key| key.kind() == kind).ok_or(ClientError::PrivateKey)
}

/// Makes a credential over the bytes of clientDataJSON.
pub(super) fn make_credential(
    request: &CreationRequest<'_>,
    applied: &Applied<'_>,
    client_data_json: &[u8],
    asks_user_verification: bool,
) -> Result<Made, ClientError> {
    let public_key = applied.key.cose_key(request.algorithm);
    let mut data = AuthenticatorData {
        rp_id_hash: Sha256::digest(applied.rp_id.as_bytes()).into(),
        flags: request.flags(asks_user_verification),
        sign_count: request.sign_count,
        attested: Some(AttestedCredentialData {
            aaguid: request.aaguid.unwrap_or(request.format.aaguid()),
            credential_id: credential_id(request),
            public_key: public_key.clone(),
        }),
        extensions: None,
    };
    applied.change(&mut data, |stage| match stage {
        Stage::AuthenticatorData(change) => Some(*change),
        _ => None,
    })?;
    let authenticator_data = encode(&data, applied)?;
    // Without a mutation and given flags the data are what they were made from.
    let as_made = request.mutations.is_empty() && request.flags.is_none();
    let attested_key = if as_made { Some(public_key.clone()) } else { attested_key(&authenticator_data, &data) };
    if let (Some(attested), Some(key)) = (&mut data.attested, &attested_key) {
        attested.public_key = key.clone();
    }
    let draft = Draft {
        request,
        applied,
        key: applied.key,
        algorithm: attested_key.as_ref().and_then(CoseKey::algorithm).unwrap_or(request.algorithm),
        data: &data,
        authenticator_data: &authenticator_data,
        client_data_json,
    };
    let statement = draft.statement(request.format)?;
    applied.require_met(request.format.slug())?;
    let format = request.format.identifier().to_owned();
    let object = AttestationObject { format, statement, authenticator_data: authenticator_data.clone() };
    let mut attestation_object = object.encode();
    applied.change(&mut attestation_object, |stage| match stage {
        Stage::Encoded(change) => Some(*change),
        _ => None,
    })?;
    let credential_id = data.attested.map_or_else(|| credential_id(request), |attested| attested.credential_id);
    Ok(Made { credential_id, public_key, attested_key, authenticator_data, attestation_object })
}

/// The bytes of authenticator data, after mutations of the encoded key and of the whole.
fn encode(data: &AuthenticatorData, applied: &Applied<'_>) -> Result<Vec<u8>, ClientError> {
    let [before, mut key, after] = data.encode_parts();
    applied.change(&mut key, |stage| match stage {
        Stage::PublicKey(change) => Some(*change),
        _ => None,
    })?;
    let mut bytes = [before, key, after].concat();
    applied.change(&mut bytes, |stage| match stage {
        Stage::AuthenticatorDataBytes(change) => Some(*change),
        _ => None,
    })?;
    Ok(bytes)
}

/// The key as it can be read from the bytes; a client does not understand any other.
fn attested_key(bytes: &[u8], data: &AuthenticatorData) -> Option<CoseKey> {
    data.attested.as_ref()?;
    let (data, _rest) = AuthenticatorData::decode_first(bytes, Form::Any).ok()?;
    data.attested.map(|attested| attested.public_key)
}

fn credential_id(request: &CreationRequest<'_>) -> Vec<u8> {
    let derived = || {
        let mut id = derive_bytes(&request.seed, "credential-id", request.credential_id_length);
        mark(&mut id);
        id
    };
    request.credential_id.clone().unwrap_or_else(derived)
}

/// Makes an id begin with bytes whose base64url is `-_`: if a target mixes up alphabets, every credential shows it.
pub fn mark(id: &mut [u8]) {
    if let [first, second, ..] = id {
        (*first, *second) = (0xfb, *second | 0xf0);
    }
}
