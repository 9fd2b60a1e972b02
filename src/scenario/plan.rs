//! Expansion of cases into permutations, and their selection.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{Hash as _, Hasher as _};
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;

use super::model::{Case, Measure};
use super::parse::flow_matches;
use super::step::OperationRef;
use crate::authenticator::Format;
use crate::contract::{Flow, Operation, Protocol};
use crate::webauthn::cose::CoseAlgorithm;

/// One case on one flow over one protocol.
#[derive(Debug, Clone)]
pub struct Permutation {
    /// Stable name, `<flow>/<protocol>/<case>[/<operation>][/<format>]`.
    pub id: String,
    /// The case.
    pub case: Arc<Case>,
    /// Flow.
    pub flow: Flow,
    /// Protocol.
    pub protocol: Protocol,
    /// Value of the operation axis.
    pub operation: Option<Operation>,
    /// Attestation format of the credentials.
    pub format: Format,
    /// Of a case that tries every length of a part: how many bytes are kept.
    pub length: Option<usize>,
}

impl Permutation {
    /// The only permutation of a case of the runner's own.
    pub fn single(case: Case, flow: Flow, protocol: Protocol, format: Format) -> Permutation {
        let (case, id) = (Arc::new(case), String::new());
        let mut permutation = Permutation { id, case, flow, protocol, operation: None, format, length: None };
        permutation.id = permutation.name(protocol.slug());
        permutation
    }

    /// The operation that a step speaks of.
    pub fn operation(&self, operation: OperationRef) -> Operation {
        match operation {
            OperationRef::Start => Operation::Start,
            OperationRef::Verify => Operation::Verify,
            OperationRef::Remove => Operation::Remove,
            OperationRef::Operation => self.operation.unwrap_or(Operation::Start),
        }
    }

    /// The name without the protocol: equal for the permutations that have to agree.
    pub fn across_protocols(&self) -> String {
        self.name("all")
    }

    fn name(&self, protocol: &str) -> String {
        let mut name = format!("{}/{protocol}/{}", self.flow, self.case.id);
        if let Some(operation) = self.operation {
            name = format!("{name}/{}", operation.slug());
        }
        if self.case.formats.len() > 1 {
            name = format!("{name}/{}", self.format.slug());
        }
        self.length.map_or(name.clone(), |length| format!("{name}/{length}"))
    }
}

/// What the target offers and the user asked for.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Flows that the target has.
    pub flows: Vec<Flow>,
    /// Protocols that the target has.
    pub protocols: Vec<Protocol>,
    /// Patterns over permutation or case ids; empty selects all.
    pub patterns: Vec<Pattern>,
    /// Whether cases about the credential alone are played on every flow, and with every length.
    pub exhaustive: bool,
    /// Draws the flow and the lengths otherwise.
    pub seed: u64,
    /// How long the parts of a credential are for this target.
    pub sizes: Sizes,
}

/// Bytes of the parts of a good credential.
#[derive(Debug, Clone, Default)]
pub struct Sizes {
    /// clientDataJSON
    pub client_data: usize,
    /// The attestation object, by format; 0 for formats that are not there.
    pub attestation_object: HashMap<Format, usize>,
    /// The authenticator data.
    pub auth_data: usize,
}

/// How many lengths a default run tries.
const SAMPLED_LENGTHS: usize = 6;

/// A glob over ids, by path component: `*` stays in a component, `**` does not. What it matches, it selects with all below.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// `None` for a text without wildcards: it is compared, which is much faster.
    matcher: Option<GlobMatcher>,
}

