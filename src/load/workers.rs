//! Workers: each takes turns as the model says, and plays a cycle at each turn.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, watch};

use super::attester::Attester;
use super::cross_talk::Witness;
use super::cycle::{Site, Transports};
use super::draw::Draw;
use super::draws::Draws;
use super::engine::Work;
use super::error::LoadError;
use super::lookups::{LookUp, Lookups};
use super::negative::Negatives;
use super::neighbours::Neighbours;
use super::plan::Plan;
use super::played::{Cycle, Sample};
use super::pool::Pool;
use super::schedule::{Schedule, Timeline};
use super::shard::share_of;
use super::stall::Stall;
use super::tally::{Tally, Turn};
use crate::authenticator::Client;
use crate::contract::Protocol;
use crate::outcome::load::{Cleanup, Kind};
use crate::transport::{self, Limits, TransportError};

/// A worker of the closed model that got no reply waits, so that a dead target is not called without a pause.
const AFTER_LOSS: Duration = Duration::from_millis(50);

/// A worker of the closed model waits as long as the answer about a rate limit says, up to this time. In the open model cycles begin at their times.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The longest sleep of the thread that publishes arrivals, so that it ends soon.
const NAP: Duration = Duration::from_millis(20);

/// What the workers share with each other and with the supervisor.
pub(super) struct Shared {
    pub(super) site: Site,
    pub(super) pool: Pool,
    draws: Draws,
    pub(super) timeline: Timeline,
    pub(super) tally: Tally,
    pub(super) stall: Mutex<Stall>,
    pub(super) phase: watch::Sender<Phase>,
    pub(super) arrived: AtomicU64,
    /// Workers of this shard.
    pub(super) workers: u64,
    think: Duration,
    /// Of this shard and all: which cycles are its own.
    share: (u64, u64),
    begun: AtomicU64,
    /// Workers that have begun a cycle.
    at_work: Vec<AtomicBool>,
    pub(super) open: Option<Open>,
}

/// The open model: one permit for each arrival that is due, and who takes one plays the next of the schedule.
pub(super) struct Open {
    pub(super) permits: Semaphore,
    pub(super) schedule: Mutex<Schedule>,
    pub(super) due: AtomicU64,
    /// All arrivals are due.
    published: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Phase {
    /// Workers arrive.
    Gathering,
    /// Cycles begin.
    Running { begin: Instant },
    /// No cycle is due any more; cycles that are not over by then are aborted.
    Draining { begin: Instant, cut_off: Instant },
}

impl Shared {
    pub(super) fn new(plan: &Plan) -> Result<Shared, LoadError> {
        let share @ (own, shards) = share_of(plan.shard);
        let all = plan.model.workers();
        let workers = all / shards + u64::from(all % shards > own);
        let negatives = match plan.shares.negatives {
            0.0 => Negatives::none(),
            _ => Negatives::new(&Client::new(plan.origin.clone()), &plan.rp_id, plan.format)
                .map_err(|error| LoadError::Plan(error.to_string()))?,
        };
        // Many calls come at a time, and none of them is judged by its connection.
        let limits = Limits { calls_per_connection: Limits::SHARED, ..plan.limits.clone() };
        let attester = Attester::start(plan, &negatives, usize::try_from(workers).unwrap_or(usize::MAX))?;
        let timeline = Timeline::new(&plan.stages);
        let schedule = Schedule::new(&plan.model, &plan.stages, plan.seed, plan.shard);
        let open = |schedule| Open {
            permits: Semaphore::new(0),
            schedule: Mutex::new(schedule),
            due: AtomicU64::new(0),
            published: AtomicBool::new(false),
        };
        Ok(Shared {
            pool: Pool::open(&plan.subjects, plan.shard, workers)?.hiding(plan.web.secrets()),
            site: Site {
                transports: connect(plan, &limits)?,
                rp_id: plan.rp_id.clone(),
                seed: plan.seed,
                attester: Arc::new(attester),
                witness: Arc::new(Witness::new()),
                neighbours: Arc::new(Neighbours::new(plan.cleanup == Cleanup::Keep)),
                cleanup: plan.cleanup,
                lookups: Lookups::default(),
                excuses: plan.excuses.clone(),
                format: plan.format,
            },
            draws: Draws::new(plan),
            timeline,
            tally: Tally::new(timeline),
            stall: Mutex::default(),
            phase: watch::Sender::new(Phase::Gathering),
            arrived: AtomicU64::new(0),
            workers,
            think: plan.think,
            share,
            begun: AtomicU64::new(0),
            at_work: (0..workers).map(|_| AtomicBool::new(false)).collect(),
            open: schedule.map(open),
        })
    }

