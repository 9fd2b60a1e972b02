//! `load calibrate`: what this machine's generator can do at most, against a server that uses almost no processor time.

use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

use super::exit::failure;
use super::options::{bounded, enough_files, mix};
use crate::authenticator::Format;
use crate::cli::args::CalibrateArguments;
use crate::cli::embedded::target_of;
use crate::cli::exit::{Exit, Failure};
use crate::cli::values::seed_or_random;
use crate::cli::{interrupt, output};
use crate::contract::{Flow, Protocol};
use crate::load::{self, Ceilings, Excuses, LoadUser, Plan, Stop, Subjects, Tolerance};
use crate::outcome::load::{
    ArrivalPattern, Cleanup, LoadModel, LoadRecord, PackedHistogram, RateStep, Shares, Stages, fine, float,
};
use crate::runner::target::{Subject, Target};
use crate::server::{Server, ServerConfig};

/// Warm-up before each measurement.
const WARM_UP: Duration = Duration::from_secs(1);

/// Open files other than connections.
const OTHER_FILES: usize = 64;

/// If its thread is busy for this share of the time, the null server is the limit and not the generator.
const BUSY: f64 = 0.9;

/// Measures each protocol, prints a line for it, and stores nothing.
pub async fn calibrate(arguments: CalibrateArguments) -> Result<Exit, Failure> {
    let hold = bounded("--duration", &arguments.duration)?;
    let protocols = mix("--protocol", &arguments.protocol, Protocol::from_slug, &Protocol::ALL.map(Protocol::slug))?;
    let users = usize::from(arguments.users);
    enough_files(users * 2 + OTHER_FILES)?;
    let seed = seed_or_random(arguments.seed);
    let null = Null::start(users, seed).await?;
    // A passkey, since a second factor may lock its user's token.
    let flow = null.target.flows.iter().rev().copied().find(|flow| !flow.is_u2f());
    let flow = flow.ok_or_else(|| Failure::text(Exit::Internal, "the null server enrols no passkeys"))?;
    let stop = Stop::new(|| interrupt::leave());
    output::line(&format!(
        "start, attest, verify and remove of {flow} with packed-self; {users} workers, {hold:?} for each figure"
    ));
    output::line("The null server has a thread of its own, on the same processors.");
    output::line("            at most   CPU of a cycle: generator, null server   lag p99 at half of that");
    for (protocol, _) in protocols {
        let closed = LoadModel::Closed { workers: arguments.users.into() };
        let spent = null.spent().await?;
        let most = measure(plan(&null, (flow, protocol), closed, hold, seed), &stop).await?;
        let spent = null.spent().await?.saturating_sub(spent);
        if most.interrupted {
            return Ok(Exit::Interrupted);
        }
        let half = RateStep { per_second: (most.rate(None) / 2.0).max(1.0), for_us: micros(hold) };
        let workers = u64::from(arguments.users);
        let open = LoadModel::Open { steps: vec![half], arrivals: ArrivalPattern::Constant, workers };
        let half = measure(plan(&null, (flow, protocol), open, hold, seed), &stop).await?;
        if half.interrupted {
            return Ok(Exit::Interrupted);
        }
        output::line(&line(protocol, &most, spent, &half)?);
    }
    Ok(Exit::Green)
}

/// One load; a failure against the null server is a fault of proofmark.
async fn measure(plan: Plan, stop: &Stop) -> Result<LoadRecord, Failure> {
    let record = load::run(plan, stop, &mut |_| ()).await.map_err(failure)?;
    let (failed, lost) = (record.cycles_failed(None), load::uncounted(&record));
    if failed + lost + record.correctness.wrong() + record.correctness.left_behind > 0 && !record.interrupted {
        let first = record.errors.first().map(|error| format!("{}: {}", error.class, error.example));
        let text =
            format!("{failed} cycles failed against the null server, {lost} calls belong to no cycle; {first:?}");
        return Err(Failure::text(Exit::Internal, text));
    }
    Ok(record)
}

