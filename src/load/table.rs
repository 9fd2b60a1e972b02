//! A run as text for people: the plan, the progress and the result.

use std::fmt::Write as _;

use hdrhistogram::Histogram;

use super::plan::Plan;
use super::progress::Progress;
use crate::outcome::load::{
    ArrivalPattern, BadHistogram, GeneratorVerdict, Judgement, Kind, LoadModel, LoadRecord, LoadStep, Outcome, Row,
    Stages, float,
};

/// The percentiles of a summary.
const QUANTILES: [(&str, f64); 6] =
    [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999)];

/// One, but for what binary fractions lose.
const ONE: f64 = 0.999_999;

/// The least number of cycles of a further kind that have a table of their own.
const LEAST_CYCLES: u64 = 1_000;

/// The steps of a summary, in its order.
const STEPS: [LoadStep; 8] = [
    LoadStep::Lag,
    LoadStep::Start,
    LoadStep::Attest,
    LoadStep::Verify,
    LoadStep::Lookup,
    LoadStep::Cleanup,
    LoadStep::Service,
    LoadStep::Cycle,
];

/// The plan, in one line.
pub fn header(plan: &Plan) -> String {
    let url = &plan.web.base_url;
    let target = if plan.name == *url { url.clone() } else { format!("{} at {url}", plan.name) };
    let mix = |items: Vec<(&str, u32)>| match items.as_slice() {
        [(name, _)] => (*name).to_owned(),
        items => items.iter().map(|(name, weight)| format!("{name}={weight}")).collect::<Vec<_>>().join(","),
    };
    let flows = mix(plan.flows.iter().map(|(flow, weight)| (flow.slug(), *weight)).collect());
    let protocols = mix(plan.protocols.iter().map(|(protocol, weight)| (protocol.slug(), *weight)).collect());
    let keys = if plan.fresh_keys { "" } else { " (test-only keys)" };
    format!(
        "load on {target}: {flows} over {protocols}, attestation {}{keys}, {}, {}, seed {}",
        plan.format.slug(),
        model(&plan.model),
        stages(&plan.stages),
        plan.seed
    )
}

fn model(model: &LoadModel) -> String {
    match model {
        LoadModel::Closed { workers } => format!("{workers} workers"),
        LoadModel::Open { steps, arrivals, workers } => {
            let rates: Vec<String> = steps.iter().map(|step| format!("{}/s", step.per_second)).collect();
            let drawn = if *arrivals == ArrivalPattern::Poisson { " at random" } else { "" };
            format!("{}{drawn} with {workers} workers", rates.join(", "))
        }
    }
}

fn stages(stages: &Stages) -> String {
    let all = [
        ("ramp", stages.ramp_us),
        ("warm-up", stages.warm_up_us),
        ("hold", stages.hold_us),
        ("ramp-down", stages.ramp_down_us),
    ];
    let shown = all.into_iter().filter(|(_, micros)| *micros > 0);
    shown.map(|(name, micros)| format!("{name} {:.1} s", float(micros) / 1e6)).collect::<Vec<_>>().join(", ")
}

/// How far it is, in one line.
pub fn progress_line(progress: &Progress) -> String {
    let mut line = format!(
        "{:>5} s  {:.0} cycles/s, {} ok, {} failed, {} under way",
        progress.elapsed.as_secs(),
        progress.rate,
        progress.ok,
        progress.failed,
        progress.in_flight
    );
    // Writing to a `String` can't fail.
    if progress.waiting > 0 {
        write!(line, ", {} waiting", progress.waiting).unwrap_or_default();
    }
    for (step, p50, p99) in measured(progress) {
        write!(line, ", {} p50 {} p99 {} ms", step.name(), milliseconds(*p50), milliseconds(*p99)).unwrap_or_default();
    }
    if progress.wrong > 0 {
        write!(line, ", {} WRONG ANSWERS", progress.wrong).unwrap_or_default();
    }
    if let Some(worst) = &progress.worst {
        write!(line, ", mostly {worst}").unwrap_or_default();
    }
    line.push_str(if progress.draining { ", ending" } else { "" });
    line
}

/// The steps that have values: no call takes less than a microsecond.
fn measured(progress: &Progress) -> impl Iterator<Item = &(LoadStep, u64, u64)> {
    progress.steps.iter().filter(|(_, _, p99)| *p99 > 0)
}

/// How far it is, in lines of at most 60 columns, for a terminal that is drawn again and again.
pub fn live_view(progress: &Progress) -> String {
    let ending = if progress.draining { ", ending" } else { "" };
    let mut view = format!(
        "{:.0} cycles/s{ending}\n{} ok, {} failed\n{} under way, {} waiting\n",
        progress.rate, progress.ok, progress.failed, progress.in_flight, progress.waiting
    );
    // Writing to a `String` can't fail.
    writeln!(view, "{:<12}{:>10}{:>10}", "ms", "p50", "p99").unwrap_or_default();
    for (step, p50, p99) in measured(progress) {
        let (p50, p99) = (milliseconds(*p50), milliseconds(*p99));
        writeln!(view, "{:<12}{p50:>10}{p99:>10}", step.name()).unwrap_or_default();
    }
    if progress.wrong > 0 {
        writeln!(view, "{} WRONG ANSWERS", progress.wrong).unwrap_or_default();
    }
    if let Some(worst) = &progress.worst {
        writeln!(view, "mostly {worst:.53}").unwrap_or_default();
    }
    view.truncate(view.trim_end().len());
    view
}

