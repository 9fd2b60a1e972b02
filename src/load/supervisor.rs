//! An attack from its beginning to its end: workers take turns as the model says, a supervisor moves the attack from phase to phase.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::LocalBoxFuture;

use super::error::LoadError;
use super::generator::Monitor;
use super::plan::Plan;
use super::progress::Progress;
use super::record::{self, Parts};
use super::stop::Stop;
use super::workers::{Phase, Shared};
use super::{engine, limits, preflight, scaling};
use crate::outcome::load::{EngineCount, LoadRecord, PreflightRecord, Scaling, Stopped};

/// How often the supervisor looks at clock and stop.
const TICK: Duration = Duration::from_millis(20);

/// Between two reports of progress.
const REPORT: Duration = Duration::from_secs(1);

/// The time that calls under way get once nothing succeeds any more.
const LAST_CALLS: Duration = Duration::from_secs(3);

/// Once all workers are there: time for the engine to end its ramp-up, at which it forgets what was recorded before.
const SETTLE: Duration = Duration::from_millis(250);

/// How long all workers may take to start.
const LONGEST_RAMP: Duration = Duration::from_secs(120);

/// The time that the engine gets to end once no cycle is left; it checks twice a second.
const LONGEST_END: Duration = Duration::from_secs(5);

/// Runs an attack. `watch` is told each second how far it is.
///
/// Only one attack runs at a time in a process; another one waits. From its beginning on, the first Ctrl-C stops it as
/// [`Stop::stop`] does, and the second does what the stop was given; both by a handler that stays for the rest of the process.
///
/// Before, if the plan wants it, a good cycle of each flow over each protocol has to come to its end. An attack in which nothing
/// succeeds for as long as the plan's `give_up` while cycles fail ends by itself.
///
/// The attack ends at most the plan's timeout (and a moment) after its last phase or its stop: cycles that are not over by
/// then are unfinished, and arrivals that found no worker are abandoned.
///
/// # Errors
/// [`LoadError`]; before any request, except for [`LoadError::Unready`] and [`LoadError::Engine`].
pub fn run<'r>(
    plan: Plan,
    stop: &'r Stop,
    watch: &'r mut dyn FnMut(&Progress),
) -> LocalBoxFuture<'r, Result<LoadRecord, LoadError>> {
    Box::pin(attack(plan, stop, watch))
}

async fn attack(plan: Plan, stop: &Stop, watch: &mut dyn FnMut(&Progress)) -> Result<LoadRecord, LoadError> {
    limits::admit(&plan)?;
    let start_at = plan.start_at.map(instant).transpose()?;
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let _alone = ONE_AT_A_TIME.lock().await;
    engine::stop_on_ctrl_c(stop);
    engine::silence();
    let mut shared = Shared::new(&plan)?;
    let mut preflight = match plan.preflight {
        true => preflight(&plan, &mut shared, stop).await?,
        false => None,
    };
    let shared = Arc::new(shared);
    let scaling = match &mut preflight {
        Some(seen) => scaling::ramp(&plan, &shared, stop, seen).await,
        None => None,
    };
    let attack = engine::prepare(&shared, shared.workers, &plan.web.base_url, plan.dashboard.as_ref())?;
    let supervisor = Supervisor {
        shared: &shared,
        stop,
        plan: &plan,
        preflight,
        scaling,
        start_at,
        watch,
        monitor: None,
        stopped: None,
    };
    supervisor.run(engine::execute(attack)).await
}

/// The calls before the load; `None` if it was stopped before.
async fn preflight(plan: &Plan, shared: &mut Shared, stop: &Stop) -> Result<Option<PreflightRecord>, LoadError> {
    let mut site = shared.apart(plan)?;
    let stopped = async {
        while !stop.is_stopped() {
            tokio::time::sleep(TICK).await;
        }
    };
    let seen = tokio::select! {
        seen = preflight::look(plan, &mut site, &shared.pool) => Some(seen?),
        () = stopped => None,
    };
    shared.site.lookups = site.lookups;
    Ok(seen)
}

fn instant(time: SystemTime) -> Result<Instant, LoadError> {
    match time.duration_since(SystemTime::now()) {
        Ok(left) => Ok(Instant::now() + left),
        Err(ago) => Err(LoadError::Late(ago.duration())),
    }
}

/// Moves the attack from phase to phase.
struct Supervisor<'a> {
    shared: &'a Arc<Shared>,
    stop: &'a Stop,
    plan: &'a Plan,
    preflight: Option<PreflightRecord>,
    scaling: Option<Scaling>,
    start_at: Option<Instant>,
    watch: &'a mut dyn FnMut(&Progress),
    monitor: Option<Monitor>,
    stopped: Option<Stopped>,
}

/// The supervisor's instants.
struct Clock {
    launched: Instant,
    gathered: Option<Instant>,
    begin: Option<(Instant, SystemTime)>,
    reported: Duration,
}

