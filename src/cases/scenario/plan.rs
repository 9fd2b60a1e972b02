//! Expansion of cases into tests, and their selection.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::control::Control;
use super::model::{Case, Measure};
use super::parse::flow_matches;
use super::pattern::Pattern;
use super::requirement::Requirement;
use super::step::OperationRef;
use crate::authenticator::Format;
use crate::contract::{Flow, Operation, Protocol};
use crate::outcome::Shard;
use crate::webauthn::cose::CoseAlgorithm;
use crate::words::hex;

/// One case on one flow over one protocol.
#[derive(Debug, Clone)]
pub struct Test {
    /// Stable name, `<flow>/<protocol>/<case>[/<operation>][/<format>][/<algorithm>][/<length>]`.
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
    /// For a case that tries every length of a part: how many bytes are kept.
    pub length: Option<usize>,
}

impl Test {
    /// The only test of one of the runner's own cases.
    pub fn single(case: Case, flow: Flow, protocol: Protocol, format: Format) -> Test {
        let (case, id) = (Arc::new(case), String::new());
        let mut test = Test { id, case, flow, protocol, operation: None, format, length: None };
        test.id = test.name(protocol.slug());
        test
    }

    /// The operation that a step is about.
    pub fn operation(&self, operation: OperationRef) -> Operation {
        match operation {
            OperationRef::Start => Operation::Start,
            OperationRef::Verify => Operation::Verify,
            OperationRef::Remove => Operation::Remove,
            OperationRef::List => Operation::List,
            OperationRef::Operation => self.operation.unwrap_or(Operation::Start),
        }
    }

    /// The name without the protocol: equal for the tests that have to agree.
    pub fn across_protocols(&self) -> String {
        self.name("all")
    }

    fn name(&self, protocol: &str) -> String {
        let operation = self.operation.map(|operation| format!("/{}", operation.slug())).unwrap_or_default();
        let axes = self.case.axes_named(self.format, self.length);
        format!("{}/{protocol}/{}{operation}{axes}", self.flow, self.case.id)
    }
}

/// What the target offers, and what the user asked for.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Flows that the target has.
    pub flows: Vec<Flow>,
    /// Protocols that the target has.
    pub protocols: Vec<Protocol>,
    /// Patterns over ids of tests, cases or clauses; empty selects all.
    pub patterns: Vec<Pattern>,
    /// Patterns of what is left out all the same.
    pub excluded: Vec<Pattern>,
    /// Whether cases about the credential alone are played on every flow, and with every length.
    pub exhaustive: bool,
    /// Whether cases that wait are played; a case that a pattern names is played anyway.
    pub waits: bool,
    /// Draws the flow and the lengths that a default run plays.
    pub seed: u64,
    /// The lengths of a credential's parts for this target.
    pub sizes: Sizes,
    /// The part of the plan that is played; `None` for all of it.
    pub shard: Option<Shard>,
}

/// Bytes of the parts of a good credential.
#[derive(Debug, Clone, Default)]
pub struct Sizes {
    /// clientDataJSON
    pub client_data: usize,
    /// The attestation object, by format; 0 for other formats.
    pub attestation_object: HashMap<Format, usize>,
    /// The authenticator data.
    pub auth_data: usize,
}

/// How many lengths a default run tries.
const SAMPLED_LENGTHS: usize = 6;

/// The tests of a run, in a stable order.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// What is going to be run, by this run or by other shards.
    pub tests: Vec<Test>,
    /// How many there were before patterns selected.
    pub available: usize,
    /// Patterns that matched nothing.
    pub unmatched: Vec<String>,
    /// The part that this run plays.
    pub shard: Option<Shard>,
}

impl Plan {
    /// Expands cases over what the target offers, and keeps what the patterns select.
    pub fn new(cases: Vec<Case>, selection: &Selection) -> Plan {
        // A test that a pattern names is run, whether it is drawn or not.
        let exhaustive = selection.exhaustive || !selection.patterns.is_empty();
        let waits = selection.waits || !selection.patterns.is_empty();
        let cases = cases.into_iter().filter(|case| waits || !case.waits());
        let expanded = cases.flat_map(|case| expand(Arc::new(case), selection, exhaustive));
        let tests: Vec<Test> = expanded.collect();
        let all = Plan { available: tests.len(), tests, unmatched: Vec::new(), shard: selection.shard };
        let some = if selection.patterns.is_empty() { all } else { all.selected(&selection.patterns) };
        some.without(&selection.excluded)
    }

