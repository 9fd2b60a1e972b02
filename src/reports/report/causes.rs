//! Records that have one cause, so that one missing permission is not 300 failures.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::contract::clause::{Basis, Severity};
use crate::gate::{Judged, Standing};
use crate::outcome::said::Said;
use crate::outcome::{CaseRecord, Finding, Reason, Verdict};
use crate::wire::status::Code;
use crate::words::plural;

/// The caller may not.
const PERMISSION_DENIED: i32 = Code::PERMISSION_DENIED.number();

/// Tests that have one cause.
///
/// Refusals have one cause if the target answers with the same error id, over every protocol. If there is no error id, the code,
/// the form of the message and the clause have to be the same. This holds for refusals of what has to be accepted, for refusals
/// with another status than the documented one, and for server errors. All other records have one cause if clause, basis, reason
/// and expectation are the same. Errors have one cause whatever their cases are about.
pub(super) struct Cause<'a> {
    /// The deciding finding of the first.
    pub finding: &'a Finding,
    /// The example first.
    pub records: Vec<&'a CaseRecord>,
    kind: Kind,
}

/// The kind of a refusal, apart from its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// An exception or a panic that nothing handled. It comes first.
    Exception,
    /// A server error unlike those with which the target refuses.
    Apart,
    /// A refusal with the text with which a good enrolment was refused.
    OfControls,
    /// A refusal with a server error.
    ServerError,
    /// None of these.
    Usual,
}

impl Cause<'_> {
    /// The clauses that do not hold or could not be tested because of it, in order.
    pub fn clauses(&self) -> BTreeSet<&str> {
        self.records.iter().filter_map(|record| Some(record.findings.first()?.clause.as_str())).collect()
    }

    /// Whether it belongs to more than one clause, so that no clause describes it.
    pub fn is_across_clauses(&self) -> bool {
        self.clauses().len() > 1
    }

    /// The verdict of its records.
    pub fn verdict(&self) -> Verdict {
        self.records.first().map_or(Verdict::Error, |record| record.verdict)
    }

    /// How severe it is: as the gravest of its records. `None` for errors and skips, which say nothing about the target. An
    /// exception that nothing handled is a fault that callers can trigger at will.
    pub fn severity(&self) -> Option<Severity> {
        let gravest = self.records.iter().filter_map(|record| record.severity()).min()?;
        Some(if self.is_exception() { gravest.min(Severity::High) } else { gravest })
    }

    /// `critical` and so on; a dash if there is none.
    pub fn severity_word(&self) -> &'static str {
        self.severity().map_or("-", Severity::name)
    }

    /// Its name in one line, such as `accepted-invalid: webauthn/7.1/origin`. The text may come from outside.
    pub fn name(&self) -> String {
        format!("{}: {}", self.finding.reason.name(), self.about())
    }

    /// The same in a list of causes, with the error id of the target if that tells causes apart.
    pub fn name_among_others(&self) -> String {
        let is_told_by_id = matches!(
            self.finding.reason,
            Reason::Crash | Reason::RejectedValid | Reason::WrongStatus | Reason::ControlFailed | Reason::Auth
        );
        let id = Said::of(&self.finding.received).and_then(|said| said.id).filter(|_| is_told_by_id);
        self.name() + &id.map(|id| format!(", id {id}")).unwrap_or_default()
    }

    /// How many of its records are of a protocol; `all` for comparisons.
    pub fn over(&self, protocol: &str) -> usize {
        self.records.iter().filter(|record| record.protocol == protocol).count()
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

    /// How to fix a cause that is not a fault of the target, or may not be one.
    pub fn fix(&self) -> Option<&'static str> {
        Some(match self.finding.reason {
            Reason::Auth => {
                "the target refuses a token of the target file: renew it under [accounts]; `proofmark check --target FILE` checks \
                 the callers"
            }
            Reason::ControlFailed => {
                "the target refuses the control, the good enrolment, so that its refusal of a wrong one shows nothing. Are rp-id and \
                 origin those of the server? If they are, `proofmark run enrolment/good` shows what the server does wrong"
            }
            Reason::TargetUnreachable => {
                "check whether the server is up, and whether it can handle so many connections (--concurrency)"
            }
            Reason::RateLimited => {
                "the run sends too many calls for the target or a gateway in front of it: send fewer (--rate 20/s), wait longer (--retries), or \
                 raise the limit for the run"
            }
            Reason::Gateway => {
                "a gateway answered instead of the target: look in its logs why it does not reach the target. If it is always the same case, the \
                 server behind the gateway may crash on that request"
            }
            Reason::Aborted | Reason::Budget => {
                "the run ended before these tests were over: the line `stopped` says why; these tests have no verdict"
            }
            Reason::Setup => {
                "a call that only prepares the case did not give what the case needs; this is not a verdict about the clause. The \
                 example shows what is missing"
            }
            Reason::Interference => {
                "another run or tool uses the same subjects: give each a list of its own, or a part of one (--subjects-slice 1/2 and \
                 2/2). Runs on one machine with one list keep their subjects apart without this"
            }
            Reason::OracleDisagrees | Reason::HarnessBug => "report it with the event stream (--report ndjson=FILE)",
            _ if is_denied(self.finding) => {
                "the target answers that the caller may not do this: give the caller the permission; if it has it, the target is at fault"
            }
            _ => match self.kind {
                Kind::OfControls => {
                    "the target refuses good enrolments with the same text (ERROR control-failed, above): fix that first"
                }
                Kind::Exception => {
                    "this is not a refusal: a handler failed with an exception or a panic that nothing caught. The request of the \
                     example triggers it; the server's log shows where"
                }
                Kind::Apart => {
                    "nearly all other server errors of this target have one error id, and this one has another: look in the \
                     server's log whether a handler failed"
                }
                Kind::ServerError => {
                    "the target refuses a wrong request with a server error: it should answer with a 4xx status"
                }
                Kind::Usual => return None,
            },
        })
    }

    /// Whether it is an exception that nothing handled, or a server error unlike those with which the target refuses.
    pub fn is_exception(&self) -> bool {
        matches!(self.kind, Kind::Exception | Kind::Apart)
    }

    /// Its place among the causes of its verdict; the gravest has the smallest value.
    fn gravity(&self) -> (Option<Severity>, bool, u8, Reverse<usize>) {
        (self.severity(), !self.is_exception(), self.finding.reason.gravity(), Reverse(self.records.len()))
    }
}

