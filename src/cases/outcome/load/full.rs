//! A record with everything in it, for reports: three protocols, an open model, hostile text, and each kind of failure.

use super::sample::{generator, row, sample};
use super::*;
use crate::outcome::record::ExchangeRecord;

/// Text that a target may send to spoil a terminal, a page, an XML file or a metric.
pub const HOSTILE: &str = "\u{1b}[31mred</script>]]><!--&<>\"'\\\0\u{202e}abc\u{2066}\r\nHELP \u{fffe}\u{9b}2J --> ü✓";

/// Ten seconds of warm-up and thirty of an open model that the target can't keep up with.
pub fn full() -> LoadRecord {
    let mut record = sample();
    record.plan = plan();
    record.phases =
        vec![phase(PhaseName::WarmUp, 0, 10), phase(PhaseName::Hold, 10, 30), phase(PhaseName::RampDown, 40, 2)];
    (record.elapsed_us, record.measured_us) = (42_000_000, 30_000_000);
    record.rows = rows();
    record.intervals = Intervals { width_us: 1_000_000, list: (0..42).map(interval).collect() };
    record.errors = errors();
    record.correctness = Correctness { nonconformant: 1, negatives: 30, races: 12, lookups: 9, ..record.correctness };
    record.arrivals = Some(Arrivals {
        offered: 15_000,
        started: 14_600,
        waited: 9_000,
        late: 8_000,
        abandoned: 400,
        ok: 12_240,
        failed: 2_360,
    });
    record.generators = generators();
    record.thresholds = vec![
        judged("verify.p99<200ms", Some(19_801.0), "19.80 ms of 12000", Judgement::Met),
        judged("cycle.p99 < 1s", None, "a call without a reply (5 of 12240)", Judgement::Missed),
        judged("verify.p99.9<1s", None, "12000 samples, and 100000 are needed", Judgement::Inconclusive),
    ];
    record.engine = vec![EngineCount { protocol: "rest".to_owned(), step: LoadStep::Verify, count: 12_000 }];
    record
}

fn plan() -> LoadPlanRecord {
    let weighted = |name: &str, weight| Weighted { name: name.to_owned(), weight };
    let step = |per_second, seconds: u64| RateStep { per_second, for_us: seconds * 1_000_000 };
    LoadPlanRecord {
        target: format!("a target {HOSTILE}"),
        model: LoadModel::Open {
            steps: vec![step(400.0, 15), step(600.0, 15)],
            arrivals: ArrivalPattern::Poisson,
            workers: 64,
        },
        stages: Stages { warm_up_us: 10_000_000, ramp_us: 0, hold_us: 30_000_000, ramp_down_us: 2_000_000 },
        flows: vec![weighted("v2/passkey", 3), weighted("v1/u2f", 1)],
        protocols: vec![weighted("rest", 2), weighted("grpc", 1), weighted("grpc-web", 1)],
        shares: Shares { negatives: 0.01, races: 0.005, lookups: 0.01 },
        subjects: 500,
        thresholds: vec!["verify.p99<200ms".to_owned(), "cycle.p99 < 1s".to_owned(), "verify.p99.9<1s".to_owned()],
        ..super::sample::plan()
    }
    .sealed()
}

fn phase(name: PhaseName, begin: u64, seconds: u64) -> PhaseRecord {
    let (begin_us, length_us) = (begin * 1_000_000, seconds * 1_000_000);
    PhaseRecord {
        name,
        begin_us,
        length_us,
        starts: 400 * seconds,
        verifies: 400 * seconds,
        ok: 400 * seconds,
        failed: 5,
    }
}

