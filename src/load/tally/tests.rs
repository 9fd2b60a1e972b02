use super::super::cycle::tests::draw;
use super::super::draw::Draw;
use super::super::played::Sample;
use super::*;
use crate::outcome::load::Stages;
use crate::wire::secret::Secret;

const MS: Duration = Duration::from_millis(1);

fn stages() -> Stages {
    Stages { warm_up_us: 1_000_000, hold_us: 2_000_000, ..Stages::default() }
}

fn cycle(kind: Kind, took: Duration) -> Cycle {
    let mut cycle = Cycle::new(Draw { number: 1, ..draw(Flow::V2_PASSKEY, kind) }, std::time::Instant::now());
    let sample = |step, took| Sample { step, outcome: Outcome::Ok, took, http_status: Some(200) };
    cycle.samples =
        vec![sample(LoadStep::Start, took), sample(LoadStep::Attest, MS), sample(LoadStep::Verify, took * 2)];
    cycle.service = Some(took * 3 + MS);
    cycle.attested = Some((MS / 2, MS / 4));
    cycle.counts.confirmed = 1;
    cycle.counts.judged = 2;
    cycle
}

fn failed(step: LoadStep, outcome: Outcome, class: &str) -> Cycle {
    let mut cycle = cycle(Kind::Good, MS);
    cycle.samples.retain(|sample| sample.step < step);
    cycle.samples.push(Sample { step, outcome, took: MS, http_status: None });
    let (class, example) = (class.to_owned(), "why".to_owned());
    cycle.failure = Some(Failure { step, outcome, class, example, exchange: None });
    cycle
}

fn closed(at: Duration) -> Turn {
    Turn { intended: at, begun: at, scheduled: false, waited: false }
}

fn add(tally: &Tally, turn: Turn, cycle: Cycle) {
    tally.begin(&turn);
    let over = turn.begun + cycle.service.unwrap_or_default();
    tally.end(&turn, cycle, over, &|| Masker::new([&Secret::new("secret-of-the-user")]));
}

fn count(counted: &Counted, kind: Kind, step: LoadStep, outcome: Outcome) -> u64 {
    let is_row = |row: &&Row| row.kind == kind && row.step == step && row.outcome == outcome;
    counted.rows.iter().filter(is_row).map(|row| row.count).sum()
}

#[test]
fn rows_are_of_the_hold_phase_and_phases_of_all() {
    let tally = Tally::new(Timeline::new(&stages()));
    for at in [500, 1_500, 2_000, 2_999] {
        add(&tally, closed(MS * at), cycle(Kind::Good, MS * 10));
    }
    add(&tally, closed(MS * 1_600), cycle(Kind::Negative, MS));
    add(&tally, closed(MS * 1_700), failed(LoadStep::Verify, Outcome::TimedOut, "verify/transport/timed-out"));
    let counted = tally.finish(MS * 3_500);
    for step in [LoadStep::Start, LoadStep::Attest, LoadStep::Verify, LoadStep::Cycle] {
        let failed = u64::from([LoadStep::Start, LoadStep::Attest].contains(&step));
        assert_eq!(count(&counted, Kind::Good, step, Outcome::Ok), 3 + failed, "{step:?}");
        assert_eq!(count(&counted, Kind::Negative, step, Outcome::Ok), 1);
    }
    assert_eq!(count(&counted, Kind::Good, LoadStep::Cycle, Outcome::TimedOut), 1);
    assert_eq!(count(&counted, Kind::Good, LoadStep::Service, Outcome::Ok), 0, "there is no schedule");
    let verify = counted.rows.iter().find(|row| row.step == LoadStep::Verify && row.kind == Kind::Good).expect("a row");
    assert_eq!((verify.sum_us, verify.max_us), (60_000, 20_000));
    let phases: Vec<_> = counted.phases.iter().map(|of| (of.name, of.starts, of.verifies, of.ok, of.failed)).collect();
    assert_eq!(phases, [(PhaseName::WarmUp, 1, 1, 1, 0), (PhaseName::Hold, 5, 5, 4, 1)]);
    assert_eq!(counted.measured, MS * (2_999 + 31 - 1_000), "until its last cycle was over");
    assert_eq!((counted.correctness.judged, counted.correctness.confirmed, counted.cycles), (12, 6, 6));
    assert_eq!(counted.intervals.list.iter().map(|interval| interval.ok).sum::<u64>(), 5);
    assert_eq!((counted.crypto.len(), counted.crypto_queue.len()), (6, 6));
}

