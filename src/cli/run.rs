//! `run`: the main job.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::accounts::{self, Keeper, Teller};
use super::args::{RunArguments, seed_or_random};
use super::embedded::{self, Embedded};
use super::exit::{Exit, Failure};
use super::reports::{self, Destination};
use super::{gate, github, interrupt, output};
use crate::contract::{Flow, Protocol};
use crate::gate::{Judged, Rules, Standing};
use crate::outcome::{Event, RunRecord, Shard, Verdict};
use crate::report;
use crate::runner::fuzz::{Budget, Found};
use crate::runner::target::Target;
use crate::runner::target_file::{self, Surroundings};
use crate::runner::{Runner, Settings, Stop, vector};
use crate::scenario::{self, Case, Pattern, Plan, Selection, Sizes};
use crate::server::ServerConfig;

/// Plans, runs, reports, and gives the gate's exit code. What can be wrong without the target is told before it is asked.
pub async fn run(arguments: RunArguments) -> Result<Exit, Failure> {
    let budget = arguments.fuzz.as_deref().map(budget).transpose()?;
    if arguments.findings.exists() && !arguments.findings.is_dir() {
        let message = format!("--findings {}: it is no directory", arguments.findings.display());
        return Err(Failure::text(Exit::Usage, message));
    }
    let rules = rules(&arguments)?;
    let destinations = reports::open(&arguments.reports)?;
    let step = github::Step::begin();
    let stop = Stop::default();
    let watcher = tokio::spawn(watch(stop.clone()));
    let begun = tokio::select! {
        begun = prepare(&arguments) => begun?,
        () = stop.stopped() => {
            accounts::interrupted(arguments.target.as_deref());
            return Ok(Exit::Interrupted);
        }
    };
    if budget.is_some() && !begun.runner.can_fuzz() {
        begun.keeper.close().await;
        let message =
            "--fuzz: no selected case mutates a credential; leave the pattern out, or write client-data or tpm";
        return Err(Failure::text(Exit::NothingSelected, message));
    }
    let exit = execute(begun, budget, &stop, &arguments, (rules, &destinations, step)).await;
    watcher.abort();
    exit
}

/// Reads what was asked for, starts the server where there is no target, and asks the target for one good start.
pub async fn prepare(arguments: &RunArguments) -> Result<Begun, Failure> {
    let timeout = arguments.timeout.as_deref().map(|text| super::serve::duration("--timeout", text)).transpose()?;
    let request = Request {
        patterns: patterns(&arguments.patterns)?,
        cases: cases(arguments)?,
        seed: seed_or_random(arguments.seed),
        timeout,
        exhaustive: arguments.exhaustive,
        shard: arguments.shard,
    };
    begin(&request, arguments).await
}

/// The rules of the command line, and of the target file where that says nothing. Fuzzing makes cases of its own, which no
/// entry can name.
fn rules(arguments: &RunArguments) -> Result<Rules, Failure> {
    let of_target = || arguments.target.as_deref().filter(|_| arguments.fuzz.is_none()).and_then(target_file::known);
    gate::rules(arguments.known.clone().or_else(of_target).as_deref(), arguments.deny)
}

/// What was asked for, read and checked.
struct Request {
    patterns: Vec<Pattern>,
    cases: Vec<Case>,
    seed: u64,
    timeout: Option<Duration>,
    exhaustive: bool,
    shard: Option<Shard>,
}

impl Request {
    fn plan(&self, flows: &[Flow], protocols: &[Protocol], sizes: Sizes) -> Plan {
        let patterns = self.patterns.clone();
        let selection = Selection {
            flows: flows.to_vec(),
            protocols: protocols.to_vec(),
            patterns,
            exhaustive: self.exhaustive,
            seed: self.seed,
            sizes,
            shard: self.shard,
        };
        Plan::new(self.cases.clone(), &selection)
    }

    fn sizes(&self, origin: &str, rp_id: &str) -> Result<Sizes, Failure> {
        vector::sizes(&self.cases, origin, rp_id).map_err(Failure::config)
    }
}

