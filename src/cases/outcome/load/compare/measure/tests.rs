use std::collections::BTreeMap;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::super::bootstrap::Unit;
use super::super::question::METRICS;
use super::*;
use crate::outcome::load::sample::{row, sample};
use crate::outcome::load::{GeneratorVerdict, Interval, IntervalStep, PackedHistogram};

const QUESTION: Question = Question { margin: 0.03, confidence: 0.99, seed: 1 };

const P50: Figure = Figure::Percentile(LoadStep::Verify, 50.0);

const P99: Figure = Figure::Percentile(LoadStep::Verify, 99.0);

struct Noise(ChaCha8Rng);

impl Noise {
    fn new(seed: u64) -> Noise {
        Noise(ChaCha8Rng::seed_from_u64(seed))
    }

    fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// With deviation 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

/// `points` values with an exponential tail, `each` times each, all of them longer by a factor; in whole grains.
fn unit(factor: f64, points: u32, each: u64, grain: u64) -> Unit {
    let value = |point: u32| -f64::from(2 * point + 1).mul_add(-0.5 / f64::from(points), 1.0).ln();
    let grains = |point: u32| {
        Duration::from_secs_f64(factor * 1e4 * (0.2 + value(point)) / crate::outcome::load::float(grain)).as_secs()
    };
    let mut values: BTreeMap<u64, u64> = BTreeMap::new();
    (0..points).for_each(|point| *values.entry(grains(point) * grain).or_default() += each);
    let count = values.values().sum();
    Unit { values: values.into_iter().collect(), count, micros: 1_000_000 }
}

/// Runs in turns, A B B A. Each differs from the last one by chance, and all become slower as time goes by.
fn turns(seed: u64, pairs: u32, deviation: f64, slower: f64) -> [Vec<Unit>; 2] {
    let mut noise = Noise::new(seed);
    let mut sides = [Vec::new(), Vec::new()];
    for turn in 0..2 * pairs {
        let drift = 1.0 + 0.2 * f64::from(turn) / f64::from(2 * pairs);
        let is_new = [false, true, true, false][usize::try_from(turn % 4).expect("small")];
        let factor = drift * (deviation * noise.normal()).exp() * if is_new { 1.0 + slower } else { 1.0 };
        sides[usize::from(is_new)].push(unit(factor, 100, 200, 1));
    }
    sides
}

/// One run of intervals: noise that remembers its past, and a drift.
fn run(seed: u64, intervals: u32, memory: f64, drift: f64, slower: f64) -> Vec<Unit> {
    let mut noise = Noise::new(seed);
    let mut state = 0.0;
    let one = |at| {
        state = memory * state + 0.05 * noise.normal();
        let factor = (state + drift * f64::from(at) / f64::from(intervals)).exp() * (1.0 + slower);
        unit(factor, 100, 5, 100)
    };
    (0..intervals).map(one).collect()
}

fn verdict(sides: [Vec<Unit>; 2], figure: Figure, runs: bool, margin: f64) -> Change {
    let [before, after] = sides.map(Sample::new);
    let mut compared = Compared {
        metric: String::new(),
        baseline: None,
        new: None,
        difference: None,
        verdict: Change::Inconclusive,
        note: String::new(),
    };
    let bound = if runs { bootstrap::of_pairs } else { bootstrap::of_one_run_each };
    if let Ok(bound) = bound(figure, [&before, &after], &QUESTION) {
        compared.conclude(figure == Figure::Cycles, bound, margin);
    }
    compared.verdict
}

fn count(seeds: u64, wanted: &[Change], verdict: impl Fn(u64) -> Change) -> usize {
    (0..seeds).filter(|seed| wanted.contains(&verdict(*seed))).count()
}

const ALARMS: &[Change] = &[Change::Slower, Change::Faster];

#[test]
fn two_runs_of_one_build_raise_no_alarm_although_they_drift() {
    for figure in [P50, P99] {
        assert_eq!(count(100, ALARMS, |seed| verdict(turns(seed, 10, 0.03, 0.0), figure, true, 0.03)), 0);
        let single = |seed| [run(2 * seed, 120, 0.5, 0.05, 0.0), run(2 * seed + 1, 120, 0.5, 0.05, 0.0)];
        assert_eq!(count(20, ALARMS, |seed| verdict(single(seed), figure, false, 0.03)), 0);
    }
}

#[test]
fn without_a_margin_intervals_are_as_sure_as_they_say() {
    // 1 % of 200 is 2.
    for (pairs, figure) in [(3, P50), (5, P99), (10, P99)] {
        let alarms = count(200, ALARMS, |seed| verdict(turns(seed, pairs, 0.03, 0.0), figure, true, 0.0));
        assert!(alarms <= 7, "{pairs}: {alarms}");
    }
    let single = |seed| [run(2 * seed, 160, 0.4, 0.0, 0.0), run(2 * seed + 1, 160, 0.4, 0.0, 0.0)];
    let alarms = count(40, ALARMS, |seed| verdict(single(seed), P50, false, 0.0));
    assert!(alarms <= 3, "{alarms}");
}

#[test]
fn five_percent_slower_is_found_with_enough_repeats() {
    let found = |pairs, figure| {
        count(100, &[Change::Slower], |seed| verdict(turns(seed, pairs, 0.01, 0.05), figure, true, 0.03))
    };
    for figure in [P50, P99] {
        assert!(found(16, figure) >= 90, "{}", found(16, figure));
        // Fewer runs don't find it, and don't say that there is nothing.
        assert!(found(3, figure) < 20, "{}", found(3, figure));
    }
    let missed = |seed| verdict(turns(seed, 3, 0.01, 0.05), P50, true, 0.03);
    assert_eq!(count(100, &[Change::NoDifference], missed), 0);
}

#[test]
fn two_long_runs_show_that_one_is_much_slower_or_that_nothing_can_be_said() {
    let sides =
        |seed, memory, slower| [run(2 * seed, 240, memory, 0.0, 0.0), run(2 * seed + 1, 240, memory, 0.0, slower)];
    let found = count(12, &[Change::Slower], |seed| verdict(sides(seed, 0.4, 0.15), P50, false, 0.03));
    assert!(found >= 11, "{found}");
    // What remembers for longer than a block is not judged.
    let silent = count(12, &[Change::Inconclusive], |seed| verdict(sides(seed, 0.97, 0.1), P50, false, 0.03));
    assert!(silent >= 11, "{silent}");
}

#[test]
fn a_lower_rate_is_slower() {
    let side = |counts: &[u64]| {
        counts
            .iter()
            .map(|count| Unit { values: vec![(1, *count)], count: *count, micros: 1_000_000 })
            .collect::<Vec<_>>()
    };
    let before = side(&[100, 101, 99, 100, 102, 98]);
    let after = side(&[80, 81, 79, 80, 82, 78]);
    assert_eq!(verdict([before.clone(), after.clone()], Figure::Cycles, true, 0.03), Change::Slower);
    assert_eq!(verdict([after, before.clone()], Figure::Cycles, true, 0.03), Change::Faster);
    assert_eq!(verdict([before.clone(), before], Figure::Cycles, true, 0.03), Change::NoDifference);
}

fn named(name: &str, record: LoadRecord) -> Named {
    Named { name: name.to_owned(), record }
}

/// The sample with a verify that takes up to so many milliseconds, in its rows and in its intervals.
fn taking(top: u64) -> LoadRecord {
    let mut record = sample();
    record.rows = vec![row("rest", LoadStep::Verify, crate::outcome::load::Outcome::Ok, 20_000, top)];
    record.phases[0].length_us = 60_000_000;
    record.measured_us = 60_000_000;
    let histogram: PackedHistogram =
        row("rest", LoadStep::Verify, crate::outcome::load::Outcome::Ok, 400, top).histogram;
    let step = IntervalStep { protocol: "rest".to_owned(), step: LoadStep::Verify, count: 400, histogram };
    record.intervals.list = vec![Interval { ok: 400, steps: vec![step], ..Interval::default() }; 60];
    record
}

fn metric(text: &str) -> Metric {
    text.parse().expect(text)
}

#[test]
fn records_are_compared_by_their_rows_or_by_their_intervals() {
    let metrics = [metric("verify.p99"), metric("rest/verify.mean"), metric("grpc/verify.p50"), metric("verify.p99.9")];
    let one = compare(&[named("a", taking(20))], &[named("b", taking(40))], &metrics, &QUESTION).expect("comparable");
    let two = [named("a", taking(20)), named("b", taking(20))];
    let several =
        compare(&two, &[named("c", taking(40)), named("d", taking(40))], &metrics, &QUESTION).expect("comparable");
    for compared in [&one, &several] {
        let verdicts: Vec<Change> = compared.iter().map(|compared| compared.verdict).collect();
        let silent = Change::Inconclusive;
        // Of 24,000 samples in intervals as of 40,000 in rows there are too few beyond a p99.9.
        assert_eq!(verdicts, [Change::Slower, Change::Slower, silent, silent], "{compared:?}");
        let (low, estimate, high) = compared[0].difference.expect("an interval");
        assert!(low < estimate && estimate < high && (0.98..1.02).contains(&estimate), "{low} {estimate} {high}");
        assert!(compared[2].note.starts_with("baseline: there was no call"), "{}", compared[2].note);
    }
    assert!(one[0].note.contains("one run a side") && several[0].note.is_empty());
    let again = compare(&two, &two, &metrics, &QUESTION).expect("comparable");
    assert_eq!(
        (again[0].verdict, again[0].difference.map(|(_, estimate, _)| estimate)),
        (Change::NoDifference, Some(0.0))
    );
}

#[test]
fn what_is_no_comparison_is_refused_by_its_file() {
    let refused = |change: fn(&mut LoadRecord)| {
        let mut changed = taking(20);
        change(&mut changed);
        let ended = compare(&[named("a", taking(20))], &[named("b", changed)], &[], &QUESTION);
        ended.map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(refused(|record| record.plan.seed = 7), Ok(()), "another seed is another draw of the same load");
    assert_eq!(refused(|record| record.plan.base_url = "http://127.0.0.1:2".to_owned()), Ok(()));
    assert_eq!(refused(|record| record.plan.target_file = Some("b.toml".to_owned())), Ok(()));
    assert_eq!(refused(|record| record.plan.defects = vec!["slow".to_owned()]), Ok(()));
    let says = |text: &str| Err(text.to_owned());
    assert_eq!(refused(|record| record.plan.subjects = 7), says("b and a: their plans differ in subjects"));
    assert_eq!(
        refused(|record| record.interrupted = true),
        says("b: it was interrupted, and is only a part of the requested load")
    );
    let limited = refused(|record| record.generators[0].verdict = GeneratorVerdict::Limited);
    assert!(limited.expect_err("limited").starts_with("b: the generator was the limit"));
    let nothing =
        |baseline: &[Named], new: &[Named]| compare(baseline, new, &[], &QUESTION).expect_err("nothing").to_string();
    let run = named("a", taking(20));
    assert_eq!(nothing(&[], std::slice::from_ref(&run)), "there is no baseline run");
    assert_eq!(nothing(std::slice::from_ref(&run), &[]), "there is no new run");
    let uneven = nothing(&[run.clone(), run.clone()], &[run]);
    assert_eq!(uneven, "2 baseline runs and 1 new ones: give the same number of both, measured in turns (A B B A)");
}

#[test]
fn metrics_are_figures_that_runs_have_many_of() {
    for text in METRICS.iter().chain(&["grpc/cycle.p99.9", "verify.mean", "rest/cycles"]) {
        assert_eq!(metric(text).to_string(), *text);
    }
    for (text, says) in
        [("errors", "builds are compared by"), ("verify.max", "builds are compared by"), ("p99", "no figure")]
    {
        let error = text.parse::<Metric>().expect_err(text).to_string();
        assert!(error.starts_with(&format!("metric `{text}`: ")) && error.contains(says), "{error}");
    }
}
