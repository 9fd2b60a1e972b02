//! What can be wrong in a set-up although every protocol answers: a flow is switched off, the target refuses a token, or the origin or
//! RP ID is a different one. This is examined before any case and reported with the fix.
//!
//! Only problems that can't be the target's own fault are reported here. Origin and RP ID are therefore tried: if the target refuses a
//! good enrolment with the values of the file, and accepts one for another origin, the file is wrong. If it accepts none, the cases
//! report that.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use super::start::SERVER_ERRORS;
use crate::authenticator::Format;
use crate::checks;
use crate::contract::{Flow, Protocol};
use crate::outcome::{Profile, Reason, Verdict};
use crate::provisioner::ProvidedSubject;
use crate::runner::play::control::enrol_once;
use crate::runner::sending::attempts::Way;
use crate::runner::state::Shared;
use crate::runner::subjects::pool::SubjectPool;
use crate::runner::target::description::{Accounts, Subject};
use crate::runner::target::file::identity::origin_of;
use crate::scenario::{Control, Demand};
use crate::transport::{Call, Exchange, FaultKind, Phase, Reply, Transport as _, TransportError};
use crate::webauthn::cose::CoseAlgorithm;
use crate::wire::secret::{Masker, Secret};
use crate::wire::status::Code;
use crate::words::beginning;

/// The target answers, but a run could have no verdict about it.
#[derive(Debug, Error)]
pub enum SetupError {
    /// No start reaches the target.
    #[error("setup: no start of any flow reaches the target: {seen}\n  fix: {fix}")]
    Between {
        /// What stands in between, and how often it was tried.
        seen: String,
        /// What to do about it.
        fix: &'static str,
    },
    /// A flow is refused over every protocol.
    #[error(
        "setup: the target refuses to start {flows}, over every protocol: {answer}\n  \
         fix: switch it on at the server and allow the users to enrol; or leave it out of the target file: {fix}"
    )]
    FlowOff {
        /// The flows.
        flows: String,
        /// Status, code and message.
        answer: String,
        /// What to write into the file.
        fix: String,
    },
    /// The check of origin and RP ID has locked the subject's token.
    #[error(
        "setup: a U2F enrolment has locked the token of the first subject, and it could not be unlocked: {why}\n  \
         fix: let the provisioner remove factors, or leave out the U2F flows"
    )]
    Locked {
        /// What the provisioner says.
        why: String,
    },
    /// Every flow is refused over every protocol.
    #[error(
        "setup: the target refuses to start any flow, over every protocol: {answer}\n  \
         fix: switch the flows on at the server, and give the users under [accounts] the permission to enrol"
    )]
    EveryFlowOff {
        /// Status, code and message of the first.
        answer: String,
    },
    /// Connections are accepted, but no readable answer comes.
    #[error(
        "configuration: no start is answered, over any protocol: {cause}\n  \
         fix: if the server speaks TLS, write https:// in `base-url`; otherwise check whether another program listens there"
    )]
    Speechless {
        /// Why, of the first.
        cause: TransportError,
    },
    /// The target refuses a token that is not a subject's.
    #[error(
        "configuration: the target refuses accounts.{name} ({answer})\n  fix: renew that token in the target file; {wanted}"
    )]
    Token {
        /// Its name in the file.
        name: &'static str,
        /// Status, code and message.
        answer: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// Two callers that have to differ have the same token.
    #[error(
        "configuration: accounts.no-rights-token is the same as {other}\n  \
         fix: write the token of a caller without any permission: the cases about 403 are played with it"
    )]
    SameToken {
        /// What it equals.
        other: String,
    },
    /// The target accepts another origin, and refuses the file's.
    #[error(
        "configuration: the target refuses a good enrolment for rp-id \"{rp_id}\" and origin \"{origin}\", and accepts one for rp-id \
         \"{right_rp_id}\" and origin \"{right_origin}\"\n  \
         fix: write rp-id = \"{right_rp_id}\" and origin = \"{right_origin}\" in the target file"
    )]
    Identity {
        /// RP ID of the file.
        rp_id: String,
        /// Origin of the file.
        origin: String,
        /// RP ID that is accepted.
        right_rp_id: String,
        /// Origin that is accepted.
        right_origin: String,
    },
}

/// What the first starts show about the target.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// How long calls took, in the order in which they were made.
    times: Vec<Duration>,
    /// The first start that was accepted, passkeys first, since enrolling another factor may end a session.
    start: Option<(Flow, Protocol, Option<String>)>,
}

