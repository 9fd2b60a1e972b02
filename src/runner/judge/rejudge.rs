//! Judges a recorded run again, with the checks of this build. Needs no target.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::verdict::{self, Judge};
use crate::checks::{self, CHECKS, Memo, Observation};
use crate::contract::{Flow, Operation, Protocol};
use crate::outcome::{CaseRecord, Evidence, Finding, Reason, RecordedBody, RunRecord, Verdict};
use crate::runner::target::reason_map::ReasonMap;
use crate::transport::{Exchange, RecordedReply, recorded};
use crate::wire::secret::{MASK, Masker};

/// A record whose verdict, reason or deciding clause has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The result of the record before.
    pub before: (Verdict, Reason),
    /// Its place in the run.
    pub index: usize,
}

/// Judges every exchange again that was recorded whole. What the run found in other ways (the state afterwards, races,
/// agreement of protocols, missing replies, leaked secrets, which records no longer show) stays as it is. Verdicts follow from the run's
/// profile, which may be another now than the one that it was recorded with.
///
/// Gives what changed, in the order of the run's records.
pub fn rejudge(run: &mut RunRecord) -> Vec<Changed> {
    let reasons = recorded_reasons(run);
    let masker = Masker::default();
    let judge = Judge { reasons: &reasons, masker: &masker };
    let profile = run.started.profile;
    let mut changed = Vec::new();
    for (index, record) in run.cases.iter_mut().enumerate() {
        let (verdict, reason) = (record.verdict, record.reason);
        let clause = decisive_clause(record);
        // A comparison of protocols holds the exchanges of one of its tests.
        if record.protocol != "all" {
            rejudge_record(record, judge);
        }
        record.decide(profile);
        if (verdict, reason, clause) != (record.verdict, record.reason, decisive_clause(record)) {
            changed.push(Changed { before: (verdict, reason), index });
        }
    }
    changed
}

/// The target's reason map as the run recorded it.
pub fn recorded_reasons(run: &RunRecord) -> ReasonMap {
    let mut reasons = ReasonMap::default();
    for (pattern, clause) in &run.started.reasons {
        // They were patterns when they were written; an entry that is not a pattern any more is left out.
        reasons.add(pattern, clause).unwrap_or_default();
    }
    reasons
}

fn decisive_clause(record: &CaseRecord) -> Option<String> {
    record.findings.first().map(|finding| finding.clause.clone())
}

fn rejudge_record(record: &mut CaseRecord, judge: Judge<'_>) {
    let mut kept = std::mem::take(&mut record.findings);
    let mut findings = Vec::new();
    let mut checked: BTreeSet<String> = std::mem::take(&mut record.checked).into_iter().collect();
    for (index, exchange) in record.exchanges.iter().enumerate() {
        let again = exchange.evidence.as_ref().and_then(|evidence| rejudge_exchange(evidence, judge));
        let (again, looked_at) = again.unzip();
        if exchange.evidence.as_ref().is_some_and(|evidence| evidence.protocol == record.protocol) {
            checked.extend(looked_at.into_iter().flatten().map(str::to_owned));
        }
        let here = |finding: &Finding| finding.exchange == Some(index);
        let is_judged_again = |finding: &Finding| again.is_some() && is_rejudged(finding);
        let stays: Vec<Finding> = kept.iter().filter(|f| here(f) && !is_judged_again(f)).cloned().collect();
        kept.retain(|finding| !here(finding));
        let again = again.unwrap_or_default().into_iter();
        findings.extend(again.map(|finding| Finding { exchange: Some(index), ..finding }));
        findings.extend(stays);
    }
    findings.extend(kept);
    record.findings = findings;
    record.checked = checked.into_iter().collect();
}

/// Whether the finding can be made again from the record.
fn is_rejudged(finding: &Finding) -> bool {
    let needs_more = |id: &str| checks::NEED_SECRET.contains(&id) || checks::NEED_REQUEST.contains(&id);
    let is_check = CHECKS.iter().any(|check| check.id == finding.check && !needs_more(check.id));
    is_check || finding.check == verdict::CHECK
}

/// The findings, and what checks looked at; `None` where the reply was not recorded whole, or can't be read at all.
fn rejudge_exchange(evidence: &Evidence, judge: Judge<'_>) -> Option<(Vec<Finding>, BTreeSet<&'static str>)> {
    let exchange = exchange(evidence)?;
    let observation = Observation {
        exchange: &exchange,
        documented_request: !evidence.undocumented_request,
        malformed: evidence.malformed,
        watch: None,
        rp_id: evidence.rp_id.as_deref(),
        attachment: evidence.attachment.as_deref(),
        memo: Memo::default(),
    };
    let judged = judge.finding(&evidence.expected, &exchange);
    let examined = checks::examine(&observation);
    let findings = judge.in_order(examined.findings, judged, &evidence.expected, &exchange);
    Some((findings, examined.looked_at))
}

/// Whether a secret was masked, so that the recorded reply differs from the one that came.
fn is_masked(evidence: &Evidence) -> bool {
    let lines = evidence.headers.iter().chain(&evidence.trailers).map(|(_, value)| value);
    let body = match &evidence.body {
        RecordedBody::Text(text) | RecordedBody::Base64(text) => Some(text),
        RecordedBody::LeftOut(_) => None,
    };
    lines.chain(body).any(|text| text.contains(MASK))
}

/// The exchange that the evidence is about; `None` if its reply was not recorded whole, or can't be read.
pub(crate) fn exchange(evidence: &Evidence) -> Option<Exchange> {
    if is_masked(evidence) {
        return None;
    }
    let flow = Flow::from_slug(&evidence.flow)?;
    let operation = Operation::ALL.into_iter().find(|operation| operation.slug() == evidence.operation)?;
    let protocol = Protocol::ALL.into_iter().find(|protocol| protocol.slug() == evidence.protocol)?;
    let body = match &evidence.body {
        RecordedBody::Text(text) => Bytes::from(text.clone()),
        RecordedBody::Base64(text) => Bytes::from(STANDARD.decode(text).ok()?),
        RecordedBody::LeftOut(_) => return None,
    };
    let (headers, trailers) = (headers(&evidence.headers)?, headers(&evidence.trailers)?);
    let reply = RecordedReply { http_status: evidence.http_status, headers, trailers, body };
    recorded(protocol, flow.endpoint(operation)?, reply).ok()
}

fn headers(lines: &[(String, String)]) -> Option<HeaderMap> {
    let line = |(name, value): &(String, String)| {
        Some((name.parse::<HeaderName>().ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?))
    };
    lines.iter().map(line).collect()
}
