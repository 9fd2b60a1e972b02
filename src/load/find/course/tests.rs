//! The search on simulated servers: one queue, first come first served, with a capacity that is known.

use std::collections::BTreeMap;
use std::convert::Infallible;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::super::found::short;
use super::super::search::objective;
use super::*;
use crate::outcome::load::sample::{row, sample};
use crate::outcome::load::{
    Arrivals, Correctness, GeneratorVerdict, Interval, IntervalStep, Intervals, LoadStep, Outcome, PackedHistogram,
    PhaseName, PhaseRecord, Threshold, coarse, float, record,
};

/// Before the hold, as in a real run.
const WARM_UP: f64 = 1.0;

/// How long a simulated call may take.
const TIMEOUT: f64 = 5.0;

/// A server that works on one verify at a time.
struct Simulated {
    random: ChaCha8Rng,
    /// Verifies a second.
    capacity: f64,
    /// Service times are drawn, or always the same.
    varies: bool,
    /// From this rate on the generator can't keep up.
    generator: f64,
    /// From this rate on one answer is wrong.
    wrong: f64,
}

impl Simulated {
    fn new(seed: u64, capacity: f64) -> Simulated {
        let random = ChaCha8Rng::seed_from_u64(seed);
        Simulated { random, capacity, varies: true, generator: f64::INFINITY, wrong: f64::INFINITY }
    }

    /// An exponential time with this rate.
    fn drawn(&mut self, rate: f64) -> f64 {
        -((f64::from(self.random.next_u32()) + 0.5) / 4_294_967_296.0).ln() / rate
    }

    /// Poisson arrivals at this rate. The seconds of the hold, and behind them the seconds in which the last ones end.
    fn hold(&mut self, rate: f64, hold: Duration) -> LoadRecord {
        let end = WARM_UP + hold.as_secs_f64();
        let mut seconds: BTreeMap<usize, (u64, u64, u64, Vec<f64>)> = BTreeMap::new();
        let second = |time: f64| (0..100_000).take_while(|second| float(*second) + 1.0 <= time).count();
        let (mut arrival, mut free, mut timed_out, mut offered) = (0.0, 0.0_f64, 0, 0);
        loop {
            arrival += self.drawn(rate);
            if arrival >= end {
                break;
            }
            let service = if self.varies { self.drawn(self.capacity) } else { 1.0 / self.capacity };
            free = free.max(arrival) + service;
            let took = free - arrival;
            seconds.entry(second(arrival)).or_default().0 += 1;
            offered += u64::from(arrival >= WARM_UP);
            let of = seconds.entry(second(arrival + took.min(TIMEOUT))).or_default();
            if took < TIMEOUT {
                of.1 += 1;
                of.3.push(took);
            } else {
                of.2 += 1;
                timed_out += u64::from(arrival >= WARM_UP);
            }
        }
        let last = seconds.keys().next_back().copied().unwrap_or_default();
        let list: Vec<Interval> = (0..=last).map(|at| interval(seconds.remove(&at).unwrap_or_default())).collect();
        let hold_us = u64::try_from(hold.as_micros()).expect("short");
        let ok = offered - timed_out;
        let phase = PhaseRecord {
            name: PhaseName::Hold,
            begin_us: 1_000_000,
            length_us: hold_us,
            starts: 0,
            verifies: 0,
            ok,
            failed: 0,
        };
        let mut made = LoadRecord {
            measured_us: hold_us,
            phases: vec![phase],
            rows: vec![row("rest", LoadStep::Cycle, Outcome::Ok, ok, 10)],
            intervals: Intervals { width_us: 1_000_000, list },
            correctness: Correctness { nonconformant: u64::from(rate >= self.wrong), ..Correctness::default() },
            arrivals: Some(Arrivals { offered, started: offered, ok, failed: timed_out, ..Arrivals::default() }),
            ..sample()
        };
        if timed_out > 0 {
            made.rows.push(row("rest", LoadStep::Verify, Outcome::TimedOut, timed_out, 5_000));
        }
        if rate >= self.generator {
            made.generators[0].verdict = GeneratorVerdict::Limited;
            made.generators[0].reasons.push("it used 99% of its processors".to_owned());
        }
        made
    }

    async fn find(&mut self, rules: &[&str], from: f64, to: f64) -> Capacity {
        let search = search(rules, from, to);
        let mut told = 0;
        let found = find(
            &search,
            async |rate, hold| Ok::<_, Infallible>(self.hold(rate, hold)),
            |hold| {
                told += 1;
                assert_eq!(hold.number, told);
                assert!(!hold.to_string().contains('\n'), "{hold}");
            },
        );
        let Ok(found) = found.await;
        assert_eq!(found.holds.len(), told);
        assert!(told <= search.most_holds, "{told}");
        found
    }
}

fn interval((offered, ok, failed, times): (u64, u64, u64, Vec<f64>)) -> Interval {
    let mut histogram = coarse();
    for took in &times {
        record(&mut histogram, u64::try_from(Duration::from_secs_f64(*took).as_micros()).expect("short"));
    }
    let verify = IntervalStep {
        protocol: "rest".to_owned(),
        step: LoadStep::Verify,
        count: histogram.len(),
        histogram: PackedHistogram::pack(&histogram),
    };
    Interval { offered, ok, failed, steps: vec![verify], ..Interval::default() }
}

fn search(rules: &[&str], from: f64, to: f64) -> Search {
    let objective = objective(rules.iter().copied()).expect("rules");
    Search { from, to, hold: Duration::from_secs(20), objective, precision: 0.05, most_holds: 40 }
}

