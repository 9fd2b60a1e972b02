//! What a part of a statement is like, so that a change of it can be seen.

use super::{Certification, Issued, Part};
use crate::authenticator::certificate::CertificateTemplate;
use crate::webauthn::cbor::Value;
use crate::webauthn::cose::CoseAlgorithm;

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
