//! Plays trials.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::super::embedded;
use super::super::exit::{Exit, Failure};
use super::matrix;
use super::trial::{Aim, Outcome, Played, Trial};
use crate::authenticator::attestation_root;
use crate::contract::Protocol;
use crate::outcome::{Event, RunRecord};
use crate::runner::{Runner, Settings, Stop, offline_case, sequences};
use crate::scenario::{self, Pattern, Plan, Selection, Test};
use crate::server::{Conditions, Server, ServerConfig};

/// How many servers run at a time: enough to keep two cores busy while one waits for a time limit.
pub(super) const AT_ONCE: usize = 4;
/// How many tests of one trial run at a time.
const JOBS: usize = 16;
/// The time limit of a call where a defect may make the server hang.
const PATIENCE: Duration = Duration::from_secs(5);
/// The time limit of a call where nothing hangs, however busy the machine is.
const MUCH_PATIENCE: Duration = Duration::from_secs(60);

/// The time-out of challenges if a case waits until they expire: long enough for a busy machine.
const EXPIRY: Duration = Duration::from_secs(3);

/// Whether a trial is about expiry.
fn waits(trial: &Trial) -> bool {
    trial.patterns.iter().any(|pattern| pattern.ends_with("expired-challenge"))
}

/// What all trials share.
#[derive(Debug)]
pub struct Stage {
    seed: u64,
    /// The default plan.
    sampled: Plan,
    /// The plan that patterns select from.
    exhaustive: Plan,
}

impl Stage {
    /// Reads the embedded suites.
    ///
    /// # Errors
    /// A suite that can't be read.
    pub fn new(seed: u64) -> Result<Stage, Failure> {
        let cases = scenario::embedded().map_err(Failure::config)?;
        let usual = ServerConfig::default();
        let sizes = offline_case::sizes(&cases, &usual.origin, &usual.rp_id).map_err(Failure::config)?;
        let selection = |exhaustive| Selection {
            flows: usual.contract.flows.to_vec(),
            protocols: Protocol::ALL.to_vec(),
            exhaustive,
            waits: exhaustive,
            seed,
            sizes: sizes.clone(),
            ..Selection::default()
        };
        let cases: Vec<_> =
            cases.into_iter().chain(sequences::sequences(seed, usual.contract.flows, &Protocol::ALL, false)).collect();
        let sampled = Plan::new(cases.clone(), &selection(false));
        Ok(Stage { seed, sampled, exhaustive: Plan::new(cases, &selection(true)) })
    }

    /// The part of the default plan that signatures are made with: each case on one flow, most of them over one protocol.
    pub(super) fn thin(&self) -> Plan {
        let tests = thinned(&self.sampled.tests);
        Plan { available: tests.len(), tests, ..self.sampled.clone() }
    }

    /// How many forms (formats, algorithms, lengths) of each case there are for each that the default plan has.
    pub(super) fn choices(&self) -> BTreeMap<String, u32> {
        let (all, drawn) = (forms(&self.exhaustive.tests), forms(&self.sampled.tests));
        let ratio = |(case, drawn): (&str, BTreeSet<String>)| {
            let all = all.get(case).map_or(1, BTreeSet::len);
            (case.to_owned(), u32::try_from(all / drawn.len().max(1)).unwrap_or(u32::MAX).max(1))
        };
        drawn.into_iter().map(ratio).collect()
    }

    pub(super) fn plan(&self, trial: &Trial) -> Result<Plan, Failure> {
        if trial.patterns.is_empty() {
            return Ok(self.sampled.clone());
        }
        let patterns = trial.patterns.iter().map(|text| Pattern::new(text).map_err(Failure::internal));
        let patterns = patterns.collect::<Result<Vec<Pattern>, Failure>>()?;
        let plan = self.exhaustive.selected(&patterns);
        match plan.unmatched.first() {
            // A case that waits needs a server whose challenges expire soon. Other cases can't use such a server.
            None if !waits(trial) => {
                let tests = plan.tests.into_iter().filter(|test| !test.case.waits());
                Ok(Plan { tests: tests.collect(), ..plan })
            }
            None => Ok(plan),
            Some(pattern) => {
                let message = format!("{}: `{pattern}` matches no test", trial.name);
                Err(Failure::text(Exit::Internal, message))
            }
        }
    }

