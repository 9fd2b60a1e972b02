//! `run`: plays tests against a target and judges it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::accounts::{self, Keeper, Teller};
use super::args::{Recorded, RunArguments};
use super::bounds::Bounds;
use super::defaults::{self, JOBS};
use super::drawing::{Drawing, Drawn};
use super::embedded::{self, Embedded};
use super::exit::{Exit, Failure};
use super::forecast::{CallTime, Forecast};
use super::progress::{Display, Show};
use super::reports::{self, Destination};
use super::values::seed_or_random;
use super::{again, built, gate, github, interrupt, labels, leases, nearest, output};
use crate::contract::{self, Flow, Protocol, local};
use crate::gate::{Judged, Rules};
use crate::outcome::{Event, RunRecord, Shard};
use crate::report::View;
use crate::runner::fuzz::Found;
use crate::runner::preflight::PreflightError;
use crate::runner::target::Target;
use crate::runner::target_file::{self, Offer, Surroundings};
use crate::runner::{Runner, Settings, Stop, offline_case, sequences};
use crate::scenario::{self, Case, Pattern, Plan, Selection, Sizes};

/// Plans, runs, reports, and returns the gate's exit code. Errors that can be found without the target are reported before
/// anything is sent to it.
pub async fn run(arguments: RunArguments) -> Result<Exit, Failure> {
    let arguments = defaults::filled(arguments)?;
    if arguments.dry_run || arguments.list {
        return offline(&arguments);
    }
    let drawing = Drawing::new(&arguments)?;
    let rules = rules(&arguments)?;
    let stop = Stop::default();
    let bounds = Bounds::new(&arguments.bounds, &stop)?;
    let watcher = tokio::spawn(watch(stop.clone()));
    let destinations = reports::open(&arguments.reports)?;
    let step = github::Step::begin();
    let begun = tokio::select! {
        begun = prepare(&arguments) => begun?,
        () = stop.stopped() => {
            accounts::interrupted(arguments.target.as_deref()).await;
            return Ok(Exit::Interrupted);
        }
    };
    if arguments.fuzz.is_some() && !begun.runner.can_fuzz() {
        begun.keeper.close().await;
        let message = "--fuzz: no selected case mutates a credential; leave the pattern out, or write for example client-data or tpm";
        return Err(Failure::text(Exit::NothingSelected, message));
    }
    let exit = execute(begun, (drawing, bounds), &stop, &arguments, (rules, &destinations, step)).await;
    watcher.abort();
    exit
}

/// Reads what was asked for, starts the reference server if there is no target, and does the preflight.
pub async fn prepare(arguments: &RunArguments) -> Result<Begun, Failure> {
    begin(&Request::new(arguments)?, arguments).await
}

/// Prints what would be played, or what that needs.
fn offline(arguments: &RunArguments) -> Result<Exit, Failure> {
    let request = Request::new(arguments)?;
    let (flows, protocols) = (contract::usual().flows.to_vec(), Protocol::ALL.to_vec());
    let embedded = Offer { flows, protocols, rp_id: local::RP_ID.to_owned(), origin: local::ORIGIN.to_owned() };
    let file = arguments.target.as_deref().map(target_file::offer).transpose().map_err(Failure::config)?;
    let offer = file.unwrap_or(embedded);
    let sizes = request.sizes(&offer.origin, &offer.rp_id)?;
    let mut plan = request.plan(&offer.flows, &offer.protocols, sizes);
    selected(&plan)?;
    if arguments.list {
        let ids: String = plan.played().map(|test| format!("{}\n", test.id)).collect();
        output::print(&ids);
        return Ok(Exit::Green);
    }
    let left_out = request.most.map(|most| plan.cap(most, request.concurrency)).unwrap_or_default();
    let call_time = super::values::duration("--call-time", &arguments.call_time)?;
    let concurrency = plan.demand().concurrency(request.concurrency, request.most.unwrap_or(usize::MAX));
    let mut forecast = Forecast::new(&plan, concurrency);
    (forecast.call_time, forecast.left_out) = (Some(CallTime::Assumed(call_time)), left_out);
    forecast.there = request.most;
    output::line(&forecast.to_string());
    Ok(Exit::Green)
}