impl Supervisor<'_> {
    async fn run(
        mut self,
        execution: impl Future<Output = Result<Vec<EngineCount>, LoadError>>,
    ) -> Result<LoadRecord, LoadError> {
        let mut execution = pin!(execution);
        let mut ticks = tokio::time::interval(TICK);
        let mut clock = Clock { launched: Instant::now(), gathered: None, begin: None, reported: Duration::ZERO };
        let engine = loop {
            tokio::select! {
                ended = &mut execution => break ended?,
                _ = ticks.tick() => self.tick(&mut clock)?,
            }
        };
        let (begin, started) = clock.begin.unwrap_or((clock.launched, SystemTime::now()));
        self.shared.abandon(begin.elapsed());
        record::record(Parts {
            plan: self.plan,
            subjects: self.shared.pool.count,
            counted: self.shared.tally.finish(begin.elapsed()),
            monitor: self.monitor,
            engine,
            started,
            interrupted: self.stop.is_stopped(),
            stopped: self.stopped,
            preflight: self.preflight,
            scaling: self.scaling,
            notes: self.shared.site.lookups.notes().collect(),
        })
    }

    fn tick(&mut self, clock: &mut Clock) -> Result<(), LoadError> {
        let now = Instant::now();
        let phase = *self.shared.phase.borrow();
        let timeout = self.plan.limits.timeout;
        let next = match phase {
            Phase::Gathering => self.gather(clock, now)?,
            Phase::Running { begin } if self.stop.is_stopped() => {
                // Arrivals that wait for a worker are not kept waiting.
                self.shared.open.iter().for_each(|open| open.permits.close());
                Phase::Draining { begin, cut_off: now + timeout }
            }
            Phase::Running { begin } if now >= begin + self.shared.timeline.end() => {
                Phase::Draining { begin, cut_off: now + timeout }
            }
            Phase::Running { begin } => match self.stalled(now.saturating_duration_since(begin)) {
                Some(stopped) => {
                    self.stopped = Some(stopped);
                    self.shared.open.iter().for_each(|open| open.permits.close());
                    Phase::Draining { begin, cut_off: now + timeout.min(LAST_CALLS) }
                }
                None => phase,
            },
            Phase::Draining { cut_off, .. } => {
                self.drain(now, cut_off)?;
                phase
            }
        };
        if next != phase {
            self.shared.phase.send_replace(next);
        }
        self.report(clock, now, matches!(next, Phase::Draining { .. }));
        Ok(())
    }

    /// Why it is useless to continue.
    fn stalled(&self, now: Duration) -> Option<Stopped> {
        self.shared.stall.lock().unwrap_or_else(PoisonError::into_inner).over(now, self.plan.give_up)
    }

    /// A stop while it drains leaves cycles the time that they have.
    fn drain(&self, now: Instant, cut_off: Instant) -> Result<(), LoadError> {
        let ends = now > cut_off || self.stop.is_stopped() || self.stopped.is_some();
        let is_over = self.shared.open.as_ref().is_none_or(|open| ends || open.is_over(self.shared.begun()));
        if is_over {
            self.shared.open.iter().for_each(|open| open.permits.close());
            engine::end();
        }
        if now > cut_off + LONGEST_END {
            return Err(LoadError::Engine("it did not end in time".to_owned()));
        }
        Ok(())
    }

    fn gather(&mut self, clock: &mut Clock, now: Instant) -> Result<Phase, LoadError> {
        if self.stop.is_stopped() {
            self.shared.open.iter().for_each(|open| open.permits.close());
            return Ok(Phase::Draining { begin: now, cut_off: now });
        }
        if now > clock.launched + LONGEST_RAMP && clock.gathered.is_none() {
            return Err(LoadError::Engine("its users did not start in time".to_owned()));
        }
        if self.shared.arrived.load(Ordering::Relaxed) < self.shared.workers {
            return Ok(Phase::Gathering);
        }
        let gathered = *clock.gathered.get_or_insert(now);
        let begin = self.start_at.unwrap_or(gathered).max(gathered + SETTLE);
        if now + TICK < begin {
            return Ok(Phase::Gathering);
        }
        clock.begin = Some((begin, SystemTime::now() + begin.saturating_duration_since(now)));
        self.monitor = Some(Monitor::start());
        self.publish(begin)?;
        Ok(Phase::Running { begin })
    }

    fn publish(&self, begin: Instant) -> Result<(), LoadError> {
        let Some(open) = &self.shared.open else { return Ok(()) };
        let schedule = open.schedule.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let shared = Arc::clone(self.shared);
        let publish = move || {
            if let Some(open) = &shared.open {
                shared.dispatch(open, schedule, begin);
            }
        };
        thread::Builder::new().name("arrivals".to_owned()).spawn(publish)?;
        Ok(())
    }

    fn report(&mut self, clock: &mut Clock, now: Instant, draining: bool) {
        let Some((begin, _)) = clock.begin else { return };
        let elapsed = now.saturating_duration_since(begin);
        if elapsed >= clock.reported + REPORT {
            clock.reported = elapsed;
            let due = |open: &super::workers::Open| open.due.load(Ordering::Relaxed);
            let waiting = self.shared.open.as_ref().map_or(0, |open| due(open).saturating_sub(self.shared.begun()));
            (self.watch)(&self.shared.tally.progress(elapsed, waiting, draining));
        }
    }
}
