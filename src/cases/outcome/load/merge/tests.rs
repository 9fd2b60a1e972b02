use proptest::prelude::*;

use super::super::sample::{plan, row, sample};
use super::super::{
    GeneratorVerdict, Interval, IntervalStep, Intervals, Judgement, Kind, LoadStep, MOST_INTERVALS, coarse, record,
};
use super::*;
use crate::outcome::Shard;

/// A shard of the sample's plan that began so many milliseconds later than the first.
fn shard(index: u32, count: u32, late_ms: i64) -> Named {
    let mut record = sample();
    record.plan.shard = Some(Shard { index, count });
    let started: Timestamp = record.started.parse().expect("a time");
    record.started = (started + jiff::SignedDuration::from_millis(late_ms)).to_string();
    Named { name: format!("{index}.json"), record }
}

fn refused(shards: Vec<Named>) -> String {
    merge(shards).expect_err("not mergeable").to_string()
}

#[test]
fn shards_add_up_in_any_order() {
    let mut shards = vec![shard(3, 3, 400), shard(1, 3, 0), shard(2, 3, 0)];
    shards[0].record.rows[0].max_us = 77_000_000;
    let merged = merge(shards.clone()).expect("three shards");
    shards.reverse();
    assert_eq!(merge(shards).expect("three shards"), merged);
    let whole = sample();
    assert_eq!(merged.rows.len(), whole.rows.len());
    for (sum, one) in merged.rows.iter().zip(&whole.rows) {
        assert_eq!((sum.count, sum.sum_us), (3 * one.count, 3 * one.sum_us));
        assert_eq!(sum.histogram.unpack().expect("packed").len(), sum.count);
    }
    assert_eq!(merged.rows[0].max_us, 77_000_000);
    assert_eq!((merged.elapsed_us, merged.measured_us), (10_400_000, 10_400_000));
    assert_eq!(merged.started, whole.started);
    assert_eq!(merged.plan, whole.plan, "it is the whole of the plan, with the same digest");
    assert_eq!(merged.correctness.judged, 3 * whole.correctness.judged);
    let [phase] = merged.phases.as_slice() else { panic!("one phase") };
    assert_eq!((phase.length_us, phase.ok), (10_400_000, 60_300));
    let indexes: Vec<_> = merged.generators.iter().map(|generator| generator.shard.map(|shard| shard.index)).collect();
    assert_eq!(indexes, [Some(1), Some(2), Some(3)]);
    assert_eq!(merged.generators[2].notes, ["it began 400.0 ms after the first shard"]);
    assert!(merged.generators[1].notes.is_empty() && !merged.is_limited() && !merged.interrupted);
}

#[test]
fn what_is_no_whole_is_refused_by_its_file() {
    assert_eq!(refused(vec![]), "there is nothing to merge");
    assert_eq!(
        refused(vec![shard(1, 4, 0), shard(3, 4, 0)]),
        "of 4 shards, 2, 4 are missing (there is 1.json, 3.json)"
    );
    assert_eq!(refused(vec![shard(2, 2, 0)]), "of 2 shards, 1 is missing (there is 2.json)");
    let mut again = shard(1, 2, 0);
    again.name = "again.json".to_owned();
    let twice = refused(vec![shard(1, 2, 0), again, shard(2, 2, 0)]);
    assert_eq!(twice, "again.json and 1.json: both are shard 1; their measurements would count twice");
    let whole = Named { name: "whole.json".to_owned(), record: sample() };
    assert!(refused(vec![whole]).starts_with("whole.json: it is not a shard"));
    assert!(refused(vec![shard(1, 2, 0), shard(2, 3, 0)]).contains("differ in number of shards: 3, 2"));
}

#[test]
fn shards_of_something_else_are_refused_by_their_file() {
    fn seal(record: &mut LoadRecord) {
        record.plan = record.plan.clone().sealed();
    }
    type Change = fn(&mut LoadRecord);
    let cases: [(Change, &str); 8] = [
        (|record| record.version = "9".to_owned(), "2.json and 1.json: they differ in version: 9, 0.0.0"),
        (|record| record.build = "c".to_owned(), "2.json and 1.json: they differ in build: c, b"),
        (
            |record| {
                record.plan.seed = 9;
                seal(record);
            },
            "2.json and 1.json: they differ in seed: 9, 1",
        ),
        (
            |record| {
                record.plan.subjects = 9;
                seal(record);
            },
            "2.json and 1.json: they differ in plan (its digest): ",
        ),
        (|record| record.plan.subjects = 9, "2.json: the digest of its plan is not that of its plan"),
        (|record| record.format = 9, "2.json: its format is 9"),
        (|record| record.started = "yesterday".to_owned(), "2.json: yesterday is not a time"),
        (
            |record| record.rows[0].histogram = serde_json::from_str("\"nonsense\"").expect("text"),
            "2.json: a histogram can't be read",
        ),
    ];
    for (change, says) in cases {
        let mut changed = shard(2, 2, 0);
        change(&mut changed.record);
        let error = refused(vec![shard(1, 2, 0), changed]);
        assert!(error.starts_with(says), "{error}");
    }
}

