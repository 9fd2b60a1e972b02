//! Clauses: one normative statement each, in our own words, with its source.
//!
//! A clause beneath another (`api/limit/token-name/v1` beneath `api/limit/token-name`) says the same of less: of one version, flow,
//! operation or protocol, or of one member of a body.

mod basis;
mod behaviour;
mod carriers;
mod ceremony;
mod endpoints;
mod excluded;
mod formats;
mod http;
mod identifiers;
mod references;
mod requests;
mod responses;
mod state;
mod stored;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use basis::Basis;
pub use excluded::{EXCLUDED, ON_REQUEST};

use super::{Endpoint, Protocol};

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
    const fn over(self, protocols: &'static [Protocol]) -> Clause {
        Clause { protocols, ..self }
    }

    const fn any_answer(self) -> Clause {
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

const fn must(id: &'static str, text: &'static str, source: &'static str) -> Clause {
    Clause::new(Basis::SpecMust, id, text, source)
}

const fn should(id: &'static str, text: &'static str, source: &'static str) -> Clause {
    Clause::new(Basis::SpecShould, id, text, source)
}

const fn may(id: &'static str, text: &'static str, source: &'static str) -> Clause {
    Clause::new(Basis::May, id, text, source)
}

const fn rfc(id: &'static str, text: &'static str, source: &'static str) -> Clause {
    Clause::new(Basis::Rfc, id, text, source)
}

const fn fido(id: &'static str, text: &'static str, source: &'static str) -> Clause {
    Clause::new(Basis::Fido, id, text, source)
}

const fn security(id: &'static str, text: &'static str, source: &'static str) -> Clause {
    Clause::new(Basis::Security, id, text, source)
}

const fn doc(id: &'static str, text: &'static str, source: &'static str) -> Clause {
    Clause::new(Basis::ApiDoc, id, text, source)
}

/// Every clause, by source document.
pub fn all() -> impl Iterator<Item = &'static Clause> {
    endpoints::CLAUSES
        .iter()
        .chain(requests::CLAUSES)
        .chain(responses::CLAUSES)
        .chain(behaviour::CLAUSES)
        .chain(state::CLAUSES)
        .chain(stored::CLAUSES)
        .chain(carriers::CLAUSES)
        .chain(ceremony::CLAUSES)
        .chain(formats::CLAUSES)
        .chain(identifiers::CLAUSES)
        .chain(references::CLAUSES)
        .chain(http::CLAUSES)
}

/// Whether `general` says what `id` says, or more: a clause includes what is beneath it, and step 22 of the ceremony asks for
/// everything in section 8.
pub fn includes(general: &str, id: &str) -> bool {
    let beneath = || id.strip_prefix(general).is_some_and(|rest| rest.starts_with('/'));
    general == id || beneath() || (general == "webauthn/7.1/attestation-statement" && id.starts_with("webauthn/8."))
}

/// The clause with this id.
pub fn find(id: &str) -> Option<&'static Clause> {
    static BY_ID: LazyLock<HashMap<&str, &Clause>> =
        LazyLock::new(|| all().map(|clause| (clause.id, clause)).collect());
    BY_ID.get(id).copied()
}

/// What a clause says of one endpoint and protocol: the one beneath it for that operation, flow, version or protocol, the
/// narrowest first; otherwise the clause itself.
pub fn at<'a>(id: &'a str, endpoint: &Endpoint, protocol: Protocol) -> &'a str {
    static BENEATH: LazyLock<HashMap<&str, Vec<&str>>> = LazyLock::new(beneath);
    let Some(narrower) = BENEATH.get(id) else { return id };
    let (flow, operation) = (endpoint.flow.slug(), endpoint.operation.slug());
    let version = endpoint.flow.family();
    let speaks = |narrower: &&&str| {
        let about = &narrower[id.len() + 1..];
        let of_operation = about.strip_suffix(operation).and_then(|rest| rest.strip_suffix('/'));
        [flow, version, protocol.slug()].contains(&about) || of_operation == Some(flow)
    };
    narrower.iter().filter(speaks).max_by_key(|narrower| narrower.len()).copied().unwrap_or(id)
}

/// The ids beneath each id.
fn beneath() -> HashMap<&'static str, Vec<&'static str>> {
    let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
    for clause in all() {
        for (at, _) in clause.id.match_indices('/') {
            found.entry(&clause.id[..at]).or_default().push(clause.id);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::contract::{Flow, Operation, usual};

    #[test]
    fn ids_are_unique_and_texts_are_sentences() {
        let mut seen = HashSet::new();
        for clause in all() {
            assert!(seen.insert(clause.id), "{} is there twice", clause.id);
            assert!(clause.text.ends_with('.'), "{}: {}", clause.id, clause.text);
            assert!(!clause.source.is_empty(), "{} has no source", clause.id);
            assert!(!clause.protocols.is_empty(), "{} is of no protocol", clause.id);
            assert!(clause.id.len() <= 46, "{} is too long for a table", clause.id);
        }
        let mut texts = HashSet::new();
        assert!(all().all(|clause| texts.insert(clause.text)), "two clauses say the same");
    }

    #[test]
    fn exclusions_name_clauses_and_say_why() {
        let mut seen = HashSet::new();
        for (id, why) in ON_REQUEST {
            assert!(
                find(id).is_some_and(|clause| clause.on_request() == Some(*why) && clause.excluded().is_none()),
                "{id}"
            );
        }
        for (id, why) in EXCLUDED {
            assert!(find(id).is_some_and(|clause| clause.excluded() == Some(*why)), "{id}");
            assert!(seen.insert(id) && why.len() > 20, "{id}: {why}");
        }
    }

    #[test]
    fn a_clause_includes_what_is_beneath_it() {
        assert!(includes("api/limit/token-name", "api/limit/token-name"));
        assert!(includes("api/limit/token-name", "api/limit/token-name/v1"));
        assert!(!includes("api/limit/token-name/v1", "api/limit/token-name"));
        assert!(!includes("webauthn/8.2", "webauthn/8.2.1/version"));
        assert!(includes("webauthn/7.1/attestation-statement", "webauthn/8.2.1/version"));
    }

    #[test]
    fn the_narrowest_clause_speaks_of_an_endpoint() {
        let endpoint = |flow: Flow, operation| flow.endpoint(operation).expect("listed");
        let start = endpoint(Flow::V2_U2F, Operation::Start);
        let remove = endpoint(Flow::V2_PASSKEY, Operation::Remove);
        assert_eq!(at("api/status/not-found", start, Protocol::Rest), "api/status/not-found/v2/u2f/start");
        assert_eq!(at("api/status/not-found", remove, Protocol::Rest), "api/status/not-found");
        assert_eq!(at("api/limit/token-name", remove, Protocol::Grpc), "api/limit/token-name/v2");
        assert_eq!(at("api/content-type", remove, Protocol::GrpcWeb), "api/content-type/grpc-web");
        assert_eq!(at("api/shape/details", remove, Protocol::Grpc), "api/shape/details");
        assert_eq!(at("no/clause", remove, Protocol::Grpc), "no/clause");
        for endpoint in usual().endpoints() {
            let own = format!("api/endpoint/{}/{}", endpoint.flow, endpoint.operation.slug());
            assert_eq!(at("api/endpoint", endpoint, Protocol::Rest), own);
        }
    }
}
