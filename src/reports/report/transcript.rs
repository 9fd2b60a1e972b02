//! One test from its first call to its verdict, with every detail.

use std::fmt::Write as _;

use super::text::printable;
use super::tree;
use crate::contract::clause;
use crate::outcome::{CaseRecord, ExchangeRecord, Finding, Profile};

/// The whole record as text, safe for a terminal.
pub fn transcript(record: &CaseRecord, profile: Profile) -> String {
    let mut text = Transcript(String::new());
    text.line("", &record.id);
    text.line("", &record.title);
    for (index, id) in record.clauses.iter().enumerate() {
        let Some(clause) = clause::find(id) else { continue };
        // The basis of the case belongs to its primary clause.
        let stated = if index == 0 { (record.basis, record.source.as_deref()) } else { (None, None) };
        let (basis, source) = (stated.0.unwrap_or(clause.basis), stated.1.unwrap_or(clause.source));
        text.line("promise", &format!("{} {}", basis.word(), clause.text));
        text.line("source", &format!("{source} ({id})"));
    }
    for (index, exchange) in record.exchanges.iter().enumerate() {
        text.exchange(index, exchange);
        record.findings.iter().filter(|finding| finding.exchange == Some(index)).for_each(|f| text.finding(f, profile));
    }
    if record.is_without_calls() {
        text.line(
            "calls",
            &format!("not on record; `proofmark replay {}` shows them, `run --record all` records them", record.id),
        );
    }
    let elsewhere = record.findings.iter().filter(|finding| finding.exchange.is_none());
    elsewhere.for_each(|finding| text.finding(finding, profile));
    text.0.push('\n');
    if let Some(credential) = &record.credential {
        let mutations = credential.mutations.join(", ");
        text.line("mutation", if mutations.is_empty() { "none" } else { &mutations });
        text.0.push_str(&tree::text(&tree::decoded(credential)));
    }
    for finding in &record.earlier {
        text.line("earlier", &format!("{}: {}", finding.reason.name(), finding.received));
    }
    let flaky = if record.flaky { ", flaky: an earlier try had another verdict" } else { "" };
    text.line("verdict", &format!("{} ({}{flaky})", record.verdict.name(), record.reason.name()));
    for (label, lines) in [("curl", &record.curl), ("grpcurl", &record.grpcurl)] {
        for (index, line) in lines.lines().enumerate() {
            text.line(if index == 0 { label } else { "" }, line);
        }
    }
    text.0
}

struct Transcript(String);

impl Transcript {
    /// Writing to a `String` can't fail.
    fn line(&mut self, label: &str, words: &str) {
        let line = format!("{label:<9} {}", printable(words));
        writeln!(self.0, "{}", line.trim_end()).unwrap_or_default();
    }

    fn exchange(&mut self, index: usize, exchange: &ExchangeRecord) {
        self.0.push('\n');
        let milliseconds = std::time::Duration::from_micros(exchange.duration_us).as_secs_f64() * 1000.0;
        self.line(&format!("call {}", index + 1), &format!("{}: {}", exchange.operation, exchange.request));
        self.line("sent", &exchange.request_body);
        exchange.tries.iter().for_each(|tried| self.line("try", &tried.words()));
        self.line("received", &format!("{} in {milliseconds:.1} ms", exchange.status));
        self.line("", &exchange.response_body);
    }

    fn finding(&mut self, finding: &Finding, profile: Profile) {
        let Finding { check, clause, reason, expected, received, .. } = finding;
        let verdict = finding.verdict(profile).name();
        self.line("found", &format!("{verdict} ({}) by {check} for {clause}", reason.name()));
        self.line("", &format!("expected {expected}"));
        self.line("", &format!("received {received}"));
    }
}