#[test]
fn thresholds_are_judged_by_the_whole_and_one_limited_generator_limits_it() {
    let mut shards = [shard(1, 2, 0), shard(2, 2, 0)];
    for (shard, count) in shards.iter_mut().zip([90, 10]) {
        shard.record.plan.thresholds = vec!["errors<=10%".to_owned(), "cycles>3000/s".to_owned()];
        shard.record.plan = shard.record.plan.clone().sealed();
        // Of the second shard's cycles half have failed; of all of them a tenth.
        let ok = row("rest", LoadStep::Cycle, Outcome::Ok, count, 1);
        let failed = row("rest", LoadStep::Cycle, Outcome::TimedOut, 10, 1);
        shard.record.rows = if count == 10 { vec![ok, failed] } else { vec![ok] };
        let judge = |text: &String| text.parse::<super::super::Threshold>().expect("a threshold").judge(&shard.record);
        let judged: Vec<_> = shard.record.plan.thresholds.iter().map(judge).collect::<Result<_, _>>().expect("packed");
        shard.record.thresholds = judged;
    }
    assert_eq!(shards[1].record.thresholds[0].verdict, Judgement::Missed);
    let merged = merge(shards.to_vec()).expect("two shards");
    let verdicts: Vec<_> = merged.thresholds.iter().map(|judged| judged.verdict).collect();
    assert_eq!(verdicts, [Judgement::Met, Judgement::Missed]);
    shards[1].record.generators[0].verdict = GeneratorVerdict::Limited;
    shards[0].record.interrupted = true;
    let merged = merge(shards.to_vec()).expect("two shards");
    assert!(merged.is_limited() && merged.interrupted);
}

#[test]
fn errors_keep_the_first_example_and_stay_bounded() {
    let error = |class: &str, count, first_us, example: &str| LoadErrorRecord {
        class: class.to_owned(),
        outcome: Outcome::Refused,
        count,
        measured: count - 1,
        first_us,
        example: example.to_owned(),
        exchanges: Vec::new(),
    };
    let (mut one, mut two) = (shard(1, 2, 0), shard(2, 2, 1));
    one.record.errors = vec![error("a", 2, 5_000, "late"), error("other", 5, 10, "x")];
    two.record.errors = vec![error("a", 3, 100, "early")];
    let merged = merge(vec![one.clone(), two.clone()]).expect("two shards");
    // The second shard began a millisecond later.
    assert_eq!(
        merged.errors,
        [LoadErrorRecord { measured: 3, ..error("a", 5, 1_100, "early") }, error("other", 5, 10, "x")]
    );
    one.record.errors.extend((0..80).map(|n| error(&format!("class-{n:02}"), 100 + n, 20, "y")));
    let merged = merge(vec![one, two]).expect("two shards");
    assert_eq!(merged.errors.len(), MOST_CLASSES);
    let total: u64 = (0..80).map(|n| 100 + n).sum();
    assert_eq!(merged.errors.iter().map(|error| error.count).sum::<u64>(), total + 10);
    assert!(merged.errors.iter().any(|error| error.class == "other"));
}

#[test]
fn arrivals_and_engine_counts_add_up() {
    let (mut one, mut two) = (shard(1, 2, 0), shard(2, 2, 0));
    one.record.arrivals = Some(Arrivals { offered: 5, started: 4, waited: 3, late: 2, abandoned: 1, ok: 3, failed: 1 });
    two.record.arrivals = one.record.arrivals;
    let calls = |count| EngineCount { protocol: "rest".to_owned(), step: LoadStep::Start, count };
    (one.record.engine, two.record.engine) = (vec![calls(5)], vec![calls(7)]);
    let merged = merge(vec![one, two]).expect("two shards");
    let twice = Arrivals { offered: 10, started: 8, waited: 6, late: 4, abandoned: 2, ok: 6, failed: 2 };
    assert_eq!((merged.arrivals, merged.engine), (Some(twice), vec![calls(12)]));
}

fn interval(ok: u64, micros: &[u64]) -> Interval {
    let mut histogram = coarse();
    micros.iter().for_each(|micros| record(&mut histogram, *micros));
    let histogram = PackedHistogram::pack(&histogram);
    let step = IntervalStep {
        protocol: "rest".to_owned(),
        step: LoadStep::Verify,
        count: histogram_len(&histogram),
        histogram,
    };
    Interval { offered: ok + 1, ok, failed: 1, waited: 2, in_flight: ok, rss_bytes: ok, steps: vec![step] }
}

fn histogram_len(histogram: &PackedHistogram) -> u64 {
    histogram.unpack().expect("packed").len()
}

