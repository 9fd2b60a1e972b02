//! What a clause is.

use super::basis::Basis;
use super::excluded::{EXCLUDED, ON_REQUEST};
use crate::contract::Protocol;

/// One normative statement.
#[derive(Debug)]
pub struct Clause {
    /// Permanent id, such as `webauthn/7.1/challenge`.
    pub id: &'static str,
    /// What it rests on, which says how binding it is.
    pub basis: Basis,
    /// The statement in our own words.
    pub text: &'static str,
    /// Document and section or page it comes from; what stands before the first comma or semicolon names the document.
    pub source: &'static str,
    /// The protocols that it speaks of.
    pub protocols: &'static [Protocol],
    /// Whether it asks for no more than an orderly answer, so that a case which expects either answer has looked at it.
    pub any_answer: bool,
}

impl Clause {
    const fn new(basis: Basis, id: &'static str, text: &'static str, source: &'static str) -> Clause {
        Clause { id, basis, text, source, protocols: &Protocol::ALL, any_answer: false }
    }

    /// Of some protocols only.
    pub(super) const fn over(self, protocols: &'static [Protocol]) -> Clause {
        Clause { protocols, ..self }
    }

    pub(super) const fn any_answer(self) -> Clause {
        Clause { any_answer: true, ..self }
    }

    /// The source without the place in it, such as `API page 001` or `WebAuthn L3 section 7.1`.
    pub fn document(&self) -> &'static str {
        self.source.split([',', ';']).next().unwrap_or(self.source)
    }

    /// Why a default run does not verify it, if it does not.
    pub fn on_request(&self) -> Option<&'static str> {
        ON_REQUEST.iter().find(|(id, _)| *id == self.id).map(|(_, why)| *why)
    }

    /// Why it is not tested, if it is not.
    pub fn excluded(&self) -> Option<&'static str> {
        EXCLUDED.iter().find(|(id, _)| *id == self.id).map(|(_, why)| *why)
    }
}

/// A function for each basis, which takes id, text and source.
macro_rules! clauses {
    ($($name:ident: $basis:ident),+) => {
        $(pub(super) const fn $name(id: &'static str, text: &'static str, source: &'static str) -> Clause {
            Clause::new(Basis::$basis, id, text, source)
        })+
    };
}
clauses!(must: SpecMust, should: SpecShould, may: May, rfc: Rfc, fido: Fido, security: Security, doc: ApiDoc);