/// A run whose preflight was good, and the server that has to outlive it.
pub struct Begun {
    /// The run.
    pub runner: Runner,
    /// Its accounts, which have to be removed after it.
    pub keeper: Keeper,
    _embedded: Option<Embedded>,
}

async fn begin(request: &Request, arguments: &RunArguments) -> Result<Begun, Failure> {
    let server = ServerConfig::default();
    let usual = request.sizes(&server.origin, &server.rp_id)?;
    let teller = Teller::new(arguments.quiet);
    let (target, embedded) = match &arguments.target {
        Some(path) => {
            let surroundings = Surroundings {
                variable: &|name| std::env::var(name).ok(),
                subjects_needed: &|flows, protocols| request.plan(flows, protocols, usual.clone()).subjects(),
                tell: &|progress| teller.tell(progress),
            };
            (target_file::load(path, &surroundings).await.map_err(Failure::config)?, None)
        }
        None => {
            let plan = request.plan(&Flow::ALL, &Protocol::ALL, usual);
            selected(&plan)?;
            let server =
                embedded::start(plan.subjects(), request.seed, arguments.defect.as_deref(), &arguments.variants)
                    .await?;
            (server.target(), Some(server))
        }
    };
    let keeper = Keeper::new(&target.accounts, arguments.keep, arguments.quiet);
    match ready(request, arguments, target).await {
        Ok(runner) => Ok(Begun { runner, keeper, _embedded: embedded }),
        Err(failure) => {
            keeper.close().await;
            Err(failure)
        }
    }
}

/// The run against a target whose accounts are there.
async fn ready(request: &Request, arguments: &RunArguments, mut target: Target) -> Result<Runner, Failure> {
    if let Some(timeout) = request.timeout {
        target.limits.timeout = timeout;
    }
    let sizes = request.sizes(&target.origin, &target.rp_id)?;
    let plan = request.plan(&target.flows, &target.protocols, sizes);
    selected(&plan)?;
    let settings = Settings { seed: request.seed, concurrency: usize::from(arguments.jobs), now: embedded::now() };
    let runner = Runner::new(target, plan, settings).map_err(Failure::config)?;
    runner.preflight().await.map_err(|error| Failure::new(Exit::Preflight, error))?;
    Ok(runner)
}

async fn execute(
    begun: Begun,
    budget: Option<Budget>,
    stop: &Stop,
    arguments: &RunArguments,
    (rules, destinations, step): (Rules, &[Destination], github::Step),
) -> Result<Exit, Failure> {
    let Begun { runner, keeper, _embedded } = begun;
    let started = runner.started();
    if let Some(shard) = started.shard.filter(|_| started.permutations == 0) {
        output::note(&format!("shard {}/{} is empty: nothing of the plan falls into it", shard.index, shard.count));
    }
    let mut display = Display::new(arguments.quiet, started.permutations, budget.is_some());
    let mut events = Vec::new();
    let sink = |event: &Event| {
        display.show(event, &rules);
        events.push(event.clone());
    };
    let (finished, found) = match budget {
        Some(budget) => runner.fuzz(budget, &arguments.findings.display().to_string(), stop, sink).await,
        None => (runner.run(stop, sink).await, Vec::new()),
    };
    display.close();
    keeper.close().await;
    let run = RunRecord::fold(events).ok_or_else(|| Failure::text(Exit::Internal, "the run has no first event"))?;
    let judged = Judged::by(run, rules);
    gate::report(&judged, destinations, step)?;
    // Last, and no reason for another exit code: what was found is printed above.
    if let Err(why) = write_found(&found, &arguments.findings) {
        output::note(&why);
    }
    Ok(if finished.interrupted { Exit::Interrupted } else { gate::exit(&judged) })
}

