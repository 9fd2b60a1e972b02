//! The suite against the reference server, both in this process: tests a second, and how they grow.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use proofmark::cli::embedded;
use proofmark::contract::{Flow, Protocol};
use proofmark::runner::{Runner, Settings, Stop};
use proofmark::scenario::{self, Pattern, Plan, Selection};
use proofmark::server::{Server, ServerConfig};

fn plan(patterns: &[&str]) -> Plan {
    let patterns = patterns.iter().map(|text| Pattern::new(text).expect("a glob")).collect();
    let (flows, protocols) = (Flow::ALL.to_vec(), Protocol::ALL.to_vec());
    let selection = Selection { flows, protocols, patterns, ..Selection::default() };
    Plan::new(scenario::embedded().expect("valid suites"), &selection)
}

/// One run on a server of its own, so that no run meets the users of another.
async fn run(plan: Plan) -> u64 {
    let config = ServerConfig { users: plan.subjects(), ..ServerConfig::default() };
    let server = Server::start(config).await.expect("a free port");
    let settings = Settings { seed: 1, concurrency: 16, now: embedded::now() };
    let runner = Runner::new(embedded::target_of(&server), plan, settings).expect("a usable address");
    let mut events = 0;
    runner.run(&Stop::default(), |_| events += 1).await;
    server.shutdown().await;
    events
}

fn suite(bench: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = bench.benchmark_group("suite");
    group.sample_size(10);
    for (size, patterns) in [
        ("one flow over REST", &["v2/passkey/rest/client-data/*", "v2/passkey/rest/envelope/*"][..]),
        ("two flows over REST", &["v2/*/rest/client-data/*", "v2/*/rest/envelope/*"]),
        ("four flows over REST", &["*/*/rest/client-data/*", "*/*/rest/envelope/*"]),
        ("four flows over all", &["client-data/*", "envelope/*"]),
    ] {
        let plan = plan(patterns);
        group.throughput(Throughput::Elements(u64::try_from(plan.tests.len()).expect("a count")));
        group.bench_function(BenchmarkId::from_parameter(size), |timer| {
            timer.iter(|| runtime.block_on(run(plan.clone())));
        });
    }
    group.finish();
}

criterion_group!(benches, suite);
criterion_main!(benches);
