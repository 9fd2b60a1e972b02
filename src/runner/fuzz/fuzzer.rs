//! `run --fuzz`: chains of mutations are drawn, judged offline and sent. If the target's verdict differs, the chain is made simpler, with
//! tries against the target itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use futures_util::future::LocalBoxFuture;

use super::chain::{self, Chain, Drawn, Pool};
use super::tally::Tally;
use crate::outcome::{CaseRecord, Event, Reason, RunFinished, Stopped, Verdict};
use crate::runner::again::tries::play;
use crate::runner::judge::breaker;
use crate::runner::run::course::Sink;
use crate::runner::run::course::panicked;
use crate::runner::run::pulse::{self, Pulse};
use crate::runner::run::runner::Runner;
use crate::runner::run::stop::Stop;
use crate::runner::state::Shared;
use crate::scenario::suite_text;

/// After so many different disagreements fuzzing ends.
const MOST_FOUND: usize = 10;
/// The most credentials that are sent to make one chain simpler.
const MOST_TRIES: usize = 100;
/// The same, if each of them may take the whole time limit.
const MOST_HANGS: usize = 4;
/// The most draws until the parts of a chain can be combined.
const MOST_DRAWN: usize = 10_000;

/// The budget for drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// For this time.
    Time(Duration),
    /// This many credentials.
    Credentials(usize),
}

/// A suite that plays one disagreement again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Name of its file in the directory of the user's choice.
    pub name: String,
    /// Its text.
    pub text: String,
}

type Tree = Box<dyn ValueTree<Value = Drawn>>;

/// A chain that was sent.
struct Sent {
    tree: Tree,
    chain: Chain,
    record: JoinHandle<CaseRecord>,
}

struct Fuzzer {
    shared: Arc<Shared>,
    pool: Pool,
    random: TestRunner,
    drawn: usize,
    directory: String,
    stop: Stop,
    /// When nothing is drawn or simplified any more, of a budget of time.
    end: Option<Instant>,
    tally: Tally,
    found: Vec<Found>,
    begun: Instant,
    /// Why nothing is sent any more, if the target is gone.
    stopped: Option<Stopped>,
}

impl Runner {
    /// Whether there is a mutation to fuzz with.
    pub fn can_fuzz(&self) -> bool {
        !Pool::new(&self.plan).is_empty()
    }

    /// Sends chains of the plan's mutations until the budget is spent; gives the findings and the end of the run. Suites
    /// are named in `directory`, and not written.
    pub fn fuzz<'r>(
        self,
        budget: Budget,
        directory: &'r str,
        stop: &'r Stop,
        sink: impl FnMut(&Event) + 'r,
    ) -> LocalBoxFuture<'r, (RunFinished, Vec<Found>)> {
        self.fuzz_into(budget, directory, stop, Box::new(sink))
    }

    fn fuzz_into<'r>(
        self,
        budget: Budget,
        directory: &'r str,
        stop: &'r Stop,
        mut sink: Sink<'r>,
    ) -> LocalBoxFuture<'r, (RunFinished, Vec<Found>)> {
        Box::pin(async move {
            let begun = Instant::now();
            let pool = Pool::new(&self.plan);
            let mut started = self.started();
            (started.tests, started.available, started.cases) = (0, 0, pool.size());
            started.clauses = pool.clauses().collect::<std::collections::HashSet<_>>().len();
            started.fuzzed = true;
            sink(&Event::RunStarted(started));
            let concurrency = self.shared.settings.concurrency.max(1);
            let mut fuzzer = Fuzzer::new(self.shared, pool, directory, stop);
            if let Budget::Time(time) = budget {
                fuzzer.end = begun.checked_add(time);
            }
            let mut sent: VecDeque<Sent> = VecDeque::new();
            loop {
                while sent.len() < concurrency
                    && !stop.is_stopped()
                    && !fuzzer.is_spent(budget)
                    && let Some(next) = fuzzer.send()
                {
                    sent.push_back(next);
                }
                let Some(next) = sent.pop_front() else { break };
                if fuzzer.stopped.is_some() {
                    next.record.abort();
                    continue;
                }
                if let Some(record) = fuzzer.settle(next).await {
                    sink(&Event::CaseFinished(Box::new(record)));
                }
            }
            for record in fuzzer.tally.records() {
                sink(&Event::CaseFinished(Box::new(record)));
            }
            let (interrupted, stopped) = (stop.is_stopped(), fuzzer.stopped);
            let finished = fuzzer.shared.finished(begun, interrupted, stopped);
            sink(&Event::RunFinished(finished));
            (finished, fuzzer.found)
        })
    }
}

