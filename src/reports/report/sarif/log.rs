//! The log of a run: its results, and their clauses as rules.

use std::collections::BTreeMap;
use std::io;

use super::model::{
    ArtifactLocation, Configuration, Driver, Fingerprints, Invocation, Location, Log, LogicalLocation, Message,
    Notification, PhysicalLocation, Region, ResultEntry, ResultProperties, Rule, RuleProperties, RunProperties,
    SarifRun, Suppression, Tool,
};
use crate::contract::clause::{self, Basis};
use crate::gate::Judged;
use crate::outcome::{CaseRecord, Finding, RunStarted, Verdict};
use crate::report::causes::{causes, excused};
use crate::report::text::{printable, shortened};
use crate::report::{made, paste, place};
use crate::wire::percent;
use crate::words::plural;

/// The most results in one file; code scanning refuses files with more than 25,000.
const MOST_RESULTS: usize = 20_000;
/// The most characters of what was expected or received.
const MOST_CHARACTERS: usize = 1_000;

/// One run.
pub(in crate::report) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &log(judged)).map_err(io::Error::other)?;
    out.write_all(b"\n")
}

fn log(judged: &Judged) -> Log<'_> {
    let run = &judged.run;
    let mut records: Vec<&CaseRecord> =
        run.cases.iter().filter(|record| matches!(record.verdict, Verdict::Fail | Verdict::Deviation)).collect();
    // The most severe first, since the rest may be cut off.
    records.sort_by_key(|record| (std::cmp::Reverse(record.verdict), record.severity(), record.reason.gravity()));
    let left_out = records.len().saturating_sub(MOST_RESULTS);
    records.truncate(MOST_RESULTS);
    let rules = rules(&records);
    let results = records.iter().filter_map(|record| result(judged, record, &rules)).collect();
    Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [SarifRun {
            tool: Tool {
                driver: Driver {
                    name: "proofmark",
                    version: &run.started.version,
                    rules: rules.keys().map(|id| rule(id)).collect(),
                },
            },
            invocations: [invocation(judged, left_out)],
            column_kind: "unicodeCodePoints",
            results,
            properties: RunProperties {
                statement: run.statement().name(),
                target: printable(&run.started.target),
                base_url: printable(&run.started.base_url),
                seed: run.started.seed,
                profile: run.started.profile,
                made: made::facts(run).into_iter().map(|(name, value)| (printable(&name), printable(&value))).collect(),
            },
        }],
    }
}

/// The clauses of the results, with their places in the list.
fn rules<'a>(records: &[&'a CaseRecord]) -> BTreeMap<&'a str, usize> {
    let ids = records.iter().filter_map(|record| record.findings.first()).map(|finding| finding.clause.as_str());
    let sorted: std::collections::BTreeSet<&str> = ids.collect();
    sorted.into_iter().enumerate().map(|(index, id)| (id, index)).collect()
}

fn rule(id: &str) -> Rule {
    let Some(clause) = clause::find(id) else {
        // The stream of another version.
        let message = || Message::new("A clause that this version of proofmark does not have.".to_owned());
        return Rule {
            id: printable(id),
            short_description: message(),
            full_description: message(),
            help: message(),
            default_configuration: Configuration { level: "error" },
            properties: RuleProperties { tags: vec!["webauthn"] },
        };
    };
    let statement = format!("{} {}", clause.basis.word(), clause.text);
    let help = format!("{statement}\n\nSource: {}", clause.source);
    let level = match clause.basis {
        basis if basis.binds() => "error",
        Basis::May => "note",
        _ => "warning",
    };
    Rule {
        id: id.to_owned(),
        short_description: Message::new(clause.text.to_owned()),
        full_description: Message::new(statement),
        help: Message::new(help),
        default_configuration: Configuration { level },
        properties: RuleProperties { tags: vec!["webauthn", clause.basis.name()] },
    }
}

