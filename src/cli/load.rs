//! `load`: many users enrol at once, every answer is judged, and the target is held to thresholds.

mod calibrate;
mod display;
mod find;
mod options;
mod plan;
mod scratch;
mod shard;

use std::path::Path;
use std::sync::Arc;

use super::accounts::{self, Keeper, Teller};
use super::args::{LoadArguments, LoadCommand, LoadVerb};
use super::embedded::Embedded;
use super::exit::{Exit, Failure};
use super::leases::{self, Asked};
use super::{embedded, interrupt, load_verbs, output, reports};
use crate::contract::{Flow, Protocol};
use crate::load::{self, LoadError, Stop};
use crate::outcome::load::LoadRecord;
use crate::report::load::LOAD_REPORTS;
use crate::runner::target_file::{self, LoadTarget, Surroundings};
use display::Display;
use options::Options;
use scratch::Scratch;

/// One load, or what else there is.
pub async fn dispatch(command: LoadCommand) -> Result<Exit, Failure> {
    match command.verb {
        None => load(command.load).await,
        Some(LoadVerb::Records(verb)) => load_verbs::run(&verb),
        Some(LoadVerb::Find(arguments)) => find::find(*arguments).await,
        Some(LoadVerb::Calibrate(arguments)) => calibrate::calibrate(arguments).await,
    }
}

/// Attacks, prints the result, and gives the exit code.
async fn load(arguments: LoadArguments) -> Result<Exit, Failure> {
    let options = Options::read(&arguments)?;
    let destinations = reports::open_of(LOAD_REPORTS, "--report", &arguments.reports)?;
    let stop = Stop::new(|| interrupt::leave());
    let mut interrupts = interrupt::Interrupts::listen();
    let (target, _embedded) = tokio::select! {
        opened = open(&arguments, &options) => opened?,
        () = interrupts.next() => {
            accounts::interrupted(arguments.target.as_deref()).await;
            return Ok(Exit::Interrupted);
        }
    };
    // Until the attack listens itself.
    let early = stop.clone();
    tokio::spawn(async move {
        interrupts.next().await;
        early.stop();
    });
    let keeper = Keeper::new(&target.target.accounts, arguments.keep, false);
    let attacked = attack(target, options, &arguments, &stop).await;
    keeper.close().await;
    let record = attacked?;
    output::print(&load::render(&record).map_err(Failure::internal)?);
    load_verbs::write(&destinations, &record)?;
    gate(&record)
}

async fn attack(
    target: LoadTarget,
    options: Options,
    arguments: &LoadArguments,
    stop: &Stop,
) -> Result<LoadRecord, Failure> {
    let mut plan = options.plan(target, arguments)?;
    output::line(&load::header(&plan));
    let scratch = arguments.dashboard.map(Scratch::make).transpose()?;
    plan.dashboard = scratch.as_ref().map(Scratch::page);
    let mut display = Display::new(plan.duration());
    let ended = load::run(plan, stop, &mut |progress| display.show(progress, stop)).await;
    display.close();
    ended.map_err(failure)
}

/// The target that is asked for; the reference server in this process lives as long as what comes with it.
async fn open(arguments: &LoadArguments, options: &Options) -> Result<(LoadTarget, Option<Embedded>), Failure> {
    let Some(path) = &arguments.target else {
        let embedded = embedded::start(options.subjects, options.seed, arguments.defect.as_deref(), &[]).await?;
        let target = LoadTarget { target: embedded.target(), subjects_file: None, thresholds: Vec::new() };
        return Ok((target, Some(embedded)));
    };
    peek(path, arguments.allow_remote.as_deref())?;
    let needed = |_: &[Flow], _: &[Protocol]| options.workers.max(2);
    let teller = Teller::new(false);
    let surroundings = Surroundings {
        variable: &|name| std::env::var(name).ok(),
        subjects_needed: &needed,
        tell: &|progress| teller.tell(progress),
    };
    let mut target = target_file::load_for_attack(path, &surroundings).await.map_err(Failure::config)?;
    lease(&mut target, arguments, options).await?;
    Ok((target, None))
}

/// Takes as many of the listed subjects as no other process uses. The shards of one load have the whole list together: each uses
/// others of it.
async fn lease(target: &mut LoadTarget, arguments: &LoadArguments, options: &Options) -> Result<(), Failure> {
    let shards = options.shard.map(|shard| format!("{} shards of seed {}", shard.count, options.seed));
    let asked = Asked {
        what: "load",
        least: if shards.is_some() { usize::MAX } else { options.workers.max(2) },
        most: usize::MAX,
        patience: leases::patience(arguments.wait_subjects.as_deref())?,
        quiet: false,
        enough: usize::MAX,
        together: shards.as_deref(),
    };
    let accounts = &mut target.target.accounts;
    let Some(path) = &target.subjects_file else {
        leases::slice(accounts, arguments.subjects_slice)?;
        return leases::hold(accounts, &asked).await;
    };
    let census = load::census(path, arguments.subjects_slice).map_err(failure)?;
    accounts.lease = leases::wait(path, &census, &asked).await?.map(Arc::new);
    Ok(())
}

/// Precedence: 70, 130, 6 where what is wrong may be of others' doing, 8 for wrong answers, 6 for what ended by itself, 9, 8 for thresholds, 0.
pub(super) fn gate(record: &LoadRecord) -> Result<Exit, Failure> {
    let is_red = !record.is_correct() || !record.is_met();
    match load::uncounted(record) {
        0 if record.interrupted => Ok(Exit::Interrupted),
        0 if is_red && record.correctness.interfered > 0 => Ok(Exit::Incomplete),
        0 if !record.is_correct() => Ok(Exit::Threshold),
        0 if record.stopped.is_some() => Ok(Exit::Incomplete),
        0 if record.is_limited() => Ok(Exit::Limited),
        0 if !record.is_met() => Ok(Exit::Threshold),
        0 => Ok(Exit::Green),
        lost => Err(Failure::text(Exit::Internal, format!("{lost} calls are in no cycle: the numbers are wrong"))),
    }
}

/// A percentage as a share of 0 to 1.
pub(super) fn share(option: &str, text: &str) -> Result<f64, Failure> {
    options::share(option, text)
}

fn failure(error: LoadError) -> Failure {
    let exit = match error {
        LoadError::Remote(_) | LoadError::Ceiling { .. } => Exit::Usage,
        LoadError::Plan(_) | LoadError::Subjects { .. } | LoadError::Transport(_) | LoadError::Dashboard { .. } => {
            Exit::Config
        }
        LoadError::Late(_) | LoadError::Unready(_) => Exit::Preflight,
        LoadError::Threads(_) | LoadError::Engine(_) => Exit::Internal,
    };
    Failure::new(exit, error)
}

/// Refuses a remote target before its provisioning command could make users there. What can't be read is for the target
/// file's own reader to complain about, and what only that finds is refused before the first request.
fn peek(path: &Path, allowed: Option<&str>) -> Result<(), Failure> {
    match target_file::base_url(path) {
        Some(url) if url.parse::<http::Uri>().is_ok() => {
            load::admit(&url, allowed).map_err(|error| Failure::new(Exit::Usage, error))
        }
        _ => Ok(()),
    }
}
