use super::super::sample::{row, sample};
use super::super::{Arrivals, Kind};
use super::*;

fn judge(text: &str, record: &LoadRecord) -> JudgedThreshold {
    text.parse::<Threshold>().expect(text).judge(record).expect("readable histograms")
}

fn verdict(text: &str, record: &LoadRecord) -> Judgement {
    judge(text, record).verdict
}

#[test]
fn every_figure_is_held_to_its_limit_on_both_sides() {
    let mut record = sample();
    record.rows.push(row("rest", LoadStep::Cycle, Outcome::Refused, 100, 1));
    record.arrivals = Some(Arrivals { offered: 25_000, ok: 20_100, ..Arrivals::default() });
    record.correctness.nonconformant = 3;
    for (met, missed) in [
        ("verify.p50<11ms", "verify.p50<9ms"),
        ("verify.p99 <= 0.0199s", "verify.p99<=19ms"),
        ("start.max<10001us", "start.max<10ms"),
        ("start.mean<5.1ms", "start.mean<4.9ms"),
        ("cycle.p99>=30ms", "cycle.p99>=31ms"),
        ("errors<0.5%", "errors<0.49%"),
        ("cycles>2009/s", "cycles>2010/s"),
        ("grpc/cycles==10/s", "grpc/cycles==11/s"),
        ("rest/verify.p50<=10.01ms", "rest/verify.p50<9.9ms"),
        ("achieved>=80%", "achieved>=81%"),
        ("nonconformant==3", "nonconformant==0"),
        ("cross-talk==0", "cross-talk>0"),
        ("lost<1", "lost>=1"),
    ] {
        assert_eq!(verdict(met, &record), Judgement::Met, "{met}: {:?}", judge(met, &record));
        assert_eq!(verdict(missed, &record), Judgement::Missed, "{missed}: {:?}", judge(missed, &record));
    }
    assert_eq!(judge(" errors < 0.5% ", &record).rule, "errors < 0.5%");
}

#[test]
fn a_percentile_needs_a_hundred_samples_beyond_it() {
    let mut record = sample();
    for (count, verdict_of_p99) in [(9_999, Judgement::Inconclusive), (10_000, Judgement::Met)] {
        record.rows = vec![row("rest", LoadStep::Verify, Outcome::Ok, count, 1)];
        assert_eq!(verdict("verify.p99<1s", &record), verdict_of_p99);
        assert_eq!(verdict("verify.p99.9<1s", &record), Judgement::Inconclusive);
        assert_eq!(verdict("verify.p50<1s", &record), Judgement::Met);
    }
    record.rows = vec![row("rest", LoadStep::Verify, Outcome::Ok, 100_000, 1)];
    assert_eq!(verdict("verify.p99.9<1s", &record), Judgement::Met);
    let judged = judge("verify.p99.99<1s", &record);
    assert_eq!(judged.text, "100000 samples, and 1000000 are needed");
    for nothing in ["lag.p50<1s", "lag.max<1s", "lag.mean<1s"] {
        assert_eq!(verdict(nothing, &record), Judgement::Inconclusive, "{nothing}");
    }
}

#[test]
fn a_call_without_reply_is_slower_than_any_limit() {
    let mut record = sample();
    // 199 of 20,099 over REST, and 100 good ones over gRPC: just less than a hundredth of all, then just more.
    record.rows.push(row("rest", LoadStep::Verify, Outcome::TimedOut, 203, 1));
    assert_eq!(verdict("verify.p99<60s", &record), Judgement::Met);
    record.rows.push(row("rest", LoadStep::Verify, Outcome::Transport, 1, 1));
    let judged = judge("verify.p99<60s", &record);
    assert_eq!((judged.verdict, judged.measured), (Judgement::Missed, None));
    assert_eq!(judged.text, "a call without a reply (204 of 20304)");
    assert_eq!(verdict("verify.max<60s", &record), Judgement::Missed);
    // What is in a row of its own does not count.
    record.rows.iter_mut().filter(|row| row.outcome != Outcome::Ok).for_each(|row| row.kind = Kind::Negative);
    assert_eq!(verdict("verify.p99<60s", &record), Judgement::Met);
}

