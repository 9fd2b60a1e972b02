//! `load find`: the highest rate at which a target keeps an objective.

use std::time::Duration;

use super::display::Display;
use super::exit::failure;
use super::open::open;
use super::options::{Options, bounded, plain_rate};
use crate::cli::accounts::Keeper;
use crate::cli::args::{FindArguments, LoadArguments};
use crate::cli::exit::{Exit, Failure};
use crate::cli::values::{seed_or_random, share};
use crate::cli::{interrupt, output};
use crate::load::find::{self, Capacity, Ending, Search};
use crate::load::{self, LoadError, Stop};
use crate::outcome::load::LoadRecord;
use crate::runner::target_file::LoadTarget;

/// Default time of full load before each hold: cycles under way at the beginning of a hold make up for those under way at its end.
const WARM_UP: &str = "2s";

/// The shortest hold: with fewer intervals of a second, their variation can't be estimated.
const SHORTEST: Duration = Duration::from_secs(2);

/// Searches, prints each hold and what was found, and gives the exit code.
pub async fn find(arguments: FindArguments) -> Result<Exit, Failure> {
    let search = search(&arguments)?;
    let FindArguments { mut load, hold, .. } = arguments;
    load.seed = Some(seed_or_random(load.seed));
    load.warm_up.get_or_insert(WARM_UP.to_owned());
    let at =
        |rate: f64| LoadArguments { rate: Some(format!("{rate}/s")), duration: Some(hold.clone()), ..load.clone() };
    let (target, _embedded) = open(&load, &Options::read(&at(search.to))?).await?;
    let keeper = Keeper::new(&target.target.accounts, load.keep, false);
    header(&search, &target, load.seed.unwrap_or_default());
    let stop = Stop::new(|| interrupt::leave());
    let (mut wrong, mut held) = (0, 0_u32);
    let measure = async |rate: f64, _: Duration| -> Result<LoadRecord, Failure> {
        let load = at(rate);
        let mut plan = Options::read(&load)?.plan(target.clone(), &load)?;
        // The search judges; it also judges a rate at which nothing succeeds.
        plan.thresholds.clear();
        plan.give_up = Duration::MAX;
        let mut display = Display::of_many(plan.duration());
        let ended = load::run(plan, &stop, &mut |progress| display.show(progress, &stop)).await;
        display.close();
        let record = ended.map_err(|error| match error {
            // The target could be loaded at an earlier rate.
            LoadError::Unready(_) if held > 0 => Failure::new(Exit::Incomplete, error),
            error => failure(error),
        })?;
        held += 1;
        wrong += record.correctness.wrong();
        match load::uncounted(&record) {
            0 => Ok(record),
            lost => {
                Err(Failure::text(Exit::Internal, format!("{lost} calls belong to no cycle, so the numbers are wrong")))
            }
        }
    };
    let found = find::find(&search, measure, |hold| output::line(&hold.to_string())).await;
    keeper.close().await;
    let capacity = found?;
    output::line(&capacity.to_string());
    Ok(gate(&capacity, wrong))
}

fn search(arguments: &FindArguments) -> Result<Search, Failure> {
    let usage = |text: &str| Failure::text(Exit::Usage, text);
    let rate = |option: &str, text: &str| {
        let fail = || usage(&format!("{option} {text}: write a rate such as 50/s, at most 1000000/s"));
        plain_rate(text).ok_or_else(fail)
    };
    let objective = find::objective(arguments.objectives.iter().map(String::as_str));
    let search = Search {
        from: rate("--lowest", &arguments.lowest)?,
        to: rate("--highest", &arguments.highest)?,
        hold: bounded("--hold", &arguments.hold)?,
        objective: objective.map_err(|why| Failure::new(Exit::Usage, why))?,
        precision: share("--precision", &arguments.precision)?,
        most_holds: usize::from(arguments.most_holds),
    };
    match &search {
        search if search.from > search.to => Err(usage("--lowest: write a rate that is at most --highest")),
        search if search.hold < SHORTEST => Err(usage("--hold: write a time of at least 2s")),
        search if search.precision < 0.01 => Err(usage("--precision: write at least 1%")),
        _ => Ok(search),
    }
}

fn header(search: &Search, target: &LoadTarget, seed: u64) {
    let rules: Vec<String> = search.objective.iter().map(ToString::to_string).collect();
    let (from, to, name) = (search.from, search.to, &target.target.name);
    output::line(&format!("{name}: from {from}/s to {to}/s, each held for {:?}; seed {seed}", search.hold));
    output::line(&format!("objective: {}, no wrong answer", rules.join(", ")));
}

/// Precedence: 130, 8 for wrong answers, 9, 8 if no rate keeps the objective, 6, 0.
fn gate(capacity: &Capacity, wrong: u64) -> Exit {
    match &capacity.ending {
        Ending::Interrupted => Exit::Interrupted,
        _ if wrong > 0 => Exit::Threshold,
        Ending::Limited(_) => Exit::Limited,
        Ending::Bottom => Exit::Threshold,
        Ending::Spent => Exit::Incomplete,
        Ending::Found | Ending::Top => Exit::Green,
    }
}
