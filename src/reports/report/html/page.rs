//! The page as a whole: the verdict first.

use std::collections::BTreeSet;
use std::time::Duration;

use minijinja::Value;
use serde::Serialize;

use super::clauses::Matrix;
use super::diagnosed::Diagnosed;
use super::findings::{self, Section};
use super::glance::{self, Glance};
use super::sign::sign;
use super::suites::{self, Suite};
use crate::gate::Judged;
use crate::outcome::{RunRecord, Statement, Verdict, pace};
use crate::report::terminal::{flaky_ones, sent_again};
use crate::report::{made, markup, paste};
use crate::words::plural;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Everything that the template is given.
#[derive(Serialize)]
pub(super) struct Page<'a> {
    style: Value,
    script: Value,
    policy: String,
    /// The statement of the run about the target, with the class of its colour and its sign.
    statement: &'static str,
    tone: &'static str,
    sign: &'static str,
    gate: String,
    target: &'a str,
    counts: Vec<Count>,
    facts: Vec<(&'static str, String)>,
    again: String,
    /// What has to be added to that command.
    note: Option<&'static str>,
    glance: Vec<Glance>,
    places: Vec<&'static str>,
    diagnosis: Option<Diagnosed>,
    sections: Vec<Section<'a>>,
    matrix: Matrix<'a>,
    suites: Vec<Suite<'a>>,
    protocols: BTreeSet<&'a str>,
    flows: BTreeSet<&'a str>,
    verdicts: Vec<&'static str>,
    version: &'a str,
}

/// One verdict's share, also as part of a bar of 1000 units.
#[derive(Serialize)]
struct Count {
    verdict: &'static str,
    sign: &'static str,
    count: usize,
    at: usize,
    width: usize,
}

