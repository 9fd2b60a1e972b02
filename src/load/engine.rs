//! goose: its users are the workers, one transaction is one cycle. Nothing else names it.
//!
//! What we have to prevent: a telnet controller, a global logger that writes to standard output, a line for every
//! ramp-up, a Ctrl-C handler that ends the process with 1, whole seconds, and waiting without end for a slow transaction.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction, TransactionResult};
use goose::metrics::GooseMetrics;
use goose::{GooseAttack, GooseError};

use super::error::LoadError;
use super::plan::LivePage;
use super::played::Sample;
use super::stop::Stop;
use crate::contract::Protocol;
use crate::outcome::load::{EngineCount, LoadStep, Outcome};

/// A worker that has nothing to do waits before goose calls it again, which it does at once until it has ended its users.
const IDLE: Duration = Duration::from_millis(20);

/// The name that goose has for a protocol's requests.
const METHODS: [(Protocol, &str); 3] =
    [(Protocol::Rest, "REST"), (Protocol::Grpc, "GRPC"), (Protocol::GrpcWeb, "GRPCWEB")];

/// The calls that goose counts. Local work is not a request, and would make its totals look better.
const CALLS: [LoadStep; 2] = [LoadStep::Start, LoadStep::Verify];

/// Plays one cycle after the other for a worker.
pub(super) trait Work: Send + Sync + 'static {
    /// Plays the next cycle of a worker; `None` if there are no more.
    fn turn(&self, worker: u64) -> impl Future<Output = Option<(Protocol, Vec<Sample>)>> + Send;
}

/// A worker's number, and whose work it does.
#[derive(Debug, Clone, Copy)]
struct Worker(u64);

/// An attack that can be executed. Its users do the work until [`end`] was called. With a port, goose's live page is at it as long
/// as the attack is executed.
pub(super) fn prepare(
    work: &Arc<impl Work>,
    workers: u64,
    host: &str,
    dashboard: Option<&LivePage>,
) -> Result<GooseAttack, LoadError> {
    let users = usize::try_from(workers).unwrap_or(usize::MAX);
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(host.to_owned());
    configuration.users = Some(users);
    // All within a tenth of a second. There is no run time: the supervisor ends the attack.
    configuration.increase_rate = Some(users.saturating_mul(10).to_string());
    configuration.no_telnet = true;
    configuration.websocket = false;
    if let Some(LivePage { port, directory }) = dashboard {
        let port = *port;
        // Goose would say that a port is taken, but not which.
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|why| LoadError::Dashboard { port, why })?;
        configuration.dashboard = true;
        configuration.dashboard_host = Some(Ipv4Addr::LOCALHOST.to_string());
        configuration.dashboard_port = Some(port);
        configuration.output_dir = Some(directory.display().to_string());
    }
    configuration.quiet = 2;
    configuration.no_print_metrics = true;
    // The end of the ramp-up is only kept silent if metrics are reset at it; no cycle has begun by then.
    configuration.no_reset_metrics = false;
    configuration.no_transaction_metrics = true;
    configuration.no_scenario_metrics = true;
    configuration.no_error_summary = true;
    let (work, arrived) = (Arc::clone(work), Arc::new(AtomicU64::new(0)));
    let function: TransactionFunction = Arc::new(move |user| {
        let (work, arrived) = (Arc::clone(&work), Arc::clone(&arrived));
        Box::pin(async move { transaction(work.as_ref(), &arrived, user).await })
    });
    let cycle = Transaction::new(function).set_name("cycle");
    let scenario = Scenario::new("enrolment").register_transaction(cycle);
    // Of a client that sends nothing. Goose makes one for each user otherwise, which takes longer than many an attack, and reads the
    // system's certificates for it, without which it ends.
    let client = GooseClientBuilder::new().without_cookies().accept_invalid_certs(true);
    GooseAttack::initialize_with_config(configuration)
        .and_then(|attack| attack.set_client_builder_without_cookies(client))
        .map(|attack| attack.register_scenario(scenario))
        .map_err(failed)
}

