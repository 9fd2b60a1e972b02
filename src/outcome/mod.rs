//! Results as data: verdicts, findings and the event stream that every report is rendered from.

mod event;
mod evidence;
pub mod load;
mod merge;
mod record;
pub mod shown;
mod stopped;

pub use event::{Event, RunFinished, RunStarted, Shard};
pub use evidence::{Evidence, Expected, RecordedBody};
pub use merge::{MergeError, merge};
pub use record::{CaseRecord, CredentialRecord, ExchangeRecord, RunRecord, Statement, Tally};
pub use stopped::{StopCause, Stopped};

use serde::{Deserialize, Serialize};

/// What a permutation came to. Ordered from the most harmless to the gravest; a skip outweighs the passes of the steps before it,
/// since what the case is about was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The clause was observed to hold.
    Pass,
    /// Legitimately not applicable.
    Skip,
    /// It differs, yet no MUST is broken.
    Deviation,
    /// No verdict was possible.
    Error,
    /// A promise is broken.
    Fail,
}

impl Verdict {
    /// All verdicts, gravest first: the order of summaries.
    pub const ALL: [Verdict; 5] = [Verdict::Fail, Verdict::Error, Verdict::Deviation, Verdict::Skip, Verdict::Pass];

    /// `pass`, `fail`, `deviation`, `skip` or `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Deviation => "deviation",
            Verdict::Skip => "skip",
            Verdict::Error => "error",
        }
    }
}

/// Why: a closed list, each reason belongs to one verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The clause holds.
    Met,
    /// Refused, and the target's reason map says for the right reason.
    RightReason,
    /// Refused, and nothing says why: weak coverage.
    Unattributed,
    /// Either would do, since the target is not said to have what the case presupposes: weak coverage.
    LeftOpen,
    /// What had to be refused was accepted.
    AcceptedInvalid,
    /// What had to be accepted was refused.
    RejectedValid,
    /// Another status than the documented one.
    WrongStatus,
    /// A body that is not of the documented shape.
    WrongShape,
    /// Another content type than the documented one.
    WrongContentType,
    /// The state afterwards is not what the answer said.
    StateChanged,
    /// REST, gRPC and gRPC-Web answered differently.
    TransportsDisagree,
    /// A 5xx, an internal error, or a connection closed in mid-reply.
    Crash,
    /// No answer within the time limit.
    Hang,
    /// A secret or the server's inside was shown.
    Leak,
    /// A SHOULD is not met.
    ShouldUnmet,
    /// The server does something sane that the documents do not say.
    DocVsServer,
    /// Refused, but for another reason than the one under test.
    WrongReason,
    /// An answer that the documents also allow.
    AlsoAllowed,
    /// The target file does not declare what the case needs.
    NotDeclared,
    /// The case is about more bytes than were to be sent.
    Filtered,
    /// No connection, or it could not be set up.
    TargetUnreachable,
    /// The target does not take the configured credentials.
    Auth,
    /// A step that only prepares the case did not work.
    Setup,
    /// The unmutated control was not accepted, so the negative says nothing.
    ControlFailed,
    /// Our own verifier does not refuse the object at the intended step.
    OracleDisagrees,
    /// A bound of the run was reached before the case was over.
    Budget,
    /// The run ended before the case was over, or before it was known whose fault it is that a reply is missing.
    Aborted,
    /// A fault of the harness.
    HarnessBug,
}

impl Reason {
    /// The verdict that the reason belongs to.
    pub const fn verdict(self) -> Verdict {
        use Reason as R;
        match self {
            R::Met | R::RightReason | R::Unattributed | R::LeftOpen => Verdict::Pass,
            R::AcceptedInvalid | R::RejectedValid | R::WrongStatus | R::WrongShape | R::WrongContentType => {
                Verdict::Fail
            }
            R::StateChanged | R::TransportsDisagree | R::Crash | R::Hang | R::Leak => Verdict::Fail,
            R::ShouldUnmet | R::DocVsServer | R::WrongReason | R::AlsoAllowed => Verdict::Deviation,
            R::NotDeclared | R::Filtered => Verdict::Skip,
            R::TargetUnreachable | R::Auth | R::Setup | R::ControlFailed | R::OracleDisagrees => Verdict::Error,
            R::Budget | R::Aborted | R::HarnessBug => Verdict::Error,
        }
    }