    /// What patterns select of the plan.
    pub fn selected(&self, patterns: &[Pattern]) -> Plan {
        let (named, unmatched) = self.named_by(patterns);
        let tests = self.tests.iter().zip(named).filter(|(_, named)| *named).map(|(test, _)| test.clone()).collect();
        Plan { available: self.available, tests, unmatched, shard: self.shard }
    }

    /// The plan without what patterns name.
    fn without(mut self, patterns: &[Pattern]) -> Plan {
        let (named, unmatched) = self.named_by(patterns);
        let mut named = named.into_iter();
        self.tests.retain(|_| named.next() == Some(false));
        self.unmatched.extend(unmatched);
        self
    }

    /// Whether a pattern names each test, and the patterns that name none. A pattern that names no test by its id or its case's is taken
    /// for one of clauses.
    fn named_by(&self, patterns: &[Pattern]) -> (Vec<bool>, Vec<String>) {
        let mut named = vec![false; self.tests.len()];
        let mut unmatched = Vec::new();
        for pattern in patterns {
            let is_by_id = self.name(&mut named, |test| pattern.means(&test.id, &test.case.id));
            let of_clauses = |test: &Test| test.case.clauses.iter().any(|clause| pattern.means_id(clause));
            if !is_by_id && !self.name(&mut named, of_clauses) {
                unmatched.push(pattern.to_string());
            }
        }
        (named, unmatched)
    }

    /// Marks the tests for which something holds; gives whether there are any.
    fn name(&self, named: &mut [bool], holds: impl Fn(&Test) -> bool) -> bool {
        self.tests.iter().zip(named).filter(|(test, _)| holds(test)).map(|(_, named)| *named = true).count() > 0
    }