/// Every cause that somebody has to look at, in the order in which to look: what keeps tests from a verdict because of the target file
/// or the set-up, since the rest may follow from it; fails, then deviations, each the gravest first; faults of proofmark.
pub(super) fn ordered(judged: &Judged) -> Vec<Cause<'_>> {
    let mut all = causes(judged, Verdict::Error);
    all.extend(causes(judged, Verdict::Fail));
    all.extend(causes(judged, Verdict::Deviation));
    // Stable, so that the order within a concern stays.
    all.sort_by_key(|cause| cause.finding.reason.concern());
    all
}

/// Causes of a verdict, the gravest first, then the most frequent. Records that an entry of the known-deviations file names are
/// left out, even if the entry does not hold any more.
pub(super) fn causes(judged: &Judged, verdict: Verdict) -> Vec<Cause<'_>> {
    grouped(judged, verdict, |record| !matches!(judged.standing(record), Standing::Known(_) | Standing::Expired(_)))
}

/// Causes of those records of a verdict that a filter takes, in the same order.
pub(super) fn grouped(judged: &Judged, verdict: Verdict, takes: impl Fn(&CaseRecord) -> bool) -> Vec<Cause<'_>> {
    let manner = Manner::of(judged);
    let mut by_key: BTreeMap<Key<'_>, Cause<'_>> = BTreeMap::new();
    for record in judged.run.cases.iter().filter(|record| record.verdict == verdict && takes(record)) {
        let Some(finding) = record.findings.first() else { continue };
        let kind = manner.kind(finding);
        let cause = Cause { finding, records: Vec::new(), kind };
        by_key.entry(key(finding, kind)).or_insert(cause).records.push(record);
    }
    let mut causes: Vec<Cause<'_>> = by_key.into_values().collect();
    for cause in &mut causes {
        // The example comes first. Of the gravest, one with a curl line, over REST, is the most useful one for a person.
        cause.records.sort_by_key(|record| (record.severity(), record.curl.is_empty(), record.protocol != "rest"));
        if let Some(finding) = cause.records.first().and_then(|record| record.findings.first()) {
            cause.finding = finding;
        }
    }
    causes.sort_by_key(Cause::gravity);
    causes
}