impl<'a> Page<'a> {
    pub(super) fn of(judged: &'a Judged) -> Page<'a> {
        let run = &judged.run;
        let (tone, sign) = tone(run.statement());
        Page {
            style: markup::safe(STYLE),
            script: markup::safe(SCRIPT),
            policy: markup::policy(STYLE, Some(SCRIPT)),
            statement: run.statement().text(),
            tone,
            sign,
            gate: gate(judged),
            target: &run.started.target,
            counts: counts(run),
            facts: facts(run),
            again: paste::again(&run.started),
            note: paste::note(&run.started),
            glance: glance::of(judged),
            places: glance::PLACES.map(|(_, name)| name).to_vec(),
            diagnosis: Diagnosed::of(judged),
            sections: findings::sections(judged),
            matrix: Matrix::of(run),
            suites: suites::of(run),
            protocols: run.cases.iter().map(|record| record.protocol.as_str()).collect(),
            flows: run.cases.iter().map(|record| record.flow.as_str()).collect(),
            verdicts: Verdict::ALL
                .into_iter()
                .filter(|verdict| run.tally().of(*verdict) > 0)
                .map(Verdict::name)
                .collect(),
            version: &run.started.version,
        }
    }
}

const fn tone(statement: Statement) -> (&'static str, &'static str) {
    match statement {
        Statement::Conformant | Statement::NothingFound => ("pass", sign(Verdict::Pass)),
        Statement::WithDeviations => ("deviation", sign(Verdict::Deviation)),
        Statement::Partial => ("skip", sign(Verdict::Skip)),
        Statement::NonConformant => ("fail", sign(Verdict::Fail)),
        Statement::Inconclusive => ("error", sign(Verdict::Error)),
    }
}

fn gate(judged: &Judged) -> String {
    let count = |verdict, known| {
        let records = judged.run.cases.iter().filter(|record| record.verdict == verdict);
        records.filter(|record| findings::why_known(judged, record).is_some() == known).count()
    };
    let (fails, errors) = (count(Verdict::Fail, false), judged.run.tally().error);
    let deviations = count(Verdict::Deviation, false);
    let known = count(Verdict::Fail, true) + count(Verdict::Deviation, true);
    let mut words = match (fails + judged.flaky_ones(), errors) {
        (0, 0) if judged.run.stopped_words().is_some() => "not green: not everything was played".to_owned(),
        (0, 0) => "green: no new failures".to_owned(),
        (0, _) => format!("not green: {} without a verdict", plural(errors, "test")),
        _ if fails == 0 => format!("red: {} flaky, which --deny forbids", judged.flaky_ones()),
        _ => format!("red: {}", plural(fails, "new failure")),
    };
    if deviations > 0 {
        words.push_str(&format!("; {}", plural(deviations, "new deviation")));
    }
    if known > 0 {
        words.push_str(&format!("; {known} known deviations"));
    }
    words
}

fn counts(run: &RunRecord) -> Vec<Count> {
    let (tally, all) = (run.tally(), run.cases.len().max(1));
    let mut at = 0;
    let mut counts = Vec::new();
    for verdict in Verdict::ALL {
        let count = tally.of(verdict);
        if count == 0 && !matches!(verdict, Verdict::Pass | Verdict::Fail) {
            continue;
        }
        // So that a single failure among thousands is visible.
        let width = if count == 0 { 0 } else { (count * 1000 / all).max(6) };
        counts.push(Count { verdict: verdict.name(), sign: sign(verdict), count, at, width });
        at += width;
    }
    counts
}

fn facts(run: &RunRecord) -> Vec<(&'static str, String)> {
    let started = &run.started;
    let comparisons = run.cases.iter().filter(|case| case.protocol == "all").count();
    let ran = run.cases.len() - comparisons;
    let of = if ran == started.available { String::new() } else { format!(" of {}", started.available) };
    let size = format!("{} and {}", plural(started.cases, "case"), plural(started.clauses, "clause"));
    let mut facts = vec![
        ("Target", started.target.clone()),
        ("Address", started.base_url.clone()),
        (
            "Ran",
            format!(
                "{ran}{of} tests of {size}; with {} of protocols they have the {} verdicts above",
                plural(comparisons, "comparison"),
                run.cases.len()
            ),
        ),
    ];
    if !started.protocols.is_empty() {
        facts.push(("Protocols", started.protocols.join(", ")));
    }
    facts.push(("Profile", started.profile.name().to_owned()));
    facts.push(("Seed", started.seed.to_string()));
    facts.push(("Time", time(run)));
    for (name, value) in made::facts(run) {
        match name.as_str() {
            "started" => facts.push(("Started", value)),
            "ended" => facts.push(("Ended", value)),
            "host" => facts.push(("Host", value)),
            // The command to run it again shows it.
            "command" => {}
            label => facts.push(("Label", format!("{} = {value}", label.trim_start_matches("label ")))),
        }
    }
    if let Some(words) = run.stopped_words() {
        facts.push(("Stopped", words));
    }
    if let Some(shard) = started.shard {
        facts.push(("Shard", format!("{} of {}", shard.index, shard.count)));
    }
    facts.extend(pace::slow(run).iter().map(|slow| ("Slow", slow.words())));
    let tally = run.tally();
    if tally.unattributed > 0 {
        let words = "of the passes: refused, but nothing shows that it was for the right reason";
        facts.push(("Unattributed", format!("{} {words}", tally.unattributed)));
    }
    if tally.left_open > 0 {
        let words = "of the passes: they depend on behaviour that the target file does not declare";
        facts.push(("Left open", format!("{} {words}", tally.left_open)));
    }
    facts.extend(sent_again(run).map(|words| ("Sent again", words)));
    facts.extend(flaky_ones(run).map(|words| ("Flaky", format!("{words}: an earlier try had another verdict"))));
    facts
}

fn time(run: &RunRecord) -> String {
    match run.finished {
        Some(finished) => {
            let seconds = Duration::from_millis(finished.duration_ms).as_secs_f64();
            let interrupted = if finished.interrupted { ", interrupted" } else { "" };
            format!("{seconds:.1} s{interrupted}")
        }
        None => "the run did not come to its end".to_owned(),
    }
}