/// The tables of steps, the rates, the failures, the generator's report about itself, and the thresholds. Ends with a line break.
///
/// # Errors
/// [`BadHistogram`] for a record from elsewhere.
pub fn render(record: &LoadRecord) -> Result<String, BadHistogram> {
    let mut text = String::new();
    write_rows(&mut text, record)?;
    // Writing to a `String` can't fail.
    write_rates(&mut text, record).unwrap_or_default();
    write_failures(&mut text, record).unwrap_or_default();
    write_generators(&mut text, record).unwrap_or_default();
    for threshold in &record.thresholds {
        let verdict = match threshold.verdict {
            Judgement::Met => "met",
            Judgement::Missed => "MISSED",
            Judgement::Inconclusive => "UNKNOWN",
        };
        writeln!(text, "{verdict:<7} {}: {}", threshold.rule, threshold.text).unwrap_or_default();
    }
    if let Some(scaling) = &record.scaling {
        writeln!(text, "before  {scaling}").unwrap_or_default();
    }
    for note in &record.notes {
        writeln!(text, "note    {note}").unwrap_or_default();
    }
    for cause in record.causes() {
        writeln!(text, "cause   {cause}").unwrap_or_default();
    }
    if let Some(stopped) = &record.stopped {
        writeln!(text, "stopped {stopped}").unwrap_or_default();
    }
    if record.interrupted {
        text.push_str("interrupted: this is only a part of the requested load\n");
    }
    Ok(text)
}

fn write_rows(text: &mut String, record: &LoadRecord) -> Result<(), BadHistogram> {
    let mut line = format!("{:<26}{:>9}", "ms", "count");
    for (name, _) in QUANTILES {
        write!(line, "{name:>10}").unwrap_or_default();
    }
    writeln!(text, "{line}{:>10}", "max").unwrap_or_default();
    let mut protocols: Vec<&str> = record.rows.iter().map(|row| row.protocol.as_str()).collect();
    protocols.dedup();
    for protocol in protocols {
        let mut few = Vec::new();
        for kind in [Kind::Good, Kind::Negative, Kind::Race, Kind::Lookup] {
            let of_kind = |row: &Row| row.protocol == protocol && row.kind == kind && row.outcome == Outcome::Ok;
            let cycles = record.count(|row| of_kind(row) && row.step == LoadStep::Cycle);
            if kind != Kind::Good && cycles < LEAST_CYCLES {
                few.extend((cycles > 0).then(|| format!("{cycles} {}", word(kind))));
                continue;
            }
            for step in STEPS {
                let takes = |row: &Row| of_kind(row) && row.step == step;
                let times = record.histogram(takes)?;
                let max = record.rows.iter().filter(|row| takes(row)).map(|row| row.max_us).max().unwrap_or_default();
                if !times.is_empty() {
                    let name = [protocol, word(kind), step.name()]
                        .into_iter()
                        .filter(|word| !word.is_empty())
                        .collect::<Vec<_>>()
                        .join(" ");
                    write_row(text, &name, &times, max);
                }
            }
        }
        if !few.is_empty() {
            let also = format!("{protocol} also");
            writeln!(text, "{also:<26}{} cycles: few, so that only the reports have their times", few.join(", "))
                .unwrap_or_default();
        }
    }
    Ok(())
}

/// What cycles of a kind are called; nothing for good ones.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Good => "",
        Kind::Negative => "negative",
        Kind::Race => "race",
        Kind::Lookup => "lookup",
    }
}

fn write_row(text: &mut String, name: &str, times: &Histogram<u64>, max: u64) {
    write!(text, "{name:<26}{:>9}", times.len()).unwrap_or_default();
    for (_, quantile) in QUANTILES {
        // A share of fewer than one value says nothing beside the greatest.
        let is_seen = float(times.len()) * (1.0 - quantile) >= ONE;
        let value = || milliseconds(times.value_at_quantile(quantile).min(max));
        write!(text, "{:>10}", if is_seen { value() } else { "-".to_owned() }).unwrap_or_default();
    }
    writeln!(text, "{:>10}", milliseconds(max)).unwrap_or_default();
}

fn write_rates(text: &mut String, record: &LoadRecord) -> std::fmt::Result {
    let seconds = float(record.measured_us) / 1e6;
    let cycles = record.cycles_ok(None);
    writeln!(text, "{:.1} cycles/s: {cycles} cycles in {seconds:.2} s", record.rate(None))?;
    if let Some(arrivals) = &record.arrivals {
        let share = record.achieved().unwrap_or_default() * 100.0;
        writeln!(
            text,
            "arrivals: {} offered, {} ok ({share:.2}%), {} failed, {} abandoned; {} found no free worker, {} began late",
            arrivals.offered, arrivals.ok, arrivals.failed, arrivals.abandoned, arrivals.waited, arrivals.late
        )?;
    }
    Ok(())
}