/// Clause, reason, expectation and answer, each empty if it does not count.
type Key<'a> = (&'a str, String, &'a str, Cow<'a, str>);

fn key(finding: &Finding, kind: Kind) -> Key<'_> {
    let (clause, expected, reason) = (finding.clause.as_str(), finding.expected.as_str(), finding.reason);
    let said = Said::of(&finding.received);
    let answer = || words(&finding.received);
    match (reason, said) {
        (reason, _) if reason.is_of_the_network() => ("", reason.name(), "", answer()),
        (Reason::Auth | Reason::ControlFailed | Reason::Crash, _) => ("", reason.name(), "", answer()),
        (Reason::Interference, _) => ("", reason.name(), expected, Cow::Borrowed("")),
        (Reason::Setup | Reason::Aborted | Reason::Budget, _) => ("", reason.name(), expected, answer()),
        _ if kind == Kind::OfControls || is_denied(finding) => ("", "refused".to_owned(), "", answer()),
        (Reason::RejectedValid | Reason::WrongStatus, Some(Said { id: Some(_), .. })) => {
            ("", reason.name(), "", answer())
        }
        (Reason::RejectedValid | Reason::WrongStatus, Some(_)) => (clause, reason.name(), "", answer()),
        _ => {
            let basis = finding.basis.map_or("", Basis::name);
            (clause, format!("{} {basis}", reason.name()), expected, Cow::Borrowed(""))
        }
    }
}

/// How a target refuses, as seen in the whole run.
struct Manner<'a> {
    /// Its answers to good enrolments that it refuses.
    of_controls: HashSet<Cow<'a, str>>,
    /// Whether its refusals have error ids.
    has_ids: bool,
    /// The answer of nearly all of its server errors.
    usual_error: Option<String>,
}

/// How many server errors are needed, nearly all with the same answer, before another one stands out.
const MANY: usize = 20;

impl<'a> Manner<'a> {
    fn of(judged: &'a Judged) -> Manner<'a> {
        let failed = |record: &&CaseRecord| record.reason == Reason::ControlFailed;
        let said = |record: &'a CaseRecord| Some(words(&record.findings.first()?.received));
        let mut errors: BTreeMap<String, usize> = BTreeMap::new();
        for record in judged.run.cases.iter().filter(|record| record.reason == Reason::Crash) {
            let said = record.findings.first().and_then(|finding| Said::of(&finding.received));
            if let Some(said) = said.filter(|said| said.id.is_some()) {
                *errors.entry(said.key()).or_default() += 1;
            }
        }
        let all: usize = errors.values().sum();
        let usual = errors.into_iter().find(|(_, count)| all >= MANY && count * 10 >= all * 9);
        Manner {
            of_controls: judged.run.cases.iter().filter(failed).filter_map(said).collect(),
            has_ids: judged.run.cases.iter().any(|record| record.observed.contains(" and id ")),
            usual_error: usual.map(|(key, _)| key),
        }
    }

    fn kind(&self, finding: &Finding) -> Kind {
        let is_refusal = matches!(finding.reason, Reason::RejectedValid | Reason::WrongStatus | Reason::StateChanged);
        if is_refusal && self.of_controls.contains(&words(&finding.received)) {
            return Kind::OfControls;
        }
        if finding.reason != Reason::Crash {
            return Kind::Usual;
        }
        let Some(said) = Said::of(&finding.received) else { return Kind::Exception };
        let lacks_id = said.id.is_none() && (self.has_ids || said.code.is_none());
        if lacks_id || said.shows_an_exception() {
            Kind::Exception
        } else if self.usual_error.as_ref().is_some_and(|usual| *usual != said.key()) {
            Kind::Apart
        } else {
            Kind::ServerError
        }
    }
}

/// The text of an answer, without the parts that differ between protocols or users.
fn words(received: &str) -> Cow<'_, str> {
    Said::of(received).map_or_else(|| answer(received), |said| Cow::Owned(said.key()))
}

fn is_denied(finding: &Finding) -> bool {
    let is_refused = matches!(finding.reason, Reason::RejectedValid | Reason::WrongStatus | Reason::StateChanged);
    is_refused && Said::of(&finding.received).is_some_and(|said| said.code == Some(PERMISSION_DENIED))
}