    /// Starts the server, plays the cases, and compares what they found with the aim.
    ///
    /// # Errors
    /// No port, or a pattern that matches nothing.
    pub async fn play(&self, trial: Trial, stop: &Stop) -> Result<Played, Failure> {
        let begun = Instant::now();
        if !trial.is_played() {
            let (tests, elapsed) = (0, begun.elapsed());
            return Ok(Played { trial, outcome: Outcome::OnlyUnderLoad, tests, elapsed });
        }
        let plan = self.plan(&trial)?;
        let tests = plan.tests.len();
        let run = self.run(&trial, plan, stop).await?;
        let outcome = match run {
            Some(run) if !stop.is_stopped() => matrix::outcome(trial.aim, &run.cases),
            _ => Outcome::Interrupted,
        };
        Ok(Played { trial, outcome, tests, elapsed: begun.elapsed() })
    }

    /// Plays a plan; `None` if nothing was played.
    ///
    /// # Errors
    /// No port.
    pub(super) async fn run(&self, trial: &Trial, plan: Plan, stop: &Stop) -> Result<Option<RunRecord>, Failure> {
        let config = ServerConfig {
            users: plan.subjects().max(2),
            seed: self.seed,
            defects: trial.defects.clone(),
            variants: trial.variants.clone(),
            trust_anchors: vec![attestation_root()],
            conditions: Conditions { challenge_timeout: waits(trial).then_some(EXPIRY), ..Conditions::default() },
            ..ServerConfig::default()
        };
        let server = Server::start(config).await.map_err(Failure::internal)?;
        let mut target = embedded::target_of(&server);
        target.profile = trial.profile;
        target.limits.timeout = if trial.aim == Aim::Green { MUCH_PATIENCE } else { PATIENCE };
        let settings = Settings { seed: self.seed, concurrency: JOBS, now: embedded::now() };
        let runner = Runner::new(target, plan, settings).map_err(Failure::internal)?;
        runner.wait_for_expiry(EXPIRY);
        runner.leave_out_calls_of_passes();
        let mut events = Vec::new();
        runner.run(stop, |event: &Event| events.push(event.clone())).await;
        server.shutdown().await;
        Ok(RunRecord::fold(events))
    }
}

/// Of the tests of each case those on one flow; of a quarter of the cases over each protocol, of the others over one. Which it is follows
/// from the case alone, so that a further case changes nothing about the others.
fn thinned(tests: &[Test]) -> Vec<Test> {
    let mut by_case: BTreeMap<&str, Vec<&Test>> = BTreeMap::new();
    tests.iter().for_each(|test| by_case.entry(&test.case.id).or_default().push(test));
    let some = by_case.into_iter().flat_map(|(case, tests)| {
        let [of_flow, of_protocol, of_share] = numbers_of(case);
        let taken =
            |places: BTreeSet<&'static str>, turn: usize| places.iter().nth(turn % places.len().max(1)).copied();
        let flow = taken(tests.iter().map(|test| test.flow.slug()).collect(), of_flow);
        let protocol = taken(tests.iter().map(|test| test.protocol.slug()).collect(), of_protocol);
        let is_taken = move |test: &&Test| {
            Some(test.flow.slug()) == flow && (of_share % 4 == 0 || Some(test.protocol.slug()) == protocol)
        };
        tests.into_iter().filter(is_taken).cloned().collect::<Vec<Test>>()
    });
    some.collect()
}

/// Numbers below 256 that follow from an id.
fn numbers_of(id: &str) -> [usize; 3] {
    let digest: [u8; 32] = Sha256::digest(id.as_bytes()).into();
    [0, 1, 2].map(|at| usize::from(digest[at]))
}

/// The forms of each case.
fn forms(tests: &[Test]) -> BTreeMap<&str, BTreeSet<String>> {
    let mut forms: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for test in tests {
        let form = test.case.axes_named(test.format, test.length);
        forms.entry(&test.case.id).or_default().insert(form);
    }
    forms
}