impl Seen {
    /// What one call takes: the median. `None` before any was answered.
    pub fn call_time(&self) -> Option<Duration> {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}

/// Looks at flows, tokens, origin and RP ID.
pub(crate) async fn look(shared: &Shared, flows: &[Flow], subject: &Subject) -> Result<Seen, SetupError> {
    let mut seen = Seen::default();
    every_flow(shared, flows, subject, &mut seen).await?;
    if flows.iter().any(|flow| flow.names_user()) {
        tokens(shared, subject, &mut seen).await?;
    }
    if let Some((flow, protocol, offered)) = seen.start.clone() {
        let accounts = &shared.target.accounts;
        let locks = flow.is_u2f() && accounts.u2f_locks_tokens;
        // A subject that would stay locked out is not tried.
        if !locks || accounts.provisioner.is_some() {
            identity(shared, (flow, protocol), offered, subject).await?;
        }
        if let Some(provisioner) = accounts.provisioner.as_ref().filter(|_| locks) {
            let Subject { user_id, token } = subject.clone();
            let unlocked = provisioner.unlock(&ProvidedSubject { user_id, token }).await;
            unlocked.map_err(|error| SetupError::Locked { why: error.to_string() })?;
        }
    }
    Ok(seen)
}

/// The result of starting one flow over all protocols.
enum Start {
    Answered,
    Refused(String),
    Speechless(TransportError),
    /// Something stands between us and the target.
    Between(FaultKind, String),
}

async fn every_flow(shared: &Shared, flows: &[Flow], subject: &Subject, seen: &mut Seen) -> Result<(), SetupError> {
    let mut ordered = flows.to_vec();
    ordered.sort_by_key(|flow| flow.is_u2f());
    let (mut off, mut answers, mut silent, mut between) = (BTreeSet::new(), Vec::new(), Vec::new(), Vec::new());
    for flow in ordered {
        match start(shared, flow, subject, seen).await {
            Start::Answered => {}
            Start::Refused(answer) => {
                off.insert(flow.slug());
                answers.push(answer);
            }
            Start::Speechless(cause) => silent.push(cause),
            Start::Between(kind, seen) => between.push((kind, seen)),
        }
    }
    if silent.len() == flows.len()
        && let Some(cause) = silent.into_iter().next()
    {
        return Err(SetupError::Speechless { cause });
    }
    if between.len() == flows.len()
        && let Some((kind, seen)) = between.into_iter().next()
    {
        let fix = match kind {
            FaultKind::RateLimited => "wait, send fewer calls (--rate 20/s), or have the limit raised for the run",
            _ => "find out why the gateway does not reach the server, or write the server's own URL in the target file",
        };
        return Err(SetupError::Between { seen, fix });
    }
    let Some(answer) = answers.into_iter().next() else { return Ok(()) };
    if off.len() == flows.len() {
        return Err(SetupError::EveryFlowOff { answer });
    }
    let offered = &shared.target.flows;
    let rest: Vec<&str> = offered.iter().map(|flow| flow.slug()).filter(|flow| !off.contains(flow)).collect();
    let flows = off.into_iter().collect::<Vec<_>>().join(" and ");
    Err(SetupError::FlowOff { flows, answer, fix: format!("flows = {rest:?}") })
}

/// Starts one flow over one protocol after the other until an answer is not a refusal.
async fn start(shared: &Shared, flow: Flow, subject: &Subject, seen: &mut Seen) -> Start {
    let (mut refused, mut silent, mut between) = (None, None, None);
    for protocol in &shared.target.protocols {
        let Some(transport) = shared.transport(*protocol) else { continue };
        let Some(call) = Call::start(flow, &subject.user_id, Some(&subject.token)) else { continue };
        let sent = transport.call(&call, Way::USUAL).await;
        let given_up = sent.given_up();
        let exchange = match sent.result {
            Ok(exchange) => match sent.fault {
                None => exchange,
                Some((fault, _)) => {
                    between.get_or_insert((fault.kind, given_up.unwrap_or_default()));
                    continue;
                }
            },
            // The cases judge a start that hangs.
            Err(TransportError::TimedOut { during, .. }) if during != Phase::Connect => return Start::Answered,
            Err(cause) => {
                silent.get_or_insert(cause);
                continue;
            }
        };
        seen.times.push(exchange.timings.last_byte);
        match refusal(&exchange, &shared.masker) {
            Some(answer) => {
                refused.get_or_insert(answer);
            }
            None => {
                // A passkey rather than a second factor, which locks the user's token on some targets.
                let is_better = seen.start.as_ref().is_none_or(|(known, ..)| known.is_u2f() && !flow.is_u2f());
                if let (Reply::Success(body), true) = (&exchange.reply, is_better) {
                    let options = checks::creation_options(exchange.endpoint, body);
                    seen.start = Some((flow, *protocol, options.and_then(|options| options.ok()?.rp.id)));
                }
                return Start::Answered;
            }
        }
    }
    match (refused, silent, between) {
        (Some(answer), None, None) => Start::Refused(answer),
        (None, Some(cause), None) => Start::Speechless(cause),
        (None, None, Some((kind, seen))) => Start::Between(kind, seen),
        // The protocols differ, so the flow was not switched off.
        _ => Start::Answered,
    }
}

/// The words of a refusal; `None` for an acceptance, an unreadable answer, or a server error.
fn refusal(exchange: &Exchange, masker: &Masker) -> Option<String> {
    let Reply::Refusal(refusal) = &exchange.reply else { return None };
    let status = refusal.status.as_ref()?;
    let failed = exchange.http_status >= 500 && exchange.http_status != 501;
    let masked = masker.mask(&status.message);
    let message = beginning(&masked, 160);
    let words = || format!("HTTP {}, code {}: {message}", exchange.http_status, status.code);
    (!failed && !SERVER_ERRORS.contains(&status.code)).then(words)
}

/// Whether the target knows the callers of the v2 cases.
async fn tokens(shared: &Shared, subject: &Subject, seen: &mut Seen) -> Result<(), SetupError> {
    let accounts = &shared.target.accounts;
    let same = |token: &Secret, other: &Secret| token.expose() == other.expose();
    if let Some(token) = &accounts.no_rights {
        let admin =
            accounts.admin.as_ref().filter(|admin| same(token, admin)).map(|_| "accounts.admin-token".to_owned());
        let of_subject = || {
            let subject = accounts.subjects.iter().find(|subject| same(token, &subject.token));
            subject.map(|subject| format!("the token of subject {}", subject.user_id))
        };
        if let Some(other) = admin.or_else(of_subject) {
            return Err(SetupError::SameToken { other });
        }
    }
    let callers = [
        ("admin-token", &accounts.admin, "it belongs to a caller that may act on every user"),
        ("no-rights-token", &accounts.no_rights, "it is valid, and belongs to a caller without any permission"),
    ];
    let flow = shared.target.flows.iter().find(|flow| flow.names_user());
    let transport = shared.target.protocols.first().and_then(|protocol| shared.transport(*protocol));
    let (Some(flow), Some(transport)) = (flow, transport) else { return Ok(()) };
    for (name, token, wanted) in callers {
        let Some(token) = token else { continue };
        let Some(call) = Call::start(*flow, &subject.user_id, Some(token)) else { continue };
        let Ok(exchange) = transport.send(&call).await else { continue };
        seen.times.push(exchange.timings.last_byte);
        let Reply::Refusal(said) = &exchange.reply else { continue };
        let unknown = said.status.as_ref().is_some_and(|status| status.code == Code::UNAUTHENTICATED.number());
        if let Some(answer) = refusal(&exchange, &shared.masker).filter(|_| unknown) {
            return Err(SetupError::Token { name, answer, wanted });
        }
    }
    Ok(())
}

/// Enrols once with the values of the file; if that is refused, with the values that the target seems to want.
async fn identity(
    shared: &Shared,
    (flow, protocol): (Flow, Protocol),
    offered: Option<String>,
    subject: &Subject,
) -> Result<(), SetupError> {
    let target = &shared.target;
    if !is_refused(shared, (flow, protocol), (&target.rp_id, &target.origin), subject).await {
        return Ok(());
    }
    let right_rp_id = offered.unwrap_or_else(|| target.rp_id.clone());
    let guesses = [
        target.origin.clone(),
        origin_of(&target.web.base_url).unwrap_or_default(),
        format!("https://{right_rp_id}"),
        format!("http://{right_rp_id}"),
    ];
    let mut tried = BTreeSet::new();
    for right_origin in guesses {
        let is_new = tried.insert(right_origin.clone());
        let is_own = (&right_rp_id, &right_origin) == (&target.rp_id, &target.origin);
        if right_origin.is_empty() || !is_new || is_own {
            continue;
        }
        if is_accepted(shared, (flow, protocol), (&right_rp_id, &right_origin), subject).await {
            let (rp_id, origin) = (target.rp_id.clone(), target.origin.clone());
            return Err(SetupError::Identity { rp_id, origin, right_rp_id, right_origin });
        }
    }
    Ok(())
}

/// Whether a good enrolment is refused; a missing answer does not count. A server may well refuse a foreign origin by an internal error.
async fn is_refused(shared: &Shared, at: (Flow, Protocol), identity: (&str, &str), subject: &Subject) -> bool {
    match enrol(shared, at, identity, subject).await {
        Ok(()) => false,
        Err(failed) => failed.reason.verdict(Profile::Strict) == Verdict::Fail && failed.reason != Reason::Hang,
    }
}

async fn is_accepted(shared: &Shared, at: (Flow, Protocol), identity: (&str, &str), subject: &Subject) -> bool {
    enrol(shared, at, identity, subject).await.is_ok()
}

/// One good enrolment of a subject, with these as RP ID and origin.
async fn enrol(
    shared: &Shared,
    (flow, protocol): (Flow, Protocol),
    (rp_id, origin): (&str, &str),
    subject: &Subject,
) -> Result<(), crate::runner::memory::controls::Failed> {
    let mut target = shared.target.clone();
    (target.rp_id, target.origin) = (rp_id.to_owned(), origin.to_owned());
    let accounts = Accounts { subjects: vec![subject.clone()], ..shared.target.accounts.clone() };
    // A token that is refused before the run is reported, not renewed.
    (target.accounts.refresh, target.accounts.provisioner) = (Vec::new(), None);
    let pool = SubjectPool::new(&accounts, Demand::default());
    let attempts = Arc::clone(&shared.attempts);
    let alone = Shared::new(target, shared.settings, pool, attempts, shared.transports.clone());
    enrol_once(&alone, (flow, protocol, Control::new(Format::None, CoseAlgorithm::ES256)), 0).await
}
