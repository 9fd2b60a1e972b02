//! The page as a whole: the verdict first.

use std::io;

use minijinja::Value;
use serde::Serialize;

use super::charts;
use super::plot::Chart;
use super::table::{self, milliseconds};
use crate::outcome::ExchangeRecord;
use crate::outcome::load::{
    ArrivalPattern, Cleanup, GeneratorRecord, GeneratorVerdict, Judgement, Kind, LoadErrorRecord, LoadModel,
    LoadPlanRecord, LoadRecord, LoadStep, PackedHistogram, float,
};
use crate::report::load::command;
use crate::report::load::hlog::slug;
use crate::report::load::percentile::PERCENTILES;
use crate::report::markup;

const STYLE: &str = include_str!("style.css");

type Facts = Vec<(&'static str, String)>;

/// Everything that the template is given.
#[derive(Serialize)]
pub(super) struct Page<'a> {
    style: Value,
    policy: String,
    verdict: Verdict,
    target: &'a str,
    limited: bool,
    /// What is wrong, in words.
    causes: Vec<String>,
    /// Notes that are not a verdict.
    notes: &'a [String],
    checks: Vec<Check>,
    facts: Facts,
    percentiles: Vec<&'static str>,
    lines: Vec<table::Line>,
    special: Vec<table::Line>,
    over_time: Vec<Chart>,
    latency: Vec<Chart>,
    distributions: Vec<Chart>,
    queueing: Option<Queueing>,
    errors: Vec<Failure<'a>>,
    generators: Vec<Generator<'a>>,
    plan: Facts,
    again: String,
    version: &'a str,
}

/// The statement of the run in one line, with the class of its colour and its sign.
#[derive(Serialize)]
struct Verdict {
    tone: &'static str,
    sign: &'static str,
    words: String,
    meaning: &'static str,
}

/// A threshold, the answers, or the generator.
#[derive(Serialize)]
struct Check {
    tone: &'static str,
    sign: &'static str,
    verdict: &'static str,
    name: String,
    text: String,
}

/// The queueing that an open model shows and a closed one hides.
#[derive(Serialize)]
struct Queueing {
    facts: Facts,
    chart: Option<Chart>,
    /// The 99th percentile from the intended start, and from the real one.
    intended: String,
    real: String,
}

#[derive(Serialize)]
struct Failure<'a> {
    class: &'a str,
    outcome: String,
    count: u64,
    measured: u64,
    first: String,
    example: &'a str,
    exchanges: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    exchange: &'a ExchangeRecord,
    milliseconds: String,
}

#[derive(Serialize)]
struct Generator<'a> {
    name: String,
    tone: &'static str,
    verdict: String,
    reasons: &'a [String],
    notes: &'a [String],
    facts: Facts,
    /// Protocol, and figures of its connections.
    connections: Vec<(&'a str, String)>,
}

const MET: (&str, &str) = ("pass", "✓");
const MISSED: (&str, &str) = ("fail", "✗");
const OPEN: (&str, &str) = ("deviation", "?");
const SILENT: (&str, &str) = ("error", "!");