fn rows() -> Vec<Row> {
    let steps = [
        (LoadStep::Lag, 1),
        (LoadStep::Start, 10),
        (LoadStep::Attest, 2),
        (LoadStep::Verify, 20),
        (LoadStep::Service, 31),
        (LoadStep::Cycle, 900),
    ];
    let of = |protocol, count| steps.map(move |(step, top)| row(protocol, step, Outcome::Ok, count, top));
    let mut rows: Vec<Row> = of("grpc", 150).into_iter().chain(of("grpc-web", 90)).chain(of("rest", 12_000)).collect();
    rows.push(row("rest", LoadStep::Verify, Outcome::Nonconformant, 1, 12));
    rows.push(row("rest", LoadStep::Cycle, Outcome::TimedOut, 5, 10_000));
    rows.push(row("rest", LoadStep::Cycle, Outcome::Abandoned, 400, 20_000));
    rows.push(Row { kind: Kind::Negative, ..row("rest", LoadStep::Verify, Outcome::Ok, 30, 9) });
    rows.sort_by_key(|row| (row.protocol.clone(), row.flow.clone(), row.kind, row.step, row.outcome));
    rows
}

/// In the second half the target falls behind: its calls take twice as long, and the queue grows.
fn interval(second: u64) -> Interval {
    let behind = second > 25;
    let top = |least| least + second % 5 + if behind { least } else { 0 };
    let step = |protocol: &str, step, count, top| {
        let Row { histogram, .. } = row(protocol, step, Outcome::Ok, count, top);
        let coarse = PackedHistogram::pack(&PackedHistogram::sum([&histogram], coarse()).expect("packed"));
        IntervalStep { protocol: protocol.to_owned(), step, count, histogram: coarse }
    };
    Interval {
        offered: if behind { 600 } else { 400 },
        ok: 395 + second % 5,
        failed: u64::from(behind) * 4,
        waited: u64::from(behind) * 300,
        rss_bytes: 80_000_000,
        in_flight: if behind { 64 } else { 9 + second % 4 },
        steps: vec![
            step("grpc", LoadStep::Verify, 5, top(18)),
            step("rest", LoadStep::Start, 390, top(9)),
            step("rest", LoadStep::Verify, 390, top(20)),
            step("rest", LoadStep::Cycle, 390, top(31) + if behind { (second - 25) * 40 } else { 0 }),
        ],
    }
}

fn errors() -> Vec<LoadErrorRecord> {
    let error = |class: &str, outcome, count, exchanges| LoadErrorRecord {
        class: class.to_owned(),
        outcome,
        count,
        measured: count,
        first_us: 26_500_000,
        example: format!("HTTP 500: {HOSTILE}"),
        exchanges,
    };
    let exchange = ExchangeRecord {
        large_request: None,
        operation: "VerifyPasskey".to_owned(),
        request: "POST http://127.0.0.1:1/v2/users/7/passkeys/9".to_owned(),
        request_body: "{\"passkeyName\":\"load\"}".to_owned(),
        status: "HTTP 500".to_owned(),
        response_body: HOSTILE.to_owned(),
        duration_us: 12_345,
        evidence: None,
        tries: Vec::new(),
    };
    vec![
        error("start/transport/timed-out", Outcome::TimedOut, 5, Vec::new()),
        error("verify/check/verify-shape", Outcome::Nonconformant, 1, vec![exchange]),
    ]
}

fn generators() -> Vec<GeneratorRecord> {
    let times = |top| row("", LoadStep::Lag, Outcome::Ok, 1_000, top).histogram;
    let connection = ConnectionRecord {
        protocol: "rest".to_owned(),
        failed: 2,
        resolve: PackedHistogram::default(),
        connect: times(2),
        tls: times(5),
    };
    vec![GeneratorRecord {
        shard: Some(crate::outcome::event::Shard { index: 1, count: 1 }),
        notes: vec!["the load ended 0.1 s late".to_owned()],
        lag: times(3),
        heartbeat: times(1),
        crypto_queue: times(1),
        crypto: times(1),
        connections: vec![connection],
        ..generator()
    }]
}

fn judged(rule: &str, measured: Option<f64>, text: &str, verdict: Judgement) -> JudgedThreshold {
    JudgedThreshold { rule: rule.to_owned(), measured, text: text.to_owned(), verdict }
}
