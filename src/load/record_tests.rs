use super::super::cycle::{Answered, Failure};
use super::super::threshold::Thresholds;
use super::*;

const MS: Duration = Duration::from_millis(1);

fn answered(took: Duration) -> Option<Answered> {
    Some(Answered { took, http_status: Some(200) })
}

fn good(took: Duration) -> Cycle {
    Cycle {
        start: answered(took),
        attest: Some(MS),
        verify: answered(took * 2),
        enrolled: true,
        measured: true,
        ..Cycle::default()
    }
}

fn failed(step: Step, class: &str, lost: bool) -> Cycle {
    let failure = Failure { step, class: class.to_owned(), example: "why".to_owned(), lost };
    Cycle { failure: Some(failure), ..good(MS) }
}

fn summary(cycles: impl IntoIterator<Item = Cycle>) -> Summary {
    let begin = Instant::now();
    let recorder = Recorder::new();
    cycles.into_iter().for_each(|cycle| recorder.add(cycle));
    recorder.summary(begin, Some(Duration::from_secs(2)), &[Secret::new("secret-of-the-user")])
}

fn met(summary: &Summary, max_error_rate: f64, p99: Option<Duration>) -> Vec<bool> {
    Thresholds { max_error_rate, p99 }.judge(summary).into_iter().map(|judged| judged.met).collect()
}

#[test]
fn steps_have_their_own_times_and_the_cycle_has_their_sum() {
    let summary = summary((1..=100).map(|n| good(MS * n)));
    let near = |measured: Duration, ms: u32| {
        let (low, high) = (MS * ms, MS * ms + MS * ms / 500);
        assert!((low..=high).contains(&measured), "{measured:?} is not {ms} ms");
    };
    let [start, attest, verify, cycle] = &summary.steps;
    assert_eq!([start.count, attest.count, verify.count, cycle.count], [100; 4]);
    near(start.p50, 50);
    near(start.p95, 95);
    near(start.p99, 99);
    near(start.max, 100);
    near(verify.p99, 198);
    near(attest.max, 1);
    near(cycle.max, 301);
    assert_eq!((summary.cycles, summary.failed, summary.uncounted()), (100, 0, 0));
    assert!((summary.rate() - 50.0).abs() < 1e-9, "{}", summary.rate());
}

#[test]
fn failures_stay_out_of_the_times_and_lost_calls_in_the_threshold() {
    // 2 % of the calls were never answered: no time can be the 99th percentile, fast as the answered ones were.
    let lost = (0..2).map(|_| failed(Step::Start, "start/transport/timed-out", true));
    let summary = summary((0..98).map(|_| good(MS)).chain(lost));
    let [start, _, verify, cycle] = &summary.steps;
    assert_eq!([start.count, verify.count, cycle.count, start.lost, verify.lost], [98, 98, 98, 2, 0]);
    assert_eq!(start.p99_of_all, None);
    assert_eq!(verify.p99_of_all, Some(verify.p99));
    assert_eq!(met(&summary, 0.02, Some(MS * 10)), [true, false, true]);
    assert_eq!(met(&summary, 0.019, None), [false]);
    assert_eq!(met(&summary, 1.0, Some(MS)), [true, false, false], "verify took 2 ms");
}

#[test]
fn a_lost_call_counts_as_the_slowest() {
    let lost = failed(Step::Verify, "verify/transport/reset", true);
    let summary = summary((1..=150).map(|n| good(MS * n)).chain([lost]));
    let verify = &summary.steps[2];
    assert!(verify.p99_of_all > Some(verify.p99), "{:?} {:?}", verify.p99_of_all, verify.p99);
}

#[test]
fn nothing_measured_is_nothing_met() {
    assert_eq!(met(&summary([]), 1.0, Some(MS)), [false; 3]);
}

#[test]
fn classes_are_counted_bounded_and_without_secrets() {
    let mut cycles: Vec<Cycle> = (0..100).map(|n| failed(Step::Start, &format!("start/{n}"), false)).collect();
    let mut leak = failed(Step::Verify, "verify/check/no-token", false);
    let text = format!("a\u{1b}[31m secret-of-the-user {}", "x".repeat(500));
    leak.failure.as_mut().expect("it failed").example = text.clone();
    leak.left_behind = Some(text);
    cycles.extend([leak, failed(Step::Verify, "verify/check/no-token", false)]);
    cycles.rotate_right(2);
    let summary = summary(cycles);
    assert_eq!(summary.failed, 102);
    assert_eq!(summary.errors.iter().map(|error| error.count).sum::<u64>(), 102);
    assert_eq!(summary.errors.len(), MOST_CLASSES + 1);
    assert_eq!(summary.errors[0].class, "other");
    let leak = &summary.errors[1];
    assert_eq!((leak.class.as_str(), leak.count), ("verify/check/no-token", 2));
    for example in [&leak.example, &summary.left_behind.as_ref().expect("one was left").example] {
        assert!(example.starts_with("a [31m $TOKEN xxx"), "{example}");
        assert!(example.chars().count() <= MOST_SHOWN + 4, "{example}");
    }
    // Both answered 200 and failed: they were enrolled, and are counted as such.
    assert_eq!((summary.verifies_answered, summary.verifies_faulted, summary.uncounted()), (102, 102, 0));
}

#[test]
fn the_text_shows_every_number() {
    let mut cycles: Vec<Cycle> = (0..8).map(|_| good(MS)).collect();
    cycles.extend((0..2).map(|_| failed(Step::Verify, "verify/check/verify-shape", false)));
    let summary = summary(cycles);
    let judged = Thresholds { max_error_rate: 0.001, p99: Some(MS * 50) }.judge(&summary);
    let text = super::super::table::render(&summary, &judged);
    for line in [
        "start           10       1.00       1.00       1.00       1.00",
        "4.0 cycles/s: 8 cycles in 2.00 s",
        "errors 2 of 10 cycles (20%)",
        "         2  verify/check/verify-shape: why",
        "clean-ups that failed: 0",
        "MISSED  error rate 20%, at most 0.1%",
        "met     p99 of verify 2.00 ms, at most 50.00 ms",
    ] {
        assert!(text.lines().any(|shown| shown == line), "`{line}` is not in\n{text}");
    }
}