    /// The same target over connections of its own, which no other call shares and no figure counts.
    pub(super) fn apart(&self, plan: &Plan) -> Result<Site, LoadError> {
        Ok(Site {
            transports: connect(plan, &plan.limits)?,
            rp_id: self.site.rp_id.clone(),
            seed: self.site.seed,
            attester: Arc::clone(&self.site.attester),
            witness: Arc::clone(&self.site.witness),
            neighbours: Arc::clone(&self.site.neighbours),
            cleanup: self.site.cleanup,
            lookups: self.site.lookups.clone(),
            excuses: self.site.excuses.clone(),
            format: self.site.format,
        })
    }

    /// The cycle with this number.
    pub(super) fn draw(&self, number: u64) -> Option<Draw> {
        self.draws.draw(number)
    }

    /// When cycles begin; waits until that is known. `None` if they never will.
    async fn begin(&self) -> Option<Instant> {
        if let Phase::Running { begin } = *self.phase.borrow() {
            return Some(begin);
        }
        let mut phase = self.phase.subscribe();
        let known = phase.wait_for(|phase| *phase != Phase::Gathering).await.map(|phase| *phase);
        match known {
            Ok(Phase::Running { begin } | Phase::Draining { begin, .. }) => Some(begin),
            _ => None,
        }
    }

    /// Ends when no cycle is due any more.
    async fn draining(&self) {
        let mut phase = self.phase.subscribe();
        // The sender lives as long as this does.
        let _ = phase.wait_for(|phase| matches!(phase, Phase::Draining { .. })).await;
    }

    /// Ends when cycles under way have to.
    async fn cut_off(&self) {
        self.draining().await;
        let phase = *self.phase.borrow();
        if let Phase::Draining { cut_off, .. } = phase {
            tokio::time::sleep_until(cut_off.into()).await;
        }
    }

    /// The next cycle of a worker as soon as it is due.
    async fn next(&self, worker: u64, begin: Instant) -> Option<(Draw, Turn)> {
        let (number, turn) = match &self.open {
            None => self.next_closed(worker, begin).await?,
            Some(open) => {
                // A cycle that would be aborted at once does not begin.
                let is_over =
                    matches!(*self.phase.borrow(), Phase::Draining { cut_off, .. } if Instant::now() >= cut_off);
                if is_over {
                    return None;
                }
                open.next(begin).await?
            }
        };
        let mut draw = self.draws.draw(number)?;
        if draw.kind == Kind::Lookup && self.site.lookups.of(draw.flow, draw.protocol) == LookUp::Nothing {
            draw.kind = Kind::Good;
        }
        Some((draw, turn))
    }