impl Fuzzer {
    fn new(shared: Arc<Shared>, pool: Pool, directory: &str, stop: &Stop) -> Fuzzer {
        let seed: [u8; 32] = Sha256::digest(format!("proofmark/fuzz/{}", shared.settings.seed)).into();
        let config = Config { failure_persistence: None, ..Config::default() };
        let random = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        let directory = directory.trim_end_matches('/').to_owned();
        let (stop, tally) = (stop.clone(), Tally::default());
        let (found, begun, stopped) = (Vec::new(), Instant::now(), None);
        Fuzzer { shared, pool, random, drawn: 0, directory, stop, end: None, tally, found, begun, stopped }
    }

    fn is_spent(&self, budget: Budget) -> bool {
        let drawn = matches!(budget, Budget::Credentials(count) if self.drawn >= count);
        drawn || self.stopped.is_some() || self.is_late() || self.found.len() >= MOST_FOUND || self.pool.is_empty()
    }

    fn is_late(&self) -> bool {
        self.end.is_some_and(|end| Instant::now() >= end)
    }

    /// Draws the next chain and sends it. `None` if no draw can be combined.
    fn send(&mut self) -> Option<Sent> {
        self.drawn += 1;
        let slug = format!("{}-{}", self.shared.settings.seed, self.drawn);
        for _ in 0..MOST_DRAWN {
            let tree: Tree = Box::new(chain::strategy().new_tree(&mut self.random).ok()?);
            if let Some(chain) = self.pool.chain(&tree.current(), &slug) {
                let record = self.play(&chain);
                return Some(Sent { tree, chain, record });
            }
        }
        None
    }

    /// Waits for a chain's verdict, and counts it. Gives what has to be reported. Chains that have no verdict when the run is stopped are
    /// not counted.
    async fn settle(&mut self, sent: Sent) -> Option<CaseRecord> {
        let Sent { tree, chain, record } = sent;
        let record = self.awaited(&chain, record).await?;
        // Before it is counted, it has to be known whether the chain caused it or the target is gone.
        if breaker::lost(&record).is_some() {
            let flows = self.shared.target.flows.clone();
            if let Pulse::Gone(cause) = pulse::feel(Arc::clone(&self.shared), flows).await {
                let at = self.shared.now(self.begun);
                self.stopped = Some(Stopped { cause, at });
                return None;
            }
        }
        let is_new = self.tally.count(&chain, &record);
        if !is_new {
            return None;
        }
        let (chain, mut record) = match record.verdict {
            Verdict::Fail => self.simplest(tree, chain, record).await,
            _ => (chain, record),
        };
        if record.verdict == Verdict::Fail && !self.tally.learn(&chain, record.reason) {
            return None;
        }
        let name = format!("{}.yaml", chain.test.case.id.replace('/', "-"));
        let path = format!("{}/{name}", self.directory);
        self.found.push(Found { text: self.suite(&chain, &path), name });
        record.suite = Some(path);
        Some(record)
    }

    /// The simplest chain that still has the same wrong verdict.
    async fn simplest(&self, mut tree: Tree, chain: Chain, record: CaseRecord) -> (Chain, CaseRecord) {
        let slug = chain.test.case.id.trim_start_matches("fuzz/").to_owned();
        let reason = record.reason;
        let mut best = (chain, record);
        if !tree.simplify() {
            return best;
        }
        let tries = if reason == Reason::Hang { MOST_HANGS } else { MOST_TRIES };
        for _ in 0..tries {
            if self.stop.is_stopped() || self.is_late() {
                break;
            }
            let again = match self.pool.chain(&tree.current(), &slug) {
                Some(chain) => self.fails(chain, reason).await,
                None => None,
            };
            let goes_on = match again {
                Some(simpler) => {
                    best = simpler;
                    tree.simplify()
                }
                None => tree.complicate(),
            };
            if !goes_on {
                break;
            }
        }
        best
    }

    fn play(&self, chain: &Chain) -> JoinHandle<CaseRecord> {
        tokio::spawn(play(Arc::clone(&self.shared), chain.test.clone()))
    }

    /// The record of a chain that was sent; `None` if the run was stopped before.
    async fn awaited(&self, chain: &Chain, mut record: JoinHandle<CaseRecord>) -> Option<CaseRecord> {
        tokio::select! {
            biased;
            record = &mut record => Some(record.unwrap_or_else(|error| panicked(&chain.test, &error))),
            () = self.stop.stopped() => {
                record.abort();
                None
            }
        }
    }

    async fn fails(&self, chain: Chain, reason: Reason) -> Option<(Chain, CaseRecord)> {
        let record = self.awaited(&chain, self.play(&chain)).await?;
        (record.verdict == Verdict::Fail && record.reason == reason).then_some((chain, record))
    }

    fn suite(&self, chain: &Chain, path: &str) -> String {
        let test = &chain.test;
        let mut case = (*test.case).clone();
        case.flows = vec![test.flow.slug().to_owned()];
        case.protocols = vec![test.protocol];
        let seed = self.shared.settings.seed;
        let comment = format!(
            "Found by fuzzing with seed {seed}. To play it again, with the same target:\n\
             proofmark run --suite {path} '{}' --seed {seed}",
            test.id
        );
        suite_text(&case, &comment)
    }
}
