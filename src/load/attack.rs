//! The engine: goose's users are the workers, one transaction is one cycle. Nothing else names goose.
//!
//! What has to be kept from it: a telnet controller, a global logger that writes to standard output, a line for every
//! ramp-up, a Ctrl-C handler that ends the process with 1, whole seconds, and waiting without end for a slow transaction.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::{Duration, Instant};

use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{GooseUser, Scenario, Transaction, TransactionFunction, TransactionResult};
use goose::metrics::GooseMetrics;
use goose::{GooseAttack, GooseError};
use tokio::sync::watch;

use super::attester::Attester;
use super::cycle::{Answered, Cycle, Failure, Site, Step, Worker};
use super::record::{Progress, Recorder, Summary};
use super::{LONGEST, LoadError, MOST_USERS, Plan, Stop, guard};
use crate::authenticator::Client;
use crate::contract::Protocol;
use crate::transport;
use crate::wire::secret::Secret;

/// How often the supervisor looks at clock and stop.
const TICK: Duration = Duration::from_millis(20);

/// Between two reports of progress.
const REPORT: Duration = Duration::from_secs(1);

/// Once all workers are there: time for the engine to end its ramp-up, at which it forgets what was recorded before.
const SETTLE: Duration = Duration::from_millis(250);

/// How long all workers may take to be there.
const LONGEST_RAMP: Duration = Duration::from_secs(120);

/// What the engine may take to end once no cycle is left; it looks twice a second.
const LONGEST_END: Duration = Duration::from_secs(5);

/// A worker that got no reply waits, so that a dead target is not knocked at without pause.
const AFTER_LOSS: Duration = Duration::from_millis(50);

/// Runs an attack. `watch` is told each second how far it is.
///
/// Only one attack runs at a time in a process; another one waits. While one runs, the first Ctrl-C stops it as
/// [`Stop::stop`] does, and the second ends the process with 130; both by a handler that stays for the rest of the process.
///
/// The attack ends at most the plan's timeout (and a moment) after its duration or its stop: cycles that are not over by
/// then are counted as failed.
///
/// # Errors
/// [`LoadError`]; before any request, except for [`LoadError::Engine`].
pub async fn run(plan: Plan, stop: &Stop, watch: &mut dyn FnMut(&Progress)) -> Result<Summary, LoadError> {
    guard::admit(&plan.address.base_url, plan.allowed_host.as_deref())?;
    let (users, duration) = (plan.users.len(), plan.duration);
    if !(1..=MOST_USERS).contains(&users) || duration.is_zero() || duration > LONGEST {
        return Err(LoadError::Bounds { users, duration });
    }
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ONE_AT_A_TIME.lock().await;
    let _interrupts = Interrupts::stop_on_ctrl_c(stop);
    silence();
    let shared = Arc::new(Shared::new(&plan)?);
    let attack = configure(users, &plan, &shared)?;
    Supervisor { shared: &shared, stop, duration, timeout: plan.limits.timeout, watch }.run(attack, &plan).await
}

/// What the workers share with each other and with the supervisor.
struct Shared {
    site: Site,
    workers: Vec<Worker>,
    arrived: AtomicUsize,
    phase: watch::Sender<Phase>,
    recorder: Recorder,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Workers arrive.
    Gathering,
    /// Cycles begin until the deadline.
    Running { deadline: Instant },
    /// No cycle begins; those that are not over by then are cut off.
    Draining { cut_off: Instant },
}

impl Shared {
    fn new(plan: &Plan) -> Result<Shared, LoadError> {
        let client = Client::new(plan.origin.clone());
        let worker = |(index, user): (u64, &super::LoadUser)| Worker {
            index,
            user_id: user.user_id.clone(),
            authorization: Secret::new(format!("Bearer {}", user.token.expose())),
            begun: 0,
        };
        Ok(Shared {
            site: Site {
                transport: transport::connect(Protocol::Rest, &plan.address, &plan.limits)?,
                flow: plan.flow,
                rp_id: plan.rp_id.clone(),
                seed: plan.seed,
                attester: Attester::start(&client, plan.format, plan.users.len())?,
            },
            workers: (0..).zip(&plan.users).map(worker).collect(),
            arrived: AtomicUsize::new(0),
            phase: watch::Sender::new(Phase::Gathering),
            recorder: Recorder::new(),
        })
    }

