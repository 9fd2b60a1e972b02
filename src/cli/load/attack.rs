//! Plays one load, prints its result, and gives the exit code.

use super::display::Display;
use super::exit::{failure, gate};
use super::open::open;
use super::options::Options;
use super::records;
use super::scratch::Scratch;
use crate::cli::accounts::{self, Keeper};
use crate::cli::args::LoadArguments;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{built, interrupt, output, reports};
use crate::load::{self, Stop};
use crate::outcome::load::LoadRecord;
use crate::report::load::LOAD_REPORTS;
use crate::runner::target_file::LoadTarget;

/// Attacks, prints the result, and gives the exit code.
pub(super) async fn load(arguments: LoadArguments) -> Result<Exit, Failure> {
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
    // Until the attack itself listens for it.
    let early = stop.clone();
    tokio::spawn(async move {
        interrupts.next().await;
        early.stop();
    });
    let keeper = Keeper::new(&target.target.accounts, arguments.keep, false);
    let attacked = attack(target, options, &arguments, &stop).await;
    keeper.close().await;
    let record = LoadRecord { version: built::LINE.to_owned(), ..attacked? };
    output::print(&load::render(&record).map_err(Failure::internal)?);
    records::write(&destinations, &record)?;
    gate(&record)
}

pub(super) async fn attack(
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
