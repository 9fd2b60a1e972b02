//! What one creation is to give.

use serde_json::Value;

use super::format::Format;
use super::mutation::{Args, Mutation};
use crate::webauthn::authenticator_data::{Aaguid, Flags};
use crate::webauthn::cose::CoseAlgorithm;

/// Length of credential ids in bytes unless a request says otherwise.
const CREDENTIAL_ID_LENGTH: usize = 32;

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
    /// AAGUID; if absent, that of our model if the format is about models, and otherwise all zero.
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
    pub(super) fn flags(&self, asks_user_verification: bool) -> Flags {
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

/// The inputs that the W3C test vectors (WebAuthn L3 §16) publish beside those of the credential. With them attestation is made
/// as there: other names, no AAGUID extension, a TPM of an unknown vendor, empty authorization lists.
#[derive(Debug, Clone)]
pub struct VectorAttestation {
    /// `attestation_ca_key`: private scalar on P-256, big-endian.
    pub authority_private_key: Vec<u8>,
    /// `attestation_private_key`, if the attestation key is not the credential key.
    pub private_key: Option<Vec<u8>>,
    /// `attestation_cert_serial_number`
    pub certificate_serial: Vec<u8>,
}