    /// Waits until cycles may begin; whether this one still may.
    async fn may_begin(&self) -> bool {
        let mut phase = self.phase.subscribe();
        let begun = phase.wait_for(|phase| *phase != Phase::Gathering).await.map(|phase| *phase);
        matches!(begun, Ok(Phase::Running { deadline }) if Instant::now() < deadline)
    }

    /// Ends when cycles under way have to.
    async fn cut_off(&self) {
        let mut phase = self.phase.subscribe();
        let draining = phase.wait_for(|phase| matches!(phase, Phase::Draining { .. })).await.map(|phase| *phase);
        if let Ok(Phase::Draining { cut_off }) = draining {
            tokio::time::sleep_until(cut_off.into()).await;
        }
    }

    /// One cycle, by a user that no one else is.
    async fn transaction(&self, user: &mut GooseUser) -> TransactionResult {
        if user.get_session_data::<Worker>().is_none() {
            let number = self.arrived.fetch_add(1, Ordering::Relaxed);
            if let Some(worker) = self.workers.get(number) {
                user.set_session_data(worker.clone());
            }
        }
        let may_begin = self.may_begin().await;
        let Some(worker) = user.get_session_data_mut::<Worker>().filter(|_| may_begin) else {
            // The engine calls again at once until it has ended its users.
            tokio::time::sleep(TICK).await;
            return Ok(());
        };
        worker.begun += 1;
        let mut cycle = Cycle::default();
        let over = tokio::select! {
            () = self.site.play(worker, &mut cycle) => true,
            () = self.cut_off() => false,
        };
        if !over {
            cycle.cut_off();
        }
        let lost = cycle.failure.as_ref().is_some_and(|failure| failure.lost);
        record(user, &cycle).await?;
        self.recorder.add(cycle);
        if lost {
            tokio::time::sleep(AFTER_LOSS).await;
        }
        Ok(())
    }
}

/// Tells the engine of both calls; what is local to us is no request, and would make its totals look better.
async fn record(user: &mut GooseUser, cycle: &Cycle) -> TransactionResult {
    for (step, answered) in [(Step::Start, cycle.start), (Step::Verify, cycle.verify)] {
        let Some(Answered { took, http_status }) = answered else { continue };
        let failure: Option<&Failure> = cycle.failure.as_ref().filter(|failure| failure.step == step);
        let error = failure.map(|failure| failure.class.as_str());
        user.record_custom_request_duration("REST", step.name(), took, error.is_none(), http_status, error).await?;
    }
    Ok(())
}

fn configure(users: usize, plan: &Plan, shared: &Arc<Shared>) -> Result<GooseAttack, LoadError> {
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(plan.address.base_url.clone());
    configuration.users = Some(users);
    // All within a tenth of a second. There is no run time: the supervisor ends the attack.
    configuration.increase_rate = Some(users.saturating_mul(10).to_string());
    configuration.no_telnet = true;
    configuration.websocket = false;
    configuration.quiet = 2;
    configuration.no_print_metrics = true;
    // The end of the ramp-up is only kept silent if metrics are reset at it; no cycle has begun by then.
    configuration.no_reset_metrics = false;
    configuration.no_transaction_metrics = true;
    configuration.no_scenario_metrics = true;
    configuration.no_error_summary = true;
    let shared = Arc::clone(shared);
    let function: TransactionFunction = Arc::new(move |user| {
        let shared = Arc::clone(&shared);
        Box::pin(async move { shared.transaction(user).await })
    });
    let cycle = Transaction::new(function).set_name("cycle");
    let scenario = Scenario::new("enrolment").register_transaction(cycle);
    GooseAttack::initialize_with_config(configuration)
        // It makes a client for each user otherwise, which takes longer than many an attack.
        .and_then(|attack| attack.set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies()))
        .map(|attack| attack.register_scenario(scenario))
        .map_err(engine)
}

fn engine(error: GooseError) -> LoadError {
    LoadError::Engine(error.to_string())
}

/// Moves the attack from phase to phase.
struct Supervisor<'a> {
    shared: &'a Shared,
    stop: &'a Stop,
    duration: Duration,
    timeout: Duration,
    watch: &'a mut dyn FnMut(&Progress),
}