fn line(protocol: Protocol, most: &LoadRecord, null: Duration, half: &LoadRecord) -> Result<String, Failure> {
    let generator = most.generators.first().ok_or_else(|| Failure::text(Exit::Internal, "nothing was measured"))?;
    let cycles = float(generator.cycles.max(1));
    let null_us = float(micros(null));
    let own_us = float(generator.user_us + generator.system_us) - null_us;
    let lag = PackedHistogram::sum(half.generators.iter().map(|generator| &generator.lag), fine());
    let lag = float(lag.map_err(Failure::internal)?.value_at_quantile(0.99)) / 1e3;
    let (rate, own, server) = (most.rate(None), own_us / cycles, null_us / cycles);
    let mut line = format!("{:<9} {rate:>7.0}/s   {own:>22.0} us, {server:>8.0} us   {lag:>19.2} ms", protocol.slug());
    if null_us > BUSY * float(generator.wall_us) {
        line.push_str("   (the null server's thread was the limit)");
    }
    Ok(line)
}

fn plan(null: &Null, (flow, protocol): (Flow, Protocol), model: LoadModel, hold: Duration, seed: u64) -> Plan {
    let target = null.target.clone();
    let user = |subject: Subject| LoadUser { user_id: subject.user_id, token: subject.token };
    Plan {
        name: "the null server".to_owned(),
        web: target.web,
        grpc: target.grpc,
        allowed_host: None,
        limits: target.limits,
        rp_id: target.rp_id,
        origin: target.origin,
        flows: vec![(flow, 1)],
        protocols: vec![(protocol, 1)],
        format: Format::PackedSelf,
        fresh_keys: false,
        model,
        stages: Stages { warm_up_us: micros(WARM_UP), hold_us: micros(hold), ..Stages::default() },
        // The null server would accept malformed attestations, and both of two verifies.
        shares: Shares::default(),
        subjects: Subjects::Listed(target.accounts.subjects.into_iter().map(user).collect()),
        think: Duration::ZERO,
        cleanup: Cleanup::Remove,
        seed,
        thresholds: Vec::new(),
        excuses: Excuses::default(),
        known_file: None,
        preflight: false,
        give_up: Duration::MAX,
        shard: None,
        start_at: None,
        // The load reaches nobody else.
        ceilings: Ceilings { rate: f64::INFINITY, ..Ceilings::default() },
        tolerance: Tolerance::default(),
        attesters: None,
        embedded: true,
        defects: Vec::new(),
        target_file: None,
        build: String::new(),
        dashboard: None,
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The null server on a thread of its own, so that its processor time can be told from the generator's.
struct Null {
    target: Target,
    runtime: Handle,
    /// It ends when this is dropped.
    _stop: oneshot::Sender<()>,
}

impl Null {
    async fn start(users: usize, seed: u64) -> Result<Null, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(Failure::internal)?;
        let handle = runtime.handle().clone();
        let config = ServerConfig { users: users.max(2), seed, ..ServerConfig::default() };
        let (stop, stopped) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let serve = async move {
            let server = match Server::start_null(config).await {
                Ok(server) => server,
                Err(why) => return drop(tell.send(Err(why))),
            };
            // If nobody waits for it, the other channel ends it at once.
            drop(tell.send(Ok(target_of(&server))));
            // Nothing is ever sent on it: it ends when the sender is dropped.
            stopped.await.unwrap_or_default();
            server.shutdown().await;
        };
        let thread = thread::Builder::new().name("null server".to_owned());
        thread.spawn(move || runtime.block_on(serve)).map_err(Failure::internal)?;
        let target = told.await.map_err(Failure::internal)?.map_err(Failure::internal)?;
        Ok(Null { target, runtime: handle, _stop: stop })
    }

    /// Processor time of its thread so far; `None` if the kernel does not report it.
    async fn spent(&self) -> Result<Duration, Failure> {
        let read = async {
            let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
            text.split_whitespace()
                .next()
                .and_then(|nanos| nanos.parse().ok())
                .map_or(Duration::ZERO, Duration::from_nanos)
        };
        self.runtime.spawn(read).await.map_err(Failure::internal)
    }
}