#[test]
fn nonsense_says_what_to_write() {
    for (text, says) in [
        ("verify.p99", "write a figure"),
        ("verify.p99=1s", "write <, <="),
        ("verify.p99<200", "a time such as"),
        ("verify.p99<-1ms", "a time such as"),
        ("verify.p99<infs", "a time such as"),
        ("verify.p100<1s", "there is no figure verify.p100"),
        ("verify.p0<1s", "there is no figure"),
        ("verify.px<1s", "there is no figure"),
        ("delete.p99<1s", "STEP one of lag, start"),
        ("errors<0.1", "a percentage"),
        ("errors<101%", "a percentage"),
        ("cycles>50", "a rate such as 50/s"),
        ("nonconformant==zero", "a number"),
        ("soap/errors<1%", "there is no protocol soap"),
        ("rest/nonconformant==0", "over all protocols"),
        ("attest.growth<1%", "there is no figure attest.growth"),
        ("start.growth<1", "a percentage, such as 20%"),
        ("", "write a figure"),
    ] {
        let error = text.parse::<Threshold>().expect_err(text).to_string();
        assert!(error.contains(says) && error.starts_with(&format!("threshold `{text}`: ")), "{error}");
    }
}

#[test]
fn shares_are_readable() {
    for (share, text) in [(0.0, "0%"), (0.001, "0.1%"), (1.0, "100%"), (0.0234, "2.34%"), (0.00002, "2.00e-3%")] {
        assert_eq!(percent(share), text);
    }
}

#[test]
fn records_survive_json_and_their_digest_is_that_of_what_shards_share() {
    let mut record = sample();
    record.thresholds = vec![judge("verify.p99<1s", &record)];
    let json = serde_json::to_string(&record).expect("JSON");
    assert_eq!(serde_json::from_str::<LoadRecord>(&json).expect("a record"), record);
    let sealed = record.plan.clone();
    let shard = crate::outcome::Shard { index: 1, count: 2 };
    let of_shard = super::super::LoadPlanRecord { shard: Some(shard), ..sealed.clone() }.sealed();
    assert_eq!(of_shard.digest, sealed.digest);
    assert_ne!(super::super::LoadPlanRecord { seed: 2, ..sealed.clone() }.sealed().digest, sealed.digest);
}

#[test]
fn counts_are_exact_numbers() {
    for (count, number) in [(0, 0.0), (7, 7.0), (1 << 32, 4_294_967_296.0), ((1 << 53) - 1, 9_007_199_254_740_991.0)] {
        assert_eq!(float(count), number);
    }
}

#[test]
fn growth_is_that_of_the_intervals_medians() {
    let mut record = sample();
    let rule = "start.growth<=100%";
    assert_eq!(verdict(rule, &record), Judgement::Inconclusive);
    record.judge_growth().expect("readable");
    assert_eq!(record.thresholds, [], "nothing can be said of a run without such intervals");
    for (index, interval) in record.intervals.list.iter_mut().enumerate() {
        let mut histogram = super::super::coarse();
        super::super::record(&mut histogram, 1_000 * (u64::try_from(index).expect("few") + 1));
        let (protocol, histogram) = ("rest".to_owned(), super::super::PackedHistogram::pack(&histogram));
        interval.steps = vec![super::super::IntervalStep { protocol, step: LoadStep::Start, count: 1, histogram }];
    }
    let judged = judge(rule, &record);
    assert_eq!(judged.verdict, Judgement::Missed, "{judged:?}");
    // Half of it before the middle of the first second, back to when the run began.
    assert!(judged.text.contains("the median goes from 0.50 to 10.0"), "{judged:?}");
    assert_eq!(verdict("start.growth<=5000%", &record), Judgement::Met);
    assert_eq!(verdict("rest/start.growth<=100%", &record), Judgement::Missed);
    assert_eq!(verdict("grpc/start.growth<=100%", &record), Judgement::Inconclusive);
    record.judge_growth().expect("readable");
    let usual = record.thresholds.drain(..).map(|judged| (judged.rule, judged.verdict)).collect::<Vec<_>>();
    assert_eq!(usual, [(rule.to_owned(), Judgement::Missed)]);
    // Where growth is expected, is said to be allowed, or comes from a queue, nothing is judged by itself.
    let kept = super::super::LoadPlanRecord { cleanup: super::super::Cleanup::Keep, ..record.plan.clone() };
    let said = super::super::LoadPlanRecord { thresholds: vec!["start.growth<1%".to_owned()], ..record.plan.clone() };
    let step = super::super::RateStep { per_second: 9.0, for_us: 10_000_000 };
    let arrivals = super::super::ArrivalPattern::Constant;
    let model = super::super::LoadModel::Open { steps: vec![step], arrivals, workers: 8 };
    let open = super::super::LoadPlanRecord { model, ..record.plan.clone() };
    record.arrivals = Some(Arrivals { offered: 100, ok: 90, ..Arrivals::default() });
    for plan in [kept, said, open] {
        let mut record = LoadRecord { plan, ..record.clone() };
        record.judge_growth().expect("readable");
        assert_eq!(record.thresholds, []);
    }
}
