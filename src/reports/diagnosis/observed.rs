//! What a run has shown: which cases failed about which clause, in which way, over which protocols.

use std::collections::BTreeMap;

use crate::outcome::{CaseRecord, Finding, Profile, Reason, Verdict};

/// One kind of failure of one case. The words of messages do not count, since every server has its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sign {
    /// Id of the case; `model` for every sequence that was drawn.
    pub case: String,
    /// Id of the clause.
    pub clause: String,
    /// Name of the reason, such as `accepted-invalid`.
    pub kind: String,
}

/// A place in [`Tests`]: a protocol, or the comparison of protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// REST.
    Rest,
    /// gRPC.
    Grpc,
    /// gRPC-Web.
    GrpcWeb,
    /// The comparison of protocols.
    Compared,
}

impl Place {
    /// All of them.
    pub const ALL: [Place; 4] = [Place::Rest, Place::Grpc, Place::GrpcWeb, Place::Compared];

    /// The place of a record.
    fn of(protocol: &str) -> Place {
        match protocol {
            "rest" => Place::Rest,
            "grpc" => Place::Grpc,
            "grpc-web" => Place::GrpcWeb,
            _ => Place::Compared,
        }
    }

    /// The bit of masks.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Counts of tests, by [`Place`].
pub type Tests = [u32; 4];

/// What a run, or a part of it, has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// How many tests of each case came to a verdict.
    pub played: BTreeMap<String, Tests>,
    /// How many tests show each kind of failure.
    pub failed: BTreeMap<Sign, Tests>,
    /// In how many tests it decided.
    pub decided: BTreeMap<Sign, Tests>,
    /// How many tests of each case show any kind of failure.
    pub red: BTreeMap<String, Tests>,
}

/// The beginning of the names of cases that a run draws; their ends differ from run to run.
const DRAWN: &str = "model/";

/// The name of a case that is the same in every run.
fn name(case: &str) -> &str {
    if case.starts_with(DRAWN) { DRAWN.trim_end_matches('/') } else { case }
}

/// Whether a finding with this reason is about what the target does. What a target file or the network may have caused is not.
fn is_shown(reason: Reason) -> bool {
    // Which profile the run is judged by does not change what a defect shows.
    match reason.verdict(Profile::Webauthn) {
        Verdict::Fail => true,
        Verdict::Deviation => reason != Reason::AlsoAllowed,
        _ => matches!(reason, Reason::ControlFailed | Reason::Setup),
    }
}

impl Observed {
    /// What some records show.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a CaseRecord>) -> Observed {
        let mut observed = Observed::default();
        records.into_iter().for_each(|record| observed.add(record));
        observed
    }

    fn add(&mut self, record: &CaseRecord) {
        let has_verdict = matches!(record.verdict, Verdict::Pass | Verdict::Fail | Verdict::Deviation);
        let shown = || record.findings.iter().filter(|finding| is_shown(finding.reason));
        if !has_verdict && shown().next().is_none() {
            return;
        }
        let (case, place) = (name(&record.case), Place::of(&record.protocol) as usize);
        self.played.entry(case.to_owned()).or_default()[place] += 1;
        let mut signs: Vec<Sign> = shown()
            .map(|finding| Sign { case: case.to_owned(), clause: finding.clause.clone(), kind: finding.reason.name() })
            .collect();
        signs.sort();
        signs.dedup();
        for sign in signs {
            self.failed.entry(sign).or_default()[place] += 1;
        }
    }

    /// Adds what another part of the run has shown.
    #[must_use]
    pub fn with(mut self, other: Observed) -> Observed {
        add(&mut self.played, other.played);
        add(&mut self.failed, other.failed);
        add(&mut self.decided, other.decided);
        add(&mut self.red, other.red);
        self
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, Tests>, tests: BTreeMap<K, Tests>) {
    for (key, tests) in tests {
        sums.entry(key).or_default().iter_mut().zip(tests).for_each(|(sum, count)| *sum += count);
    }
}
