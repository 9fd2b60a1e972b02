//! A call that was played, and what it was judged by.

use crate::checks::Observation;
use crate::outcome::Expected;
use crate::runner::sending::attempts::Try;
use crate::transport::Exchange;

/// An exchange, and what it was judged by.
#[derive(Debug)]
pub(crate) struct Played {
    pub(crate) exchange: Exchange,
    /// `None` for what is not judged.
    pub(crate) context: Option<Context>,
    /// What the caller had done to the token.
    pub(crate) token: Option<&'static str>,
    /// The tries before it.
    pub(crate) tries: Vec<Try>,
}

impl Played {
    /// A call that had no verdict.
    pub(crate) fn unjudged(exchange: Exchange, tries: Vec<Try>) -> Played {
        Played { exchange, context: None, token: None, tries }
    }
}

/// What a judgement depends on in addition to the exchange.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) undocumented_request: bool,
    pub(crate) malformed: bool,
    pub(crate) rp_id: Option<String>,
    pub(crate) attachment: Option<String>,
    pub(crate) expected: Expected,
}

impl Context {
    /// What checks were given in addition to an exchange, and what was expected.
    pub(crate) fn of(observation: &Observation<'_>, expected: Expected) -> Context {
        Context {
            undocumented_request: !observation.documented_request,
            malformed: observation.malformed,
            rp_id: observation.rp_id.map(str::to_owned),
            attachment: observation.attachment.map(str::to_owned),
            expected,
        }
    }
}

/// Commands that make a call again in a shell; empty if there was no call, or if it can't be written so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lines {
    pub(crate) curl: String,
    pub(crate) grpcurl: String,
}
