//! The event stream: one JSON object a line, the only source of truth for reports.

use serde::{Deserialize, Deserializer, Serialize};

use super::occasion::{Moment, Occasion};
use super::profile::Profile;
use super::record::CaseRecord;
use super::sent_again::SentAgain;
use super::slow::Slow;
use super::stopped::Stopped;

/// An event. The stream has a line of each, and a shorter form of passes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// First line.
    RunStarted(RunStarted),
    /// One line per test.
    CaseFinished(Box<CaseRecord>),
    /// Operations that were far slower than others; missing if there are none.
    Slow {
        /// By name.
        operations: Vec<Slow>,
    },
    /// Last line; missing if the run died.
    RunFinished(RunFinished),
}

/// What is known before the first call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// Version of this stream's form; raised when a reader would break.
    pub format: u32,
    /// proofmark's version.
    pub version: String,
    /// Seed of keys, ids and order.
    pub seed: u64,
    /// The target's name.
    pub target: String,
    /// The target's base URL.
    pub base_url: String,
    /// Number of tests that are going to be run.
    #[serde(rename = "permutations")]
    pub tests: usize,
    /// Number of tests that the target's flows and protocols allow; more than `tests` if a pattern selected some of them.
    pub available: usize,
    /// Number of cases that the tests come from, before a shard was taken.
    pub cases: usize,
    /// Number of clauses that those cases and their checks are about, before a shard was taken.
    pub clauses: usize,
    /// Slugs of the target's protocols, in the order of reports.
    #[serde(default)]
    pub protocols: Vec<String>,
    /// SHA-256 (hexadecimal) of the plan, before a shard was taken: equal for runs that can be merged.
    #[serde(default)]
    pub digest: String,
    /// The target's reason map: patterns of refusals (docs/judging.md), and the clause that each means.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<(String, String)>,
    /// The profile of the run: verdicts follow from it and from each finding's reason.
    #[serde(default)]
    pub profile: Profile,
    /// The part of the plan that this run plays; `None` for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// When, where and for what it was made.
    #[serde(flatten)]
    pub occasion: Occasion,
    /// What else is needed to play it again; `None` if it was not made by a command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_with: Option<Box<MadeWith>>,
    /// Whether credentials are drawn from these cases. If so, there are no tests.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fuzzed: bool,
}

/// The arguments of a run, as they were typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MadeWith {
    /// The target file; `None` for the reference server, which was started for the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_file: Option<String>,
    /// The reference server's defects; before format 5 there was at most one.
    #[serde(alias = "defect", deserialize_with = "one_or_more", skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<String>,
    /// The reference server's variants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<String>,
    /// Files of own suites.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub suites: Vec<String>,
    /// The patterns that select tests, at most the first 64.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patterns: Vec<String>,
    /// The whole command, as a line of a shell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// A name, or a list of names.
pub(super) fn one_or_more<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Names {
        One(String),
        More(Vec<String>),
    }
    Ok(match Names::deserialize(deserializer)? {
        Names::One(name) => vec![name],
        Names::More(names) => names,
    })
}

/// One of several runs that share a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    /// How many there are.
    pub count: u32,
}

/// What is known at the end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RunFinished {
    /// Whether the run was interrupted before all tests were done.
    pub interrupted: bool,
    /// Whole run, in milliseconds.
    pub duration_ms: u64,
    /// When it ended; `None` in streams before format 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Moment>,
    /// Why it ended before all tests were done, although nobody interrupted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Calls that were sent again.
    #[serde(default, skip_serializing_if = "SentAgain::is_none")]
    pub sent_again: SentAgain,
}

impl RunFinished {
    /// Whether the run came to its end by itself.
    pub fn is_whole(&self) -> bool {
        !self.interrupted && self.stopped.is_none()
    }
}

impl Event {
    /// The stream's present form.
    pub const FORMAT: u32 = 5;
    /// The oldest form that is still read. What was added since is missing from it.
    pub const OLDEST: u32 = 3;
}
