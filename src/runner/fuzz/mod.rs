//! `run --fuzz`: chains of mutations are drawn, judged offline and sent; one that the target judges otherwise is made simpler
//! against the target itself.

mod chain;
mod tally;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::strategy::{Strategy as _, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use sha2::{Digest as _, Sha256};
use tokio::task::JoinHandle;

use super::{Runner, Shared, Stop, millis, panicked, play};
use crate::outcome::{CaseRecord, Event, Reason, RunFinished, Verdict};
use crate::scenario::suite_text;
use chain::{Chain, Drawn, Pool};
use tally::Tally;

/// Different disagreements after which fuzzing ends.
const MOST_FOUND: usize = 10;
/// Credentials sent to make one chain simpler.
const MOST_TRIES: usize = 100;
/// Chains drawn until one goes together.
const MOST_DRAWN: usize = 10_000;

/// How long to draw.
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
    /// Where it is to be written: in the directory that was asked for.
    pub path: String,
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
    tally: Tally,
    found: Vec<Found>,
}

impl Runner {
    /// Whether there is a mutation to fuzz with.
    pub fn can_fuzz(&self) -> bool {
        !Pool::new(&self.plan).is_empty()
    }

    /// Sends chains of the plan's mutations until the budget is spent; gives what was found beside the end of the run. Suites
    /// are named in `directory`, and not written.
    pub async fn fuzz(
        self,
        budget: Budget,
        directory: &str,
        stop: &Stop,
        mut sink: impl FnMut(&Event),
    ) -> (RunFinished, Vec<Found>) {
        let begun = Instant::now();
        let pool = Pool::new(&self.plan);
        let mut started = self.started();
        (started.permutations, started.available, started.cases) = (0, 0, pool.size());
        started.clauses = pool.clauses().collect::<std::collections::HashSet<_>>().len();
        started.fuzzed = true;
        sink(&Event::RunStarted(started));
        let concurrency = self.shared.settings.concurrency.max(1);
        let mut fuzzer = Fuzzer::new(self.shared, pool, directory);
        let mut sent: VecDeque<Sent> = VecDeque::new();
        let mut interrupted = false;
        loop {
            while sent.len() < concurrency
                && !fuzzer.is_spent(budget, begun)
                && let Some(next) = fuzzer.send()
            {
                sent.push_back(next);
            }
            let Some(next) = sent.pop_front() else { break };
            let abort = next.record.abort_handle();
            tokio::select! {
                record = fuzzer.settle(next) => {
                    if let Some(record) = record {
                        sink(&Event::CaseFinished(Box::new(record)));
                    }
                }
                () = stop.stopped() => {
                    interrupted = true;
                    abort.abort();
                    break;
                }
            }
        }
        sent.iter().for_each(|sent| sent.record.abort());
        for record in fuzzer.tally.records() {
            sink(&Event::CaseFinished(Box::new(record)));
        }
        let finished = RunFinished { interrupted, duration_ms: millis(begun.elapsed()) };
        sink(&Event::RunFinished(finished));
        (finished, fuzzer.found)
    }
}

impl Fuzzer {
    fn new(shared: Arc<Shared>, pool: Pool, directory: &str) -> Fuzzer {
        let seed: [u8; 32] = Sha256::digest(format!("proofmark/fuzz/{}", shared.settings.seed)).into();
        let config = Config { failure_persistence: None, ..Config::default() };
        let random = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        let directory = directory.trim_end_matches('/').to_owned();
        Fuzzer { shared, pool, random, drawn: 0, directory, tally: Tally::default(), found: Vec::new() }
    }

    fn is_spent(&self, budget: Budget, begun: Instant) -> bool {
        let over = match budget {
            Budget::Time(time) => begun.elapsed() >= time,
            Budget::Credentials(count) => self.drawn >= count,
        };
        over || self.found.len() >= MOST_FOUND || self.pool.is_empty()
    }

    /// Draws the next chain and sends it. `None` if none goes together.
    fn send(&mut self) -> Option<Sent> {
        self.drawn += 1;
        let slug = format!("{}-{}", self.shared.settings.seed, self.drawn);
        for _ in 0..MOST_DRAWN {
            let tree: Tree = Box::new(chain::strategy().new_tree(&mut self.random).ok()?);
            if let Some(chain) = self.pool.chain(&tree.current(), &slug) {
                let record = tokio::spawn(play(Arc::clone(&self.shared), chain.permutation.clone()));
                return Some(Sent { tree, chain, record });
            }
        }
        None
    }

    /// Waits for a chain's verdict, and counts it. Gives what has to be reported.
    async fn settle(&mut self, sent: Sent) -> Option<CaseRecord> {
        let Sent { tree, chain, record } = sent;
        let record = record.await.unwrap_or_else(|error| panicked(&error));
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
        let path = format!("{}/{}.yaml", self.directory, chain.permutation.case.id.replace('/', "-"));
        self.found.push(Found { text: self.suite(&chain, &path), path: path.clone() });
        record.suite = Some(path);
        Some(record)
    }

    /// The simplest chain that the target still judges in that wrong way.
    async fn simplest(&self, mut tree: Tree, chain: Chain, record: CaseRecord) -> (Chain, CaseRecord) {
        let slug = chain.permutation.case.id.trim_start_matches("fuzz/").to_owned();
        let reason = record.reason;
        let mut best = (chain, record);
        if !tree.simplify() {
            return best;
        }
        for _ in 0..MOST_TRIES {
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

    async fn fails(&self, chain: Chain, reason: Reason) -> Option<(Chain, CaseRecord)> {
        let record = play(Arc::clone(&self.shared), chain.permutation.clone()).await;
        (record.verdict == Verdict::Fail && record.reason == reason).then_some((chain, record))
    }

    fn suite(&self, chain: &Chain, path: &str) -> String {
        let permutation = &chain.permutation;
        let mut case = (*permutation.case).clone();
        case.flows = vec![permutation.flow.slug().to_owned()];
        case.protocols = vec![permutation.protocol];
        let seed = self.shared.settings.seed;
        let comment = format!(
            "Found by fuzzing with seed {seed}, and made as simple as it can be. Again, with the same target:\n\
             proofmark run --suite {path} '{}' --seed {seed}",
            permutation.id
        );
        suite_text(&case, &comment)
    }
}