/// The rules of the command line; what is missing there comes from the target file. A run that draws makes its own cases, which no
/// entry can name.
fn rules(arguments: &RunArguments) -> Result<Rules, Failure> {
    let draws = arguments.fuzz.is_some() || arguments.model.is_some();
    let of_target = || arguments.target.as_deref().filter(|_| !draws).and_then(target_file::known);
    gate::rules(arguments.known.clone().or_else(of_target).as_deref(), &arguments.deny)
}

/// What was asked for, read and checked.
struct Request {
    patterns: Vec<Pattern>,
    excluded: Vec<Pattern>,
    cases: Vec<Case>,
    seed: u64,
    timeout: Option<Duration>,
    exhaustive: bool,
    wait_expiry: Option<Duration>,
    quiet: bool,
    shard: Option<Shard>,
    concurrency: usize,
    /// The most subjects.
    most: Option<usize>,
    /// How long to wait for subjects.
    patience: Duration,
}

impl Request {
    fn new(arguments: &RunArguments) -> Result<Request, Failure> {
        let time = |option, text: &Option<String>| {
            text.as_deref().map(|text| super::values::duration(option, text)).transpose()
        };
        Ok(Request {
            patterns: patterns(&arguments.patterns)?,
            excluded: patterns(&arguments.exclude)?,
            cases: cases(&arguments.suites)?,
            seed: seed_or_random(arguments.seed),
            timeout: time("--timeout", &arguments.timeout)?,
            exhaustive: arguments.exhaustive,
            wait_expiry: time("--wait-expiry", &arguments.wait_expiry)?,
            quiet: arguments.quiet,
            shard: arguments.shard,
            concurrency: usize::from(arguments.jobs.unwrap_or(JOBS)).max(1),
            most: arguments.max_subjects.and_then(|most| usize::try_from(most).ok()),
            patience: leases::patience(arguments.wait_subjects.as_deref())?,
        })
    }

    /// How many subjects are made for a plan.
    fn subjects(&self, plan: &Plan) -> usize {
        let needed = plan.demand().subjects(self.concurrency);
        let count = self.most.map_or(needed, |most| needed.min(most));
        let capped = if count < needed { format!(" (--max-subjects {count})") } else { String::new() };
        if !self.quiet {
            let played = plan.played().count();
            output::note(&format!("subjects  {needed} are enough for {played} tests{capped}; making them"));
        }
        count
    }

    fn plan(&self, flows: &[Flow], protocols: &[Protocol], sizes: Sizes) -> Plan {
        let patterns = self.patterns.clone();
        let mut cases = self.cases.clone();
        cases.extend(sequences::sequences(self.seed, flows, protocols, self.exhaustive));
        let selection = Selection {
            flows: flows.to_vec(),
            protocols: protocols.to_vec(),
            patterns,
            excluded: self.excluded.clone(),
            exhaustive: self.exhaustive,
            waits: self.wait_expiry.is_some(),
            seed: self.seed,
            sizes,
            shard: self.shard,
        };
        Plan::new(cases, &selection)
    }

    fn sizes(&self, origin: &str, rp_id: &str) -> Result<Sizes, Failure> {
        offline_case::sizes(&self.cases, origin, rp_id).map_err(Failure::config)
    }
}

/// A run whose preflight was good, and the server that has to outlive it.
pub struct Begun {
    /// The run.
    pub runner: Runner,
    /// The tests that were left out because there were too few subjects.
    left_out: Vec<String>,
    /// Its accounts, which have to be removed after it.
    pub keeper: Keeper,
    _embedded: Option<Embedded>,
}