    async fn next_closed(&self, worker: u64, begin: Instant) -> Option<(u64, Turn)> {
        let (own, shards) = self.share;
        let (from, to) = self.timeline.shift(worker * shards + own, self.workers * shards);
        let at_work = usize::try_from(worker).ok().and_then(|worker| self.at_work.get(worker))?;
        let wait = match at_work.swap(true, Ordering::Relaxed) {
            true => self.think,
            false => (begin + from).saturating_duration_since(Instant::now()),
        };
        if !wait.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.draining() => return None,
            }
        }
        let now = Instant::now();
        let offset = now.saturating_duration_since(begin);
        let may_begin = matches!(*self.phase.borrow(), Phase::Running { .. }) && now >= begin && offset < to;
        let number = may_begin.then(|| self.begun.fetch_add(1, Ordering::Relaxed))?;
        Some((number * shards + own, Turn { intended: offset, begun: offset, scheduled: false, waited: false }))
    }

    /// Publishes the arrivals as they are due, on a thread of its own, until nobody takes them any more.
    pub(super) fn dispatch(&self, open: &Open, schedule: Schedule, begin: Instant) {
        for (_, offset) in schedule {
            loop {
                let left = (begin + offset).saturating_duration_since(Instant::now());
                if open.permits.is_closed() {
                    return;
                }
                if left.is_zero() {
                    break;
                }
                thread::sleep(left.min(NAP));
            }
            open.due.fetch_add(1, Ordering::Relaxed);
            open.permits.add_permits(1);
            // A worker that waits is given the permit at once.
            self.tally.due(offset, open.permits.available_permits() > 0);
        }
        open.published.store(true, Ordering::Relaxed);
    }

    /// Cycles that have begun.
    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Counts the arrivals that were due and never began.
    pub(super) fn abandon(&self, now: Duration) {
        let Some(open) = &self.open else { return };
        let mut schedule = open.schedule.lock().unwrap_or_else(PoisonError::into_inner);
        let left = open.due.load(Ordering::Relaxed).saturating_sub(self.begun.load(Ordering::Relaxed));
        for _ in 0..left {
            let Some((number, intended)) = schedule.next() else { break };
            if let Some(draw) = self.draws.draw(number) {
                self.tally.abandon((draw.protocol, draw.flow, draw.kind), intended, now);
            }
        }
    }
}

/// A transport for each protocol of a plan.
fn connect(plan: &Plan, limits: &Limits) -> Result<Transports, TransportError> {
    let connect = |(protocol, _): &(Protocol, u32)| {
        let address = if *protocol == Protocol::Grpc { &plan.grpc } else { &plan.web };
        transport::connect(*protocol, address, limits).map(|transport| (*protocol, transport))
    };
    plan.protocols.iter().map(connect).collect()
}

impl Open {
    /// Whether all arrivals were due and have begun.
    pub(super) fn is_over(&self, begun: u64) -> bool {
        self.published.load(Ordering::Relaxed) && begun >= self.due.load(Ordering::Relaxed)
    }

    async fn next(&self, begin: Instant) -> Option<(u64, Turn)> {
        let (permit, waited) = match self.permits.try_acquire() {
            Ok(permit) => (permit, true),
            Err(_) => (self.permits.acquire().await.ok()?, false),
        };
        permit.forget();
        let (number, intended) = self.schedule.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        let begun = Instant::now().saturating_duration_since(begin);
        Some((number, Turn { intended, begun, scheduled: true, waited }))
    }
}

impl Work for Shared {
    async fn turn(&self, worker: u64) -> Option<(Protocol, Vec<Sample>)> {
        self.arrived.fetch_max(worker + 1, Ordering::Relaxed);
        let begin = self.begin().await?;
        let (draw, turn) = self.next(worker, begin).await?;
        if self.open.is_some() {
            self.begun.fetch_add(1, Ordering::Relaxed);
        }
        self.tally.begin(&turn);
        let mut cycle = Cycle::new(draw, Instant::now());
        let play = async {
            match self.pool.lease().await {
                Some(lease) => self.site.play(&lease.subject, &mut cycle).await,
                None => cycle.no_subject(),
            }
        };
        let over = tokio::select! {
            biased;
            () = play => true,
            () = self.cut_off() => false,
        };
        if !over {
            cycle.cut_off();
        }
        let failure = cycle.failure.as_ref().map(|failure| (failure.outcome, failure.class.as_str()));
        self.stall.lock().unwrap_or_else(PoisonError::into_inner).see(failure, begin.elapsed());
        let pause = cycle.is_lost().then_some(AFTER_LOSS).max(cycle.wait.map(|wait| wait.min(LONGEST_WAIT)));
        let samples = cycle.samples.clone();
        self.tally.end(&turn, cycle, begin.elapsed(), &|| self.pool.masker());
        if let Some(pause) = pause.filter(|_| self.open.is_none()) {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.draining() => {}
            }
        }
        Some((draw.protocol, samples))
    }
}