impl<'a> Page<'a> {
    pub(super) fn of(record: &'a LoadRecord) -> io::Result<Page<'a>> {
        Ok(Page {
            style: markup::safe(STYLE),
            policy: markup::policy(STYLE, None),
            verdict: verdict(record),
            target: &record.plan.target,
            limited: record.is_limited(),
            causes: record.causes(),
            notes: &record.notes,
            checks: checks(record),
            facts: facts(record),
            percentiles: PERCENTILES.map(|(name, ..)| name).into(),
            lines: table::lines(record, |kind| kind == Kind::Good)?,
            special: table::lines(record, |kind| kind != Kind::Good)?,
            over_time: charts::over_time(record),
            latency: charts::latency_over_time(record)?,
            distributions: charts::distributions(record)?,
            queueing: queueing(record)?,
            errors: record.errors.iter().map(failure).collect(),
            generators: record.generators.iter().map(generator).collect::<io::Result<_>>()?,
            plan: plan(&record.plan),
            again: command::of(&record.plan),
            version: &record.version,
        })
    }
}

/// The most severe first: a wrong answer stays wrong however it was measured, and a limited generator says nothing about
/// thresholds.
fn verdict(record: &LoadRecord) -> Verdict {
    let count = |judgement| record.thresholds.iter().filter(|judged| judged.verdict == judgement).count();
    let (all, missed, open) = (record.thresholds.len(), count(Judgement::Missed), count(Judgement::Inconclusive));
    let ((tone, sign), words, meaning) = match record.correctness.wrong() {
        0 if record.stopped.is_some() => (
            SILENT,
            "STOPPED: nothing succeeded any more".to_owned(),
            "The load ended early. These figures cover only a part of the planned load.",
        ),
        0 if record.is_limited() => (
            SILENT,
            "GENERATOR-LIMITED: no verdict on the target".to_owned(),
            "The load generator was the bottleneck. No figure on this page is the limit of the server: the server may be faster.",
        ),
        0 if missed > 0 => (MISSED, format!("{missed} of {all} thresholds missed"), "Every answer was right."),
        0 if record.interrupted => (
            SILENT,
            "Interrupted".to_owned(),
            "These figures cover only a part of the planned load; every answer in it was right.",
        ),
        0 if open > 0 => (
            OPEN,
            format!("{open} of {all} thresholds can't be judged"),
            "No threshold was missed, but not enough was measured.",
        ),
        0 if all == 0 => (MET, "Every answer was right".to_owned(), "No threshold was set."),
        0 => (MET, format!("All {all} thresholds met"), "Every answer was right."),
        wrong => (
            MISSED,
            format!("WRONG ANSWERS under load: {wrong}"),
            "One wrong answer fails a run, even if its thresholds are met.",
        ),
    };
    Verdict { tone, sign, words, meaning }
}

fn checks(record: &LoadRecord) -> Vec<Check> {
    let check = |(tone, sign), verdict, name: &str, text| Check { tone, sign, verdict, name: name.to_owned(), text };
    let of = &record.correctness;
    let text = format!(
        "{} answers judged: {} not conformant, {} somebody else's; {} of {} races won twice, {} of {} registrations lost, {} of \
         {} malformed attestations accepted; {} deviations",
        of.judged,
        of.nonconformant,
        of.crossed,
        of.double_wins,
        of.races,
        of.lost,
        of.lookups,
        of.negatives_accepted,
        of.negatives,
        of.deviations
    );
    let (look, word) = if record.is_correct() { (MET, "right") } else { (MISSED, "WRONG") };
    let mut checks = vec![check(look, word, "Answers", text)];
    checks.extend(record.stopped.iter().map(|stopped| check(SILENT, "STOPPED", "Load", stopped.to_string())));
    let reasons = record.generators.iter().flat_map(|generator| &generator.reasons).cloned().collect::<Vec<_>>();
    checks.push(match record.is_limited() {
        true => check(SILENT, "GENERATOR-LIMITED", "Generator", reasons.join("; ")),
        false => check(MET, "VALID", "Generator", "it did not limit the measurement".to_owned()),
    });
    for judged in &record.thresholds {
        let (look, word) = match judged.verdict {
            Judgement::Met => (MET, "met"),
            Judgement::Missed => (MISSED, "MISSED"),
            Judgement::Inconclusive => (OPEN, "unknown"),
        };
        checks.push(check(look, word, &judged.rule, judged.text.clone()));
    }
    checks
}

fn facts(record: &LoadRecord) -> Facts {
    let rate = format!(
        "{:.1} good cycles/s: {} in {}",
        record.rate(None),
        record.cycles_ok(None),
        seconds(record.measured_us)
    );
    let errors = record.error_share(None).map_or("no cycle".to_owned(), |share| {
        format!("{} cycles ({:.3}%)", record.cycles_failed(None), share * 100.0)
    });
    let mut facts = vec![
        ("Address", record.plan.base_url.clone()),
        ("Load", model(&record.plan.model)),
        (if record.is_limited() { "Was sent" } else { "Rate" }, rate),
        ("Errors", errors),
        ("Began", record.started.clone()),
        ("Took", seconds(record.elapsed_us)),
    ];
    if let Some(shard) = record.plan.shard {
        facts.push(("Shard", format!("{} of {}", shard.index, shard.count)));
    }
    facts.extend(record.network_words().map(|words| ("Network", words)));
    facts.extend(record.scaling.iter().map(|scaling| ("Before it", scaling.to_string())));
    let of = &record.correctness;
    if of.known > 0 {
        facts.push(("Known", format!("{} answers that would have been wrong are excused", of.known)));
    }
    if let Some(before) = &record.preflight {
        let (all, own) = (of.confirmed + before.confirmed, before.confirmed);
        facts
            .push(("Added", format!("{all} registrations, {own} before the load; a subject had up to {}", before.had)));
    }
    facts.push(("Enrolled", format!("{}, left behind {}, kept {}", of.confirmed, of.left_behind, of.kept)));
    facts
}

fn queueing(record: &LoadRecord) -> io::Result<Option<Queueing>> {
    let Some(arrivals) = &record.arrivals else { return Ok(None) };
    let p99 = |step| {
        let histogram = record.good(step, None).map_err(io::Error::other)?;
        Ok::<_, io::Error>(if histogram.is_empty() {
            "–".to_owned()
        } else {
            milliseconds(histogram.value_at_quantile(0.99))
        })
    };
    let achieved = record.achieved().map_or("–".to_owned(), |share| format!("{:.2}%", share * 100.0));
    let facts = vec![
        ("Offered", arrivals.offered.to_string()),
        ("Ended well", format!("{} ({achieved})", arrivals.ok)),
        ("Failed", arrivals.failed.to_string()),
        ("Waited", format!("{} found no free worker", arrivals.waited)),
        ("Late", format!("{} started more than 10 ms late", arrivals.late)),
        ("Abandoned", format!("{} never started", arrivals.abandoned)),
    ];
    let (intended, real) = (p99(LoadStep::Cycle)?, p99(LoadStep::Service)?);
    Ok(Some(Queueing { facts, chart: charts::queueing(record)?, intended, real }))
}

fn failure(error: &LoadErrorRecord) -> Failure<'_> {
    let shown = |exchange| Shown { exchange, milliseconds: milliseconds(exchange.duration_us) };
    Failure {
        class: &error.class,
        outcome: slug(error.outcome),
        count: error.count,
        measured: error.measured,
        first: seconds(error.first_us),
        example: &error.example,
        exchanges: error.exchanges.iter().map(shown).collect(),
    }
}