async fn begin(request: &Request, arguments: &RunArguments) -> Result<Begun, Failure> {
    let usual = request.sizes(local::ORIGIN, local::RP_ID)?;
    let teller = Teller::new(arguments.quiet);
    let (target, embedded) = match &arguments.target {
        Some(path) => {
            let surroundings = Surroundings {
                variable: &|name| std::env::var(name).ok(),
                subjects_needed: &|flows, protocols| request.subjects(&request.plan(flows, protocols, usual.clone())),
                tell: &|progress| teller.tell(progress),
            };
            (target_file::load(path, &surroundings).await.map_err(Failure::config)?, None)
        }
        None => {
            let plan = request.plan(contract::usual().flows, &Protocol::ALL, usual);
            selected(&plan)?;
            let users = request.most.unwrap_or_else(|| plan.subjects());
            let server = embedded::start(users, request.seed, &arguments.defects, &arguments.variants).await?;
            (server.target(), Some(server))
        }
    };
    let keeper = Keeper::new(&target.accounts, arguments.keep, arguments.quiet);
    match ready(request, arguments, target).await {
        Ok((runner, left_out)) => Ok(Begun { runner, left_out, keeper, _embedded: embedded }),
        Err(failure) => {
            keeper.close().await;
            Err(failure)
        }
    }
}

/// The run against a target whose accounts exist, and the tests that were left out because there were too few subjects.
async fn ready(
    request: &Request,
    arguments: &RunArguments,
    mut target: Target,
) -> Result<(Runner, Vec<String>), Failure> {
    target.profile = arguments.profile.unwrap_or(target.profile);
    if let Some(timeout) = request.timeout {
        target.limits.timeout = timeout;
    }
    target.resending = arguments.resending.over(target.resending);
    let sizes = request.sizes(&target.origin, &target.rp_id)?;
    let mut plan = request.plan(&target.flows, &target.protocols, sizes);
    selected(&plan)?;
    leases::slice(&mut target.accounts, arguments.subjects_slice)?;
    let (demand, cap) = (plan.demand(), request.most.unwrap_or(usize::MAX));
    let asked = leases::Asked {
        what: "run",
        least: demand.least(request.concurrency).min(cap),
        most: demand.subjects(request.concurrency).min(cap),
        patience: request.patience,
        quiet: request.quiet,
        enough: demand.enough(request.concurrency),
        together: None,
    };
    leases::hold(&mut target.accounts, &asked).await?;
    target.accounts.subjects.truncate(cap);
    let left_out = plan.cap(target.accounts.subjects.len(), request.concurrency);
    selected(&plan)?;
    let settings = Settings { seed: request.seed, concurrency: request.concurrency, now: embedded::now() };
    let runner = Runner::new(target, plan, settings).map_err(Failure::config)?;
    let runner = runner.by_build(built::LINE).made_with(again::made_with(arguments));
    let variable = |name: &str| std::env::var(name).ok();
    let runner = runner.on_occasion(labels::host(variable), labels::labels(&arguments.labels, variable));
    request.wait_expiry.iter().for_each(|most| runner.wait_for_expiry(*most));
    runner.preflight().await.map_err(|error| unfit(&error, arguments))?;
    Ok((runner, left_out))
}

/// The error of a wrong set-up: nothing was played.
fn unfit(error: &PreflightError, arguments: &RunArguments) -> Failure {
    let next =
        arguments.target.as_ref().map(|path| format!("\n  next: proofmark check --target {}", again::word(path)));
    let message =
        format!("{error}{}\n  no case was played, so this is not a verdict on the target", next.unwrap_or_default());
    Failure::text(Exit::Preflight, message)
}

