//! The device's half: authenticatorMakeCredential (WebAuthn L3 §6.3.2) up to the attestation object.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::attestation::{Draft, VectorAttestation};
use super::client::ClientError;
use super::keys::{Forgeable, KeyPair, RsaKey, derive_bytes};
use super::mutation::{Applied, Args, Mutation, Stage};
use crate::webauthn::attestation::AttestationObject;
use crate::webauthn::authenticator_data::{Aaguid, AttestedCredentialData, AuthenticatorData, Flags};
use crate::webauthn::cbor::Form;
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
    /// `packed` with an attestation certificate.
    PackedX5c,
    /// `fido-u2f`
    FidoU2f,
    /// `tpm`
    Tpm,
    /// `android-key`
    AndroidKey,
    /// `apple`
    Apple,
    /// `compound`: packed with a certificate, and packed self attestation.
    Compound,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 8] = [
        Format::None,
        Format::PackedSelf,
        Format::PackedX5c,
        Format::FidoU2f,
        Format::Tpm,
        Format::AndroidKey,
        Format::Apple,
        Format::Compound,
    ];

    /// The registered identifier, with `-self` or `-x5c` behind `packed`.
    pub const fn slug(self) -> &'static str {
        match self {
            Format::PackedSelf => "packed-self",
            Format::PackedX5c => "packed-x5c",
            other => other.identifier(),
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
            Format::PackedSelf | Format::PackedX5c => "packed",
            Format::FidoU2f => "fido-u2f",
            Format::Tpm => "tpm",
            Format::AndroidKey => "android-key",
            Format::Apple => "apple",
            Format::Compound => "compound",
        }
    }

    /// Whether authenticators send the intermediate that issued the leaf with it, as TPMs, Android and Apple devices do.
    pub const fn sends_intermediate(self) -> bool {
        matches!(self, Format::Tpm | Format::AndroidKey | Format::Apple)
    }

    /// The AAGUID that authenticators with this attestation have: that of our model, or none.
    const fn aaguid(self) -> Aaguid {
        match self {
            Format::None | Format::PackedSelf | Format::FidoU2f => Aaguid::ZERO,
            _ => MODEL,
        }
    }
}

/// The AAGUID of the virtual authenticator's model: "proofmark" with the marks of a random UUID.
const MODEL: Aaguid = Aaguid(*b"proofm\x41r\x8akauth01");

/// What one creation is to give. [`CreationRequest::new`] gives ordinary values; every field can be replaced.
#[derive(Clone)]
pub struct CreationRequest<'a> {
    /// Everything random is derived from it.
    pub seed: [u8; 32],
    /// The attestation.
    pub format: Format,
    /// The algorithm of the credential key.
    pub algorithm: CoseAlgorithm,
    /// Ways to be wrong, one after the other; cases have at most one.
    pub mutations: &'a [(&'static Mutation, Args)],
    /// The credential private key, derived from the seed if absent.
    pub key: Option<CredentialKey<'a>>,
    /// The credential id; derived from the seed if absent.
    pub credential_id: Option<Vec<u8>>,
    /// Length in bytes of a derived credential id.
    pub credential_id_length: usize,
    /// AAGUID; if absent that of our model where the format is about models, and otherwise all zero.
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
    /// Inputs of a W3C test vector: attestation is made as there.
    pub vector_attestation: Option<VectorAttestation>,
    /// Ids of the credentials that the authenticator holds, for `excludeCredentials`.
    pub held_credentials: &'a [Vec<u8>],
}

impl CreationRequest<'_> {
    /// An ordinary creation.
    pub fn new(seed: [u8; 32], format: Format) -> Self {
        CreationRequest {
            seed,
            format,
            algorithm: CoseAlgorithm::ES256,
            mutations: &[],
            key: None,
            credential_id: None,
            credential_id_length: CREDENTIAL_ID_LENGTH,
            aaguid: None,
            flags: None,
            user_verified: None,
            backup_eligible: false,
            backup_state: false,
            sign_count: 0,
            extra_client_data: Vec::new(),
            vector_attestation: None,
            held_credentials: &[],
        }
    }

    /// The flags, given whether the options ask for user verification.
    fn flags(&self, asks_user_verification: bool) -> Flags {
        self.flags.unwrap_or_else(|| {
            // U2F tokens know no user verification.
            let verifies = asks_user_verification && self.format != Format::FidoU2f;
            Flags(Flags::USER_PRESENT | Flags::ATTESTED_CREDENTIAL_DATA)
                .with(Flags::USER_VERIFIED, self.user_verified.unwrap_or(verifies))
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

/// A credential private key that is given.
#[derive(Clone, Copy)]
pub enum CredentialKey<'a> {
    /// A big-endian scalar, or an Ed25519 secret of 32 bytes.
    Private(&'a [u8]),
    /// An RSA key of `fixtures/keys/rsa.json`, such as `rsa-4096`; or `rsa-exponent-1` or `ed25519-identity`, under which anybody
    /// can sign.
    Named(&'a str),
    /// The primes of an RSA key with exponent 65537, big-endian.
    Primes(&'a [u8], &'a [u8]),
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
    // Without a mutation and flags of its own the data say what they were made from.
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

/// The key as it can be read from the bytes; a client understands no other.
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

/// Makes an id begin with bytes whose base64url is `-_`: where a target mixes up alphabets, every credential shows it.
pub fn mark(id: &mut [u8]) {
    if let [first, second, ..] = id {
        (*first, *second) = (0xfb, *second | 0xf0);
    }
}
