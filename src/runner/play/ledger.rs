//! The result of a case: its calls, its findings and the clauses that they are about. Makes the record.

use std::collections::BTreeSet;
use std::fmt;

use crate::contract::{Endpoint, clause};
use crate::outcome::pace::Pace;
use crate::outcome::{CaseRecord, ExchangeRecord, Finding, LARGE, Profile, Reason, gravest};
use crate::runner::judge::played::{Lines, Played};
use crate::runner::judge::record;
use crate::scenario::Test;
use crate::transport::{Exchange, Reply, grpcurl};
use crate::wire::secret::{Masker, Secret};

/// Calls at the beginning of a case, and at its end, that records keep.
const KEPT: usize = 24;

/// What ends a test early. The finding that says why was already recorded.
#[derive(Debug)]
pub(crate) struct Ended;

/// The answer to the last step that judged one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    pub(crate) observed: Observed,
    /// Its exchange.
    judged: Option<usize>,
}

/// What a target did with a call.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Observed {
    /// Nothing was judged yet.
    #[default]
    Nothing,
    Accepted,
    /// With this code and error id.
    Refused(String),
    Unreadable,
}

impl Observed {
    /// Reads a reply.
    pub(crate) fn of(reply: &Reply) -> Observed {
        match reply {
            Reply::Success(_) => Observed::Accepted,
            Reply::Refusal(refusal) => {
                let id = refusal.status.as_ref().and_then(|status| status.error_id());
                let id = id.map_or_else(|| "no id".to_owned(), |id| format!("id {id}"));
                let code = refusal.status.as_ref().map_or_else(|| "none".to_owned(), |status| status.code.to_string());
                Observed::Refused(format!("code {code} and {id}"))
            }
            Reply::Unreadable(_) => Observed::Unreadable,
        }
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Observed::Nothing => Ok(()),
            Observed::Accepted => f.write_str("accepted"),
            Observed::Refused(with) => write!(f, "refused with {with}"),
            Observed::Unreadable => f.write_str("unreadable"),
        }
    }
}

/// The calls and findings of one case.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    exchanges: Vec<Played>,
    findings: Vec<Finding>,
    /// The exchange that decided, for the curl line: that of the first finding that is not a pass.
    decisive: Option<usize>,
    /// Clauses that checks looked at.
    checked: BTreeSet<&'static str>,
    /// Where an expectation with only one right answer was last met.
    met_at: Option<&'static Endpoint>,
    /// Where an expectation was last met.
    answered_at: Option<&'static Endpoint>,
    /// What later steps and the record use.
    pub(crate) answer: Answer,
    /// The last call that gave one thing two values: its exchange, and the step.
    carried: Option<(usize, String)>,
    /// Authorizations with a token that differs a little from the subject's own, and is as secret.
    altered: Vec<Secret>,
}

impl Ledger {
    /// Enters a call.
    pub(crate) fn play(&mut self, played: Played) {
        self.exchanges.push(played);
    }

    /// Enters the answer to a step's call, as the last exchange.
    pub(crate) fn answered(&mut self, reply: &Reply) {
        self.answer = Answer { observed: Observed::of(reply), judged: self.exchanges.len().checked_sub(1) };
    }

    /// The calls, in order.
    pub(crate) fn exchanges(&self) -> &[Played] {
        &self.exchanges
    }

    /// Whether the last step that judged an answer saw a success.
    pub(crate) fn is_accepted(&self) -> bool {
        self.answer.observed == Observed::Accepted
    }

    /// Enters clauses that were looked at.
    pub(crate) fn look_at(&mut self, clauses: impl IntoIterator<Item = &'static str>) {
        self.checked.extend(clauses);
    }

    /// Enters where an expectation was met, and whether it takes one answer only.
    pub(crate) fn meet(&mut self, endpoint: &'static Endpoint, takes_one_answer: bool) {
        if takes_one_answer {
            self.met_at = Some(endpoint);
        }
        self.answered_at = Some(endpoint);
    }

    /// Notes that the next exchange gives one thing two values.
    pub(crate) fn carry(&mut self, words: String) {
        self.carried = Some((self.exchanges.len(), words));
    }

    /// Whether a call gave one thing two values.
    pub(crate) fn has_carried(&self) -> bool {
        self.carried.is_some()
    }

    /// The last call that gave one thing two values.
    pub(crate) fn carrier(&self) -> Option<&Exchange> {
        self.exchanges.get(self.carried.as_ref()?.0).map(|played| &played.exchange)
    }

    /// Enters a token that must be masked although the target file does not name it.
    pub(crate) fn hide(&mut self, authorization: Secret) {
        self.altered.push(authorization);
    }