async fn execute(
    begun: Begun,
    (drawing, mut bounds): (Option<Drawing>, Bounds),
    stop: &Stop,
    arguments: &RunArguments,
    (rules, destinations, step): (Rules, &[Destination], github::Step),
) -> Result<Exit, Failure> {
    let Begun { runner, left_out, keeper, _embedded } = begun;
    if arguments.record == Recorded::NotPassed {
        runner.leave_out_calls_of_passes();
    }
    let started = runner.started();
    forecast(&runner, left_out, arguments);
    if let Some(shard) = started.shard.filter(|_| started.tests == 0) {
        output::note(&format!("shard {}/{} is empty: no test of the plan belongs to it", shard.index, shard.count));
    }
    let mut display = Display::new(shown(arguments), started.tests, drawing.is_some());
    if !arguments.quiet {
        step.group("failures as they happen");
    }
    let mut events = Vec::new();
    let mut streams = reports::Streams::of(destinations);
    let sink = |event: &Event| {
        // First, so that every result that was shown is in the file even if the process dies.
        streams.write(event);
        display.show(event, &rules);
        bounds.see(event, &rules);
        events.push(event.clone());
    };
    let directory = drawing.as_ref().map(Drawing::directory).unwrap_or_default();
    let (finished, found) = match &drawing {
        Some(Drawing { what: Drawn::Credentials, budget, .. }) => runner.fuzz(*budget, &directory, stop, sink).await,
        Some(Drawing { what: Drawn::Sequences, budget, .. }) => runner.model(*budget, &directory, stop, sink).await,
        None => (runner.run(stop, sink).await, Vec::new()),
    };
    display.close();
    if !arguments.quiet {
        step.end_group();
    }
    keeper.close().await;
    let run = RunRecord::fold(events).ok_or_else(|| Failure::text(Exit::Internal, "the run has no first event"))?;
    let judged = Judged::by(run, rules);
    let stream = reports::stream(destinations).map(again::word);
    let view = View { stream, brief: arguments.quiet, ..output::view() };
    gate::report(&judged, destinations, step, &view)?;
    // Last, and without influence on the exit code: the findings are printed above.
    if let Some(drawing) = drawing
        && let Err(why) = write_found(&found, &drawing.findings)
    {
        output::note(&why);
    }
    Ok(if finished.interrupted { Exit::Interrupted } else { gate::exit(&judged) })
}

/// What is shown while the run goes on.
const fn shown(arguments: &RunArguments) -> Show {
    match (arguments.quiet, arguments.verbose) {
        (true, _) => Show::Nothing,
        (false, true) => Show::All,
        (false, false) => Show::Failures,
    }
}

/// Prints what the run is going to need, if it is against the user's own target and may take long.
fn forecast(runner: &Runner, left_out: Vec<String>, arguments: &RunArguments) {
    let is_wanted = arguments.target.is_some() && !arguments.quiet;
    let draws = arguments.fuzz.is_some() || arguments.model.is_some();
    if draws || (!is_wanted && left_out.is_empty()) {
        return;
    }
    let mut forecast = Forecast::new(runner.plan(), runner.concurrency());
    forecast.call_time = runner.call_time().map(CallTime::Measured);
    (forecast.there, forecast.left_out) = (Some(runner.subjects()), left_out);
    output::note(&forecast.to_string());
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

/// Reads patterns.
pub fn patterns(texts: &[String]) -> Result<Vec<Pattern>, Failure> {
    texts.iter().map(|text| Pattern::new(text).map_err(|error| Failure::new(Exit::Usage, error))).collect()
}

/// The cases of proofmark and those of own suite files.
pub fn cases(suites: &[PathBuf]) -> Result<Vec<Case>, Failure> {
    let mut cases = scenario::embedded().map_err(Failure::config)?;
    for path in suites {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::text(Exit::Config, format!("--suite {}: {error}", path.display())))?;
        let mut own = scenario::parse_suite(&path.display().to_string(), &text).map_err(Failure::config)?;
        own.iter_mut().for_each(|case| case.file = Some(path.display().to_string()));
        if let Some(twice) = own.iter().find(|case| cases.iter().any(|known| known.id == case.id)) {
            let message =
                format!("{}: there is already a case `{}`; give this one another id", path.display(), twice.id);
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
        let message = format!("`{pattern}` matches no test of this target; {}", nearest::hint(pattern));
        return Err(Failure::text(Exit::NothingSelected, message));
    }
    if plan.tests.is_empty() {
        return Err(Failure::text(
            Exit::NothingSelected,
            "the target offers no flow and protocol that a case can run on",
        ));
    }
    Ok(())
}

/// The first Ctrl-C stops the run and lets it report; the second ends the process.
pub fn watch(stop: Stop) -> impl Future<Output = ()> + Send + 'static {
    let mut interrupts = interrupt::Interrupts::listen();
    async move {
        interrupts.next().await;
        output::note("interrupted: writing the results so far (interrupt again to leave at once)");
        stop.stop();
        interrupts.next().await;
        interrupt::leave();
    }
}