    /// The kebab-case name, as in every report.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// What a reason sends a reader to, in the order in which to look: what comes later may follow from what comes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concern {
    /// The target file does not fit the target.
    Configuration,
    /// Something that cases need could not be had; nothing is said of the target.
    Setup,
    /// The target does otherwise than it should.
    Conformance,
    /// A fault of proofmark.
    Harness,
}

impl Concern {
    /// All of them, in order.
    pub const ALL: [Concern; 4] = [Concern::Configuration, Concern::Setup, Concern::Conformance, Concern::Harness];

    /// `configuration`, `setup`, `conformance` or `proofmark`.
    pub const fn name(self) -> &'static str {
        match self {
            Concern::Configuration => "configuration",
            Concern::Setup => "setup",
            Concern::Conformance => "conformance",
            Concern::Harness => "proofmark",
        }
    }
}

impl Reason {
    /// What it sends a reader to; `None` for passes and skips.
    pub const fn concern(self) -> Option<Concern> {
        use Reason as R;
        match (self.verdict(), self) {
            (Verdict::Pass | Verdict::Skip, _) => None,
            (Verdict::Fail | Verdict::Deviation, _) => Some(Concern::Conformance),
            (Verdict::Error, R::Auth) => Some(Concern::Configuration),
            (Verdict::Error, R::OracleDisagrees | R::HarnessBug) => Some(Concern::Harness),
            (Verdict::Error, _) => Some(Concern::Setup),
        }
    }
}

/// One observation of one check or expectation, good or bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the check, or `expectation`, `after-state`, `oracle`, `transport`.
    pub check: String,
    /// Id of the clause it speaks of.
    pub clause: String,
    /// Why; the verdict follows from it.
    pub reason: Reason,
    /// What was expected, in one line.
    pub expected: String,
    /// What was received, in one line.
    pub received: String,
    /// Index of the exchange that it speaks of, among those that the record keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<usize>,
}

impl Finding {
    /// A finding of a check about a clause.
    pub fn new(
        check: &str,
        clause: &str,
        reason: Reason,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) -> Self {
        Self {
            check: check.to_owned(),
            clause: clause.to_owned(),
            reason,
            expected: expected.into(),
            received: received.into(),
            exchange: None,
        }
    }

    /// The verdict that the reason belongs to.
    pub fn verdict(&self) -> Verdict {
        self.reason.verdict()
    }
}

/// The gravest of some findings; the first of them where several are equally grave. Of passes the one that says least
/// about why, so that a weak one is not hidden behind the steps before it.
pub fn gravest(findings: &[Finding]) -> Option<&Finding> {
    let weight = |finding: &Finding| {
        let weakness = match finding.reason {
            Reason::Unattributed | Reason::LeftOpen => 2,
            Reason::RightReason => 1,
            _ => 0,
        };
        (finding.verdict(), weakness)
    };
    findings.iter().reduce(|worst, finding| if weight(finding) > weight(worst) { finding } else { worst })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_finding_decides_and_the_first_of_equals() {
        let finding = |reason, clause: &str| Finding::new("c", clause, reason, "", "");
        let findings = [
            finding(Reason::Met, "a"),
            finding(Reason::Setup, "b"),
            finding(Reason::WrongShape, "c"),
            finding(Reason::Leak, "d"),
            finding(Reason::DocVsServer, "e"),
        ];
        assert_eq!(gravest(&findings).map(|f| f.clause.as_str()), Some("c"));
        assert_eq!(gravest(&[]), None);
        let passes = [finding(Reason::Met, "a"), finding(Reason::Unattributed, "b"), finding(Reason::RightReason, "c")];
        assert_eq!(gravest(&passes).map(|f| f.clause.as_str()), Some("b"));
        let skipped = [finding(Reason::Met, "a"), finding(Reason::NotDeclared, "b")];
        assert_eq!(gravest(&skipped).map(|f| f.clause.as_str()), Some("b"), "a skip is not hidden behind a pass");
        assert_eq!(Reason::AcceptedInvalid.name(), "accepted-invalid");
    }
}
