//! The device's half: authenticatorMakeCredential (WebAuthn L3 §6.3.2) up to the attestation object.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::ClientError;
use super::keys::{KeyPair, derive_bytes};
use super::mutation::{Applied, Args, Mutation, Stage};
use crate::webauthn::attestation::{self, AttestationInput, AttestationObject};
use crate::webauthn::authenticator_data::{Aaguid, AttestedCredentialData, AuthenticatorData, Flags};
use crate::webauthn::cose::{CoseAlgorithm, CoseKey};

/// Length of credential ids in bytes unless a request says otherwise.
const CREDENTIAL_ID_LENGTH: usize = 32;

/// The attestation that the authenticator gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `none`: no attestation.
    None,
    /// `packed` self attestation: signed with the credential private key.
    PackedSelf,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 2] = [Format::None, Format::PackedSelf];

    /// `none` or `packed-self`.
    pub const fn slug(self) -> &'static str {
        match self {
            Format::None => "none",
            Format::PackedSelf => "packed-self",
        }
    }

    /// The format with this slug.
    pub fn from_slug(slug: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.slug() == slug)
    }

    /// The attestation statement format identifier, such as `packed`.
    pub const fn identifier(self) -> &'static str {
        match self {
            Format::None => "none",
            Format::PackedSelf => "packed",
        }
    }
}

/// What one creation is to give. [`CreationRequest::new`] gives ordinary values; every field can be replaced.
#[derive(Clone)]
pub struct CreationRequest<'a> {
    /// Everything random is derived from it.
    pub seed: [u8; 32],
    /// The attestation.
    pub format: Format,
    /// One way to be wrong.
    pub mutation: Option<(&'static Mutation, &'a Args)>,
    /// The credential private key, a big-endian scalar; derived from the seed if absent.
    pub private_key: Option<[u8; 32]>,
    /// The credential id; derived from the seed if absent.
    pub credential_id: Option<Vec<u8>>,
    /// Length in bytes of a derived credential id.
    pub credential_id_length: usize,
    /// AAGUID; all zero if absent, as the client makes it when no attestation is asked for (WebAuthn L3 §5.1.3).
    pub aaguid: Option<Aaguid>,
    /// All flags at once, instead of the values below.
    pub flags: Option<Flags>,
    /// UV flag; if absent, set when the options ask for user verification `required` or `preferred` (the default).
    pub user_verified: Option<bool>,
    /// BE flag.
    pub backup_eligible: bool,
    /// BS flag.
    pub backup_state: bool,
    /// Signature counter.
    pub sign_count: u32,
    /// Members that follow the defined ones in the client data.
    pub extra_client_data: Vec<(String, Value)>,
    /// Ids of the credentials that the authenticator holds, for `excludeCredentials`.
    pub held_credentials: &'a [Vec<u8>],
}

impl CreationRequest<'_> {
    /// An ordinary creation.
    pub fn new(seed: [u8; 32], format: Format) -> Self {
        CreationRequest {
            seed,
            format,
            mutation: None,
            private_key: None,
            credential_id: None,
            credential_id_length: CREDENTIAL_ID_LENGTH,
            aaguid: None,
            flags: None,
            user_verified: None,
            backup_eligible: false,
            backup_state: false,
            sign_count: 0,
            extra_client_data: Vec::new(),
            held_credentials: &[],
        }
    }

    pub(super) fn applied(&self) -> Applied<'_> {
        Applied(self.mutation)
    }

    /// The flags, given whether the options ask for user verification.
    fn flags(&self, asks_user_verification: bool) -> Flags {
        self.flags.unwrap_or_else(|| {
            Flags(Flags::USER_PRESENT | Flags::ATTESTED_CREDENTIAL_DATA)
                .with(Flags::USER_VERIFIED, self.user_verified.unwrap_or(asks_user_verification))
                .with(Flags::BACKUP_ELIGIBLE, self.backup_eligible)
                .with(Flags::BACKUP_STATE, self.backup_state)
        })
    }
}

