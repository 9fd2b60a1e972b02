//! Judges answers by the same checks as `run`.

use serde_json::Value;

use super::draw::Draw;
use super::user::Subject;
use crate::checks::{self, Observation};
use crate::contract::Operation;
use crate::outcome::load::{LoadStep, Outcome};
use crate::outcome::{Finding, Profile, Verdict, gravest};
use crate::transport::{Exchange, Fault, FaultKind, Refusal, Reply, SentRequest, TransportError};

/// Characters of a target's text that are kept until secrets are masked in it.
const MOST_TEXT: usize = 2_000;

/// Load is judged by the texts that bind every target.
pub(super) const PROFILE: Profile = Profile::Webauthn;

/// Characters of an example that are shown.
pub(super) const MOST_SHOWN: usize = 200;

/// Why a cycle failed.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) step: LoadStep,
    pub(super) outcome: Outcome,
    /// One of a bounded set: nothing in it comes from the target.
    pub(super) class: String,
    /// What was seen; the text can quote the target and contain secrets.
    pub(super) example: String,
    /// The call that it was seen in.
    pub(super) exchange: Option<Box<Exchange>>,
}

/// An answer that was judged.
#[derive(Debug)]
pub(super) enum Answer {
    /// A conformant success, and the creation options that it wraps in a text (v1).
    Success(Box<Exchange>, Option<Value>),
    /// A conformant refusal: the end of its class, and the exchange.
    Refusal(String, Box<Exchange>),
    /// Anything else.
    Failure(Failure),
}

/// The class of a deviation, and what was seen.
pub(super) type Deviation = (String, String);

/// The data that an answer is judged by.
pub(super) struct Asked<'a> {
    pub(super) step: LoadStep,
    pub(super) rp_id: &'a str,
    pub(super) is_excused: &'a dyn Fn(&Finding) -> bool,
}

/// Observations that do not fail a cycle.
#[derive(Debug, Default)]
pub(super) struct Harmless {
    pub(super) deviations: Vec<Deviation>,
    /// Observations that would be wrong, but are known.
    pub(super) known: Vec<Deviation>,
    /// Calls that were provably not processed, and were sent again.
    pub(super) again: Vec<Deviation>,
}

/// Judges an answer to a call. Excused findings are ignored.
pub(super) fn judge(asked: &Asked<'_>, subject: &Subject, exchange: Exchange, harmless: &mut Harmless) -> Answer {
    let Asked { step, rp_id, is_excused } = *asked;
    let observation = Observation {
        exchange: &exchange,
        documented_request: true,
        malformed: false,
        watch: Some(&subject.authorization),
        rp_id: Some(rp_id),
        attachment: None,
        memo: checks::Memo::default(),
    };
    // The list is not an operation under test.
    let under_test = exchange.endpoint.operation != Operation::List;
    let mut findings = if under_test { checks::findings(&observation) } else { Vec::new() };
    let class = |finding: &Finding| format!("{}/check/{}", step.name(), finding.check);
    let words = |finding: &Finding| cut(format!("expected {}, received {}", finding.expected, finding.received));
    let deviates = |finding: &&Finding| finding.verdict(PROFILE) == Verdict::Deviation;
    harmless.deviations.extend(findings.iter().filter(deviates).map(|finding| (class(finding), words(finding))));
    findings.retain(|finding| finding.verdict(PROFILE) > Verdict::Deviation);
    findings.retain(|finding| {
        let is_known = is_excused(finding);
        let known = || (format!("{}/known/{}", step.name(), finding.check), words(finding));
        harmless.known.extend(is_known.then(known));
        !is_known
    });
    if let Some(finding) = gravest(&findings, PROFILE) {
        let (class, example) = (class(finding), words(finding));
        return Answer::Failure(wrong(step, class, example, Box::new(exchange)));
    }
    let unwrapped = observation.unwrapped();
    match &exchange.reply {
        Reply::Success(_) => Answer::Success(Box::new(exchange), unwrapped),
        Reply::Refusal(refusal) => Answer::Refusal(refusal_class(exchange.http_status, refusal), Box::new(exchange)),
        Reply::Unreadable(why) => {
            let (class, example) = (format!("{}/unreadable", step.name()), cut(why.clone()));
            Answer::Failure(wrong(step, class, example, Box::new(exchange)))
        }
    }
}