/// The text of an answer that is not a refusal, without long numbers, which differ between users.
fn answer(words: &str) -> Cow<'_, str> {
    const SHORT: usize = 5;
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
    fn an_answer_is_the_same_for_every_user() {
        assert_eq!(answer("user 659184569000000002 is not there 12"), "user # is not there 12");
        assert_eq!(answer("accepted: 200"), "accepted: 200");
        assert_eq!(answer("12345"), "#");
    }

    fn finding(clause: &str, reason: Reason, received: &str) -> Finding {
        Finding::new("c", clause, reason, "accepted", received)
    }

    fn manner(of_controls: &[&'static str], has_ids: bool) -> Manner<'static> {
        Manner { of_controls: of_controls.iter().map(|said| words(said)).collect(), has_ids, usual_error: None }
    }

    #[test]
    fn causes_are_one_where_the_answer_is_what_counts() {
        let manner = manner(&["refused: HTTP 400, code 3, id ORIGIN: no"], true);
        let one = |a: (Reason, &str), b: (Reason, &str)| {
            let (a, b) = (finding("a", a.0, a.1), finding("b", b.0, b.1));
            key(&a, manner.kind(&a)) == key(&b, manner.kind(&b))
        };
        let (http, web) = ("refused: HTTP 401, code 16: no", "refused: HTTP 200, code 16: no");
        assert!(one((Reason::Auth, http), (Reason::Auth, web)), "the same token");
        assert!(!one((Reason::Auth, http), (Reason::ControlFailed, http)));
        let denied = "refused: HTTP 403, code 7: no";
        assert!(one((Reason::RejectedValid, denied), (Reason::WrongStatus, denied)), "one permission");
        let origin = "refused: HTTP 400, code 3, id ORIGIN: no";
        assert!(one((Reason::RejectedValid, origin), (Reason::StateChanged, origin)), "as the good enrolments");
        let (other, over_grpc) = ("refused: HTTP 400, code 3, id OTHER: no", "refused: HTTP 200, code 3, id OTHER: no");
        assert!(one((Reason::RejectedValid, other), (Reason::RejectedValid, over_grpc)), "one error id");
        assert!(!one((Reason::RejectedValid, other), (Reason::WrongStatus, other)), "another fault");
        let bare = "refused: HTTP 400, code 3: no";
        assert!(!one((Reason::RejectedValid, bare), (Reason::RejectedValid, bare)), "no id: clauses of their own");
        let error = "refused: HTTP 500, code 13, id W-1: no";
        assert!(one((Reason::Crash, error), (Reason::Crash, "refused: HTTP 200, code 13, id W-1: no")));
        assert!(!one((Reason::Crash, error), (Reason::Crash, "refused: HTTP 500, code 13, id W-2: no")));
        assert!(!one((Reason::AcceptedInvalid, "accepted: 200"), (Reason::AcceptedInvalid, "accepted: 200")));
    }

    #[test]
    fn an_exception_is_told_from_a_refusal_by_a_server_error() {
        let (with, without) = (manner(&[], true), manner(&[], false));
        let kind = |manner: &Manner<'_>, received: &str| manner.kind(&finding("a", Reason::Crash, received));
        let orderly = "refused: HTTP 500, code 13, id W-1: the challenge is another";
        assert_eq!(kind(&with, orderly), Kind::ServerError);
        assert_eq!(kind(&with, "refused: HTTP 500, code 13: the challenge is another"), Kind::Exception, "without id");
        assert_eq!(kind(&without, "refused: HTTP 500, code 13: the challenge is another"), Kind::ServerError);
        for exception in [
            "refused: HTTP 500, no code",
            "HTTP 500",
            "the connection was closed before a reply",
            "refused: HTTP 200, code 13, id W-9: runtime error: index out of range",
            "crashed: HTTP 500, code 13, id W-9: no",
        ] {
            assert_eq!(kind(&without, exception), Kind::Exception, "{exception}");
        }
        let usual = Manner { usual_error: Some("id W-1".to_owned()), ..manner(&[], true) };
        assert_eq!(kind(&usual, orderly), Kind::ServerError);
        assert_eq!(kind(&usual, "refused: HTTP 500, code 13, id W-9: no"), Kind::Apart);
        let refused = finding("a", Reason::RejectedValid, "refused: HTTP 500, code 13: no");
        assert_eq!(with.kind(&refused), Kind::Usual);
    }
}
