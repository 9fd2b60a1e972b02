//! The final figures in Prometheus's text format, version 0.0.4: for a Pushgateway or a textfile collector.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use super::super::text::printable;
use super::hlog::slug;
use super::percentile::{self, PERCENTILES};
use crate::outcome::load::{Judgement, LoadRecord, LoadStep, Row, float};

/// Label, and value.
type Labels<'a> = Vec<(&'static str, &'a str)>;

pub(super) fn write(record: &LoadRecord, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = Text::default();
    about(&mut text, record);
    calls(&mut text, record);
    durations(&mut text, record)?;
    rates(&mut text, record);
    verdicts(&mut text, record);
    generators(&mut text, record);
    out.write_all(text.0.as_bytes())
}

#[derive(Default)]
struct Text(String);

impl Text {
    /// Begins a metric; its samples have to follow.
    fn metric(&mut self, kind: &str, name: &str, help: &str) {
        // Writing to a `String` can't fail.
        writeln!(self.0, "# HELP proofmark_load_{name} {help}\n# TYPE proofmark_load_{name} {kind}")
            .unwrap_or_default();
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> =
            labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        writeln!(self.0, "proofmark_load_{name}{labels} {value}").unwrap_or_default();
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.metric("gauge", name, help);
        self.sample(name, &[], value);
    }
}

/// Escapes a quoted label value. Control characters are made visible first, so that the backslashes of this are escaped like any
/// other.
fn escaped(text: &str) -> String {
    printable(text).replace('\\', "\\\\").replace('"', "\\\"")
}

fn about(text: &mut Text, record: &LoadRecord) {
    text.metric("gauge", "info", "What was run; always 1.");
    let seed = record.plan.seed.to_string();
    let labels: Labels<'_> = vec![
        ("version", &record.version),
        ("target", &record.plan.target),
        ("base_url", &record.plan.base_url),
        ("seed", &seed),
        ("plan", &record.plan.digest),
        ("started", &record.started),
    ];
    text.sample("info", &labels, 1.0);
    text.gauge("measured_seconds", "How long the hold phase was measured.", float(record.measured_us) / 1e6);
    text.gauge("interrupted", "1 if the run is only a part of the planned load.", flag(record.interrupted));
    if record.stopped.is_some() {
        text.gauge("stopped", "1 if the run ended by itself because nothing succeeded any more.", 1.0);
    }
}

fn calls(text: &mut Text, record: &LoadRecord) {
    text.metric("counter", "calls_total", "Calls, waits and cycles of the hold phase, by outcome.");
    for row in &record.rows {
        let (kind, outcome) = (slug(row.kind), slug(row.outcome));
        let labels: Labels<'_> = vec![
            ("protocol", &row.protocol),
            ("flow", &row.flow),
            ("kind", &kind),
            ("step", row.step.name()),
            ("outcome", &outcome),
        ];
        text.sample("calls_total", &labels, float(row.count));
    }
}

fn durations(text: &mut Text, record: &LoadRecord) -> io::Result<()> {
    let name = "duration_seconds";
    text.metric("summary", name, "Good answers in ordinary cycles of the hold phase, to the last byte.");
    let mut groups: BTreeMap<(&str, LoadStep), Vec<&Row>> = BTreeMap::new();
    for row in record.rows.iter().filter(|row| row.is_good(row.step, None)) {
        groups.entry((&row.protocol, row.step)).or_default().push(row);
    }
    for ((protocol, step), rows) in groups {
        let histogram = record.good(step, Some(protocol)).map_err(io::Error::other)?;
        let max = rows.iter().map(|row| row.max_us).max().unwrap_or_default();
        for (_, percent, share) in PERCENTILES {
            let labels = [("protocol", protocol), ("step", step.name()), ("quantile", share)];
            text.sample(name, &labels, float(percentile::at(&histogram, percent, max)) / 1e6);
        }
        let labels = [("protocol", protocol), ("step", step.name())];
        text.sample("duration_seconds_sum", &labels, float(rows.iter().map(|row| row.sum_us).sum()) / 1e6);
        text.sample("duration_seconds_count", &labels, float(rows.iter().map(|row| row.count).sum()));
    }
    Ok(())
}

fn rates(text: &mut Text, record: &LoadRecord) {
    text.gauge("cycles_per_second", "Good enrolments per second over the hold phase.", record.rate(None));
    if let Some(share) = record.error_share(None) {
        text.gauge("error_ratio", "Failed cycles as a share of all.", share);
    }
    if let Some(share) = record.achieved() {
        text.gauge("achieved_ratio", "Good cycles as a share of the offered ones.", share);
    }
    let Some(arrivals) = &record.arrivals else { return };
    text.metric("counter", "arrivals_total", "Arrivals of the hold phase, by outcome.");
    for (state, count) in [
        ("offered", arrivals.offered),
        ("started", arrivals.started),
        ("waited", arrivals.waited),
        ("late", arrivals.late),
        ("abandoned", arrivals.abandoned),
        ("ok", arrivals.ok),
        ("failed", arrivals.failed),
    ] {
        text.sample("arrivals_total", &[("state", state)], float(count));
    }
}

fn verdicts(text: &mut Text, record: &LoadRecord) {
    let of = &record.correctness;
    text.metric("counter", "wrong_answers_total", "Wrong answers; one of them fails the run.");
    for (kind, count) in [
        ("nonconformant", of.nonconformant),
        ("crossed", of.crossed),
        ("double-wins", of.double_wins),
        ("lost", of.lost),
        ("negatives-accepted", of.negatives_accepted),
    ] {
        text.sample("wrong_answers_total", &[("kind", kind)], float(count));
    }
    text.metric("counter", "judged_answers_total", "Answers that were judged.");
    text.sample("judged_answers_total", &[], float(of.judged));
    if !record.errors.is_empty() {
        text.metric("counter", "errors_total", "Errors over all phases.");
    }
    for error in &record.errors {
        let outcome = slug(error.outcome);
        text.sample("errors_total", &[("class", &error.class), ("outcome", &outcome)], float(error.count));
    }
    if !record.thresholds.is_empty() {
        text.metric("gauge", "threshold_met", "1 if the threshold is met; 0 if it is missed or can't be judged.");
    }
    for judged in &record.thresholds {
        let verdict = slug(judged.verdict);
        let labels = [("rule", judged.rule.as_str()), ("verdict", &verdict)];
        text.sample("threshold_met", &labels, flag(judged.verdict == Judgement::Met));
    }
}

fn generators(text: &mut Text, record: &LoadRecord) {
    let limited = flag(record.is_limited());
    text.gauge("generator_limited", "1 if the generator was the limit: then no figure is the target's limit.", limited);
    if let Some(micros) = record.cpu_per_cycle_us() {
        let help = "Processor time of the generators for each cycle.";
        text.gauge("generator_cpu_seconds_per_cycle", help, micros / 1e6);
    }
    let peak = record.generators.iter().map(|generator| generator.peak_rss_bytes).max().unwrap_or_default();
    text.gauge("generator_peak_memory_bytes", "The most memory that a generator used at a time.", float(peak));
}

fn flag(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}