/// A pattern that is no glob.
#[derive(Debug, Error)]
#[error("`{pattern}` is no pattern: {message}")]
pub struct PatternError {
    pattern: String,
    message: String,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] if it is no glob.
    pub fn new(text: &str) -> Result<Pattern, PatternError> {
        let glob = GlobBuilder::new(text)
            .literal_separator(true)
            .build()
            .map_err(|error| PatternError { pattern: text.to_owned(), message: error.kind().to_string() })?;
        let has_wildcards = text.contains(['*', '?', '[', '{', '\\']);
        Ok(Pattern { text: text.to_owned(), matcher: has_wildcards.then(|| glob.compile_matcher()) })
    }

    /// Whether it means the permutation, by its own id or its case's, or by what stands before a slash in them: a suite, a
    /// flow.
    pub fn matches(&self, permutation: &Permutation) -> bool {
        let Some(matcher) = &self.matcher else {
            let is_within =
                |id: &str| id.strip_prefix(&self.text).is_some_and(|below| below.is_empty() || below.starts_with('/'));
            return is_within(&permutation.id) || is_within(&permutation.case.id);
        };
        let means = |id: &str| {
            let before_slashes = id.match_indices('/').map(|(at, _)| &id[..at]);
            before_slashes.chain([id]).any(|part| matcher.is_match(part))
        };
        means(&permutation.id) || means(&permutation.case.id)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The permutations of a run, in a stable order.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is going to be run.
    pub permutations: Vec<Permutation>,
    /// How many there were before patterns selected.
    pub available: usize,
    /// Patterns that matched nothing.
    pub unmatched: Vec<String>,
}

impl Plan {
    /// Expands cases over what the target offers, and keeps what the patterns select.
    pub fn new(cases: Vec<Case>, selection: &Selection) -> Plan {
        // What a pattern names is run, drawn or not.
        let exhaustive = selection.exhaustive || !selection.patterns.is_empty();
        let expanded = cases.into_iter().flat_map(|case| expand(Arc::new(case), selection, exhaustive));
        let permutations: Vec<Permutation> = expanded.collect();
        let all = Plan { available: permutations.len(), permutations, unmatched: Vec::new() };
        if selection.patterns.is_empty() { all } else { all.selected(&selection.patterns) }
    }

    /// What patterns select of the plan.
    pub fn selected(&self, patterns: &[Pattern]) -> Plan {
        let mut matched = vec![false; patterns.len()];
        let mut is_selected = |permutation: &&Permutation| {
            let matches = patterns.iter().zip(&mut matched).map(|(pattern, matched)| {
                let matches = pattern.matches(permutation);
                *matched |= matches;
                matches
            });
            // Every pattern is asked, since each has to match something.
            matches.fold(false, |any, matches| any | matches)
        };
        let permutations = self.permutations.iter().filter(&mut is_selected).cloned().collect();
        let unmatched = patterns.iter().zip(&matched).filter(|(_, matched)| !**matched);
        let unmatched = unmatched.map(|(pattern, _)| pattern.to_string()).collect();
        Plan { available: self.available, permutations, unmatched }
    }

    /// How many subjects are used when none is used twice: one or two a permutation, one a control, and one more for
    /// each retry of a tenth of them.
    pub fn subjects(&self) -> usize {
        let cases: usize = self.permutations.iter().map(|permutation| permutation.case.subjects()).sum();
        cases + cases / 10 + self.controls().len()
    }

    /// The good enrolments that negatives may be set against.
    pub fn controls(&self) -> HashSet<(Flow, Protocol, Format, CoseAlgorithm)> {
        let control = |p: &Permutation| (p.flow, p.protocol, p.format, p.case.control_algorithm(p.format));
        self.permutations.iter().map(control).collect()
    }