/// A time, or a number of credentials.
fn budget(text: &str) -> Result<Budget, Failure> {
    match text.parse::<usize>() {
        Ok(0) => Err(Failure::text(Exit::Usage, "--fuzz 0: write a time such as 60s, or a number of credentials")),
        Ok(count) => Ok(Budget::Credentials(count)),
        _ => super::serve::duration("--fuzz", text).map(Budget::Time),
    }
}

fn write_found(found: &[Found], directory: &Path) -> Result<(), String> {
    let failed = |path: &Path, error| format!("--findings {}: {error}", path.display());
    if !found.is_empty() {
        std::fs::create_dir_all(directory).map_err(|error| failed(directory, error))?;
    }
    for found in found {
        let path = directory.join(&found.name);
        std::fs::write(&path, &found.text).map_err(|error| failed(&path, error))?;
        output::note(&format!("wrote {}", path.display()));
    }
    Ok(())
}

fn patterns(texts: &[String]) -> Result<Vec<Pattern>, Failure> {
    texts.iter().map(|text| Pattern::new(text).map_err(|error| Failure::new(Exit::Usage, error))).collect()
}

fn cases(arguments: &RunArguments) -> Result<Vec<Case>, Failure> {
    let mut cases = scenario::embedded().map_err(Failure::config)?;
    for path in &arguments.suites {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::text(Exit::Config, format!("--suite {}: {error}", path.display())))?;
        let mut own = scenario::parse_suite(&path.display().to_string(), &text).map_err(Failure::config)?;
        own.iter_mut().for_each(|case| case.file = Some(path.display().to_string()));
        if let Some(twice) = own.iter().find(|case| cases.iter().any(|known| known.id == case.id)) {
            let message = format!("{}: case `{}` is there already; give it another id", path.display(), twice.id);
            return Err(Failure::text(Exit::Config, message));
        }
        if own.is_empty() {
            return Err(Failure::text(Exit::Config, format!("{}: there is no case under `cases`", path.display())));
        }
        cases.extend(own);
    }
    Ok(cases)
}

fn selected(plan: &Plan) -> Result<(), Failure> {
    if let Some(pattern) = plan.unmatched.first() {
        let message =
            format!("`{pattern}` matches no permutation of this target; `proofmark list permutations` shows all");
        return Err(Failure::text(Exit::NothingSelected, message));
    }
    if plan.permutations.is_empty() {
        return Err(Failure::text(Exit::NothingSelected, "the target offers nothing that a case could be run on"));
    }
    Ok(())
}

/// The first Ctrl-C stops the run and lets it report; the second ends the process.
pub async fn watch(stop: Stop) {
    interrupt::asked().await;
    output::note("interrupted: writing what is there (once more to leave at once)");
    stop.stop();
    interrupt::asked().await;
    std::process::exit(130);
}

/// Bars on a terminal, one line a case elsewhere.
struct Display {
    bar: Option<ProgressBar>,
    lines: bool,
    bad: usize,
}

impl Display {
    fn new(quiet: bool, permutations: usize, fuzzes: bool) -> Display {
        let watched = output::is_watched() && !quiet;
        let bar = watched.then(|| {
            let length = u64::try_from(permutations).unwrap_or(u64::MAX);
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
            let template =
                if fuzzes { "fuzzing {msg} {elapsed}" } else { "{bar:32} {pos}/{len} {msg} {elapsed}, {eta} left" };
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Display { bar, lines: !watched && !quiet, bad: 0 }
    }

    fn show(&mut self, event: &Event, rules: &Rules) {
        let Event::CaseFinished(record) = event else { return };
        if self.lines {
            let known = if matches!(rules.standing(record), Standing::Known(_)) { "  (known)" } else { "" };
            output::line(&format!("{}{known}", report::case_line(record)));
        }
        let Some(bar) = &self.bar else { return };
        if record.protocol != "all" {
            bar.inc(1);
        }
        if matches!(record.verdict, Verdict::Fail | Verdict::Error) {
            self.bad += 1;
            bar.set_message(format!("{} not passed,", self.bad));
        }
    }

    fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
