//! A run that is ready to start, and its first steps.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, LocalBoxFuture};

use super::course::{Course, Sink};
use super::stop::Stop;
use crate::contract::{Flow, clause};
use crate::outcome::{Event, MadeWith, Moment, Occasion, RunFinished, RunStarted};
use crate::runner::judge::agreement;
use crate::runner::memory::{challenges, identifiers};
use crate::runner::model::clauses;
use crate::runner::play::{details, factor_state, twins};
use crate::runner::preflight::protocols::{self, PreflightError};
use crate::runner::sending::attempts::{Attempts, Line};
use crate::runner::state::{Settings, Shared};
use crate::runner::subjects::pool::{self, SubjectPool};
use crate::runner::target::Target;
use crate::scenario::Plan;
use crate::transport::{self, TransportError};

/// A run that is ready to start.
pub struct Runner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) plan: Plan,
    made_with: Option<Box<MadeWith>>,
    occasion: Occasion,
    version: String,
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
        if target.accounts.listed_in.is_some() {
            pool::in_own_order(&mut target.accounts.subjects, settings.seed);
        }
        let demand = plan.demand();
        let pool = SubjectPool::new(&target.accounts, demand);
        let concurrency = demand.concurrency(settings.concurrency, target.accounts.subjects.len());
        let settings = Settings { concurrency, ..settings };
        let shared = Shared::new(target, settings, pool, attempts, transports);
        let started = Some(Moment::at(settings.now));
        let occasion = Occasion { started, ..Occasion::default() };
        let version = env!("CARGO_PKG_VERSION").to_owned();
        Ok(Runner { shared: Arc::new(shared), plan, made_with: None, occasion, version })
    }

    /// Lets the stream record which build of proofmark makes the run.
    pub fn by_build(self, version: &str) -> Runner {
        Runner { version: version.to_owned(), ..self }
    }

    /// Lets the stream record the options of the run.
    pub fn made_with(self, with: MadeWith) -> Runner {
        Runner { made_with: Some(Box::new(with)), ..self }
    }

    /// Lets the stream record the machine of the run, and its labels.
    pub fn on_occasion(mut self, host: Option<String>, labels: BTreeMap<String, String>) -> Runner {
        (self.occasion.host, self.occasion.labels) = (host, labels);
        self
    }

    /// Starts one good enrolment on each protocol, so that a wrong address or token is reported before 1,000 cases fail.
    ///
    /// # Errors
    /// What is wrong and how to fix it.
    pub fn preflight(&self) -> BoxFuture<'_, Result<(), PreflightError>> {
        let planned = |flow: &Flow| self.plan.played().any(|test| test.flow == *flow);
        let flows: Vec<Flow> = self.shared.target.flows.iter().copied().filter(planned).collect();
        Box::pin(async move { protocols::preflight(&self.shared, &flows).await })
    }

    /// Lets cases wait until challenges have expired, if their options state a time-out of no more than this.
    pub fn wait_for_expiry(&self, most: Duration) {
        // Set once, before the run begins.
        self.shared.wait_expiry.get_or_init(|| most);
    }

    /// Leaves the calls of passes out of the records, which is most of them: the stream then names the operations that were far slower
    /// than others.
    pub fn leave_out_calls_of_passes(&self) {
        // Set once, before the run begins.
        self.shared.pace.get_or_init(Mutex::default);
    }

    /// The time of a call in the preflight: the median.
    pub fn call_time(&self) -> Option<Duration> {
        self.shared.call_time.get().copied()
    }

    /// Tests that run at the same time: as many as the user wants, but no more than the subjects allow.
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
        clauses.extend(self.plan.tests.iter().flat_map(|p| p.case.clauses.iter().map(String::as_str)));
        RunStarted {
            format: Event::FORMAT,
            version: self.version.clone(),
            seed: self.shared.settings.seed,
            target: self.shared.target.name.clone(),
            base_url: self.shared.target.base_url().to_owned(),
            tests: self.plan.played().count(),
            available: self.plan.available,
            cases: self.plan.cases(),
            clauses: clauses.into_iter().filter(|id| clause::find(id).is_some()).count(),
            protocols: self.shared.target.protocols.iter().map(|protocol| protocol.slug().to_owned()).collect(),
            digest: self.plan.digest(self.shared.settings.seed),
            reasons: self.shared.target.reasons.pairs(),
            profile: self.shared.target.profile,
            shard: self.plan.shard,
            made_with: self.made_with.clone(),
            occasion: self.occasion.clone(),
            fuzzed: false,
        }
    }

    /// Runs everything and hands each event to `sink`, masked, mostly in order of completion. The run ends if the target is gone.
    pub fn run<'r>(self, stop: &'r Stop, sink: impl FnMut(&Event) + 'r) -> LocalBoxFuture<'r, RunFinished> {
        self.play(stop, Box::new(sink))
    }

    /// What has no type parameter is compiled here, and not once more by each member that runs it.
    fn play<'r>(self, stop: &'r Stop, mut sink: Sink<'r>) -> LocalBoxFuture<'r, RunFinished> {
        Box::pin(async move {
            sink(&Event::RunStarted(self.started()));
            Course::new(self.shared, &self.plan, sink).play(stop).await
        })
    }
}

/// The clauses that are examined in every case, whatever it is about.
pub fn checked_clauses() -> Vec<&'static str> {
    let checks = crate::checks::CHECKS.iter().map(|check| check.clause);
    let runners = [
        factor_state::AFTER_STATE,
        agreement::CLAUSE,
        challenges::CHALLENGE,
        identifiers::USER_HANDLE,
        details::SEQUENCE,
        details::OWNER,
        identifiers::FACTOR_ID,
        twins::CLAUSE,
    ];
    checks.chain(runners).chain(clauses::CLAUSES).collect()
}