    /// Enters a finding; remembers the last exchange as the decisive one if it is the first that is not a pass.
    pub(crate) fn find(&mut self, mut finding: Finding) {
        finding.exchange = self.exchanges.len().checked_sub(1);
        // What has changed was changed by the call that said two things.
        if let Some((exchange, words)) = self.carried.as_ref().filter(|_| finding.reason == Reason::StateChanged) {
            finding.received = format!("{}; {words}", finding.received);
            self.decisive.get_or_insert(*exchange);
        }
        if !finding.reason.is_pass() && self.decisive.is_none() {
            self.decisive = self.exchanges.len().checked_sub(1);
        }
        self.findings.push(finding);
    }

    /// The findings, in order.
    pub(crate) fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The findings from this one on, to add to their texts.
    pub(crate) fn findings_from(&mut self, first: usize) -> &mut [Finding] {
        &mut self.findings[first..]
    }

    /// The last finding, to add to its text.
    pub(crate) fn last_finding(&mut self) -> Option<&mut Finding> {
        self.findings.last_mut()
    }

    /// Takes back the findings from this one on.
    pub(crate) fn forget_from(&mut self, first: usize) {
        self.findings.truncate(first);
    }

    /// The most severe finding.
    pub(crate) fn gravest(&self, profile: Profile) -> Option<&Finding> {
        gravest(&self.findings, profile)
    }

    /// The lines of the call that decided; those for `grpcurl` need the address of a target that has gRPC.
    pub(crate) fn lines(&self, grpc: Option<&str>) -> Lines {
        let shown = self.decisive.or(self.answer.judged).and_then(|index| self.exchanges.get(index));
        let note = shown.and_then(|played| played.token).map(|words| format!(" # {words}"));
        let noted = |line: String| if line.is_empty() { line } else { line + note.as_deref().unwrap_or_default() };
        let shown = shown.map(|played| &played.exchange);
        Lines {
            curl: noted(shown.map(crate::transport::curl).unwrap_or_default()),
            grpcurl: noted(shown.zip(grpc).and_then(|(shown, url)| grpcurl(shown, url)).unwrap_or_default()),
        }
    }

    /// Masks secrets that are not in the target file: tokens that differ a little from the subject's own.
    pub(crate) fn own_masker(&self) -> Option<Masker> {
        let tokens: Vec<Secret> = self.altered.iter().map(Secret::without_scheme).collect();
        (!tokens.is_empty()).then(|| Masker::new(&tokens))
    }

    /// The clauses that the case covers, once everything that it expects is known to hold.
    fn established<'p>(&self, test: &'p Test, profile: Profile) -> impl Iterator<Item = &'p str> {
        let holds =
            self.gravest(profile).is_some_and(|worst| matches!(worst.reason, Reason::Met | Reason::RightReason));
        let named = test.case.clauses.iter().filter(move |_| holds);
        let (met_at, answered_at) = (self.met_at, self.answered_at);
        named.filter_map(move |id| {
            let suffices = clause::find(id).is_some_and(|clause| clause.any_answer);
            let endpoint = met_at.or(answered_at.filter(|_| suffices))?;
            Some(clause::at(id, endpoint, test.protocol))
        })
    }

    /// Adds the durations of the calls that were answered.
    pub(crate) fn tell_pace(&self, pace: &mut Pace<'static>) {
        for exchange in self.exchanges.iter().map(|played| &played.exchange).filter(|exchange| exchange.http_status > 0)
        {
            let us = u64::try_from(exchange.timings.last_byte.as_micros()).unwrap_or(u64::MAX);
            pace.add(exchange.endpoint.name, exchange.protocol.slug(), exchange.request.body.len() >= LARGE, us);
        }
    }

    /// The calls that records keep: a case of very many calls shows its beginning and its end.
    fn kept(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.exchanges.len();
        let left_out = KEPT..count.saturating_sub(KEPT);
        (0..count).filter(move |index| !left_out.contains(index))
    }

    /// The calls as records show them.
    pub(crate) fn shown(&self, masker: &Masker) -> Vec<ExchangeRecord> {
        self.kept().map(|index| record::exchange(&self.exchanges[index], masker)).collect()
    }

    /// Writes everything but the calls into the record of a test.
    pub(crate) fn into_record(self, record: &mut CaseRecord, test: &Test, profile: Profile) {
        let established = self.established(test, profile);
        let checked: BTreeSet<&str> = self.checked.iter().copied().chain(established).collect();
        record.checked = checked.into_iter().map(str::to_owned).collect();
        let kept: Vec<usize> = if record.exchanges.is_empty() { Vec::new() } else { self.kept().collect() };
        record.findings = self.findings;
        for finding in &mut record.findings {
            finding.exchange = finding.exchange.and_then(|index| kept.iter().position(|kept| *kept == index));
        }
        record.observed = self.answer.observed.to_string();
    }
}
