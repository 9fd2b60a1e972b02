//! The reasons: a closed list that verdicts follow from.

use serde::{Deserialize, Serialize};

/// Why a verdict is so: a closed list. The verdict follows from the reason and the profile ([`Reason::verdict`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The clause holds.
    Met,
    /// Refused, and the target's reason map says for the right reason.
    RightReason,
    /// Refused, and the reason is not known: weak coverage.
    Unattributed,
    /// Either answer is accepted, since the target file does not declare what the case presupposes: weak coverage.
    LeftOpen,
    /// Accepted, but had to be refused.
    AcceptedInvalid,
    /// Refused, but had to be accepted.
    RejectedValid,
    /// A status other than the documented one.
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
    /// A secret or an internal detail of the server was shown.
    Leak,
    /// A recommendation is not met.
    ShouldUnmet,
    /// A demand that only FIDO's conformance tools make is not met.
    FidoUnmet,
    /// Unsafe behaviour, although no text forbids it.
    SecurityUnmet,
    /// The server does something sane that the documents do not say.
    DocVsServer,
    /// Refused, but for another reason than the one under test.
    WrongReason,
    /// An answer that the documents also allow.
    AlsoAllowed,
    /// The target file does not declare what the case needs.
    NotDeclared,
    /// The case needs more bytes than the run was allowed to send.
    Filtered,
    /// No connection, or it could not be set up.
    TargetUnreachable,
    /// There were too many calls for a gateway or the target, until the limit for sending again was reached.
    RateLimited,
    /// A gateway answered in place of the target, until the limit for sending again was reached.
    Gateway,
    /// The target does not take the configured credentials.
    Auth,
    /// A step that only prepares the case did not work.
    Setup,
    /// Somebody else used the same subjects meanwhile, so they may have caused what was seen.
    Interference,
    /// The unmutated control was not accepted, so the negative says nothing.
    ControlFailed,
    /// Our own verifier does not refuse the object at the intended step.
    OracleDisagrees,
    /// A limit of the run was reached before the case was over.
    Budget,
    /// The run ended before the case was over, or before it was known why a reply is missing.
    Aborted,
    /// A fault of the harness.
    HarnessBug,
}

impl Reason {
    /// Whether it is about the network between us and the target, so that another try may have another result.
    pub const fn is_of_the_network(self) -> bool {
        matches!(self, Reason::TargetUnreachable | Reason::RateLimited | Reason::Gateway)
    }

    /// The kebab-case name, as in every report.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl Reason {
    /// The severity among reasons of one verdict: the smaller, the more severe. The order is: a stranger gets in, the server goes
    /// down, users are kept out, an answer only has another form.
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
