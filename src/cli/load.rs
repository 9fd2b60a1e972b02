//! `load`: many users enrol at once, every answer is judged, and the target is held to thresholds.

mod calibrate;
mod find;
mod options;
mod plan;
mod shard;

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::accounts::{Keeper, Teller};
use super::args::{LoadArguments, LoadCommand, LoadVerb};
use super::embedded::Embedded;
use super::exit::{Exit, Failure};
use super::{embedded, load_verbs, output, reports};
use crate::contract::{Flow, Protocol};
use crate::load::{self, LoadError, Progress, Stop};
use crate::outcome::load::LoadRecord;
use crate::report::load::LOAD_REPORTS;
use crate::runner::target_file::{self, LoadTarget, Surroundings};
use options::Options;

/// Between two lines of progress where nobody watches.
const LINE_EVERY: Duration = Duration::from_secs(10);

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
    let (target, _embedded) = open(&arguments, &options).await?;
    let keeper = Keeper::new(&target.target.accounts, arguments.keep, false);
    let attacked = attack(target, options, &arguments).await;
    keeper.close().await;
    let record = attacked?;
    output::print(&load::render(&record).map_err(Failure::internal)?);
    load_verbs::write(&destinations, &record)?;
    if let Some(path) = &arguments.out {
        write(path, &record)?;
    }
    gate(&record)
}

async fn attack(target: LoadTarget, options: Options, arguments: &LoadArguments) -> Result<LoadRecord, Failure> {
    let plan = options.plan(target, arguments)?;
    output::line(&load::header(&plan));
    let mut display = Display::new(plan.duration());
    let stop = Stop::new(|| std::process::exit(130));
    let ended = load::run(plan, &stop, &mut |progress| display.show(progress, &stop)).await;
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
    let target = target_file::load_for_attack(path, &surroundings).await.map_err(Failure::config)?;
    Ok((target, None))
}

/// Precedence: 70, 130, 8 for wrong answers, 9, 8 for thresholds, 0.
pub(super) fn gate(record: &LoadRecord) -> Result<Exit, Failure> {
    match load::uncounted(record) {
        0 if record.interrupted => Ok(Exit::Interrupted),
        0 if !record.is_correct() => Ok(Exit::Threshold),
        0 if record.is_limited() => Ok(Exit::Limited),
        0 if !record.is_met() => Ok(Exit::Threshold),
        0 => Ok(Exit::Green),
        lost => Err(Failure::text(Exit::Internal, format!("{lost} calls are in no cycle: the numbers are wrong"))),
    }
}

fn failure(error: LoadError) -> Failure {
    let exit = match error {
        LoadError::Remote(_) | LoadError::Ceiling { .. } => Exit::Usage,
        LoadError::Plan(_) | LoadError::Subjects { .. } | LoadError::Transport(_) => Exit::Config,
        LoadError::Late(_) => Exit::Preflight,
        LoadError::Threads(_) | LoadError::Engine(_) => Exit::Internal,
    };
    Failure::new(exit, error)
}

fn write(path: &Path, record: &LoadRecord) -> Result<(), Failure> {
    let fail = |why: String| Failure::text(Exit::Config, format!("--out {}: {why}", path.display()));
    let mut text = serde_json::to_string(record).map_err(|why| fail(why.to_string()))?;
    text.push('\n');
    std::fs::write(path, text).map_err(|why| fail(why.to_string()))
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

/// A bar on a terminal, a line now and then elsewhere.
struct Display {
    bar: Option<ProgressBar>,
    next: Duration,
    told: bool,
}

impl Display {
    fn new(duration: Duration) -> Display {
        let bar = output::is_watched().then(|| {
            let bar = ProgressBar::with_draw_target(Some(duration.as_secs()), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:16} {wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Display { bar, next: LINE_EVERY, told: false }
    }

    fn show(&mut self, progress: &Progress, stop: &Stop) {
        if stop.is_stopped() && !self.told {
            self.told = true;
            output::note("interrupted: waiting for what is under way (once more to leave at once)");
        }
        match &self.bar {
            Some(bar) => {
                bar.set_message(load::progress_line(progress));
                bar.set_position(progress.elapsed.as_secs());
            }
            None if progress.elapsed >= self.next => {
                self.next = progress.elapsed + LINE_EVERY;
                output::note(&load::progress_line(progress));
            }
            None => {}
        }
    }

    fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