fn result<'a>(judged: &Judged, record: &'a CaseRecord, rules: &BTreeMap<&str, usize>) -> Option<ResultEntry<'a>> {
    let finding = record.findings.first()?;
    let suppression =
        |why: String| Suppression { kind: "external", status: "accepted", justification: printable(&why) };
    Some(ResultEntry {
        rule_id: printable(&finding.clause),
        rule_index: rules.get(finding.clause.as_str()).copied()?,
        level: if record.verdict == Verdict::Fail { "error" } else { "warning" },
        message: Message::new(message(record, finding, &judged.run.started)),
        locations: [location(&judged.run.started, record)],
        partial_fingerprints: fingerprints(record, finding),
        suppressions: excused(judged, record).map(suppression).into_iter().collect(),
        properties: ResultProperties {
            verdict: record.verdict,
            severity: record.severity(),
            reason: record.reason,
            basis: finding.promise().map(|promise| promise.basis),
            source: finding.promise().map(|promise| printable(promise.source)),
            case: &record.case,
            flow: &record.flow,
            protocol: &record.protocol,
            flaky: record.flaky,
        },
    })
}

fn message(record: &CaseRecord, finding: &Finding, started: &RunStarted) -> String {
    let short = |text: &str| plain(&shortened(text, MOST_CHARACTERS));
    format!(
        "{}\nTest: {}\nExpected: {}\nReceived: {}\nAgain: {}",
        short(&record.title),
        short(&record.id),
        short(&finding.expected),
        short(&finding.received),
        short(&paste::replay(started, record)),
    )
}

/// Text in a message, where brackets would be a link (SARIF 2.1.0 section 3.11.6).
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    // The output of `printable` has backslashes too.
    for character in printable(text).chars() {
        if matches!(character, '\\' | '[' | ']') {
            plain.push('\\');
        }
        plain.push(character);
    }
    plain
}

/// The test, and the file of the user that it belongs to, if there is one. Alerts of code scanning need a file.
fn location(started: &RunStarted, record: &CaseRecord) -> Location {
    let physical_location = place::file(started, record).map(|path| PhysicalLocation {
        artifact_location: ArtifactLocation { uri: uri(path) },
        region: Region { start_line: 1 },
    });
    Location { physical_location, logical_locations: [LogicalLocation { fully_qualified_name: printable(&record.id) }] }
}

/// A relative path as a URI.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    path.split('/').map(percent::encode_component).collect::<Vec<_>>().join("/")
}

fn fingerprints(record: &CaseRecord, finding: &Finding) -> Fingerprints {
    let digest = place::fingerprint(record, finding);
    Fingerprints { primary_location_line_hash: format!("{digest}:1"), test: digest }
}

fn invocation(judged: &Judged, left_out: usize) -> Invocation {
    let run = &judged.run;
    let mut notifications: Vec<Notification> = causes(judged, Verdict::Error)
        .into_iter()
        .map(|cause| {
            let finding = cause.finding;
            let short = |text: &str| plain(&shortened(text, MOST_CHARACTERS));
            let ids: Vec<String> = cause.records.iter().take(3).map(|record| short(&record.id)).collect();
            let text = format!(
                "No verdict ({}) on {} in {}, such as {}. Expected: {}. Received: {}",
                finding.reason.name(),
                short(&cause.about()),
                plural(cause.records.len(), "test"),
                ids.join(", "),
                short(&finding.expected),
                short(&finding.received),
            );
            Notification { level: "error", message: Message::new(text) }
        })
        .collect();
    let ended = run.finished.is_some_and(|finished| finished.is_whole());
    if !ended {
        let why = run.stopped_words().map(|words| format!(" {words}.")).unwrap_or_default();
        let text = format!("The run did not come to its end.{why}");
        notifications.push(Notification { level: "error", message: Message::new(text) });
    }
    if left_out > 0 {
        let text = format!("{left_out} further results are left out.");
        notifications.push(Notification { level: "warning", message: Message::new(text) });
    }
    let errors = run.tally().error > 0;
    Invocation {
        execution_successful: ended && !errors,
        start_time_utc: run.started.occasion.started,
        end_time_utc: run.finished.and_then(|finished| finished.ended),
        tool_execution_notifications: notifications,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_encoded_by_its_parts() {
        assert_eq!(uri("./own dir/ü suite.yaml"), "own%20dir/%C3%BC%20suite.yaml");
    }
}
