//! Compares an answer with its expectation. Needs no target: everything that it looks at can be recorded and judged again.

use serde_json::Value;

use crate::checks::NO_OTHER_USER;
use crate::contract::{Endpoint, Protocol, What, clause};
use crate::outcome::{Expected, Finding, Reason, said};
use crate::runner::target::reason_map::{ReasonMap, Said};
use crate::scenario::Expectation;
use crate::transport::{Exchange, Refusal, Reply};
use crate::wire::secret::Masker;
use crate::wire::status::Code;
use crate::words::beginning;

/// `UNAUTHENTICATED`
const UNAUTHENTICATED: i32 = Code::UNAUTHENTICATED.number();

/// The clause that a reason map names for refusals that are unhandled exceptions.
const ROBUSTNESS: &str = "api/robustness";

/// Stands among the clauses that a refusal may be about, if its reason does not matter.
pub(crate) const ANY: &str = "*";

/// The clause of good enrolments.
pub(crate) const ACCEPT: &str = "webauthn/7.1/accept";

/// The clause of calls by another method.
const METHODS: [&str; 2] = ["api/request/method", "api/carriers/method"];

/// Above the clauses of HTTP and gRPC around the API.
const AROUND: [&str; 2] = ["http", "grpc"];

/// The check of findings about an expectation.
pub(crate) const CHECK: &str = "expectation";

/// What every answer of a run is compared with.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub reasons: &'a ReasonMap,
    pub masker: &'a Masker,
}

