//! How attestation statements are made (WebAuthn L3 §8), one file a format.

mod android_key;
mod apple;
mod certification;
mod compound;
mod fido_u2f;
mod packed;
mod state;
mod tpm;

use sha2::{Digest as _, Sha256};

use super::client::ClientError;
use super::device::{CreationRequest, Format};
use super::keys::KeyPair;
use super::mutation::Applied;
use crate::webauthn::authenticator_data::AuthenticatorData;
use crate::webauthn::cbor::{self, Value};
use crate::webauthn::cose::CoseAlgorithm;

pub(super) use android_key::KeyDescription;
use certification::Certified;
pub(super) use certification::{Certification, Issued};
pub use certification::{VectorAttestation, attestation_root};
pub(super) use tpm::{CertInfo, Parameters, PubArea, directory_name};

/// A part of a statement, as mutations see it.
pub enum Part<'a> {
    /// What is signed, piece by piece.
    #[doc(hidden)]
    Message(&'a mut Message),
    /// The signature, with what it takes to make another.
    #[doc(hidden)]
    Signature(&'a mut Signing),
    /// The certificates.
    #[doc(hidden)]
    Certification(&'a mut Certification),
    /// `certInfo` of a TPM.
    #[doc(hidden)]
    CertInfo(&'a mut CertInfo),
    /// `pubArea` of a TPM.
    #[doc(hidden)]
    PubArea(&'a mut PubArea),
    /// Android's description of the key.
    #[doc(hidden)]
    KeyDescription(&'a mut KeyDescription),
    /// The value of Apple's nonce extension, and the nonce itself.
    #[doc(hidden)]
    Nonce(&'a mut Nonce),
    /// The statements of a compound one.
    #[doc(hidden)]
    Compound(&'a mut Vec<Value>),
}

/// What a signature is over: named pieces, one after the other.
pub struct Message {
    pub(super) pieces: Vec<(&'static str, Vec<u8>)>,
    pub(super) client_data_json: Vec<u8>,
}

/// A signature under way.
pub struct Signing {
    pub(super) key: KeyPair,
    pub(super) credential_key: KeyPair,
    pub(super) algorithm: CoseAlgorithm,
    pub(super) message: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

/// Apple's nonce.
pub struct Nonce {
    pub(super) client_data_json: Vec<u8>,
    pub(super) authenticator_data: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    /// The extension's whole value, if it is not to be made from the nonce.
    pub(super) value: Option<Vec<u8>>,
}

/// What a statement is made from.
pub(super) struct Draft<'a> {
    pub(super) request: &'a CreationRequest<'a>,
    pub(super) applied: &'a Applied<'a>,
    pub(super) key: &'a KeyPair,
    /// The algorithm of the key that stands in the authenticator data.
    pub(super) algorithm: CoseAlgorithm,
    pub(super) data: &'a AuthenticatorData,
    pub(super) authenticator_data: &'a [u8],
    pub(super) client_data_json: &'a [u8],
}

impl Draft<'_> {
    /// `attStmt` of a format.
    pub(super) fn statement(&self, format: Format) -> Result<Value, ClientError> {
        match format {
            Format::None => Ok(Value::Map(Vec::new())),
            Format::PackedSelf => packed::attest_self(self),
            Format::PackedX5c => packed::attest(self),
            Format::FidoU2f => fido_u2f::attest(self),
            Format::Tpm => tpm::attest(self),
            Format::AndroidKey => android_key::attest(self),
            Format::Apple => apple::attest(self),
            Format::Compound => compound::attest(self),
        }
    }

    fn client_data_hash(&self) -> Vec<u8> {
        Sha256::digest(self.client_data_json).to_vec()
    }

    /// The authenticator data and the hash of the client data: what most formats sign.
    fn usual_pieces(&self) -> Vec<(&'static str, Vec<u8>)> {
        vec![("authData", self.authenticator_data.to_vec()), ("clientDataHash", self.client_data_hash())]
    }

    /// The bytes of pieces, after mutations.
    fn message(&self, pieces: Vec<(&'static str, Vec<u8>)>) -> Result<Vec<u8>, ClientError> {
        let mut message = Message { pieces, client_data_json: self.client_data_json.to_vec() };
        self.applied.attesting(&mut Part::Message(&mut message))?;
        Ok(message.pieces.into_iter().flat_map(|(_, piece)| piece).collect())
    }

    /// A signature over a message, after mutations.
    fn sign(&self, key: &KeyPair, algorithm: CoseAlgorithm, message: Vec<u8>) -> Result<Vec<u8>, ClientError> {
        let signature = key.sign(algorithm, &message);
        if self.applied.mutations.is_empty() {
            return Ok(signature);
        }
        let (key, credential_key) = (key.clone(), self.key.clone());
        let mut signing = Signing { key, credential_key, algorithm, message, signature };
        self.applied.attesting(&mut Part::Signature(&mut signing))?;
        Ok(signing.signature)
    }
}

/// A statement from its members, in the canonical order.
fn members<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut map: Vec<(Value, Value)> =
        members.into_iter().map(|(name, value)| (Value::Text(name.to_owned()), value)).collect();
    cbor::sort_canonically(&mut map);
    Value::Map(map)
}

/// A statement of `alg`, `sig` over authenticator data and client data hash, and `x5c`.
fn signed(draft: &Draft<'_>, certified: Certified) -> Result<Value, ClientError> {
    let message = draft.message(draft.usual_pieces())?;
    let signature = draft.sign(&certified.key, certified.algorithm, message)?;
    Ok(members([
        ("alg", Value::from(certified.algorithm.0)),
        ("sig", Value::Bytes(signature)),
        ("x5c", certificates(certified.chain)),
    ]))
}

/// `x5c`
fn certificates(chain: Vec<Vec<u8>>) -> Value {
    Value::Array(chain.into_iter().map(Value::Bytes).collect())
}
