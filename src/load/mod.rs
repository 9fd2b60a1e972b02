//! Load: many users enrol at the same time, each over and over, while every answer is still judged.
//!
//! One cycle is start, attest, verify, and then the removal of what was enrolled, so that the target's state does not grow.
//! Times are the target's: attestations are made on threads of their own and are a step of their own. What a run says is a
//! [`LoadRecord`]; nothing that is kept grows with its time, with the number of cycles or with the number of subjects.

mod aftermath;
mod assemble;
mod attack;
mod attester;
mod bounds;
mod connections;
mod cycle;
mod draw;
mod engine;
mod excuse;
pub mod find;
mod generator;
mod guard;
mod intervals;
mod judge;
mod lookups;
mod message;
mod negative;
mod neighbours;
mod played;
mod pool;
mod preflight;
mod scaling;
mod schedule;
pub mod shard;
mod stall;
mod subject_file;
mod table;
mod tally;
mod user;
mod witness;
mod workers;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use thiserror::Error;

use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::outcome::Shard;
use crate::outcome::load::{
    Cleanup, LoadModel, LoadPlanRecord, LoadRecord, LoadStep, PhaseName, Shares, Stages, Threshold, Weighted,
};
use crate::transport::{Address, Limits, TransportError};

use shard::share_of;

pub use attack::run;
pub use bounds::within;
pub use excuse::Excuses;
pub use generator::Tolerance;
pub use guard::{RemoteTarget, admit};
pub use pool::Subjects;
pub use preflight::Unready;
pub use subject_file::{Kept, census};
pub use table::{header, live_view, progress_line, render};
pub use user::LoadUser;

/// What may be asked for without a word: enough for most, and not enough to do harm by mistake.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceilings {
    /// Arrivals a second.
    pub rate: f64,
    /// All phases together.
    pub duration: Duration,
    /// Workers.
    pub workers: u64,
}

impl Default for Ceilings {
    /// 5,000/s, 1 h, 10,000 workers.
    fn default() -> Ceilings {
        Ceilings { rate: 5_000.0, duration: Duration::from_secs(3_600), workers: 10_000 }
    }
}

/// What is to be done to whom. Of a sharded run it is the whole.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The target's name.
    pub name: String,
    /// Address of REST and gRPC-Web.
    pub web: Address,
    /// Address of gRPC.
    pub grpc: Address,
    /// A host that is no loopback address and may be sent load all the same.
    pub allowed_host: Option<String>,
    /// Bounds of every call. The timeout also bounds how long the end may take.
    pub limits: Limits,
    /// RP ID that the creation options should name.
    pub rp_id: String,
    /// Origin of the client data.
    pub origin: String,
    /// Flows and their weights.
    pub flows: Vec<(Flow, u32)>,
    /// Protocols and their weights.
    pub protocols: Vec<(Protocol, u32)>,
    /// Attestation format. None and packed self are made from a key chain, with test-only keys that anybody can compute.
    pub format: Format,
    /// Keys and nonces of their own instead.
    pub fresh_keys: bool,
    /// How cycles come. In the open model the steps together are the hold phase.
    pub model: LoadModel,
    /// How long each phase is.
    pub stages: Stages,
    /// Shares of special cycles.
    pub shares: Shares,
    /// Who enrols; at least as many as workers. Only one cycle uses a subject at a time.
    pub subjects: Subjects,
    /// Between two cycles of a worker, in the closed model.
    pub think: Duration,
    /// What becomes of what was enrolled.
    pub cleanup: Cleanup,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// What the result is held to.
    pub thresholds: Vec<Threshold>,
    /// What the target's owners know of, and excuse.
    pub excuses: Excuses,
    /// The file that it is from.
    pub known_file: Option<PathBuf>,
    /// Whether a good cycle of each flow over each protocol has to come to its end before the load.
    pub preflight: bool,
    /// How long cycles may fail without a good one between them before the load ends by itself.
    pub give_up: Duration,
    /// The part of arrivals, workers and subjects that is played; `None` for all of it.
    pub shard: Option<Shard>,
    /// When the first cycle begins; at once if `None`.
    pub start_at: Option<SystemTime>,
    /// What must not be passed.
    pub ceilings: Ceilings,
    /// When the generator says that it was the limit.
    pub tolerance: Tolerance,
    /// Threads that attest; half of the cores if `None`.
    pub attesters: Option<usize>,
    /// The target runs in this process.
    pub embedded: bool,
    /// The defect that it was given there, by its name.
    pub defect: Option<String>,
    /// The file that describes the target, for who wants to do it again.
    pub target_file: Option<PathBuf>,
    /// SHA-256 (hexadecimal) of the program; empty if it is not known.
    pub build: String,
    /// The load engine's live page; `None` for none.
    pub dashboard: Option<LivePage>,
}

/// A page on which one can follow a load.
#[derive(Debug, Clone)]
pub struct LivePage {
    /// Its port at 127.0.0.1.
    pub port: u16,
    /// A directory that the engine may make, for a report of its own that it writes as soon as it has a page.
    pub directory: PathBuf,
}

