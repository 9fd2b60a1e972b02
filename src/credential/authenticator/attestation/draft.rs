//! The inputs of a statement, and the steps that all formats share.

use sha2::{Digest as _, Sha256};

use crate::authenticator::error::ClientError;
use crate::authenticator::keys::KeyPair;
use crate::authenticator::mutation::Applied;
use crate::authenticator::parts::{Message, Part, Signing};
use crate::authenticator::request::CreationRequest;
use crate::webauthn::authenticator_data::AuthenticatorData;
use crate::webauthn::cbor::{self, Value};
use crate::webauthn::cose::CoseAlgorithm;

/// What a statement is made from.
pub(in crate::authenticator) struct Draft<'a> {
    pub(in crate::authenticator) request: &'a CreationRequest<'a>,
    pub(in crate::authenticator) applied: &'a Applied<'a>,
    pub(in crate::authenticator) key: &'a KeyPair,
    /// The algorithm of the key in the authenticator data.
    pub(in crate::authenticator) algorithm: CoseAlgorithm,
    pub(in crate::authenticator) data: &'a AuthenticatorData,
    pub(in crate::authenticator) authenticator_data: &'a [u8],
    pub(in crate::authenticator) client_data_json: &'a [u8],
}

impl Draft<'_> {
    pub(super) fn client_data_hash(&self) -> Vec<u8> {
        Sha256::digest(self.client_data_json).to_vec()
    }

    /// The authenticator data and the hash of the client data, which most formats sign.
    pub(super) fn usual_pieces(&self) -> Vec<(&'static str, Vec<u8>)> {
        vec![("authData", self.authenticator_data.to_vec()), ("clientDataHash", self.client_data_hash())]
    }

    /// The bytes of pieces, after mutations.
    pub(super) fn message(&self, pieces: Vec<(&'static str, Vec<u8>)>) -> Result<Vec<u8>, ClientError> {
        let mut message = Message { pieces, client_data_json: self.client_data_json.to_vec() };
        self.applied.attesting(&mut Part::Message(&mut message))?;
        Ok(message.pieces.into_iter().flat_map(|(_, piece)| piece).collect())
    }

    /// A signature over a message, after mutations.
    pub(super) fn sign(
        &self,
        key: &KeyPair,
        algorithm: CoseAlgorithm,
        message: Vec<u8>,
    ) -> Result<Vec<u8>, ClientError> {
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
pub(super) fn members<const N: usize>(members: [(&str, Value); N]) -> Value {
    let mut map: Vec<(Value, Value)> =
        members.into_iter().map(|(name, value)| (Value::Text(name.to_owned()), value)).collect();
    cbor::sort_canonically(&mut map);
    Value::Map(map)
}

/// `x5c`
pub(super) fn certificates(chain: Vec<Vec<u8>>) -> Value {
    Value::Array(chain.into_iter().map(Value::Bytes).collect())
}