impl Judge<'_> {
    /// What the answer means.
    pub(crate) fn finding(&self, expected: &Expected, exchange: &Exchange) -> Finding {
        let words = Expectation::of(expected).words();
        let (reason, received) = match &exchange.reply {
            Reply::Success(body) if is_about_method(expected) && has_options(exchange.endpoint, body) => {
                (Reason::AcceptedInvalid, "accepted: creation options".to_owned())
            }
            // Neither a page for browsers nor a refusal is an acceptance.
            Reply::Unreadable(why) if expected.any_reply => (Reason::Met, format!("not a reply of the API: {why}")),
            Reply::Success(_) => (expected.accepted, "accepted: 200".to_owned()),
            Reply::Unreadable(why) => (Reason::WrongShape, format!("unreadable: {why}")),
            Reply::Refusal(refusal) => {
                (self.refused(expected, exchange, refusal), refusal_words(exchange.http_status, refusal, self.masker))
            }
        };
        let reason = if reason == Reason::Met && expected.left_open { Reason::LeftOpen } else { reason };
        let kept = match &exchange.reply {
            Reply::Refusal(refusal) if reason == Reason::WrongReason => self.kept_clause(expected, exchange, refusal),
            _ => None,
        };
        let clause = kept.unwrap_or(&expected.clause);
        // An unreadable reply says nothing about the case's basis.
        let of_case = kept.is_none() && !matches!(exchange.reply, Reply::Unreadable(_));
        let clause = clause::at(clause, exchange.endpoint, exchange.protocol);
        let finding = Finding::new(CHECK, clause, reason, words, received);
        match expected.basis.filter(|_| of_case) {
            Some(basis) => finding.resting_on(reason, basis, expected.source.clone()),
            None => finding,
        }
    }

    /// The other clause of the case that the target names in its refusal, although the case meets it.
    fn kept_clause<'e>(&self, expected: &'e Expected, exchange: &Exchange, refusal: &Refusal) -> Option<&'e str> {
        let claimed = self.claimed(exchange, refusal);
        let further = expected.further.iter().map(String::as_str);
        further.into_iter().find(|clause| claimed.contains(clause))
    }

    fn refused(&self, expected: &Expected, exchange: &Exchange, refusal: &Refusal) -> Reason {
        let code = refusal.status.as_ref().map(|status| status.code);
        if expected.configured_caller && code == Some(UNAUTHENTICATED) {
            // It can't be told here whether the token or the target is wrong; either way the clause was not examined.
            return Reason::Auth;
        }
        if let Some((class_http, class_code)) = expected.class {
            let code_fits = code == Some(class_code);
            // Another check reports a REST body without a readable code.
            let unread = code.is_none_or(|code| code == 0);
            let rest = exchange.protocol == Protocol::Rest;
            let fits = if rest { exchange.http_status == class_http && (code_fits || unread) } else { code_fits };
            return if fits { Reason::Met } else { Reason::WrongStatus };
        }
        let is_any = expected.also.iter().any(|clause| clause == ANY);
        if is_any || !Expectation::of(expected).must_refuse() {
            return expected.refused;
        }
        self.attributed(expected, exchange, refusal)
    }

    /// Puts the expectation's finding among those of the checks. The first of the most severe findings decides. If the documents name
    /// the status, that finding comes before what is generally true of replies. A refusal that is a crash is reported in its own words,
    /// by which causes are told apart.
    pub(crate) fn in_order(
        &self,
        mut checks: Vec<Finding>,
        judged: Finding,
        expected: &Expected,
        exchange: &Exchange,
    ) -> Vec<Finding> {
        if let Reply::Refusal(refusal) = &exchange.reply {
            let crash = checks.iter_mut().filter(|finding| finding.reason == Reason::Crash);
            crash.for_each(|finding| finding.received = self.crash_words(exchange, refusal));
        }
        // If a token that should be good is refused, the case stops, whatever the refusal is like.
        let is_around = |finding: &Finding| AROUND.iter().any(|clause| clause::includes(clause, &finding.clause));
        if judged.reason == Reason::Auth {
            checks.retain(|finding| !is_around(finding));
        }
        let first = expected.class.is_some() && !matches!(exchange.reply, Reply::Unreadable(_));
        checks.insert(if first { 0 } else { checks.len() }, judged);
        // The first of equals decides: what the API promises comes before HTTP and gRPC around it. What an answer shows of another user
        // comes last, because it follows from the answer being about that user.
        checks.sort_by_key(|finding| (finding.check == NO_OTHER_USER, is_around(finding)));
        checks
    }

    /// The words of a refusal by a server error, and whether the target's reason map says that it is an unhandled exception.
    fn crash_words(&self, exchange: &Exchange, refusal: &Refusal) -> String {
        let words = refusal_words(exchange.http_status, refusal, self.masker);
        let is_crash = self.claimed(exchange, refusal).iter().any(|clause| clause::includes(ROBUSTNESS, clause));
        match words.strip_prefix(said::REFUSED).filter(|_| is_crash) {
            Some(rest) => format!("{}{rest}", said::CRASHED),
            None => words,
        }
    }

    /// The clauses that the target's reason map says the refusal is about.
    fn claimed(&self, exchange: &Exchange, refusal: &Refusal) -> Vec<&str> {
        self.reasons.clauses(&Said::by(refusal, exchange.protocol, exchange.http_status))
    }

    /// Whether the target's reason map says that the refusal is about the clause under test, or another that the step allows.
    fn attributed(&self, expected: &Expected, exchange: &Exchange, refusal: &Refusal) -> Reason {
        let clause = expected.clause.as_str();
        match self.claimed(exchange, refusal).as_slice() {
            // An id within its limits gets "not found" too, so that answer says nothing about the limit.
            [] if clause.starts_with("api/limit/") && is_not_found(refusal) => Reason::WrongReason,
            [] => Reason::Unattributed,
            known if known.iter().any(|known| clause::includes(known, clause)) => Reason::RightReason,
            known if known.iter().any(|known| expected.also.iter().any(|allowed| allowed == known)) => {
                Reason::RightReason
            }
            _ => Reason::WrongReason,
        }
    }
}

/// Whether a call was made by another method: then the operation must not have run, whatever the answer is.
fn is_about_method(expected: &Expected) -> bool {
    expected.any_reply && METHODS.iter().any(|method| clause::includes(method, &expected.clause))
}

/// Whether the answer holds what only a start makes.
fn has_options(endpoint: &Endpoint, body: &Value) -> bool {
    endpoint.answered(What::Options, body).is_some()
}

fn is_not_found(refusal: &Refusal) -> bool {
    refusal.status.as_ref().is_some_and(|status| status.code == Code::NOT_FOUND.number())
}

/// Masked before it is cut, so that no part of a secret is left.
fn refusal_words(http: u16, refusal: &Refusal, masker: &Masker) -> String {
    let refused = said::REFUSED;
    let Some(status) = &refusal.status else { return format!("{refused}: HTTP {http}, no code") };
    let brief = |text: &str| beginning(&masker.mask(text), 160).to_owned();
    let id = status.error_id().map(|id| format!(", id {}", brief(id))).unwrap_or_default();
    format!("{refused}: HTTP {http}, code {}{id}: {}", status.code, brief(&status.message))
}