fn generator(generator: &GeneratorRecord) -> io::Result<Generator<'_>> {
    let (look, verdict) = match generator.verdict {
        GeneratorVerdict::Valid => (MET, "VALID"),
        GeneratorVerdict::Limited => (SILENT, "GENERATOR-LIMITED"),
    };
    let spent = float(generator.user_us + generator.system_us);
    let share = 100.0 * spent / (float(generator.wall_us.max(1)) * generator.cores.max(0.001));
    let whose = if generator.embedded { " (with the embedded server)" } else { "" };
    let facts = vec![
        ("Processor", format!("{share:.0}% of {:.1} cores{whose}", generator.cores)),
        ("Per cycle", format!("{:.0} µs", spent / float(generator.cycles.max(1)))),
        ("Throttled", seconds(generator.throttled_us)),
        ("Memory", format!("{:.0} MB at most", float(generator.peak_rss_bytes) / 1e6)),
        ("Own lag", figures(&generator.lag)?),
        ("Heartbeat", figures(&generator.heartbeat)?),
        ("Attesting", figures(&generator.crypto)?),
        ("Queue for it", figures(&generator.crypto_queue)?),
        ("Time", format!("{} to {}", generator.started, generator.ended)),
    ];
    let mut connections = Vec::new();
    for connection in &generator.connections {
        let parts = [("name resolution", &connection.resolve), ("TCP", &connection.connect), ("TLS", &connection.tls)];
        let mut text = format!("{} failed", connection.failed);
        for (name, histogram) in parts.into_iter().filter(|(_, histogram)| !histogram.is_empty()) {
            text.push_str(&format!("; {name} {}", figures(histogram)?));
        }
        connections.push((connection.protocol.as_str(), text));
    }
    let name = generator
        .shard
        .map_or("Generator".to_owned(), |shard| format!("Generator of shard {} of {}", shard.index, shard.count));
    let (reasons, notes) = (generator.reasons.as_slice(), generator.notes.as_slice());
    Ok(Generator { name, tone: look.0, verdict: format!("{} {verdict}", look.1), reasons, notes, facts, connections })
}