fn write_failures(text: &mut String, record: &LoadRecord) -> std::fmt::Result {
    let failed = record.cycles_failed(None);
    let share = record.error_share(None).map(|share| format!(" ({:.3}%)", share * 100.0)).unwrap_or_default();
    let negatives =
        record.count(|row| row.step == LoadStep::Cycle && row.kind == Kind::Negative && row.outcome == Outcome::Ok);
    writeln!(text, "errors {failed} of {} cycles{share}", record.cycles_ok(None) + negatives + failed)?;
    for error in &record.errors {
        writeln!(text, "{:>10}  {}: {}", error.count, error.class, error.example)?;
    }
    if let Some(words) = record.network_words() {
        writeln!(text, "by the network or a gateway: {words}")?;
    }
    let of = &record.correctness;
    writeln!(
        text,
        "answers judged: {}; wrong {}, crossed {}, double wins {} of {} races, lost {} of {} lookups, accepted {} of {} negatives",
        of.judged,
        of.nonconformant,
        of.crossed,
        of.double_wins,
        of.races,
        of.lost,
        of.lookups,
        of.negatives_accepted,
        of.negatives
    )?;
    if of.known > 0 {
        writeln!(text, "known and excused: {} answers", of.known)?;
    }
    writeln!(text, "enrolled: {}, left behind: {}, kept: {}", of.confirmed, of.left_behind, of.kept)?;
    match &record.preflight {
        Some(before) => writeln!(
            text,
            "registrations added to the target: {}, {} of them before the load; a subject had up to {}",
            of.confirmed + before.confirmed,
            before.confirmed,
            before.had
        ),
        None => Ok(()),
    }
}

fn write_generators(text: &mut String, record: &LoadRecord) -> std::fmt::Result {
    for generator in &record.generators {
        let verdict = match generator.verdict {
            GeneratorVerdict::Valid => "VALID",
            GeneratorVerdict::Limited => "GENERATOR-LIMITED: no figure above shows the target's limit",
        };
        let spent = float(generator.user_us + generator.system_us);
        let share = 100.0 * spent / (float(generator.wall_us.max(1)) * generator.cores);
        let whose = if generator.embedded { " and the embedded server's" } else { "" };
        writeln!(
            text,
            "generator {verdict}; its{whose} processor time {share:.0}% of {:.1} cores, {:.0} us a cycle, peak memory {:.0} MB",
            generator.cores,
            spent / float(generator.cycles.max(1)),
            float(generator.peak_rss_bytes) / 1e6
        )?;
        for line in generator.reasons.iter().chain(&generator.notes) {
            writeln!(text, "  {line}")?;
        }
    }
    Ok(())
}

/// With one digit more than is stable.
fn milliseconds(micros: u64) -> String {
    format!("{:.2}", float(micros) / 1000.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::outcome::load::PhaseName;

    #[test]
    fn a_percentile_needs_values_beyond_it() {
        for (count, seen) in [(1, 0), (9, 1), (10, 2), (20, 3), (99, 3), (100, 4), (999, 4), (1_000, 5), (10_000, 6)] {
            let mut times = Histogram::<u64>::new(3).expect("digits");
            times.record_n(1_500, count).expect("in range");
            let mut text = String::new();
            write_row(&mut text, "rest start", &times, 1_500);
            let cells: Vec<&str> = text.split_whitespace().skip(3).collect();
            assert_eq!(cells.iter().filter(|cell| **cell == "1.50").count(), seen + 1, "{count}: {text}");
            assert_eq!(cells.iter().filter(|cell| **cell == "-").count(), 6 - seen, "{count}: {text}");
        }
    }

    #[test]
    fn the_live_view_fits_a_narrow_terminal() {
        let progress = Progress {
            elapsed: Duration::from_secs(3_600),
            phase: PhaseName::Hold,
            draining: true,
            ok: 17_999_999,
            failed: 1_234_567,
            rate: 4_999.6,
            in_flight: 10_000,
            waiting: 100_000,
            wrong: 3,
            worst: Some(format!("verify/check/{}", "x".repeat(100))),
            steps: vec![
                (LoadStep::Start, 1_004, 9_996),
                (LoadStep::Verify, 0, 0),
                (LoadStep::Cycle, 1_500_000, 60_000_000),
            ],
        };
        let view = live_view(&progress);
        let expected = format!(
            "5000 cycles/s, ending\n17999999 ok, 1234567 failed\n10000 under way, 100000 waiting\n{}\n{}\n{}\n3 WRONG ANSWERS\nmostly verify/check/{}",
            "ms                 p50       p99",
            "start             1.00     10.00",
            "cycle          1500.00  60000.00",
            "x".repeat(40)
        );
        assert_eq!(view, expected);
        assert!(view.lines().all(|line| line.chars().count() <= 60));
        let quiet = Progress { draining: false, wrong: 0, worst: None, steps: Vec::new(), ..progress };
        assert_eq!(live_view(&quiet).lines().count(), 4);
    }
}
