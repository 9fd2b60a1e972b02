//! Records that have one cause, so that one missing permission is not 300 failures.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::terminal::plural;
use crate::contract::clause::Basis;
use crate::gate::{Judged, Standing};
use crate::outcome::{CaseRecord, Finding, Reason, Verdict};

/// Permutations that have one cause.
///
/// That is the same clause, basis, reason and expectation, with two exceptions. An error is the same whatever the case would have been
/// about: what counts is the reason and the answer. So it is with fails where the target refused what it has to accept, if it said
/// that the caller may not, or refused the good enrolments in the same words.
pub(super) struct Cause<'a> {
    /// The deciding finding of the first.
    pub finding: &'a Finding,
    /// The example first.
    pub records: Vec<&'a CaseRecord>,
}

impl Cause<'_> {
    /// The clauses that it keeps from holding, or from being looked at, in order.
    pub fn clauses(&self) -> BTreeSet<&str> {
        self.records.iter().filter_map(|record| Some(record.findings.first()?.clause.as_str())).collect()
    }

    /// Whether it is one for more than one clause, so that no clause says what it is.
    pub fn is_across_clauses(&self) -> bool {
        self.clauses().len() > 1
    }

    /// What it is about: a clause, or how many cases and clauses.
    pub fn about(&self) -> String {
        let clauses = self.clauses().len();
        if clauses < 2 {
            return self.finding.clause.clone();
        }
        let cases = self.records.iter().map(|record| record.case.as_str()).collect::<BTreeSet<_>>().len();
        format!("{} about {clauses} clauses", plural(cases, "case"))
    }

    /// What to do about what is no fault of the target's, or need not be one.
    pub fn mend(&self) -> Option<&'static str> {
        Some(match self.finding.reason {
            Reason::Auth => {
                "the target refuses a token of the target file: renew it under [accounts]; `proofmark check --target FILE` looks at \
                 the callers"
            }
            Reason::ControlFailed => {
                "the good enrolment that these are set against is refused, so that no refusal would say anything. Are rp-id and \
                 origin those of the server? If so, `proofmark run enrolment/good` says what it does wrong"
            }
            Reason::TargetUnreachable => {
                "look whether the server is up, and whether it bears so many connections (--concurrency)"
            }
            Reason::Aborted | Reason::Budget => {
                "the run ended before this was over: the line `stopped` says why; what it says nothing of has no verdict"
            }
            Reason::Setup => {
                "a call that only prepares the case did not come to what it needs, which is no verdict about the clause; the \
                 example says what is missing"
            }
            Reason::OracleDisagrees | Reason::HarnessBug => "report it with the event stream (--report ndjson=FILE)",
            _ if is_denied(self.finding) => {
                "the target says that the caller may not do this: give it the permission; if it has it, the target is at fault"
            }
            _ if self.is_across_clauses() => {
                "good enrolments are refused in the same words (ERROR control-failed, above): mend that first"
            }
            _ => return None,
        })
    }
}

/// Causes of a verdict, the most frequent first. What an entry of the known-deviations file tells of is left out, also if
/// the entry holds no longer.
pub(super) fn causes(judged: &Judged, verdict: Verdict) -> Vec<Cause<'_>> {
    grouped(judged, verdict, |record| !matches!(judged.standing(record), Standing::Known(_) | Standing::Expired(_)))
}

/// Causes of those records of a verdict that a filter takes, the most frequent first.
pub(super) fn grouped(judged: &Judged, verdict: Verdict, takes: impl Fn(&CaseRecord) -> bool) -> Vec<Cause<'_>> {
    let refused = refused_controls(judged);
    let mut by_key: BTreeMap<Key<'_>, Cause<'_>> = BTreeMap::new();
    for record in judged.run.cases.iter().filter(|record| record.verdict == verdict && takes(record)) {
        let Some(finding) = record.findings.first() else { continue };
        by_key.entry(key(finding, &refused)).or_insert(Cause { finding, records: Vec::new() }).records.push(record);
    }
    let mut causes: Vec<Cause<'_>> = by_key.into_values().collect();
    for cause in &mut causes {
        // The example comes first. A curl line, over REST, says most to a person.
        cause.records.sort_by_key(|record| (record.curl.is_empty(), record.protocol != "rest"));
        if let Some(finding) = cause.records.first().and_then(|record| record.findings.first()) {
            cause.finding = finding;
        }
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.records.len()));
    causes
}

/// Clause, reason, expectation and answer, each empty where it does not count.
type Key<'a> = (&'a str, String, &'a str, Cow<'a, str>);

