//! One test's record.

use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::finding::{Finding, gravest};
use super::profile::Profile;
use super::reason::Reason;
use super::verdict::Verdict;
use crate::contract::clause::{self, Basis};

/// The result of one test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseRecord {
    /// Stable name, such as `v2/u2f/grpc-web/client-data/foreign-origin`.
    pub id: String,
    /// The case it comes from.
    pub case: String,
    /// The case's title.
    pub title: String,
    /// Flow slug.
    pub flow: String,
    /// Protocol slug; `all` for the comparison of protocols.
    pub protocol: String,
    /// Clauses under test, the primary one first.
    pub clauses: Vec<String>,
    /// The basis of the case; if it is missing, the basis of its primary clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The citation for it, where that is not the clause's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// The finding that decided, then all others that are not `met`.
    pub findings: Vec<Finding>,
    /// Whether an earlier try had another verdict.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flaky: bool,
    /// What decided each earlier try, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Finding>,
    /// What was observed, for the comparison of protocols: such as `accepted`, or `refused 3 LIMIT-tokenName`.
    pub observed: String,
    /// Ids of the clauses that were looked at, sorted, each once: by checks in the exchanges, good or bad, and, if the case passed for
    /// a firm reason, by what it expected. The narrowest clause for the endpoint and protocol.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checked: Vec<String>,
    /// The calls in order, bodies cut and masked.
    pub exchanges: Vec<ExchangeRecord>,
    /// A shell line that reproduces the deciding call, or the control's call if the control failed; empty for passes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub curl: String,
    /// A `grpcurl` line of the deciding call's message; empty for passes, and where the call can't be written so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub grpcurl: String,
    /// The credential that was sent last; `None` for passes, and if none was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialRecord>,
    /// The own suite file that the case is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// Duration in microseconds.
    pub duration_us: u64,
}

/// A credential, and the same credential without the mutations: same options, same key, same id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CredentialRecord {
    /// RegistrationResponseJSON as text, as it was made; need not be JSON any more.
    pub sent: String,
    /// RegistrationResponseJSON of the good one.
    pub good: String,
    /// Ids of the mutations between the two, in the order in which they were applied.
    pub mutations: Vec<String>,
}

/// One call and its answer, for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// Documented name of the operation.
    pub operation: String,
    /// Method and URL.
    pub request: String,
    /// Request body in readable form, cut.
    pub request_body: String,
    /// Bytes of the request's body, where it is large: 256 KiB and more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub large_request: Option<usize>,
    /// Status line, such as `HTTP 200` or `HTTP 200, grpc-status 3`.
    pub status: String,
    /// Response body in readable form, cut.
    pub response_body: String,
    /// Until the last byte, in microseconds.
    pub duration_us: u64,
    /// The evidence that it was judged by; `None` if there was no reply, and for calls that are not judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The tries before this one that did not get an answer of the target, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<TryRecord>,
}

/// A try of a call, after which it was sent again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryRecord {
    /// Why it did not reach the target: `rate-limited`, `gateway`, `unreachable`, `go-away`, `refused-stream` or `stale-connection`.
    pub cause: String,
    /// What was seen, in one line.
    pub received: String,
    /// How long the runner waited before the next try, in milliseconds.
    pub waited_ms: u64,
}

impl TryRecord {
    /// In one line for people, such as `HTTP 429; sent again after 1000 ms`.
    pub fn words(&self) -> String {
        format!("{}; sent again after {} ms", self.received, self.waited_ms)
    }
}

impl CaseRecord {
    /// A record without findings yet: of a comparison, unless a case is given.
    pub fn empty(id: &str, case: &str) -> CaseRecord {
        CaseRecord {
            id: id.to_owned(),
            case: case.to_owned(),
            title: String::new(),
            flow: String::new(),
            protocol: "all".to_owned(),
            clauses: Vec::new(),
            basis: None,
            source: None,
            verdict: Verdict::Error,
            reason: Reason::HarnessBug,
            findings: Vec::new(),
            flaky: false,
            earlier: Vec::new(),
            observed: String::new(),
            checked: Vec::new(),
            exchanges: Vec::new(),
            curl: String::new(),
            grpcurl: String::new(),
            credential: None,
            suite: None,
            duration_us: 0,
        }
    }

    /// Whether it is a pass whose calls were left out. A comparison of protocols has none of its own.
    pub fn is_without_calls(&self) -> bool {
        self.verdict == Verdict::Pass && self.exchanges.is_empty() && self.protocol != "all"
    }

    /// The basis of the case; `None` if its primary clause is not known.
    pub fn basis(&self) -> Option<Basis> {
        let of_clause = || Some(clause::find(self.clauses.first()?)?.basis);
        self.basis.or_else(of_clause)
    }

    /// Sets verdict and reason by the most severe finding under a profile, and orders the findings: that one first, then the others without `met`.
    /// A record without findings is a harness bug, never a pass.
    pub fn decide(&mut self, profile: Profile) {
        let Some(decisive) = gravest(&self.findings, profile).cloned() else {
            let clause = self.clauses.first().cloned().unwrap_or_default();
            let finding = Finding::new("runner", &clause, Reason::HarnessBug, "at least one finding", "none");
            self.findings = vec![finding];
            (self.verdict, self.reason) = (Verdict::Error, Reason::HarnessBug);
            return;
        };
        (self.verdict, self.reason) = (decisive.verdict(profile), decisive.reason);
        let rest = std::mem::take(&mut self.findings);
        let rest = rest.into_iter().filter(|finding| *finding != decisive && finding.reason != Reason::Met);
        self.findings = std::iter::once(decisive.clone()).chain(rest).collect();
    }
}
