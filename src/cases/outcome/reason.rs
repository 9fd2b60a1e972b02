//! Why: the closed list that verdicts follow from.

use serde::{Deserialize, Serialize};

/// Why: a closed list. The verdict follows from the reason and the profile ([`Reason::verdict`]).
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
    /// What is only recommended is not met.
    ShouldUnmet,
    /// What only FIDO's conformance tools demand is not met.
    FidoUnmet,
    /// What no text demands is not met, and that is unsafe.
    SecurityUnmet,
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
    /// There were too many calls, for a gateway or the target, until no more were to be sent again.
    RateLimited,
    /// A gateway answered in place of the target, until no more calls were to be sent again.
    Gateway,
    /// The target does not take the configured credentials.
    Auth,
    /// A step that only prepares the case did not work.
    Setup,
    /// Somebody else used the same subjects meanwhile, so that what was seen may be of their doing.
    Interference,
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
    /// Whether it is about what stands between us and the target, so that another try may come to something else.
    pub const fn is_of_the_network(self) -> bool {
        matches!(self, Reason::TargetUnreachable | Reason::RateLimited | Reason::Gateway)
    }

    /// The kebab-case name, as in every report.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl Reason {
    /// How grave it is among reasons of its verdict: the smaller, the graver. What lets a stranger in comes before what takes the
    /// server down, that before what keeps users out, and that before what is only said in another way.
    pub const fn gravity(self) -> u8 {
        use Reason as R;
        match self {
            R::AcceptedInvalid | R::Auth => 0,
            R::SecurityUnmet | R::Leak | R::ControlFailed => 1,
            R::StateChanged | R::WrongReason => 2,
            R::Hang | R::TargetUnreachable => 3,
            R::RejectedValid | R::FidoUnmet => 4,
            R::Crash | R::TransportsDisagree | R::ShouldUnmet => 5,
            R::WrongStatus => 6,
            _ => 7,
        }
    }
}