    /// What this run plays: all, or its shard. Tests that have to agree are in one shard.
    pub fn played(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| {
            self.shard.is_none_or(|shard| {
                let hash = Fnv::NEW.with(test.across_protocols().as_bytes());
                hash.mixed() % u64::from(shard.count.max(1)) + 1 == u64::from(shard.index)
            })
        })
    }

    /// How many subjects are used if none is used twice: one or two for a test, one for a control, and one more for
    /// each retry of a tenth of them.
    pub fn subjects(&self) -> usize {
        let cases: usize = self.played().map(|test| test.case.subjects()).sum();
        cases + cases / 10 + self.controls().len()
    }

    /// The controls that negatives may need.
    pub fn controls(&self) -> HashSet<(Flow, Protocol, Control)> {
        let control = |p: &Test| (p.flow, p.protocol, p.case.control_of(p.format));
        self.played().map(control).collect()
    }

    /// SHA-256, in hexadecimal, of the version, the seed and what is going to be run, by all shards.
    pub fn digest(&self, seed: u64) -> String {
        let mut hash = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
        hash.update(seed.to_be_bytes());
        for test in &self.tests {
            hash.update(test.id.as_bytes());
            hash.update([0]);
        }
        hex(&hash.finalize())
    }

    /// How many distinct cases there are.
    pub fn cases(&self) -> usize {
        let mut ids: Vec<&str> = self.tests.iter().map(|test| test.case.id.as_str()).collect();
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

fn expand(case: Arc<Case>, selection: &Selection, exhaustive: bool) -> Vec<Test> {
    if case.algorithms.is_empty() {
        return expand_one(case, selection, exhaustive);
    }
    let draw = |most| drawn(selection.seed, &case.id, ALGORITHM, most);
    let cases = if exhaustive { case.each_algorithm() } else { case.drawn_algorithms(draw) };
    cases.into_iter().flat_map(|case| expand_one(Arc::new(case), selection, exhaustive)).collect()
}

/// The tests of a case with one algorithm.
fn expand_one(case: Arc<Case>, selection: &Selection, exhaustive: bool) -> Vec<Test> {
    let operations: Vec<Option<Operation>> =
        if case.operations.is_empty() { vec![None] } else { case.operations.iter().copied().map(Some).collect() };
    let (flows, protocols) = places(&case, selection, exhaustive);
    let mut tests = Vec::new();
    for flow in flows {
        for protocol in protocols.iter().filter(|protocol| flow.speaks(**protocol)) {
            for operation in &operations {
                for format in &case.formats {
                    for length in lengths(&case, *format, selection, exhaustive) {
                        let (case, id) = (Arc::clone(&case), String::new());
                        let (protocol, operation, format) = (*protocol, *operation, *format);
                        let mut test = Test { id, case, flow, protocol, operation, format, length };
                        test.id = test.name(protocol.slug());
                        tests.push(test);
                    }
                }
            }
        }
    }
    if case.sparse && !exhaustive { thinned(&case, tests, selection.seed) } else { tests }
}

/// One test over each protocol; of the cases that an entry makes of its carriers one test altogether.
fn thinned(case: &Case, all: Vec<Test>, seed: u64) -> Vec<Test> {
    let one_of = |some: Vec<Test>, part: usize| {
        let index = drawn(seed, &case.id, part, some.len());
        some.into_iter().nth(index)
    };
    if let Some(single) = &case.single {
        let is_drawn = drawn(seed, &single.entry, 0, single.count) == single.index;
        return one_of(all, 1).filter(|_| is_drawn).into_iter().collect();
    }
    let over = |protocol| all.iter().filter(|test| test.protocol == protocol).cloned().collect();
    Protocol::ALL.into_iter().enumerate().filter_map(|(part, protocol)| one_of(over(protocol), part + 1)).collect()
}

/// The flows and protocols that a case is played on. Cases with one algorithm of an axis are drawn to one flow and protocol, because the
/// target has to accept a good credential with that algorithm first, on each flow and protocol.
fn places(case: &Case, selection: &Selection, exhaustive: bool) -> (Vec<Flow>, Vec<Protocol>) {
    let flow_wanted = |flow: &&Flow| case.flows.is_empty() || case.flows.iter().any(|p| flow_matches(p, **flow));
    let protocol_wanted = |protocol: &&Protocol| case.protocols.is_empty() || case.protocols.contains(protocol);
    let mut flows: Vec<Flow> = selection.flows.iter().filter(flow_wanted).copied().collect();
    let mut protocols: Vec<Protocol> = selection.protocols.iter().filter(protocol_wanted).copied().collect();
    let name = case.axis_algorithm().and_then(CoseAlgorithm::name).unwrap_or(&case.id);
    let is_on_one_flow = case.sampled || case.one_flow || case.one_place;
    let (draws_flow, draws_protocol) = (is_on_one_flow && !exhaustive, case.one_place && !exhaustive);
    // The demands of the options may differ by flow: on the drawn flow the case might have to be skipped.
    if draws_flow && !case.requires.iter().any(Requirement::is_of_options) && !flows.is_empty() {
        flows = vec![flows[drawn(selection.seed, name, 0, flows.len())]];
    }
    if draws_protocol && !protocols.is_empty() {
        protocols = vec![protocols[drawn(selection.seed, name, PROTOCOL, protocols.len())]];
    }
    (flows, protocols)
}

/// The lengths that a case tries; for other cases a single `None`.
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
    // One length from each of several equal ranges, so that both ends are covered.
    let share = all.div_ceil(SAMPLED_LENGTHS).max(1);
    let place = |part: usize| part * share + drawn(selection.seed, &case.id, part + 1, share);
    (0..SAMPLED_LENGTHS).map(place).filter(|length| *length < all).map(Some).collect()
}

/// Purposes of a draw other than lengths.
const PROTOCOL: usize = 1_000;
const ALGORITHM: usize = 1_001;

/// A number below `most` that follows from the seed and the case.
fn drawn(seed: u64, case: &str, part: usize, most: usize) -> usize {
    // Byte by byte, and without std's hashing: a draw must not depend on the toolchain or the machine.
    let part = u64::try_from(part).unwrap_or(u64::MAX);
    let hash = Fnv::NEW.with(&seed.to_le_bytes()).with(case.as_bytes()).with(&[0xff]).with(&part.to_le_bytes());
    let most = u64::try_from(most.max(1)).unwrap_or(u64::MAX);
    usize::try_from(hash.mixed() % most).unwrap_or_default()
}

