//! Tells a wrong set-up from a wrong server before any case runs.

use thiserror::Error;

use super::line::Line;
use super::reach;
use super::setup::{self, SetupError};
use super::start::{self, Start};
use crate::contract::{Flow, Protocol};
use crate::runner::state::Shared;
use crate::runner::target::description::Subject;
use crate::transport::TransportError;

// UNRESOLVED ?preflight/start|preflight/setup check::start
// UNRESOLVED ?sending/attempts|preflight/line check::Line

/// The set-up is wrong; no case was run.
#[derive(Debug, Error)]
pub enum PreflightError {
    /// No reply over one protocol.
    #[error("configuration: {why}\n  fix: {fix}")]
    NoReply {
        /// The protocol.
        protocol: Protocol,
        /// What keeps it from answering, and where.
        why: String,
        /// What to do about it.
        fix: String,
    },
    /// Something answers, but no flow is there.
    #[error(
        "configuration: {protocol} at {url} answers {answer} to the start of every flow\n  \
         fix: correct the URL in the target file (the host name by which the server knows itself, and the path before /v2 and \
         /auth/v1), correct the subjects' user ids, or take {protocol} out of `protocols`"
    )]
    NotThere {
        /// The protocol.
        protocol: Protocol,
        /// The address.
        url: String,
        /// Status and code.
        answer: String,
    },
    /// The target refuses the subject's token.
    #[error(
        "configuration: the target refuses the token of subject {user_id} ({flow} over {protocol}: {answer})\n  \
         fix: renew the tokens under [accounts] in the target file"
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
         fix: add subjects, or let `provision` make them"
    )]
    Subjects {
        /// The most that one case needs.
        needed: usize,
        /// How many there are.
        have: usize,
    },
    /// Every protocol answers, but something else in the set-up is wrong.
    #[error(transparent)]
    Setup(#[from] SetupError),
}

/// Starts one registration over each protocol, then looks at what these flows need.
pub(crate) async fn preflight(shared: &Shared, flows: &[Flow]) -> Result<(), PreflightError> {
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

/// Why a protocol can't be used.
enum Useless {
    /// No flow is there.
    NotThere(String),
    /// There was no reply.
    Silent(TransportError),
}

/// Tries the flows in order until one is there. If only some flows are absent or hang, the cases judge that; if all are, the set-up is
/// wrong.
async fn probe(shared: &Shared, protocol: Protocol, subject: &Subject) -> Result<(), PreflightError> {
    let Some(transport) = shared.transport(protocol) else { return Ok(()) };
    let mut last = None;
    for flow in &shared.target.flows {
        let start = start::start(transport.as_ref(), *flow, &subject.user_id, Some(&subject.token)).await;
        last = match start {
            Start::Token { answer } => {
                let user_id = subject.user_id.clone();
                return Err(PreflightError::Token { protocol, flow: *flow, user_id, answer });
            }
            Start::Absent { answer } | Start::Page { answer } => Some(Useless::NotThere(answer)),
            // The next flow has the same address.
            Start::Silent(cause) if cause.is_without_connection() => return Err(silent(shared, protocol, &cause).await),
            Start::Silent(cause) if start::is_of_another_program(&cause) => Some(Useless::Silent(cause)),
            // The cases judge whatever is wrong with it.
            _ => return Ok(()),
        };
    }
    match last {
        None => Ok(()),
        Some(Useless::NotThere(answer)) => {
            let url = shared.target.address(protocol).base_url.clone();
            Err(PreflightError::NotThere { protocol, url, answer })
        }
        Some(Useless::Silent(cause)) => Err(silent(shared, protocol, &cause).await),
    }
}

async fn silent(shared: &Shared, protocol: Protocol, cause: &TransportError) -> PreflightError {
    let Line { text, fix, .. } =
        reach::silent(protocol, shared.target.address(protocol), &shared.target.limits, cause).await;
    PreflightError::NoReply { protocol, why: text, fix }
}
