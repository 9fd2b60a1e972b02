//! What is done with recorded load runs: reports, the merge of shards, and the comparison of builds.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::exit::gate;
use crate::cli::args::records::{CompareArguments, MergeArguments, RecordVerb, ReportArguments};
use crate::cli::exit::{Exit, Failure};
use crate::cli::values::seed_or_random;
use crate::cli::{output, reports};
use crate::load;
use crate::outcome::load::LoadRecord;
use crate::outcome::load::compare::{self, Change, CompareError, Compared, METRICS, Metric, Question};
use crate::outcome::load::merge::{self, Named};
use crate::report::load::{LOAD_REPORTS, read as read_record};

/// Does it, and gives the exit code.
pub fn run(verb: &RecordVerb) -> Result<Exit, Failure> {
    match verb {
        RecordVerb::Report(arguments) => report(arguments),
        RecordVerb::Merge(arguments) => merge(arguments),
        RecordVerb::Compare(arguments) => compare(arguments),
    }
}

fn report(arguments: &ReportArguments) -> Result<Exit, Failure> {
    let destinations = reports::open_of(LOAD_REPORTS, "--report", &arguments.reports)?;
    let mut runs = read(if arguments.files.is_empty() { &arguments.from } else { &arguments.files })?;
    let record = match (runs.pop(), runs.is_empty()) {
        (Some(only), true) => only.record,
        (last, _) => {
            runs.extend(last);
            merge::merge(runs).map_err(Failure::config)?
        }
    };
    write(&destinations, &record)?;
    Ok(Exit::Green)
}

fn merge(arguments: &MergeArguments) -> Result<Exit, Failure> {
    let destinations = reports::open_of(LOAD_REPORTS, "--report", &arguments.reports)?;
    let record = merge::merge(read(&arguments.files)?).map_err(Failure::config)?;
    output::print(&load::render(&record).map_err(Failure::internal)?);
    write(&destinations, &record)?;
    gate(&record)
}

/// Writes reports, and says where they are.
pub fn write(destinations: &[reports::Destination<LoadRecord>], record: &LoadRecord) -> Result<(), Failure> {
    for path in reports::write(destinations, record)? {
        output::note(&format!("wrote {}", path.display()));
    }
    Ok(())
}

fn read(paths: &[PathBuf]) -> Result<Vec<Named>, Failure> {
    paths.iter().map(|path| read_one(path)).collect()
}

fn read_one(path: &Path) -> Result<Named, Failure> {
    let name = path.display().to_string();
    let fail = |why: String| Failure::text(Exit::Config, format!("{name}: {why}"));
    let text = std::fs::read(path).map_err(|error| fail(error.to_string()))?;
    let record = read_record(&text).map_err(|error| fail(error.to_string()))?;
    Ok(Named { name, record })
}

fn compare(arguments: &CompareArguments) -> Result<Exit, Failure> {
    let (baseline, new) = match arguments.files.as_slice() {
        [baseline, new] => (read(std::slice::from_ref(baseline))?, read(std::slice::from_ref(new))?),
        _ => (read(&arguments.baseline)?, read(&arguments.new)?),
    };
    let question = question(arguments)?;
    let metrics =
        if arguments.metrics.is_empty() { METRICS.map(str::to_owned).into() } else { arguments.metrics.clone() };
    let metrics = metrics.iter().map(|text| text.parse::<Metric>()).collect::<Result<Vec<_>, _>>();
    let metrics = metrics.map_err(|error| Failure::new(Exit::Usage, error))?;
    let compared = compare::compare(&baseline, &new, &metrics, &question).map_err(|error| {
        let exit = match error {
            CompareError::Nothing(_) | CompareError::Uneven(..) => Exit::Usage,
            CompareError::Limited(_) => Exit::Limited,
            _ => Exit::Config,
        };
        Failure::new(exit, error)
    })?;
    output::print(&table(&compared, &baseline, &new, &question));
    let wrong = new.iter().filter(|run| !run.record.is_correct()).collect::<Vec<_>>();
    for run in &wrong {
        output::note(&format!("{}: {} answers were wrong", run.name, run.record.correctness.wrong()));
    }
    let is_slower = compared.iter().any(|compared| compared.verdict == Change::Slower);
    Ok(if is_slower || !wrong.is_empty() { Exit::Threshold } else { Exit::Green })
}

fn question(arguments: &CompareArguments) -> Result<Question, Failure> {
    let usage = |text: String| Failure::text(Exit::Usage, text);
    let margin = arguments.margin.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    let margin = margin.filter(|percent| (0.0..=100.0).contains(percent));
    let margin =
        margin.ok_or_else(|| usage(format!("--margin {}: write a percentage from 0% to 100%", arguments.margin)))?;
    if !(arguments.confidence > 0.5 && arguments.confidence < 1.0) {
        return Err(usage(format!("--confidence {}: write a number above 0.5 and below 1", arguments.confidence)));
    }
    Ok(Question { margin: margin / 100.0, confidence: arguments.confidence, seed: seed_or_random(arguments.seed) })
}

fn table(compared: &[Compared], baseline: &[Named], new: &[Named], question: &Question) -> String {
    let mut text = format!(
        "{} baseline and {} new runs; margin {}%, confidence {}%, seed {}\n",
        baseline.len(),
        new.len(),
        question.margin * 100.0,
        question.confidence * 100.0,
        question.seed
    );
    // Writing to a `String` can't fail.
    let mut line = |columns: [&str; 6]| {
        let [metric, before, after, difference, interval, verdict] = columns;
        writeln!(text, "{metric:<20}{before:>13}{after:>13}{difference:>12}{interval:>24}  {verdict}")
            .unwrap_or_default();
    };
    line(["metric", "baseline", "new", "difference", "interval", "verdict"]);
    for row in compared {
        let value = |value: Option<f64>| match value {
            None => "-".to_owned(),
            Some(value) if row.metric.ends_with("cycles") => format!("{value:.1}/s"),
            Some(value) => format!("{:.2} ms", value / 1e3),
        };
        let percent = |share: f64| format!("{:+.2}%", share * 100.0);
        let (difference, interval) = match row.difference {
            Some((low, estimate, high)) => (percent(estimate), format!("{} to {}", percent(low), percent(high))),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let note = if row.note.is_empty() { String::new() } else { format!(" ({})", row.note) };
        let verdict = format!("{}{note}", row.verdict.text());
        line([&row.metric, &value(row.baseline), &value(row.new), &difference, &interval, &verdict]);
    }
    text
}