fn key<'a>(finding: &'a Finding, refused: &HashSet<Cow<'_, str>>) -> Key<'a> {
    let (clause, expected) = (finding.clause.as_str(), finding.expected.as_str());
    let answer = answer(&finding.received);
    match finding.reason {
        Reason::Auth | Reason::ControlFailed | Reason::TargetUnreachable => ("", finding.reason.name(), "", answer),
        Reason::Setup | Reason::Aborted | Reason::Budget => ("", finding.reason.name(), expected, answer),
        Reason::RejectedValid | Reason::WrongStatus | Reason::StateChanged
            if is_denied(finding) || refused.contains(&answer) =>
        {
            ("", "refused".to_owned(), "", answer)
        }
        reason => {
            let basis = finding.basis.map_or("", Basis::name);
            (clause, format!("{} {basis}", reason.name()), expected, Cow::Borrowed(""))
        }
    }
}

/// What the target answered to good enrolments that it refused.
fn refused_controls(judged: &Judged) -> HashSet<Cow<'_, str>> {
    let failed = judged.run.cases.iter().filter(|record| record.reason == Reason::ControlFailed);
    failed.filter_map(|record| Some(answer(&record.findings.first()?.received))).collect()
}

fn is_denied(finding: &Finding) -> bool {
    let is_refused = matches!(finding.reason, Reason::RejectedValid | Reason::WrongStatus | Reason::StateChanged);
    is_refused && answer(&finding.received).starts_with("code 7")
}

/// An answer without what differs between protocols and users: the HTTP status, and long numbers.
fn answer(received: &str) -> Cow<'_, str> {
    const SHORT: usize = 5;
    let status = received.strip_prefix("refused: HTTP ").and_then(|rest| rest.split_once(", "));
    let words = status.map_or(received, |(_, rest)| rest);
    let is_digit = |c: char| c.is_ascii_digit();
    if !words.split(|c| !is_digit(c)).any(|digits| digits.len() >= SHORT) {
        return Cow::Borrowed(words);
    }
    let mut short = String::new();
    for part in words.split_inclusive(|c| !is_digit(c)) {
        let digits = part.trim_end_matches(|c| !is_digit(c));
        short.push_str(if digits.len() >= SHORT { "#" } else { digits });
        short.push_str(&part[digits.len()..]);
    }
    Cow::Owned(short)
}

/// The permutations that play a record's case again, as a pattern. A comparison has none of its own, but those that it compares.
pub(super) fn pattern(record: &CaseRecord) -> String {
    match (record.protocol.as_str(), record.id.strip_prefix(&record.flow).and_then(|rest| rest.strip_prefix("/all/"))) {
        ("all", Some(rest)) => format!("{}/*/{rest}", record.flow),
        // What is said of the whole run.
        ("all", None) if !record.case.contains('/') => "**".to_owned(),
        ("all", None) => record.case.clone(),
        _ => record.id.clone(),
    }
}

/// The command that plays a record's case again.
pub(super) fn again(record: &CaseRecord, seed: u64) -> String {
    let suite = record.suite.as_ref().map(|path| format!("--suite {path} ")).unwrap_or_default();
    format!("proofmark run {suite}'{}' --seed {seed}", pattern(record))
}

/// Why a record is excused, if it is.
pub(super) fn excused(judged: &Judged, record: &CaseRecord) -> Option<String> {
    match judged.standing(record) {
        Standing::Known(entry) => Some(entry.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_same_over_every_protocol_and_for_every_user() {
        let rest = answer("refused: HTTP 404, code 5, id X-1: user 659184569000000002 is not there");
        assert_eq!(rest, "code 5, id X-1: user # is not there");
        assert_eq!(rest, answer("refused: HTTP 200, code 5, id X-1: user 112233445566 is not there"));
        assert_eq!(answer("accepted: 200"), "accepted: 200");
        assert_eq!(answer("12345"), "#");
    }

    #[test]
    fn causes_are_one_where_the_answer_is_what_counts() {
        let finding = |clause: &str, reason, received: &str| Finding::new("c", clause, reason, "accepted", received);
        let good = HashSet::from([answer("refused: HTTP 400, code 3, id ORIGIN: no")]);
        let one = |a: (Reason, &str), b: (Reason, &str)| {
            let (a, b) = (finding("a", a.0, a.1), finding("b", b.0, b.1));
            key(&a, &good) == key(&b, &good)
        };
        let (http, web) = ("refused: HTTP 401, code 16: no", "refused: HTTP 200, code 16: no");
        assert!(one((Reason::Auth, http), (Reason::Auth, web)), "the same token");
        assert!(!one((Reason::Auth, http), (Reason::ControlFailed, http)));
        let denied = "refused: HTTP 403, code 7: no";
        assert!(one((Reason::RejectedValid, denied), (Reason::WrongStatus, denied)), "one permission");
        let origin = "refused: HTTP 400, code 3, id ORIGIN: no";
        assert!(one((Reason::RejectedValid, origin), (Reason::StateChanged, origin)), "as the good enrolments");
        let other = "refused: HTTP 400, code 3, id OTHER: no";
        assert!(!one((Reason::RejectedValid, other), (Reason::RejectedValid, other)), "clauses of their own");
    }
}
