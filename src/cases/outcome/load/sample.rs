//! A small record to test with: 20,000 good cycles over REST, 100 over gRPC, and what a case adds.

use super::*;

/// `count` values from 1 to `top` milliseconds, evenly.
pub fn row(protocol: &str, step: LoadStep, outcome: Outcome, count: u64, top: u64) -> Row {
    let (mut histogram, mut sum_us, mut max_us) = (fine(), 0, 0);
    for n in 1..=count {
        let micros = (n * top * 1_000).div_ceil(count);
        record(&mut histogram, micros);
        sum_us += micros;
        max_us = max_us.max(micros);
    }
    Row {
        protocol: protocol.to_owned(),
        flow: "v2/passkey".to_owned(),
        kind: Kind::Good,
        step,
        outcome,
        count,
        sum_us,
        max_us,
        histogram: PackedHistogram::pack(&histogram),
    }
}

/// A plan of a closed model.
pub fn plan() -> LoadPlanRecord {
    let weighted = |name: &str| Weighted { name: name.to_owned(), weight: 1 };
    LoadPlanRecord {
        target: "a target".to_owned(),
        target_file: Some("target.toml".to_owned()),
        known: None,
        defects: Vec::new(),
        base_url: "http://127.0.0.1:1".to_owned(),
        model: LoadModel::Closed { workers: 8 },
        stages: Stages { hold_us: 10_000_000, ..Stages::default() },
        flows: vec![weighted("v2/passkey")],
        protocols: vec![weighted("rest"), weighted("grpc")],
        format: "packed-self".to_owned(),
        fresh_keys: false,
        shares: Shares::default(),
        subjects: 8,
        think_us: 0,
        cleanup: Cleanup::Remove,
        timeout_us: 10_000_000,
        seed: 1,
        thresholds: Vec::new(),
        shard: None,
        digest: String::new(),
    }
    .sealed()
}

/// A generator that limited nothing.
pub fn generator() -> GeneratorRecord {
    let empty = PackedHistogram::default;
    GeneratorRecord {
        shard: None,
        started: "2026-01-01T00:00:00Z".to_owned(),
        ended: "2026-01-01T00:00:10Z".to_owned(),
        verdict: GeneratorVerdict::Valid,
        reasons: Vec::new(),
        notes: Vec::new(),
        embedded: false,
        cores: 2.0,
        user_us: 900_000,
        system_us: 300_000,
        wall_us: 10_000_000,
        throttled_us: 0,
        peak_rss_bytes: 20_000_000,
        cycles: 20_100,
        lag: empty(),
        heartbeat: empty(),
        crypto_queue: empty(),
        crypto: empty(),
        connections: Vec::new(),
    }
}

/// Ten seconds: start takes up to 10 ms, verify up to 20, the cycle up to 31.
pub fn sample() -> LoadRecord {
    let steps = [(LoadStep::Start, 10), (LoadStep::Attest, 1), (LoadStep::Verify, 20), (LoadStep::Cycle, 31)];
    let rows = |protocol, count| steps.map(move |(step, top)| row(protocol, step, Outcome::Ok, count, top));
    let length_us = 10_000_000;
    let (starts, verifies, ok) = (20_100, 20_100, 20_100);
    let phase = PhaseRecord { name: PhaseName::Hold, begin_us: 0, length_us, starts, verifies, ok, failed: 0 };
    LoadRecord {
        format: LoadRecord::FORMAT,
        version: "0.0.0".to_owned(),
        build: "b".repeat(64),
        started: "2026-01-01T00:00:00Z".to_owned(),
        ended: "2026-01-01T00:00:10Z".to_owned(),
        plan: plan(),
        interrupted: false,
        stopped: None,
        preflight: None,
        scaling: None,
        notes: Vec::new(),
        elapsed_us: 10_000_000,
        measured_us: 10_000_000,
        phases: vec![phase],
        rows: rows("grpc", 100).into_iter().chain(rows("rest", 20_000)).collect(),
        intervals: Intervals { width_us: 1_000_000, list: vec![Interval { ok: 2_010, ..Interval::default() }; 10] },
        errors: Vec::new(),
        correctness: Correctness { judged: 40_200, confirmed: 20_100, ..Correctness::default() },
        arrivals: None,
        generators: vec![generator()],
        thresholds: Vec::new(),
        engine: Vec::new(),
    }
}