impl Plan {
    /// How long cycles begin, all phases together.
    pub fn duration(&self) -> Duration {
        self.stages.total()
    }

    /// The plan as records have it, with this many subjects.
    pub fn record(&self, subjects: u64) -> LoadPlanRecord {
        let weighted = |name: &str, weight: u32| Weighted { name: name.to_owned(), weight };
        LoadPlanRecord {
            target: self.name.clone(),
            target_file: self.target_file.as_ref().map(|path| path.display().to_string()),
            known: self.known_file.as_ref().map(|path| path.display().to_string()),
            defect: self.defect.clone(),
            base_url: self.web.base_url.clone(),
            model: self.model.clone(),
            stages: self.stages,
            flows: self.flows.iter().map(|(flow, weight)| weighted(flow.slug(), *weight)).collect(),
            protocols: self.protocols.iter().map(|(protocol, weight)| weighted(protocol.slug(), *weight)).collect(),
            format: self.format.slug().to_owned(),
            fresh_keys: self.fresh_keys,
            shares: self.shares,
            subjects,
            think_us: micros(self.think),
            cleanup: self.cleanup,
            timeout_us: micros(self.limits.timeout),
            seed: self.seed,
            thresholds: self.thresholds.iter().map(Threshold::to_string).collect(),
            shard: self.shard,
            digest: String::new(),
        }
        .sealed()
    }
}

/// How far a running attack is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Since the first cycle began.
    pub elapsed: Duration,
    /// The phase.
    pub phase: PhaseName,
    /// No new cycles are begun.
    pub draining: bool,
    /// Cycles that ended well, of any kind.
    pub ok: u64,
    /// Cycles that failed.
    pub failed: u64,
    /// Cycles that ended well a second, since the last report.
    pub rate: f64,
    /// Cycles under way.
    pub in_flight: u64,
    /// Arrivals that wait for a worker.
    pub waiting: u64,
    /// Wrong answers.
    pub wrong: u64,
    /// The class of errors that is most frequent.
    pub worst: Option<String>,
    /// Median and 99th percentile of start, verify and cycle in the hold phase so far, in microseconds.
    pub steps: Vec<(LoadStep, u64, u64)>,
}

/// Why an attack did not take place, or has no result.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Not a loopback target, and not allowed by name.
    #[error(transparent)]
    Remote(#[from] RemoteTarget),
    /// The plan asks for nothing, or for what makes no sense.
    #[error("{0}")]
    Plan(String),
    /// More than may be asked for without a word.
    #[error("{what} is above the ceiling of {ceiling}; if that is meant, write --raise-ceiling {word}")]
    Ceiling {
        /// What is asked for.
        what: String,
        /// What is allowed.
        ceiling: String,
        /// What raises it.
        word: String,
    },
    /// The subjects can't be read.
    #[error("subjects {path}: {why}")]
    Subjects {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The start is over.
    #[error("--start-at is {0:?} ago; give all shards a time to come")]
    Late(Duration),
    /// The target can't be loaded as it is.
    #[error(transparent)]
    Unready(#[from] Unready),
    /// The connection can't even be prepared.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Threads could not be started.
    #[error("threads can't be started: {0}")]
    Threads(#[from] std::io::Error),
    /// The port of the live page can't be had.
    #[error("--dashboard={port}: {why}; write the number of a free port")]
    Dashboard {
        /// The port at 127.0.0.1.
        port: u16,
        /// Why not.
        why: std::io::Error,
    },
    /// The load engine refused its configuration, failed or did not end.
    #[error("the load engine failed: {0}")]
    Engine(String),
}

/// Asks an attack to end early; its results are kept.
#[derive(Debug, Clone)]
pub struct Stop {
    stopped: Arc<AtomicBool>,
    pressed_again: fn(),
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::new(|| ())
    }
}

impl Stop {
    /// A stop that does this when Ctrl-C is pressed once more while the attack ends.
    pub fn new(pressed_again: fn()) -> Stop {
        Stop { stopped: Arc::default(), pressed_again }
    }

    /// No new cycle is begun from now on.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// What Ctrl-C does: ends the attack, or does what was given for the second time.
    fn pressed(&self) {
        if self.is_stopped() { (self.pressed_again)() } else { self.stop() }
    }
}

/// Whole microseconds.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Registrations that the target confirmed and that no cycle counts. Anything but zero is a fault of this program.
pub fn uncounted(record: &LoadRecord) -> u64 {
    let engine = |step: LoadStep| -> u64 {
        record.engine.iter().filter(|count| count.step == step).map(|count| count.count).sum()
    };
    let phases = record.phases.iter();
    let (starts, verifies) = phases.fold((0, 0), |sum, phase| (sum.0 + phase.starts, sum.1 + phase.verifies));
    engine(LoadStep::Start).abs_diff(starts) + engine(LoadStep::Verify).abs_diff(verifies)
}