fn figures(histogram: &PackedHistogram) -> io::Result<String> {
    let histogram = histogram.unpack().map_err(io::Error::other)?;
    if histogram.is_empty() {
        return Ok("nothing measured".to_owned());
    }
    let at = |quantile| milliseconds(histogram.value_at_quantile(quantile));
    Ok(format!("p50 {}, p99 {}, max {} ms of {}", at(0.5), at(0.99), at(1.0), histogram.len()))
}

fn model(model: &LoadModel) -> String {
    match model {
        LoadModel::Closed { workers } => {
            format!("closed: {workers} workers, each starts a cycle when its last one is over")
        }
        LoadModel::Open { steps, arrivals, workers } => {
            let step =
                |step: &crate::outcome::load::RateStep| format!("{}/s for {}", step.per_second, seconds(step.for_us));
            let steps = steps.iter().map(step).collect::<Vec<_>>().join(", then ");
            let drawn = if *arrivals == ArrivalPattern::Poisson { "at random" } else { "at equal intervals" };
            format!("open: {steps}, {drawn}, with {workers} workers")
        }
    }
}

fn plan(plan: &LoadPlanRecord) -> Facts {
    let mix = |items: &[crate::outcome::load::Weighted]| {
        items.iter().map(|item| format!("{} × {}", item.weight, item.name)).collect::<Vec<_>>().join(", ")
    };
    let (stages, shares) = (&plan.stages, &plan.shares);
    let percent = |share: f64| format!("{:.2}%", share * 100.0);
    let keys = if plan.fresh_keys { "a key of its own each" } else { "test-only keys, made in bulk" };
    vec![
        ("Load", model(&plan.model)),
        (
            "Phases",
            format!(
                "ramp {}, warm-up {}, hold {} (measured), ramp-down {}",
                seconds(stages.ramp_us),
                seconds(stages.warm_up_us),
                seconds(stages.hold_us),
                seconds(stages.ramp_down_us)
            ),
        ),
        ("Flows", mix(&plan.flows)),
        ("Protocols", mix(&plan.protocols)),
        ("Attestation", format!("{}, {keys}", plan.format)),
        (
            "Special",
            format!(
                "{} malformed, {} raced, {} looked up",
                percent(shares.negatives),
                percent(shares.races),
                percent(shares.lookups)
            ),
        ),
        ("Subjects", plan.subjects.to_string()),
        ("Think time", seconds(plan.think_us)),
        ("Afterwards", if plan.cleanup == Cleanup::Keep { "kept" } else { "removed" }.to_owned()),
        ("Timeout", seconds(plan.timeout_us)),
        ("Seed", plan.seed.to_string()),
        ("Digest", plan.digest.clone()),
    ]
}

fn seconds(micros: u64) -> String {
    format!("{:.1} s", float(micros) / 1e6)
}
