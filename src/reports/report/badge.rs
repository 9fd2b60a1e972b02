//! JSON that shields.io makes a badge of (its "endpoint" badge).

use std::io;

use serde::Serialize;

use crate::gate::Judged;
use crate::outcome::{RunRecord, Statement, Verdict};
use crate::words::plural;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Badge {
    schema_version: u8,
    label: &'static str,
    message: String,
    color: &'static str,
    /// A badge that is an error keeps its colour, whatever the page that shows it asks for.
    is_error: bool,
}

/// One object; the message contains no text of the target.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let run = &judged.run;
    let statement = run.statement();
    let badge = Badge {
        schema_version: 1,
        label: "WebAuthn enrolment",
        message: message(run, statement),
        color: color(statement),
        is_error: statement == Statement::NonConformant,
    };
    serde_json::to_writer(&mut *out, &badge).map_err(io::Error::other)?;
    out.write_all(b"\n")
}

fn message(run: &RunRecord, statement: Statement) -> String {
    let of = |verdict| format!("{} of {}", count_cases(run, verdict), plural(run.started.cases, "case"));
    match statement {
        Statement::Conformant => format!("conformant, {}", plural(run.started.cases, "case")),
        Statement::NothingFound if run.started.cases == 0 => "sequences, nothing found".to_owned(),
        Statement::NothingFound => format!("fuzzed with {}, nothing found", plural(run.started.cases, "case")),
        Statement::WithDeviations => {
            format!("conformant, deviations in {}", of(Verdict::Deviation))
        }
        Statement::Partial => {
            let ran = run.cases.iter().filter(|record| record.protocol != "all").count();
            format!("partial, {ran} of {}", plural(run.started.available, "test"))
        }
        Statement::NonConformant if run.started.fuzzed => {
            format!("non-conformant, {}", plural(run.tally().fail, "disagreement"))
        }
        Statement::NonConformant => format!("non-conformant, fails in {}", of(Verdict::Fail)),
        Statement::Inconclusive => format!("inconclusive, errors in {}", of(Verdict::Error)),
    }
}

/// Cases with at least one record of a verdict.
fn count_cases(run: &RunRecord, verdict: Verdict) -> usize {
    let with = run.cases.iter().filter(|record| record.verdict == verdict).map(|record| record.case.as_str());
    with.collect::<std::collections::BTreeSet<_>>().len()
}

const fn color(statement: Statement) -> &'static str {
    match statement {
        Statement::Conformant | Statement::NothingFound => "brightgreen",
        Statement::WithDeviations => "yellowgreen",
        Statement::Partial => "yellow",
        Statement::NonConformant => "red",
        Statement::Inconclusive => "lightgrey",
    }
}
