//! Tells a wrong set-up from a wrong server before any case runs.

use thiserror::Error;

use super::Shared;
use super::setup::{self, SetupError};
use super::target::Subject;
use crate::contract::{Flow, Protocol};
use crate::transport::{Call, Exchange, Phase, Reply, TransportError};
use crate::wire::status::Code;

/// The set-up is wrong; no case was run.
#[derive(Debug, Error)]
pub enum PreflightError {
    /// No reply over one protocol.
    #[error(
        "configuration: {protocol} does not answer at {url}: {cause}\n  \
         mend: {}; or, if the target does not offer it, take {protocol} out of `protocols`",
        mend(cause)
    )]
    NoReply {
        /// The protocol.
        protocol: Protocol,
        /// The address.
        url: String,
        /// Why.
        cause: TransportError,
    },
    /// Something answers, but no flow is there.
    #[error(
        "configuration: {protocol} at {url} answers {answer} to the start of every flow\n  \
         mend: correct the URL in the target file: the host name by which the server knows itself, and the path before /v2 and \
         /auth/v1; or the subjects' user ids; or take {protocol} out of `protocols`"
    )]
    NotThere {
        /// The protocol.
        protocol: Protocol,
        /// The address.
        url: String,
        /// Status and code.
        answer: String,
    },
    /// The subject's token is not taken.
    #[error(
        "configuration: the target refuses the token of subject {user_id} ({flow} over {protocol}: {answer})\n  \
         mend: renew the tokens under [accounts] in the target file"
    )]
    Token {
        /// The protocol.
        protocol: Protocol,
        /// The flow.
        flow: Flow,
        /// The subject.
        user_id: String,
        /// Status and code.
        answer: String,
    },
    /// Not enough subjects.
    #[error(
        "configuration: the selected cases need {needed} subjects at the same time, and the target file has {have}\n  \
         mend: add subjects, or let `provision` make them"
    )]
    Subjects {
        /// The most that one case needs.
        needed: usize,
        /// How many there are.
        have: usize,
    },
    /// Every protocol answers, and something else is wrong.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// What to do about a connection that can't be had.
fn mend(cause: &TransportError) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| cause.to_string().contains(word));
    match cause {
        TransportError::Resolve { .. } => "correct the host name in the target file",
        TransportError::Unreachable { .. } => "start the server, or correct host and port in the target file",
        TransportError::Tls { .. } if says(&["UnknownIssuer", "SelfSigned", "CaUsedAsEndEntity"]) => {
            "have its authority trusted: ca-file = \"ca.pem\" under [tls] in the target file, or, for a test instance only, \
             insecure = true"
        }
        TransportError::Tls { .. } if says(&["NotValidForName"]) => {
            "call it by a name that its certificate has, in the target file"
        }
        TransportError::Tls { .. } if says(&["Expired", "NotValidYet"]) => {
            "renew the server's certificate, or set the clock of this machine"
        }
        TransportError::Tls { .. } if says(&["InvalidContentType"]) => {
            "if the server speaks plain HTTP, write http:// in the target file"
        }
        TransportError::NotHttp { .. } => {
            "if the server speaks TLS, write https:// in the target file; otherwise look what listens there"
        }
        _ => "look whether the server is well, and whether the URL in the target file is its",
    }
}

/// Starts one registration over each protocol, then looks at what these flows need.
pub(super) async fn preflight(shared: &Shared, flows: &[Flow]) -> Result<(), PreflightError> {
    let have = shared.target.accounts.subjects.len();
    let Some(subject) = shared.target.accounts.subjects.first() else {
        return Err(PreflightError::Subjects { needed: 1, have });
    };
    for protocol in &shared.target.protocols {
        probe(shared, *protocol, subject).await?;
    }
    let seen = setup::look(shared, flows, subject).await?;
    if let Some(time) = seen.call_time() {
        shared.call_time.get_or_init(|| time);
    }
    Ok(())
}

/// What the start of one flow said of the set-up.
enum Sign {
    /// The target is there; whatever is wrong with it is the business of the cases.
    There,
    /// The flow is not.
    NotThere(String),
    /// Nobody spoke.
    Silent(TransportError),
}

/// Tries the flows in order until one is there. One that is not, or hangs, is the business of the cases; all of them are
/// a wrong set-up.
async fn probe(shared: &Shared, protocol: Protocol, subject: &Subject) -> Result<(), PreflightError> {
    let Some(transport) = shared.transport(protocol) else { return Ok(()) };
    let url = || shared.target.address(protocol).base_url.clone();
    let mut last = Sign::There;
    for flow in &shared.target.flows {
        let Some(call) = Call::start(*flow, &subject.user_id, Some(&subject.token)) else { continue };
        last = match transport.send(&call).await {
            Ok(exchange) => sign(&exchange, *flow, subject)?,
            Err(cause) => match cause {
                TransportError::Reset { .. }
                | TransportError::BodyTooLarge { .. }
                | TransportError::HeadersTooLarge { .. }
                | TransportError::BadFrame { .. } => Sign::There,
                TransportError::TimedOut { during, .. } if during != Phase::Connect => Sign::Silent(cause),
                TransportError::NotHttp { .. } | TransportError::Other(_) => Sign::Silent(cause),
                // The next flow has the same address.
                cause => return Err(PreflightError::NoReply { protocol, url: url(), cause }),
            },
        };
        if matches!(last, Sign::There) {
            return Ok(());
        }
    }
    match last {
        Sign::There => Ok(()),
        Sign::NotThere(answer) => Err(PreflightError::NotThere { protocol, url: url(), answer }),
        Sign::Silent(cause) => Err(PreflightError::NoReply { protocol, url: url(), cause }),
    }
}

fn sign(exchange: &Exchange, flow: Flow, subject: &Subject) -> Result<Sign, PreflightError> {
    let Reply::Refusal(refusal) = &exchange.reply else { return Ok(Sign::There) };
    let http = exchange.http_status;
    let code = refusal.status.as_ref().map(|status| status.code);
    let answer = code.map_or_else(|| format!("HTTP {http}"), |code| format!("HTTP {http}, code {code}"));
    if http == 401 || code == Some(Code::UNAUTHENTICATED.number()) {
        return Err(PreflightError::Token {
            protocol: exchange.protocol,
            flow,
            user_id: subject.user_id.clone(),
            answer,
        });
    }
    let absent = [Code::NOT_FOUND, Code::UNIMPLEMENTED].map(Code::number);
    let nowhere = matches!(http, 404 | 405 | 415 | 501) || code.is_some_and(|code| absent.contains(&code));
    Ok(if nowhere { Sign::NotThere(answer) } else { Sign::There })
}