/// What the device gives the client.
pub(super) struct Made {
    pub(super) credential_id: Vec<u8>,
    /// The true public key.
    pub(super) public_key: CoseKey,
    /// The key that stands in the authenticator data.
    pub(super) attested_key: Option<CoseKey>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) attestation_object: Vec<u8>,
}

/// Makes a credential for an RP ID over the bytes of clientDataJSON.
pub(super) fn make_credential(
    request: &CreationRequest<'_>,
    rp_id: &str,
    client_data_json: &[u8],
    asks_user_verification: bool,
) -> Result<Made, ClientError> {
    let applied = request.applied();
    let key = key_pair(request)?;
    let public_key = key.public_key();
    let mut data = AuthenticatorData {
        rp_id_hash: Sha256::digest(rp_id.as_bytes()).into(),
        flags: request.flags(asks_user_verification),
        sign_count: request.sign_count,
        attested: Some(AttestedCredentialData {
            aaguid: request.aaguid.unwrap_or_default(),
            credential_id: credential_id(request),
            public_key: public_key.clone(),
        }),
        extensions: None,
    };
    applied.run(|stage, args| match stage {
        Stage::AuthenticatorData(change) => Some(change(&mut data, args)),
        _ => None,
    })?;
    let mut authenticator_data = data.encode();
    applied.run(|stage, args| match stage {
        Stage::AuthenticatorDataBytes(change) => Some(change(&mut authenticator_data, args)),
        _ => None,
    })?;
    let attested_key = data.attested.as_ref().map(|attested| attested.public_key.clone());
    let algorithm = attested_key.as_ref().and_then(CoseKey::algorithm).unwrap_or(CoseAlgorithm::ES256);
    let object = attest(request, &key, authenticator_data.clone(), client_data_json, algorithm)?;
    let mut attestation_object = object.encode();
    applied.run(|stage, args| match stage {
        Stage::Encoded(change) => Some(change(&mut attestation_object, args)),
        _ => None,
    })?;
    let credential_id = data.attested.map_or_else(|| credential_id(request), |attested| attested.credential_id);
    Ok(Made { credential_id, public_key, attested_key, authenticator_data, attestation_object })
}

fn key_pair(request: &CreationRequest<'_>) -> Result<KeyPair, ClientError> {
    match &request.private_key {
        Some(bytes) => KeyPair::from_private_key(bytes).ok_or(ClientError::PrivateKey),
        None => Ok(KeyPair::derive(&request.seed, "credential-key")),
    }
}

fn credential_id(request: &CreationRequest<'_>) -> Vec<u8> {
    let derived = || derive_bytes(&request.seed, "credential-id", request.credential_id_length);
    request.credential_id.clone().unwrap_or_else(derived)
}

fn attest(
    request: &CreationRequest<'_>,
    key: &KeyPair,
    authenticator_data: Vec<u8>,
    client_data_json: &[u8],
    algorithm: CoseAlgorithm,
) -> Result<AttestationObject, ClientError> {
    let applied = request.applied();
    let sign = Box::new(|message: &[u8]| key.sign(message));
    let client_data_hash = Sha256::digest(client_data_json).into();
    let mut input = AttestationInput { authenticator_data, client_data_hash, algorithm, sign };
    applied.run(|stage, args| match stage {
        Stage::Attesting(change) => Some(change(&mut input, args)),
        _ => None,
    })?;
    let identifier = request.format.identifier();
    let format = attestation::find(identifier).expect("the tests hold every Format to have an implementation");
    let statement = format.attest(&input);
    let mut object =
        AttestationObject { format: identifier.to_owned(), statement, authenticator_data: input.authenticator_data };
    applied.run(|stage, args| match stage {
        Stage::Statement(change) => Some(change(&mut object, args)),
        _ => None,
    })?;
    Ok(object)
}
