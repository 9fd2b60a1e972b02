//! The short form of a pass in the event stream: what many tests share is written once and then named by its number.

use std::collections::HashMap;
use std::io;

use serde::{Deserialize, Serialize};

use crate::contract::clause::Basis;
use crate::outcome::{CaseRecord, Event, Finding, Reason, Verdict};

/// Among how many of the last lists of clauses one is looked for that a new list resembles.
const LISTS: usize = 64;

/// A line of the stream that is not an event by itself. The number of what is shared is the count of earlier lines of its kind.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Line {
    /// What the tests of a case share.
    Case(Case),
    /// What passes of the same kind share.
    Outcome(Outcome),
    /// Clauses that were looked at.
    Checked(Change),
    /// A pass without calls.
    Pass(Pass),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Case {
    case: String,
    title: String,
    clauses: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    basis: Option<Basis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suite: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Outcome {
    reason: Reason,
    findings: Vec<Finding>,
    observed: String,
}

/// A list of clauses: those of an earlier list, if one is like it, with more and without some.
#[derive(Debug, Serialize, Deserialize)]
struct Change {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    like: Option<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    and: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    not: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Pass {
    flow: String,
    protocol: String,
    /// The rest of the id.
    test: String,
    case: usize,
    outcome: usize,
    checked: usize,
    duration_us: u64,
}

/// Writes events as lines of JSON.
#[derive(Debug, Default)]
pub struct EventWriter {
    cases: HashMap<Case, usize>,
    /// By their JSON.
    outcomes: HashMap<String, usize>,
    /// By the numbers of their clauses.
    checked: HashMap<Vec<usize>, usize>,
    lists: Vec<Vec<usize>>,
    clauses: HashMap<String, usize>,
    names: Vec<String>,
}

impl EventWriter {
    /// Writes an event: a line, and before it lines of what it is the first to share.
    ///
    /// # Errors
    /// Errors of the writer.
    pub fn write(&mut self, event: &Event, out: &mut dyn io::Write) -> io::Result<()> {
        match event {
            Event::CaseFinished(record) => self.write_record(record, out),
            other => write_line(other, out),
        }
    }

    pub(super) fn write_record(&mut self, record: &CaseRecord, out: &mut dyn io::Write) -> io::Result<()> {
        let place = format!("{}/{}/", record.flow, record.protocol);
        let Some(test) = record.id.strip_prefix(&place).filter(|_| is_plain(record)) else {
            return write_line(&Event::CaseFinished(Box::new(record.clone())), out);
        };
        let pass = Pass {
            flow: record.flow.clone(),
            protocol: record.protocol.clone(),
            test: test.to_owned(),
            case: self.case(record, out)?,
            outcome: self.outcome(record, out)?,
            checked: self.checked(record, out)?,
            duration_us: record.duration_us,
        };
        write_line(&Line::Pass(pass), out)
    }

    fn case(&mut self, record: &CaseRecord, out: &mut dyn io::Write) -> io::Result<usize> {
        let CaseRecord { case, title, clauses, basis, source, suite, .. } = record.clone();
        let case = Case { case, title, clauses, basis, source, suite };
        if let Some(number) = self.cases.get(&case) {
            return Ok(*number);
        }
        write_line(&Line::Case(case.clone()), out)?;
        self.cases.insert(case, self.cases.len());
        Ok(self.cases.len() - 1)
    }

    fn outcome(&mut self, record: &CaseRecord, out: &mut dyn io::Write) -> io::Result<usize> {
        let CaseRecord { reason, findings, observed, .. } = record.clone();
        let line = serde_json::to_string(&Line::Outcome(Outcome { reason, findings, observed }))?;
        if let Some(number) = self.outcomes.get(&line) {
            return Ok(*number);
        }
        writeln!(out, "{line}")?;
        self.outcomes.insert(line, self.outcomes.len());
        Ok(self.outcomes.len() - 1)
    }

    fn checked(&mut self, record: &CaseRecord, out: &mut dyn io::Write) -> io::Result<usize> {
        let mut list: Vec<usize> = record.checked.iter().map(|clause| self.clause(clause)).collect();
        list.sort_unstable();
        if let Some(number) = self.checked.get(&list) {
            return Ok(*number);
        }
        let number = self.lists.len();
        let recent = number.saturating_sub(LISTS)..number;
        let like = recent.min_by_key(|other| outside(&list, &self.lists[*other]) + outside(&self.lists[*other], &list));
        let like = like.filter(|other| outside(&list, &self.lists[*other]) < list.len());
        let like_list: &[usize] = like.map_or(&[], |other| &self.lists[other]);
        let and = self.names_outside(&list, like_list);
        let not = self.names_outside(like_list, &list);
        write_line(&Line::Checked(Change { like, and, not }), out)?;
        self.lists.push(list.clone());
        self.checked.insert(list, number);
        Ok(number)
    }

    fn clause(&mut self, id: &str) -> usize {
        if let Some(number) = self.clauses.get(id) {
            return *number;
        }
        self.names.push(id.to_owned());
        self.clauses.insert(id.to_owned(), self.names.len() - 1);
        self.names.len() - 1
    }

    fn names_outside(&self, list: &[usize], other: &[usize]) -> Vec<String> {
        let outside = list.iter().filter(|number| other.binary_search(number).is_err());
        outside.map(|number| self.names[*number].clone()).collect()
    }
}

/// How many of a list are not in another. Both are sorted.
fn outside(list: &[usize], other: &[usize]) -> usize {
    list.iter().filter(|number| other.binary_search(number).is_err()).count()
}

/// Whether a record has nothing but what a [`Pass`] has.
fn is_plain(record: &CaseRecord) -> bool {
    record.verdict == Verdict::Pass
        && record.exchanges.is_empty()
        && !record.flaky
        && record.earlier.is_empty()
        && record.curl.is_empty()
        && record.grpcurl.is_empty()
        && record.credential.is_none()
}

fn write_line(line: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::other)?;
    out.write_all(b"\n")
}

/// Reads what [`EventWriter`] wrote.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    cases: Vec<Case>,
    outcomes: Vec<Outcome>,
    checked: Vec<Vec<String>>,
}