/// One cycle, by a goose user. Every path through it waits or records: goose never yields by itself.
async fn transaction(work: &impl Work, arrived: &AtomicU64, user: &mut GooseUser) -> TransactionResult {
    let number = match user.get_session_data::<Worker>() {
        Some(worker) => worker.0,
        None => {
            let number = arrived.fetch_add(1, Ordering::Relaxed);
            user.set_session_data(Worker(number));
            number
        }
    };
    let Some((protocol, samples)) = work.turn(number).await else {
        tokio::time::sleep(IDLE).await;
        return Ok(());
    };
    let method = METHODS.iter().find(|(known, _)| *known == protocol).map_or("", |(_, method)| method);
    for sample in samples.iter().filter(|sample| CALLS.contains(&sample.step)) {
        let error = (sample.outcome != Outcome::Ok).then(|| name_of(sample.outcome));
        let (name, status) = (sample.step.name(), sample.http_status);
        user.record_custom_request_duration(method, name, sample.took, error.is_none(), status, error).await?;
    }
    if !samples.iter().any(|sample| CALLS.contains(&sample.step)) {
        tokio::time::sleep(IDLE).await;
    }
    Ok(())
}

/// Errors are keys of goose's metrics: a bounded set.
fn name_of(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Refused => "refused",
        Outcome::TimedOut => "timed-out",
        Outcome::Transport => "transport",
        Outcome::RateLimited => "rate-limited",
        Outcome::Gateway => "gateway",
        Outcome::Unfinished => "unfinished",
        Outcome::Abandoned => "abandoned",
        Outcome::NotAttested => "not-attested",
        Outcome::Nonconformant => "nonconformant",
        Outcome::CrossTalk => "cross-talk",
    }
}

/// Executes an attack to its end.
pub(super) async fn execute(attack: GooseAttack) -> Result<Vec<EngineCount>, LoadError> {
    attack.execute().await.map(|metrics| counts(&metrics)).map_err(failed)
}

/// Has the users of the running attack end, once their cycles are over.
pub(super) fn end() {
    goose::trigger_killswitch("the time is up");
}

fn failed(error: GooseError) -> LoadError {
    LoadError::Engine(error.to_string())
}

fn counts(metrics: &GooseMetrics) -> Vec<EngineCount> {
    let mut counts = Vec::new();
    for (protocol, method) in METHODS {
        for step in CALLS {
            if let Some(row) = metrics.requests.get(&format!("{method} {}", step.name())) {
                let count = u64::try_from(row.success_count + row.fail_count).unwrap_or(u64::MAX);
                counts.push(EngineCount { protocol: protocol.slug().to_owned(), step, count });
            }
        }
    }
    counts
}

/// The stop of the attack that runs, or ran last.
static CURRENT: Mutex<Option<Stop>> = Mutex::new(None);

/// Has Ctrl-C stop an attack, by the one handler that goose's crate for it allows in a process, so that goose can't have it.
pub(super) fn stop_on_ctrl_c(stop: &Stop) {
    static ONCE: Once = Once::new();
    // First: a signal that the handler gets without it would be lost.
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop.clone());
    ONCE.call_once(|| {
        let handler = || {
            let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).clone();
            if let Some(stop) = current {
                stop.pressed();
            }
        };
        // Another handler is as good: goose can't replace it either.
        ctrlc::set_handler(handler).unwrap_or_default();
    });
}

/// Takes the place of the process's logger, if it is free: goose would install one that writes warnings of every crate to
/// standard output.
pub(super) fn silence() {
    struct Silent;
    impl log::Log for Silent {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            false
        }
        fn log(&self, _: &log::Record<'_>) {}
        fn flush(&self) {}
    }
    // A logger that is installed already was chosen by the caller.
    log::set_logger(&Silent).unwrap_or_default();
}