#[test]
fn time_counts_from_when_an_arrival_was_due() {
    let tally = Tally::new(Timeline::new(&Stages { hold_us: 1_000_000, ..Stages::default() }));
    for (due, lag, waited) in [(100, 0, false), (200, 50, true), (300, 20, false), (400, 5, false)] {
        tally.due(MS * due, waited);
        let turn = Turn { intended: MS * due, begun: MS * (due + lag), scheduled: true, waited };
        add(&tally, turn, cycle(Kind::Good, MS * 10));
    }
    tally.due(MS * 900, true);
    tally.abandon((Protocol::Rest, Flow::V2_PASSKEY, Kind::Good), MS * 900, MS * 2_000);
    let counted = tally.finish(MS * 2_000);
    let max = |step| counted.rows.iter().filter(|row| row.step == step).map(|row| row.max_us).max();
    assert_eq!((max(LoadStep::Service), max(LoadStep::Lag)), (Some(31_000), Some(50_000)));
    assert_eq!(max(LoadStep::Cycle), Some(1_100_000), "an abandoned one waited so long at least");
    let good =
        counted.rows.iter().find(|row| row.step == LoadStep::Cycle && row.outcome == Outcome::Ok).expect("a row");
    assert_eq!(good.max_us, 81_000);
    let expected = Arrivals { offered: 5, started: 4, waited: 2, late: 2, abandoned: 1, ok: 4, failed: 0 };
    assert_eq!(counted.arrivals, expected);
    assert_eq!(counted.lag.len(), 3, "waiting for a worker is not a lag of the generator");
    assert_eq!(count(&counted, Kind::Good, LoadStep::Cycle, Outcome::Abandoned), 1);
    assert_eq!(counted.errors[0].class, "cycle/abandoned");
}

#[test]
fn classes_are_counted_bounded_and_without_secrets() {
    let tally = Tally::new(Timeline::new(&Stages { hold_us: 1_000_000, ..Stages::default() }));
    let text = format!("a\u{1b}[31m secret-of-the-user {}", "x".repeat(500));
    let mut leak = failed(LoadStep::Verify, Outcome::Nonconformant, "verify/check/no-token");
    leak.failure.as_mut().expect("it failed").example = text.clone();
    leak.left_behind = Some(text.clone());
    leak.harmless.deviations = vec![("verify/check/soft".to_owned(), text)];
    add(&tally, closed(MS), leak);
    add(&tally, closed(MS), failed(LoadStep::Verify, Outcome::Nonconformant, "verify/check/no-token"));
    for n in 0..100 {
        add(&tally, closed(MS), failed(LoadStep::Start, Outcome::Refused, &format!("start/{n}")));
    }
    let counted = tally.finish(MS * 10);
    assert_eq!(counted.errors.len(), MOST_CLASSES + 1);
    assert_eq!(counted.errors.iter().map(|error| error.count).sum::<u64>(), 104);
    assert_eq!((counted.errors[0].class.as_str(), counted.errors[0].count), ("other", 39));
    assert_eq!((counted.errors[1].class.as_str(), counted.errors[1].count), ("verify/check/no-token", 2));
    for class in ["verify/check/no-token", "verify/check/soft", "cleanup/left-behind"] {
        let error = counted.errors.iter().find(|error| error.class == class).expect(class);
        assert!(error.example.starts_with("a [31m $TOKEN xxx"), "{}", error.example);
        assert!(error.example.chars().count() <= crate::load::judge::MOST_SHOWN + 4);
    }
    assert_eq!(counted.correctness.deviations, 1);
}
