//! The parts of a statement, as mutations see them, and a view of each, so that a change of it can be seen.

use super::certification::{Certification, Issued};
use super::key_description::KeyDescription;
use super::tpm::{CertInfo, PubArea};
use crate::authenticator::certificate::CertificateTemplate;
use crate::authenticator::keys::KeyPair;
use crate::webauthn::cbor::Value;
use crate::webauthn::cose::CoseAlgorithm;

/// A part of a statement, as mutations see it.
pub enum Part<'a> {
    /// What is signed, piece by piece.
    #[doc(hidden)]
    Message(&'a mut Message),
    /// The signature, with the data that are needed to make another one.
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
    pub(in crate::authenticator) pieces: Vec<(&'static str, Vec<u8>)>,
    pub(in crate::authenticator) client_data_json: Vec<u8>,
}

/// A signature under way.
pub struct Signing {
    pub(in crate::authenticator) key: KeyPair,
    pub(in crate::authenticator) credential_key: KeyPair,
    pub(in crate::authenticator) algorithm: CoseAlgorithm,
    pub(in crate::authenticator) message: Vec<u8>,
    pub(in crate::authenticator) signature: Vec<u8>,
}

/// Apple's nonce.
pub struct Nonce {
    pub(in crate::authenticator) client_data_json: Vec<u8>,
    pub(in crate::authenticator) authenticator_data: Vec<u8>,
    pub(in crate::authenticator) nonce: Vec<u8>,
    /// The extension's whole value, if it is not to be made from the nonce.
    pub(in crate::authenticator) value: Option<Vec<u8>>,
}

/// A part at one moment.
#[derive(PartialEq)]
pub(in crate::authenticator) enum State {
    Bytes(Vec<u8>),
    Message(Vec<(&'static str, Vec<u8>)>),
    Certification(Vec<(CertificateTemplate, &'static str, &'static str)>, Vec<String>, CoseAlgorithm),
    Nonce(Vec<u8>, Option<Vec<u8>>),
    Statements(Vec<Value>),
}

impl Part<'_> {
    /// What the part is like now.
    pub(in crate::authenticator) fn state(&self) -> State {
        match self {
            Part::Message(message) => State::Message(message.pieces.clone()),
            Part::Signature(signing) => State::Bytes(signing.signature.clone()),
            Part::Certification(certification) => certification.state(),
            Part::CertInfo(info) => State::Bytes(info.encode()),
            Part::PubArea(area) => State::Bytes(area.encode()),
            Part::KeyDescription(description) => State::Bytes(description.encode()),
            Part::Nonce(nonce) => State::Nonce(nonce.nonce.clone(), nonce.value.clone()),
            Part::Compound(statements) => State::Statements((*statements).clone()),
        }
    }
}

impl Certification {
    fn state(&self) -> State {
        let one = |issued: &Issued| (issued.template.clone(), issued.issuer, issued.signed_by);
        let issued = self.issued.iter().map(one).collect();
        State::Certification(issued, self.chain.clone(), self.algorithm)
    }
}
