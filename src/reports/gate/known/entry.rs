//! An entry as it is written, and the checks of its values.

use jiff::civil::Date;
use serde::Deserialize;
use toml_edit::{Datetime, Table};

use super::deviation::{Axes, KnownDeviation};
use super::place::{KnownError, Source};
use crate::authenticator::Format;
use crate::contract::{self, Operation, Protocol};
use crate::outcome::{Profile, Reason, Verdict};
use crate::scenario::Pattern;

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) known: Vec<Entry>,
}

/// An entry as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    case: OneOrMore,
    #[serde(default)]
    flow: OneOrMore,
    #[serde(default)]
    protocol: OneOrMore,
    #[serde(default)]
    operation: OneOrMore,
    #[serde(default)]
    format: OneOrMore,
    verdict: Verdict,
    reason: Reason,
    observed: Option<String>,
    why: String,
    issue: Option<String>,
    owner: Option<String>,
    expires: Option<Datetime>,
}

/// A text, or a list of texts.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "a text or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Default for OneOrMore {
    fn default() -> Self {
        OneOrMore::More(Vec::new())
    }
}

impl OneOrMore {
    fn list(self) -> Vec<String> {
        match self {
            OneOrMore::One(text) => vec![text],
            OneOrMore::More(texts) => texts,
        }
    }
}

impl Entry {
    /// Checks every value.
    pub(super) fn check(self, source: &Source<'_>, table: &Table) -> Result<KnownDeviation, KnownError> {
        let place = Place { source, table };
        let (verdict, reason) = (self.verdict, self.reason);
        excusable(&place, verdict, reason)?;
        let axes = Axes {
            flows: slugs(&place, "flow", self.flow, &contract::slugs())?,
            protocols: slugs(&place, "protocol", self.protocol, &Protocol::ALL.map(Protocol::slug))?,
            operations: slugs(&place, "operation", self.operation, &Operation::ALL.map(Operation::slug))?,
            formats: slugs(&place, "format", self.format, &Format::ALL.map(Format::slug))?,
        };
        if reason == Reason::TransportsDisagree && !axes.protocols.is_empty() {
            return Err(place.error("protocol", "a comparison of protocols is over all of them; leave `protocol` out"));
        }
        if self.why.trim().is_empty() {
            return Err(place.error("why", "`why` is empty; write why this is accepted for now"));
        }
        for (key, text) in [("observed", &self.observed), ("issue", &self.issue), ("owner", &self.owner)] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                return Err(place.error(key, format!("`{key}` is empty; leave it out")));
            }
        }
        Ok(KnownDeviation {
            line: source.line(table.span().map_or(0, |span| span.start)),
            patterns: patterns(&place, self.case.list())?,
            axes,
            verdict,
            reason,
            observed: self.observed,
            why: self.why,
            issue: self.issue,
            owner: self.owner,
            expires: self.expires.map(|written| date(&place, &written)).transpose()?,
        })
    }
}

/// An entry's table, for the places of its values.
struct Place<'a> {
    source: &'a Source<'a>,
    table: &'a Table,
}

impl Place<'_> {
    fn error(&self, key: &str, message: impl Into<String>) -> KnownError {
        let span = self.table.get(key).and_then(toml_edit::Item::span).or_else(|| self.table.span());
        self.source.error(span.map_or(0, |span| span.start), message)
    }
}

fn patterns(place: &Place<'_>, texts: Vec<String>) -> Result<Vec<Pattern>, KnownError> {
    if texts.is_empty() || texts.iter().any(|text| text.trim().is_empty()) {
        return Err(
            place.error("case", "`case` is empty; write a pattern as for `proofmark run`, such as \"limits/name-*\"")
        );
    }
    texts.iter().map(|text| Pattern::new(text).map_err(|error| place.error("case", error.to_string()))).collect()
}

fn slugs(place: &Place<'_>, key: &str, written: OneOrMore, known: &[&str]) -> Result<Vec<String>, KnownError> {
    let texts = written.list();
    match texts.iter().find(|text| !known.contains(&text.as_str())) {
        Some(text) => Err(place.error(key, format!("there is no {key} `{text}`; write some of {}", known.join(", ")))),
        None => Ok(texts),
    }
}

fn excusable(place: &Place<'_>, verdict: Verdict, reason: Reason) -> Result<(), KnownError> {
    // What is a deviation under one profile is a fail under another.
    let may_come_to = |verdict| Profile::ALL.into_iter().any(|profile| reason.verdict(profile) == verdict);
    let wrong = match verdict {
        Verdict::Error => {
            "an error can't be excused, because nothing was observed; fix what kept the case from a verdict"
        }
        Verdict::Pass | Verdict::Skip => "a pass or a skip needs no excuse; write fail or deviation",
        Verdict::Fail | Verdict::Deviation if may_come_to(verdict) => return Ok(()),
        Verdict::Fail | Verdict::Deviation => {
            let (reason, of) = (reason.name(), reason.verdict(Profile::Webauthn).name());
            let message =
                format!("`{reason}` is a reason of {of}; verdict and reason have to belong together, as in a report");
            return Err(place.error("reason", message));
        }
    };
    Err(place.error("verdict", wrong))
}

fn date(place: &Place<'_>, written: &Datetime) -> Result<Date, KnownError> {
    let wrong = || place.error("expires", format!("`{written}` is not a date; write for example expires = 2027-03-31"));
    let date = written.date.filter(|_| written.time.is_none()).ok_or_else(wrong)?;
    let number = |part: u8| i8::try_from(part).ok();
    let (year, month, day) = (i16::try_from(date.year).ok(), number(date.month), number(date.day));
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return Err(wrong()) };
    Date::new(year, month, day).map_err(|_| wrong())
}