#[tokio::test]
async fn the_rate_at_which_a_percentile_breaks_is_found() {
    // The time in such a queue is exponential with capacity - rate, so that its p99 is ln(100) / (capacity - rate).
    let (capacity, limit) = (200.0, 0.05);
    let breaks = capacity - 100_f64.ln() / limit;
    for seed in 1..=5 {
        let found = Simulated::new(seed, capacity).find(&["verify.p99<50ms"], 10.0, 2_000.0).await;
        let (kept, broken) = (found.sustained.expect("kept"), found.broken.expect("broken"));
        assert!(kept < broken && found.confirmed && found.ending == Ending::Found, "{seed}: {found}");
        assert!((breaks * 0.75..breaks * 1.1).contains(&kept), "{seed}: {kept} is far from {breaks}");
        assert!((breaks * 0.95..breaks * 1.3).contains(&broken), "{seed}: {broken} is far from {breaks}");
        assert!(found.first.iter().any(|rule| rule.rule == "verify.p99<50ms"), "{found}");
    }
}

#[tokio::test]
async fn a_target_that_only_falls_behind_is_found_out() {
    for seed in 1..=3 {
        let mut server = Simulated { varies: false, ..Simulated::new(seed, 100.0) };
        let found = server.find(&["verify.p99<60s"], 10.0, 1_000.0).await;
        let (kept, broken) = (found.sustained.expect("kept"), found.broken.expect("broken"));
        assert!((90.0..103.0).contains(&kept) && (98.0..115.0).contains(&broken) && kept < broken, "{seed}: {found}");
        assert!(found.first.iter().any(|rule| rule.rule == "achieved>=98%"), "{found}");
    }
}

#[tokio::test]
async fn who_keeps_everything_or_nothing_has_no_interval() {
    let found = Simulated::new(1, 10_000.0).find(&["verify.p99<50ms"], 50.0, 300.0).await;
    assert_eq!((found.sustained, found.broken, &found.ending), (Some(300.0), None, &Ending::Top));
    assert_eq!(found.holds.iter().map(|hold| hold.rate).collect::<Vec<_>>(), [50.0, 100.0, 200.0, 300.0, 300.0]);
    assert!(found.to_string().starts_with("sustained 300/s, and no higher rate was allowed; confirmed"), "{found}");
    let found = Simulated::new(1, 20.0).find(&["verify.p99<50ms"], 50.0, 300.0).await;
    assert_eq!((found.sustained, found.broken, &found.ending), (None, Some(50.0), &Ending::Bottom));
    assert!(found.to_string().starts_with("not even 50/s is sustained\nbroke first: verify.p99<50ms: "), "{found}");
}

#[tokio::test]
async fn the_generators_limit_is_not_told_as_the_targets() {
    let mut server = Simulated { generator: 100.0, ..Simulated::new(1, 10_000.0) };
    let found = server.find(&["verify.p99<50ms"], 50.0, 2_000.0).await;
    assert_eq!(found.ending, Ending::Limited(vec!["it used 99% of its processors".to_owned()]));
    assert_eq!(found.holds.iter().map(|hold| hold.rate).collect::<Vec<_>>(), [50.0, 100.0]);
    assert!(!found.confirmed && found.broken.is_none());
    assert!(found.to_string().contains("none of the figures describes the target; 50/s was kept before"), "{found}");
}

#[tokio::test]
async fn one_wrong_answer_breaks_a_rate() {
    let mut server = Simulated { wrong: 150.0, ..Simulated::new(1, 10_000.0) };
    let found = server.find(&["verify.p99<50ms"], 50.0, 2_000.0).await;
    let (kept, broken) = (found.sustained.expect("kept"), found.broken.expect("broken"));
    assert!(kept < 150.0 && (150.0..=kept * 1.06).contains(&broken), "{found}");
    assert_eq!(found.first.iter().map(|rule| rule.rule.as_str()).collect::<Vec<_>>(), ["no wrong answer"]);
}

#[tokio::test]
async fn holds_are_bounded_and_an_interrupted_one_is_none() {
    let search = Search { most_holds: 4, ..search(&["verify.p99<50ms"], 10.0, 2_000.0) };
    let mut server = Simulated::new(1, 200.0);
    let found = find(&search, async |rate, hold| Ok::<_, Infallible>(server.hold(rate, hold)), |_| ()).await;
    let Ok(found) = found;
    assert_eq!((found.holds.len(), &found.ending, found.confirmed), (4, &Ending::Spent, false));
    assert!(found.to_string().starts_with("not finished within 4 holds: sustained"), "{found}");
    let cut = |rate, hold| LoadRecord { interrupted: rate > 15.0, ..Simulated::new(1, 200.0).hold(rate, hold) };
    let found = find(&search, async |rate, hold| Ok::<_, Infallible>(cut(rate, hold)), |_| ()).await;
    let Ok(found) = found;
    assert_eq!((found.sustained, found.ending), (Some(10.0), Ending::Interrupted));
    let failed = find(&search, async |_, _| Err("no target"), |_| ()).await;
    assert_eq!(failed.err(), Some("no target"));
}

#[test]
fn an_objective_has_what_every_objective_has() {
    let rules = |texts: &[&str]| -> Vec<String> {
        objective(texts.iter().copied()).expect("rules").iter().map(Threshold::to_string).collect()
    };
    assert_eq!(rules(&[]), ["achieved>=98%", "errors<1%"]);
    assert_eq!(rules(&["errors<5%", "verify.p99<1s"]), ["errors<5%", "verify.p99<1s", "achieved>=98%"]);
    assert!(objective(["verify.p99"]).is_err());
}

#[test]
fn rates_are_rounded_to_what_can_be_told() {
    for (rate, expected) in [(123.456, "123"), (0.123_456, "0.1"), (1_234.5, "1230"), (99.96, "100")] {
        assert_eq!(short(round(rate)), expected);
    }
}