impl Supervisor<'_> {
    async fn run(mut self, attack: GooseAttack, plan: &Plan) -> Result<Summary, LoadError> {
        let mut execution = pin!(attack.execute());
        let mut ticks = tokio::time::interval(TICK);
        let mut clock = Clock { launched: Instant::now(), gathered: None, begin: None, reported: Duration::ZERO };
        let metrics = loop {
            tokio::select! {
                ended = &mut execution => break ended.map_err(engine)?,
                _ = ticks.tick() => self.tick(&mut clock)?,
            }
        };
        let begin = clock.begin.unwrap_or(clock.launched);
        let least = (!self.stop.is_stopped()).then_some(self.duration);
        let secrets: Vec<Secret> = plan.users.iter().map(|user| user.token.clone()).collect();
        let mut summary = self.shared.recorder.summary(begin, least, &secrets);
        summary.engine_counts = [Step::Start, Step::Verify].map(|step| count(&metrics, step));
        Ok(summary)
    }

    fn tick(&mut self, clock: &mut Clock) -> Result<(), LoadError> {
        let now = Instant::now();
        let phase = *self.shared.phase.borrow();
        let next = match phase {
            Phase::Gathering => self.gather(clock, now)?,
            Phase::Running { deadline } if now >= deadline || self.stop.is_stopped() => {
                Phase::Draining { cut_off: now + self.timeout }
            }
            Phase::Running { .. } => phase,
            Phase::Draining { cut_off } => {
                // A stop while it drains leaves cycles the time that they have.
                goose::trigger_killswitch("the time is up");
                if now > cut_off + LONGEST_END {
                    return Err(LoadError::Engine("it did not end in time".to_owned()));
                }
                phase
            }
        };
        if next != phase {
            self.shared.phase.send_replace(next);
        }
        self.report(clock, now, matches!(next, Phase::Draining { .. }));
        Ok(())
    }

    fn gather(&self, clock: &mut Clock, now: Instant) -> Result<Phase, LoadError> {
        if self.stop.is_stopped() {
            return Ok(Phase::Draining { cut_off: now });
        }
        if now > clock.launched + LONGEST_RAMP {
            return Err(LoadError::Engine("its users did not start in time".to_owned()));
        }
        if self.shared.arrived.load(Ordering::Relaxed) < self.shared.workers.len() {
            return Ok(Phase::Gathering);
        }
        let gathered = *clock.gathered.get_or_insert(now);
        if now < gathered + SETTLE {
            return Ok(Phase::Gathering);
        }
        clock.begin = Some(now);
        Ok(Phase::Running { deadline: now + self.duration })
    }

    fn report(&mut self, clock: &mut Clock, now: Instant, draining: bool) {
        let Some(begin) = clock.begin else { return };
        let elapsed = now - begin;
        if elapsed >= clock.reported + REPORT {
            clock.reported = elapsed;
            (self.watch)(&self.shared.recorder.progress(elapsed, draining));
        }
    }
}

/// The supervisor's instants.
struct Clock {
    launched: Instant,
    gathered: Option<Instant>,
    begin: Option<Instant>,
    reported: Duration,
}

fn count(metrics: &GooseMetrics, step: Step) -> u64 {
    let row = metrics.requests.get(&format!("REST {}", step.name()));
    row.map_or(0, |row| u64::try_from(row.success_count + row.fail_count).unwrap_or(u64::MAX))
}

/// The stop of the running attack.
static CURRENT: Mutex<Option<Stop>> = Mutex::new(None);

/// While this lives, Ctrl-C stops the attack.
struct Interrupts;

impl Interrupts {
    /// Takes the one handler that goose's crate for it allows in a process, so that goose can't have it.
    fn stop_on_ctrl_c(stop: &Stop) -> Interrupts {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            let handler = || {
                let current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).clone();
                if let Some(stop) = current {
                    stop.pressed();
                }
            };
            // Somebody else's handler is as good: goose can't take its place either.
            ctrlc::set_handler(handler).unwrap_or_default();
        });
        Self::set(Some(stop.clone()));
        Interrupts
    }

    fn set(stop: Option<Stop>) {
        *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = stop;
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        Self::set(None);
    }
}

/// Takes the place of the process's logger, if it is free: goose would install one that writes warnings of every crate to
/// standard output.
fn silence() {
    struct Silent;
    impl log::Log for Silent {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            false
        }
        fn log(&self, _: &log::Record<'_>) {}
        fn flush(&self) {}
    }
    // An installed logger is somebody's choice.
    log::set_logger(&Silent).unwrap_or_default();
}