/// The body of a success.
pub(super) fn body(exchange: &Exchange) -> &Value {
    match &exchange.reply {
        Reply::Success(body) => body,
        _ => &Value::Null,
    }
}

/// A wrong answer.
pub(super) fn wrong(step: LoadStep, class: String, example: String, exchange: Box<Exchange>) -> Failure {
    Failure { step, outcome: Outcome::Nonconformant, class, example, exchange: Some(exchange) }
}

/// A conformant refusal of a call that should have succeeded.
pub(super) fn refused(step: LoadStep, class: &str, exchange: Box<Exchange>) -> Failure {
    let example = cut(text_of(&exchange));
    let class = format!("{}/{class}", step.name());
    Failure { step, outcome: Outcome::Refused, class, example, exchange: Some(exchange) }
}

/// A call without a reply.
pub(super) fn lost(step: LoadStep, error: &TransportError, exchange: Option<Exchange>) -> Failure {
    let outcome = match error {
        TransportError::TimedOut { .. } => Outcome::TimedOut,
        _ => Outcome::Transport,
    };
    let class = format!("{}/transport/{}", step.name(), error.cause());
    Failure { step, outcome, class, example: cut(error.to_string()), exchange: exchange.map(Box::new) }
}

/// A call that failed because of the network or a gateway: it says nothing about the target.
pub(super) fn of_the_network(step: LoadStep, fault: &Fault, exchange: Option<Exchange>) -> Failure {
    let outcome = match fault.kind {
        FaultKind::RateLimited => Outcome::RateLimited,
        FaultKind::Gateway => Outcome::Gateway,
        _ => Outcome::Transport,
    };
    let class = format!("{}/network/{}", step.name(), fault.kind.name());
    Failure { step, outcome, class, example: cut(fault.seen.clone()), exchange: exchange.map(Box::new) }
}

/// A call without a reply, to be shown.
pub(super) fn unanswered(request: SentRequest, draw: &Draw, endpoint: &'static crate::contract::Endpoint) -> Exchange {
    Exchange {
        protocol: draw.protocol,
        endpoint,
        request,
        http_status: 0,
        headers: http::HeaderMap::new(),
        trailers: http::HeaderMap::new(),
        body: bytes::Bytes::new(),
        is_http2: false,
        has_surplus: false,
        reply: Reply::Unreadable(String::new()),
        timings: crate::transport::Timings::default(),
    }
}

/// Status and code; an unknown code has no name of its own, so that the target can't make up endless classes.
fn refusal_class(http_status: u16, refusal: &Refusal) -> String {
    let http = if (100..600).contains(&http_status) { http_status.to_string() } else { "other".to_owned() };
    match refusal.status.as_ref().map(|status| status.code) {
        Some(code @ 0..=16) => format!("refused/{http}/{code}"),
        Some(_) => format!("refused/{http}/other"),
        None => format!("refused/{http}"),
    }
}

/// The words of a refusal.
pub(super) fn text_of(exchange: &Exchange) -> String {
    match &exchange.reply {
        Reply::Refusal(Refusal { json: Some(json), .. }) => json.to_string(),
        _ => String::new(),
    }
}

pub(super) fn cut(text: String) -> String {
    match text.char_indices().nth(MOST_TEXT) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

/// One line, cut.
pub(super) fn shown_line(text: &str) -> String {
    let line: String = text.chars().take(MOST_SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MOST_SHOWN).is_some() { format!("{line} ...") } else { line }
}