/// The part of a line that says what it is.
#[derive(Deserialize)]
struct Kind {
    event: String,
}

impl EventReader {
    /// The event of a line; `None` if the line only has what later ones share.
    pub(super) fn read(&mut self, text: &str) -> serde_json::Result<Option<Event>> {
        let kind: Kind = serde_json::from_str(text)?;
        if !matches!(kind.event.as_str(), "case" | "outcome" | "checked" | "pass") {
            return serde_json::from_str(text).map(Some);
        }
        match serde_json::from_str(text)? {
            Line::Case(case) => self.cases.push(case),
            Line::Outcome(outcome) => self.outcomes.push(outcome),
            Line::Checked(change) => {
                let list = self.list(change)?;
                self.checked.push(list);
            }
            Line::Pass(pass) => return self.record(pass).map(|record| Some(Event::CaseFinished(Box::new(record)))),
        }
        Ok(None)
    }

    fn list(&self, Change { like, and, not }: Change) -> serde_json::Result<Vec<String>> {
        let mut list = like.map_or(Ok(Vec::new()), |number| at(&self.checked, "list of clauses", number).cloned())?;
        list.retain(|clause| !not.contains(clause));
        list.extend(and);
        list.sort_unstable();
        Ok(list)
    }

    fn record(&self, pass: Pass) -> serde_json::Result<CaseRecord> {
        let Pass { flow, protocol, test, duration_us, .. } = pass;
        let Case { case, title, clauses, basis, source, suite } = at(&self.cases, "case", pass.case)?.clone();
        let Outcome { reason, findings, observed } = at(&self.outcomes, "outcome", pass.outcome)?.clone();
        let checked = at(&self.checked, "list of clauses", pass.checked)?.clone();
        let of_test = CaseRecord::empty(&format!("{flow}/{protocol}/{test}"), &case);
        let of_case = CaseRecord { title, clauses, basis, source, suite, flow, protocol, ..of_test };
        Ok(CaseRecord { verdict: Verdict::Pass, reason, findings, observed, checked, duration_us, ..of_case })
    }
}

fn at<'a, T>(all: &'a [T], what: &str, number: usize) -> serde_json::Result<&'a T> {
    all.get(number).ok_or_else(|| serde::de::Error::custom(format!("no {what} has the number {number}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(protocol: &str, test: &str, checked: &[&str]) -> CaseRecord {
        let case = CaseRecord::empty(&format!("v2/u2f/{protocol}/{test}"), test);
        CaseRecord {
            title: format!("what {test} shows"),
            flow: "v2/u2f".to_owned(),
            protocol: protocol.to_owned(),
            clauses: vec!["api/status/ok".to_owned()],
            verdict: Verdict::Pass,
            reason: Reason::Met,
            findings: vec![Finding::new("expectation", "api/status/ok", Reason::Met, "200", "200")],
            observed: "accepted".to_owned(),
            checked: checked.iter().map(|clause| (*clause).to_owned()).collect(),
            duration_us: 7,
            ..case
        }
    }

    /// What is written is read again, and what is shared is written once.
    #[test]
    fn records_are_the_same_after_writing_and_reading() {
        let fail = CaseRecord { verdict: Verdict::Fail, ..record("rest", "a/b", &["a"]) };
        let records = [
            record("rest", "a/b", &["a", "c", "d"]),
            record("grpc", "a/b", &["a", "b", "d"]),
            record("rest", "a/c", &["a", "c", "d"]),
            record("rest", "a/d", &[]),
            fail,
            CaseRecord { id: "elsewhere".to_owned(), ..record("rest", "a/b", &[]) },
        ];
        let (mut writer, mut reader, mut text) = (EventWriter::default(), EventReader::default(), Vec::new());
        for record in &records {
            writer.write_record(record, &mut text).expect("written");
        }
        let text = String::from_utf8(text).expect("JSON");
        let count = |kind: &str| text.matches(&format!("{{\"event\":\"{kind}\"")).count();
        assert_eq!(["case", "outcome", "checked", "pass", "case-finished"].map(count), [3, 1, 3, 4, 2], "{text}");
        assert!(text.contains(r#"{"event":"checked","like":0,"and":["b"],"not":["c"]}"#), "{text}");
        let events = text.lines().filter_map(|line| reader.read(line).expect("a line"));
        let read: Vec<CaseRecord> = events
            .map(|event| match event {
                Event::CaseFinished(record) => *record,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(read, records);
    }

    #[test]
    fn a_number_that_nothing_has_is_told() {
        let line =
            r#"{"event":"pass","flow":"f","protocol":"p","test":"t","case":3,"outcome":0,"checked":0,"duration_us":1}"#;
        let error = EventReader::default().read(line).expect_err("no case");
        assert_eq!(error.to_string(), "no case has the number 3");
    }
}
