//! Plays permutations against a target and turns them into events.

mod after;
mod again;
mod agreement;
mod altered;
mod attempts;
mod breaker;
mod call;
mod canaries;
mod carriers;
mod case;
mod case_run;
mod ceremony;
mod challenges;
pub mod check;
mod close;
mod control;
mod course;
mod details;
mod doubt;
mod drops;
pub mod effort;
mod expiry;
mod factor_state;
mod foretell;
pub mod fuzz;
mod hold;
mod identifiers;
mod judge;
mod kept;
mod ledger;
mod listed;
mod make;
mod message;
pub mod model;
mod narrow;
mod no_verdict;
mod oracle;
mod pace;
pub mod preflight;
mod present;
pub mod provision;
mod pulse;
mod queues;
mod race;
pub mod reasons;
pub mod rejudge;
pub mod resending;
pub mod setup;
mod starts;
mod stop;
mod stored;
mod subject;
pub mod target;
pub mod target_file;
mod tokens;
mod traces;
mod twins;
pub mod vector;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::contract::{Flow, Protocol, clause};
use crate::outcome::{Event, MadeWith, RunFinished, RunStarted};
use crate::scenario::Plan;
use crate::transport::{self, TransportError};
use crate::wire::secret::Masker;
use attempts::{Attempts, Line};
use canaries::Canaries;
use challenges::Challenges;
use control::Controls;
use course::Course;
use identifiers::Identifiers;
pub use stop::Stop;
use subject::SubjectPool;
use target::Target;
use tokens::Tokens;

/// What bounds and seeds a run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Seed of keys, credential ids and unknown ids.
    pub seed: u64,
    /// Permutations that run at the same time, at least 1.
    pub concurrency: usize,
    /// The time at which certificates have to be valid, in seconds since 1970.
    pub now: u64,
}

/// Calls of a permutation that is played before the others.
const LONG: usize = 50;

/// What all permutations of a run share.
struct Shared {
    target: Target,
    transports: HashMap<Protocol, Arc<Line>>,
    attempts: Arc<Attempts>,
    settings: Settings,
    masker: Masker,
    controls: Controls,
    tokens: Arc<Tokens>,
    pool: SubjectPool,
    challenges: Challenges,
    identifiers: Identifiers,
    canaries: Arc<Canaries>,
    /// Whether a list was behind for longer than is waited for it.
    lists_lag: AtomicBool,
    traces: Arc<traces::Traces>,
    doubts: doubt::Doubts,
    facts: model::Facts,
    /// What a call took in the preflight.
    call_time: OnceLock<Duration>,
    /// The longest time-out of options that cases wait for; not set where they do not wait.
    wait_expiry: OnceLock<Duration>,
}

impl Shared {
    fn judge(&self) -> judge::Judge<'_> {
        judge::Judge { reasons: &self.target.reasons, masker: &self.masker }
    }

    fn transport(&self, protocol: Protocol) -> Option<&Arc<Line>> {
        self.transports.get(&protocol)
    }
}

/// A run that is ready to start.
pub struct Runner {
    shared: Arc<Shared>,
    plan: Plan,
    made_with: Option<Box<MadeWith>>,
}

impl Runner {
    /// Connects lazily to the target's protocols; sends nothing yet.
    ///
    /// # Errors
    /// [`TransportError`] if an address or the TLS options can't be used.
    pub fn new(mut target: Target, plan: Plan, settings: Settings) -> Result<Runner, TransportError> {
        let attempts = Arc::new(Attempts::new(target.resending, settings.seed));
        let mut transports = HashMap::new();
        for protocol in &target.protocols {
            let address = target.address(*protocol);
            let transport = transport::connect(*protocol, address, &target.limits)?;
            transports.insert(*protocol, Arc::new(Line::new(transport, Arc::clone(&attempts))));
        }
        let masker = Masker::new(target.accounts.secrets());
        if target.accounts.listed_in.is_some() {
            subject::in_own_order(&mut target.accounts.subjects, settings.seed);
        }
        let demand = plan.demand();
        let pool = SubjectPool::new(&target.accounts, demand);
        let concurrency = demand.concurrency(settings.concurrency, target.accounts.subjects.len());
        let settings = Settings { concurrency, ..settings };
        let shared = Shared {
            transports,
            attempts,
            settings,
            masker,
            controls: Controls::default(),
            tokens: Arc::default(),
            pool,
            challenges: Challenges::default(),
            identifiers: Identifiers::default(),
            canaries: Arc::new(Canaries::new(&target.accounts)),
            lists_lag: AtomicBool::default(),
            traces: Arc::default(),
            doubts: doubt::Doubts::default(),
            facts: model::Facts::default(),
            call_time: OnceLock::new(),
            wait_expiry: OnceLock::new(),
            target,
        };
        Ok(Runner { shared: Arc::new(shared), plan, made_with: None })
    }