#[test]
fn intervals_are_laid_over_each_other_by_the_wall_clock() {
    let seconds =
        |list: &[u64]| Intervals { width_us: 1_000_000, list: list.iter().map(|ok| interval(*ok, &[*ok])).collect() };
    let ok = |series: &Intervals| series.list.iter().map(|interval| interval.ok).collect::<Vec<_>>();
    let (a, b) = (seconds(&[1, 2, 3, 4, 5]), seconds(&[10, 20]));
    for (offset, expected) in [(0, [11, 22, 3, 4, 5]), (499_999, [11, 22, 3, 4, 5]), (500_000, [1, 12, 23, 4, 5])] {
        let sum = Intervals::overlaid([(&a, 0), (&b, offset)]).expect("packed");
        assert_eq!(ok(&sum), expected, "{offset}");
        assert_eq!(sum.list[1].steps[0].count, 2);
        assert_eq!(sum.list[1].in_flight, expected[1], "what was under way is added up");
    }
    // A gap between them is intervals in which nothing was.
    assert_eq!(ok(&Intervals::overlaid([(&b, 0), (&b, 3_000_000)]).expect("packed")), [10, 20, 0, 10, 20]);
    let wide = a.widened().expect("packed");
    assert_eq!((wide.width_us, ok(&wide)), (2_000_000, vec![3, 7, 5]));
    assert_eq!(wide.list[1].in_flight, 4, "of neighbours it is the most");
    assert_eq!(wide.list[1].rss_bytes, 4);
    let sum = Intervals::overlaid([(&wide, 0), (&b, 1_000_000)]).expect("packed");
    assert_eq!((sum.width_us, ok(&sum)), (2_000_000, vec![3, 37, 5]));
    let long = seconds(&vec![1; MOST_INTERVALS]);
    let sum = Intervals::overlaid([(&long, 0), (&long, 10_000_000)]).expect("packed");
    assert_eq!((sum.width_us, sum.list.len()), (2_000_000, MOST_INTERVALS / 2 + 5));
    assert_eq!(ok(&sum).iter().sum::<u64>(), 1_200);
}

/// Rows of the values that go to a shard: every field of a row as the engine fills it.
fn rows_of(values: &[(u8, u64)]) -> Vec<Row> {
    let mut rows: BTreeMap<u8, Vec<u64>> = BTreeMap::new();
    values.iter().for_each(|(key, micros)| rows.entry(*key).or_default().push(*micros));
    let row = |(key, micros): (&u8, &Vec<u64>)| {
        let mut histogram = fine();
        micros.iter().for_each(|micros| record(&mut histogram, *micros));
        Row {
            protocol: ["rest", "grpc"][usize::from(key % 2)].to_owned(),
            flow: "v2/passkey".to_owned(),
            kind: if key / 2 % 2 == 0 { Kind::Good } else { Kind::Negative },
            step: if key / 4 == 0 { LoadStep::Verify } else { LoadStep::Cycle },
            outcome: Outcome::Ok,
            count: histogram.len(),
            sum_us: micros.iter().sum(),
            max_us: micros.iter().copied().max().unwrap_or_default(),
            histogram: PackedHistogram::pack(&histogram),
        }
    };
    let mut rows: Vec<Row> = rows.iter().map(row).collect();
    rows.sort_by_key(|row| (row.protocol.clone(), row.kind, row.step));
    rows
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn merged_shards_are_one_run_that_recorded_everything(
        values in prop::collection::vec((0_u8..8, 1_u64..60_000_000, 1_u32..5), 1..200),
    ) {
        let shards = (1..=4).map(|index| {
            let own: Vec<_> = values.iter().filter(|(.., shard)| *shard == index).map(|(key, micros, _)| (*key, *micros)).collect();
            let mut shard = shard(index, 4, 0);
            shard.record.rows = rows_of(&own);
            shard
        });
        let merged = merge(shards.collect()).expect("four shards");
        let all: Vec<_> = values.iter().map(|(key, micros, _)| (*key, *micros)).collect();
        let whole = rows_of(&all);
        prop_assert_eq!(merged.rows.len(), whole.len());
        for (sum, one) in merged.rows.iter().zip(&whole) {
            prop_assert_eq!((&sum.protocol, sum.kind, sum.step), (&one.protocol, one.kind, one.step));
            prop_assert_eq!((sum.count, sum.sum_us, sum.max_us), (one.count, one.sum_us, one.max_us));
            let (sum, one) = (sum.histogram.unpack().expect("packed"), one.histogram.unpack().expect("packed"));
            for percent in [1.0, 50.0, 90.0, 99.0, 99.99] {
                prop_assert_eq!(sum.value_at_percentile(percent), one.value_at_percentile(percent));
            }
            prop_assert_eq!(sum, one);
        }
    }
}

#[test]
fn the_plan_of_the_sample_is_sealed() {
    assert_eq!(plan().sealed().digest, plan().digest);
}