/// FNV-1a, 64 bits.
#[derive(Clone, Copy)]
struct Fnv(u64);

impl Fnv {
    const NEW: Fnv = Fnv(0xcbf2_9ce4_8422_2325);

    fn with(self, bytes: &[u8]) -> Fnv {
        let next = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Fnv(bytes.iter().fold(self.0, next))
    }

    fn mixed(self) -> u64 {
        // The low bits of the product alone mix badly.
        self.0 ^ (self.0 >> 32)
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
    fn a_sparse_suite_is_drawn_over_each_protocol_and_one_carrier_of_an_entry() {
        let suite = "suite: s\nsparse: true\ncases:\n- { id: s/one, title: t, clauses: [api/status/ok], operations: [start, remove],\n    \
                     carriers: ['header:a', 'header:b', 'query:c'], steps: [{ prepare: operation },\n    \
                     { call: operation, also: [{ in: each, what: text, value: own }], expect: either }] }\n";
        let drawn = |seed, exhaustive| {
            let (flows, protocols) = (Flow::ALL.to_vec(), Protocol::ALL.to_vec());
            let selection = Selection { flows, protocols, seed, exhaustive, ..Selection::default() };
            let plan = Plan::new(parse_suite("s.yaml", suite).expect("valid"), &selection);
            plan.tests.into_iter().map(|test| test.id).collect::<Vec<_>>()
        };
        let mut seen = HashSet::new();
        for seed in 0..2000 {
            let ids = drawn(seed, false);
            let together = ids.iter().filter(|id| id.contains("/one/")).count();
            assert!(together == 3 && ids.len() == 4, "{ids:?}");
            seen.extend(ids);
        }
        // Each flow, operation and protocol of all at once and of two headers, and REST alone of the query.
        assert_eq!(drawn(1, true).len(), 8 * (3 + 3 + 3 + 1));
        assert_eq!(seen.len(), 80, "other seeds draw the rest");
    }

    #[test]
    fn cases_that_wait_are_played_where_that_is_asked_for() {
        let waiting = |waits: bool, patterns: &[&str]| {
            let selection = Selection {
                flows: Flow::ALL.to_vec(),
                protocols: Protocol::ALL.to_vec(),
                patterns: patterns.iter().map(|text| Pattern::new(text).expect("a glob")).collect(),
                waits,
                ..Selection::default()
            };
            let plan = Plan::new(crate::scenario::embedded().expect("valid suites"), &selection);
            plan.tests.iter().filter(|test| test.case.waits()).count()
        };
        assert_eq!((waiting(false, &[]), waiting(true, &[])), (0, 12));
        assert_eq!(waiting(false, &["ceremony/expired-challenge"]), 12, "what a pattern names is played");
    }

    #[test]
    fn cases_expand_over_their_axes() {
        let plan = plan(&[]);
        assert_eq!(plan.tests.len(), 4 * 3 * 2 + 2 * 2);
        assert_eq!(plan.cases(), 2);
        let ids: Vec<&str> = plan.tests.iter().map(|p| p.id.as_str()).collect();
        assert!(ids.contains(&"v1/u2f/grpc-web/s/one/packed-self"), "{ids:?}");
        assert!(ids.contains(&"v2/passkey/rest/s/two/remove"), "{ids:?}");
        assert_eq!(plan.tests[0].across_protocols(), "v1/u2f/all/s/one/none");
    }

    #[test]
    fn algorithms_are_an_axis_that_a_default_run_draws_from() {
        let text = "suite: s\nsampled: true\none-place: true\ncases:\n\
                    - { id: s/drawn, title: t, clauses: [webauthn/7.1/accept], algorithms: [others], expect: must-accept }\n\
                    - { id: s/all, title: t, clauses: [webauthn/7.1/accept], algorithms: [EdDSA, RS256], every-algorithm: true, expect: must-accept }\n";
        let plan = |seed, exhaustive| {
            let (flows, protocols) = (Flow::ALL.to_vec(), Protocol::ALL.to_vec());
            let selection = Selection { flows, protocols, seed, exhaustive, ..Selection::default() };
            Plan::new(parse_suite("s.yaml", text).expect("valid"), &selection).tests
        };
        let mut drawn = HashSet::new();
        for seed in 0..40 {
            let played = plan(seed, false);
            assert_eq!(played.len(), 3, "one drawn, and two of the other case");
            let place = |algorithm: &str| {
                let of = played.iter().filter(|p| p.id.ends_with(algorithm)).map(|p| (p.flow, p.protocol));
                of.collect::<HashSet<_>>().len()
            };
            assert!(place("EdDSA") <= 1 && place("RS256") <= 1, "one place for an algorithm");
            drawn.insert(played[0].case.axis_algorithm());
        }
        assert!(drawn.len() >= 6, "{drawn:?}");
        let all = plan(0, true);
        assert_eq!(all.len(), 4 * 3 * (18 + 2));
        assert_eq!(all[0].id, "v1/u2f/rest/s/drawn/ES384");
        assert_eq!(all[0].case.algorithm, crate::scenario::AlgorithmChoice::Given(CoseAlgorithm::ES384));
    }

    #[test]
    fn patterns_select_by_test_and_by_case() {
        assert_eq!(plan(&["s/two"]).tests.len(), 4);
        assert_eq!(plan(&["v1/*/grpc/**"]).tests.len(), 4);
        assert_eq!(plan(&["v1/u2f"]).tests.len(), 6, "all below a flow");
        assert_eq!(plan(&["s"]).tests.len(), 28, "all of a suite");
        assert_eq!(plan(&["v1/*/one"]).tests.len(), 0, "a star stays in its component");
        assert_eq!(plan(&["s/two", "nothing/**"]).unmatched, ["nothing/**"]);
        assert!(Pattern::new("a[").is_err());
    }

    #[test]
    fn a_plain_pattern_means_what_its_glob_does() {
        for (text, means) in
            [("v1", true), ("v1/u2f/rest", true), ("s/one", true), ("s/on", false), ("s/one/none", false)]
        {
            for text in [text.to_owned(), text.replacen('o', "[o]", 1), text.replacen("v1", "{v1}", 1)] {
                assert_eq!(Pattern::new(&text).expect("glob").means("v1/u2f/rest/s/one", "s/one"), means, "{text}");
            }
        }
    }

    #[test]
    fn what_a_seed_draws_is_the_same_everywhere() {
        for ((seed, case, part, most), expected) in [
            ((7, "client-data/type-get", 0, 4), 1),
            ((7, "client-data/type-get", 1, 250), 235),
            ((9007199254740991, "s/c", 6, 1000000), 818346),
        ] {
            assert_eq!(drawn(seed, case, part, most), expected, "{seed} {case} {part}");
        }
        assert_eq!(Fnv::NEW.with(b"foobar").0, 0x8594_4171_f739_67e8, "of the authors' own test vectors");
    }

    #[test]
    fn shards_are_a_partition_and_keep_protocols_together() {
        let mut plan = plan(&[]);
        let (digest, cases) = (plan.digest(1), plan.cases());
        for count in [1, 2, 3, 40] {
            let mut all = Vec::new();
            for index in 1..=count {
                plan.shard = Some(Shard { index, count });
                let mut groups: HashMap<String, usize> = HashMap::new();
                for test in plan.played() {
                    *groups.entry(test.across_protocols()).or_default() += 1;
                    all.push(test.id.clone());
                }
                let whole = |(name, found): (&String, &usize)| *found == if name.contains("s/one") { 3 } else { 1 };
                assert!(groups.iter().all(whole), "{groups:?}");
                assert_eq!((plan.digest(1), plan.cases()), (digest.clone(), cases), "of the whole plan");
            }
            all.sort();
            let mut ids: Vec<String> = plan.tests.iter().map(|test| test.id.clone()).collect();
            ids.sort();
            assert_eq!(all, ids, "{count} shards");
        }
        // Where a test falls may never change: machines with different builds share a plan.
        plan.shard = Some(Shard { index: 1, count: 2 });
        assert_eq!(plan.played().count(), 13);
    }
}