    /// Has the stream say what the run is made with.
    pub fn made_with(self, with: MadeWith) -> Runner {
        Runner { made_with: Some(Box::new(with)), ..self }
    }

    /// One good enrolment's start on each protocol, so that a wrong address or token is told before 1,000 cases fail.
    ///
    /// # Errors
    /// What is wrong and how to mend it.
    pub async fn preflight(&self) -> Result<(), preflight::PreflightError> {
        let planned = |flow: &Flow| self.plan.played().any(|permutation| permutation.flow == *flow);
        let flows: Vec<Flow> = self.shared.target.flows.iter().copied().filter(planned).collect();
        preflight::preflight(&self.shared, &flows).await
    }

    /// Lets cases wait until challenges have expired whose options state a time-out of no more than this.
    pub fn wait_for_expiry(&self, most: Duration) {
        // Set once, before the run begins.
        self.shared.wait_expiry.get_or_init(|| most);
    }

    /// What a call took in the preflight: the median.
    pub fn call_time(&self) -> Option<Duration> {
        self.shared.call_time.get().copied()
    }

    /// Permutations that run at the same time: as many as were asked for, or as the subjects are enough for.
    pub fn concurrency(&self) -> usize {
        self.shared.settings.concurrency
    }

    /// How many subjects there are.
    pub fn subjects(&self) -> usize {
        self.shared.target.accounts.subjects.len()
    }

    /// What is going to be played.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The first event.
    pub fn started(&self) -> RunStarted {
        let mut clauses: HashSet<&str> = checked_clauses().into_iter().collect();
        clauses.extend(self.plan.permutations.iter().flat_map(|p| p.case.clauses.iter().map(String::as_str)));
        RunStarted {
            format: Event::FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            seed: self.shared.settings.seed,
            target: self.shared.target.name.clone(),
            base_url: self.shared.target.base_url().to_owned(),
            permutations: self.plan.played().count(),
            available: self.plan.available,
            cases: self.plan.cases(),
            clauses: clauses.into_iter().filter(|id| clause::find(id).is_some()).count(),
            protocols: self.shared.target.protocols.iter().map(|protocol| protocol.slug().to_owned()).collect(),
            digest: self.plan.digest(self.shared.settings.seed),
            reasons: self.shared.target.reasons.pairs(),
            profile: self.shared.target.profile,
            shard: self.plan.shard,
            made_with: self.made_with.clone(),
            fuzzed: false,
        }
    }

    /// Runs everything and hands each event to `sink`, masked, mostly in order of completion. A target that goes away ends the run.
    pub async fn run(self, stop: &Stop, mut sink: impl FnMut(&Event)) -> RunFinished {
        sink(&Event::RunStarted(self.started()));
        Course::new(self, sink).play(stop).await
    }
}

/// The clauses that are looked at in every case, whatever it is about.
pub fn checked_clauses() -> Vec<&'static str> {
    let checks = crate::checks::CHECKS.iter().map(|check| check.clause);
    let runners = [
        after::CLAUSE,
        agreement::CLAUSE,
        call::CHALLENGE,
        call::USER_HANDLE,
        details::SEQUENCE,
        details::OWNER,
        identifiers::FACTOR_ID,
        twins::CLAUSE,
    ];
    checks.chain(runners).chain(model::CLAUSES).collect()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
