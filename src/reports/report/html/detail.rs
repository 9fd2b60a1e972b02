//! One record with every detail.

use serde::Serialize;

use super::clauses::Promise;
use crate::outcome::{CaseRecord, ExchangeRecord, RunStarted};
use crate::report::paste;
use crate::report::tree::{self, Tree};
use crate::words::beginning;

/// How many characters of a text are shown. The whole text is in the event stream.
pub(super) const MOST: usize = 6_000;
/// How many further findings are shown.
const FINDINGS: usize = 20;

#[derive(Serialize)]
pub(super) struct Detail<'a> {
    /// The verdicts of earlier tries.
    earlier: Vec<String>,
    besides: Vec<Beside<'a>>,
    more_besides: usize,
    observed: &'a str,
    tree: Option<Tree>,
    exchanges: Vec<ExchangeView<'a>>,
    commands: Vec<Command>,
}

#[derive(Serialize)]
struct Beside<'a> {
    reason: String,
    promise: Promise<'a>,
    expected: String,
    received: String,
}

#[derive(Serialize)]
struct ExchangeView<'a> {
    operation: &'a str,
    request: String,
    request_body: String,
    status: &'a str,
    /// Headers of the reply, as far as they are recorded.
    headers: Vec<String>,
    /// Whether the first finding is about it.
    deciding: bool,
    response_body: String,
    /// The tries before it.
    tries: Vec<String>,
    milliseconds: String,
}

/// A command to paste.
#[derive(Serialize)]
struct Command {
    name: &'static str,
    about: &'static str,
    text: String,
}

impl<'a> Detail<'a> {
    pub(super) fn of(record: &'a CaseRecord, started: &RunStarted) -> Detail<'a> {
        let further = record.findings.get(1..).unwrap_or_default();
        let besides = further.iter().take(FINDINGS).map(|finding| Beside {
            reason: finding.reason.name(),
            promise: Promise::of_finding(finding),
            expected: cut(&finding.expected, MOST),
            received: cut(&finding.received, MOST),
        });
        let deciding = record.findings.first().and_then(|finding| finding.exchange);
        let earlier =
            record.earlier.iter().map(|finding| cut(&format!("{}: {}", finding.reason.name(), finding.received), MOST));
        Detail {
            earlier: earlier.collect(),
            besides: besides.collect(),
            more_besides: further.len().saturating_sub(FINDINGS),
            observed: &record.observed,
            tree: record.credential.as_ref().map(tree::decoded),
            exchanges: record
                .exchanges
                .iter()
                .enumerate()
                .map(|(at, one)| exchange(one, deciding == Some(at)))
                .collect(),
            commands: commands(record, started),
        }
    }
}

fn exchange(exchange: &ExchangeRecord, deciding: bool) -> ExchangeView<'_> {
    let evidence = exchange.evidence.as_ref();
    let headers = evidence.into_iter().flat_map(|evidence| evidence.headers.iter().chain(&evidence.trailers));
    ExchangeView {
        headers: headers.map(|(name, value)| cut(&format!("{name}: {value}"), MOST)).collect(),
        deciding,
        operation: &exchange.operation,
        request: cut(&exchange.request, MOST),
        request_body: body(&exchange.request_body),
        status: &exchange.status,
        response_body: body(&exchange.response_body),
        tries: exchange.tries.iter().map(|tried| cut(&tried.words(), MOST)).collect(),
        milliseconds: format!("{:.1}", std::time::Duration::from_micros(exchange.duration_us).as_secs_f64() * 1000.0),
    }
}

/// JSON with line breaks, anything else as it is.
fn body(text: &str) -> String {
    let json: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let pretty = json.and_then(|json| serde_json::to_string_pretty(&json).ok());
    cut(pretty.as_deref().unwrap_or(text), MOST)
}

fn commands(record: &CaseRecord, started: &RunStarted) -> Vec<Command> {
    let lines = [
        (
            "replay",
            paste::note(started).unwrap_or("plays the test again and shows every call"),
            paste::replay(started, record),
        ),
        ("curl", "the deciding call, TOKEN set", record.curl.clone()),
        ("grpcurl", "after proofmark list protos --export protos, TOKEN set", record.grpcurl.clone()),
    ];
    let there = lines.into_iter().filter(|(.., text)| !text.is_empty());
    there.map(|(name, about, text)| Command { name, about, text: cut(&text, 2 * MOST) }).collect()
}

/// The beginning of a long text, with its length.
pub(super) fn cut(text: &str, most: usize) -> String {
    let head = beginning(text, most);
    if head == text { text.to_owned() } else { format!("{head} … (cut: {} characters)", text.chars().count()) }
}