    /// How many distinct cases there are.
    pub fn cases(&self) -> usize {
        let mut ids: Vec<&str> = self.permutations.iter().map(|permutation| permutation.case.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    }
}

impl Case {
    /// Whether it is played on a flow over a protocol.
    pub fn is_for(&self, flow: Flow, protocol: Protocol) -> bool {
        let flow_wanted = self.flows.is_empty() || self.flows.iter().any(|pattern| flow_matches(pattern, flow));
        flow_wanted && (self.protocols.is_empty() || self.protocols.contains(&protocol))
    }
}

fn expand(case: Arc<Case>, selection: &Selection, exhaustive: bool) -> Vec<Permutation> {
    let flow_wanted = |flow: &&Flow| case.flows.is_empty() || case.flows.iter().any(|p| flow_matches(p, **flow));
    let protocol_wanted = |protocol: &&Protocol| case.protocols.is_empty() || case.protocols.contains(protocol);
    let operations: Vec<Option<Operation>> =
        if case.operations.is_empty() { vec![None] } else { case.operations.iter().copied().map(Some).collect() };
    let mut flows: Vec<Flow> = selection.flows.iter().filter(flow_wanted).copied().collect();
    if case.sampled && !exhaustive && !flows.is_empty() {
        flows = vec![flows[drawn(selection.seed, &case.id, 0, flows.len())]];
    }
    let mut permutations = Vec::new();
    for flow in flows {
        for protocol in selection.protocols.iter().filter(protocol_wanted) {
            for operation in &operations {
                for format in &case.formats {
                    for length in lengths(&case, *format, selection, exhaustive) {
                        let (case, id) = (Arc::clone(&case), String::new());
                        let (protocol, operation, format) = (*protocol, *operation, *format);
                        let mut permutation = Permutation { id, case, flow, protocol, operation, format, length };
                        permutation.id = permutation.name(protocol.slug());
                        permutations.push(permutation);
                    }
                }
            }
        }
    }
    permutations
}

/// The lengths that a case tries; one without a length for other cases.
fn lengths(case: &Case, format: Format, selection: &Selection, exhaustive: bool) -> Vec<Option<usize>> {
    let Some(measure) = case.each else { return vec![None] };
    let all = match measure {
        Measure::ClientData => selection.sizes.client_data,
        Measure::AttestationObject => selection.sizes.attestation_object.get(&format).copied().unwrap_or_default(),
        Measure::AuthData => selection.sizes.auth_data,
    };
    if exhaustive {
        return (0..all).map(Some).collect();
    }
    // One from each part of equal size, so that no end is missed.
    let share = all.div_ceil(SAMPLED_LENGTHS).max(1);
    let place = |part: usize| part * share + drawn(selection.seed, &case.id, part + 1, share);
    (0..SAMPLED_LENGTHS).map(place).filter(|length| *length < all).map(Some).collect()
}

/// A number below `most` that follows from the seed and the case.
fn drawn(seed: u64, case: &str, part: usize, most: usize) -> usize {
    // Not std's hasher: what is drawn may not change with the toolchain.
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    (seed, case, part).hash(&mut hasher);
    let most = u64::try_from(most.max(1)).unwrap_or(u64::MAX);
    usize::try_from(hasher.finish() % most).unwrap_or_default()
}

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl std::hash::Hasher for Fnv {
    fn finish(&self) -> u64 {
        // The low bits of the product alone mix badly.
        self.0 ^ (self.0 >> 32)
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse_suite;

    const SUITE: &str = "
suite: s
cases:
- { id: s/one, title: t, clauses: [api/status/ok], formats: [none, packed-self], expect: must-accept }
- { id: s/two, title: t, clauses: [api/status/ok], flows: [v2/*], protocols: [rest], operations: [start, remove],
    steps: [{ prepare: operation }, { call: operation, as: other, expect: permission-denied }] }
";

    fn plan(patterns: &[&str]) -> Plan {
        let patterns = patterns.iter().map(|text| Pattern::new(text).expect("glob")).collect();
        let (flows, protocols) = (Flow::ALL.to_vec(), Protocol::ALL.to_vec());
        let selection = Selection { flows, protocols, patterns, ..Selection::default() };
        Plan::new(parse_suite("s.yaml", SUITE).expect("valid"), &selection)
    }

    #[test]
    fn cases_expand_over_their_axes() {
        let plan = plan(&[]);
        assert_eq!(plan.permutations.len(), 4 * 3 * 2 + 2 * 2);
        assert_eq!(plan.cases(), 2);
        let ids: Vec<&str> = plan.permutations.iter().map(|p| p.id.as_str()).collect();
        assert!(ids.contains(&"v1/u2f/grpc-web/s/one/packed-self"), "{ids:?}");
        assert!(ids.contains(&"v2/passkey/rest/s/two/remove"), "{ids:?}");
        assert_eq!(plan.permutations[0].across_protocols(), "v1/u2f/all/s/one/none");
    }

    #[test]
    fn patterns_select_by_permutation_and_by_case() {
        assert_eq!(plan(&["s/two"]).permutations.len(), 4);
        assert_eq!(plan(&["v1/*/grpc/**"]).permutations.len(), 4);
        assert_eq!(plan(&["v1/u2f"]).permutations.len(), 6, "all below a flow");
        assert_eq!(plan(&["s"]).permutations.len(), 28, "all of a suite");
        assert_eq!(plan(&["v1/*/one"]).permutations.len(), 0, "a star stays in its component");
        assert_eq!(plan(&["s/two", "nothing/**"]).unmatched, ["nothing/**"]);
        assert!(Pattern::new("a[").is_err());
    }
}
