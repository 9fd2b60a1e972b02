//! The plan of a load.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::excuse::Excuses;
use super::pool::Subjects;
use super::time::micros;
use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::outcome::Shard;
use crate::outcome::load::{Cleanup, LoadModel, LoadPlanRecord, Shares, Stages, Threshold, Weighted};
use crate::transport::{Address, Limits};

/// The ceilings: enough for most purposes, and not enough to do harm by mistake.
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

/// The plan of a load. For a sharded run it is the whole plan.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The target's name.
    pub name: String,
    /// Address of REST and gRPC-Web.
    pub web: Address,
    /// Address of gRPC.
    pub grpc: Address,
    /// A host that is not a loopback address, but may get load.
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
    /// Whether enrolled factors are removed or kept.
    pub cleanup: Cleanup,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// The limits for the result.
    pub thresholds: Vec<Threshold>,
    /// The findings that the target's owners know of and excuse.
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
    /// The ceilings.
    pub ceilings: Ceilings,
    /// From when on the generator reports that it was the limit.
    pub tolerance: Tolerance,
    /// Threads that attest; half of the cores if `None`.
    pub attesters: Option<usize>,
    /// The target runs in this process.
    pub embedded: bool,
    /// The defects that it was given there, by their names.
    pub defects: Vec<String>,
    /// The file that describes the target, so that the load can be repeated.
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
    /// For how long cycles begin, all phases together.
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
            defects: self.defects.clone(),
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

/// The values up to which the generator is not the limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    /// 99th percentile of the delay after the intended instant, if a worker was free; and of the heartbeat's delay.
    pub lag: Duration,
    /// 99th percentile of the wait for a thread that attests.
    pub crypto_queue: Duration,
    /// Processor time as a share of what there is, 0 to 1.
    pub cpu: f64,
    /// Arrivals without a free worker as a share of all, if the target answers as fast as an idle one.
    pub waited: f64,
}

impl Default for Tolerance {
    /// 20 ms, 20 ms, 90 %, 1 %.
    fn default() -> Tolerance {
        let lag = Duration::from_millis(20);
        Tolerance { lag, crypto_queue: lag, cpu: 0.9, waited: 0.01 }
    }
}
