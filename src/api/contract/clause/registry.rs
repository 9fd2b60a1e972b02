//! All clauses, and which one speaks of a place.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::statement::Clause;
use super::{behaviour, carriers, ceremony, endpoints, formats, http, identifiers, requests, responses, state};
use crate::contract::{Endpoint, Protocol};

/// Every clause, by source document.
pub fn all() -> impl Iterator<Item = &'static Clause> {
    let of_calls = [endpoints::CLAUSES, requests::CLAUSES, responses::CLAUSES, behaviour::CLAUSES];
    let of_state = [state::CLAUSES, carriers::CLAUSES];
    let of_texts = [ceremony::CLAUSES, formats::CLAUSES, identifiers::CLAUSES, http::CLAUSES];
    of_calls.into_iter().chain(of_state).chain(of_texts).flatten()
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

    use super::super::excluded::{EXCLUDED, ON_REQUEST};
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
