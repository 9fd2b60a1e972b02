//! The options of `load`, checked.

use std::time::{Duration, SystemTime};

use super::shard::{shard, start_at};
use crate::authenticator::Format;
use crate::cli::args::{Arrivals, LoadArguments};
use crate::cli::exit::{Exit, Failure};
use crate::cli::values::{duration, format_named, plain_number, seed_or_random, share};
use crate::contract::{self, Flow, Protocol};
use crate::load::{self, Ceilings, Tolerance};
use crate::outcome::Shard;
use crate::outcome::load::{ArrivalPattern, LoadModel, RateStep, Shares, Stages, Threshold, ThresholdError};

/// The shortest measured time.
const SHORTEST: Duration = Duration::from_millis(100);

/// The longest time that an option takes. A longer one is a mistake, and no sum of such times overflows.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3_600);

/// The greatest rate that can be written, cycles a second.
const MOST_RATE: f64 = 1_000_000.0;

/// How long the load is measured by default.
const USUAL: &str = "30s";

/// Open files other than connections: the process's own, and some of each library.
const OTHER_FILES: usize = 64;

/// The command line, checked.
pub(super) struct Options {
    pub(super) workers: usize,
    pub(super) subjects: usize,
    pub(super) model: LoadModel,
    pub(super) stages: Stages,
    pub(super) flows: Vec<(Flow, u32)>,
    pub(super) protocols: Vec<(Protocol, u32)>,
    pub(super) format: Format,
    pub(super) shares: Shares,
    pub(super) think: Duration,
    pub(super) thresholds: Vec<Threshold>,
    pub(super) timeout: Option<Duration>,
    pub(super) give_up: Duration,
    pub(super) ceilings: Ceilings,
    pub(super) tolerance: Tolerance,
    pub(super) shard: Option<Shard>,
    pub(super) start_at: Option<SystemTime>,
    pub(super) seed: u64,
}

impl Options {
    pub(super) fn read(arguments: &LoadArguments) -> Result<Options, Failure> {
        let time = |option: &str, text: &Option<String>| text.as_deref().map(|text| bounded(option, text)).transpose();
        let (steps, hold) = hold(arguments)?;
        let lag = bounded("--generator-lag", &arguments.generator_lag)?;
        let stage = |option, text| time(option, text).map(|time| micros(time.unwrap_or_default()));
        let stages = Stages {
            warm_up_us: stage("--warm-up", &arguments.warm_up)?,
            ramp_us: stage("--ramp", &arguments.ramp)?,
            hold_us: micros(hold),
            ramp_down_us: stage("--ramp-down", &arguments.ramp_down)?,
        };
        let workers = usize::try_from(arguments.users.unwrap_or_else(|| usual_workers(&steps))).unwrap_or(usize::MAX);
        // An embedded server has the other end of every connection.
        let ends = if arguments.target.is_some() { 1 } else { 2 };
        enough_files(workers.saturating_mul(ends).saturating_add(OTHER_FILES))?;
        let subjects = arguments.subjects.map_or(workers, |subjects| usize::try_from(subjects).unwrap_or(usize::MAX));
        let parse = |text: &String| text.parse().map_err(|why: ThresholdError| Failure::new(Exit::Usage, why));
        let model = model(steps, arguments.arrivals, u64::try_from(workers).unwrap_or(u64::MAX));
        let ceilings = ceilings(&arguments.ceilings)?;
        // Before a server is started or accounts are made.
        load::within(&model, &stages, &ceilings).map_err(super::exit::failure)?;
        Ok(Options {
            workers,
            subjects,
            model,
            stages,
            flows: mix("--flow", &arguments.flow, Flow::from_slug, &contract::slugs())?,
            protocols: mix("--protocol", &arguments.protocol, Protocol::from_slug, &Protocol::ALL.map(Protocol::slug))?,
            format: format_named(&arguments.format)?,
            shares: Shares {
                negatives: share("--negatives", &arguments.negatives)?,
                races: share("--races", &arguments.races)?,
                lookups: share("--lookups", &arguments.lookups)?,
            },
            think: time("--think", &arguments.think)?.unwrap_or_default(),
            thresholds: arguments.thresholds.iter().map(parse).collect::<Result<_, _>>()?,
            timeout: time("--timeout", &arguments.timeout)?,
            give_up: bounded("--give-up", &arguments.give_up)?,
            ceilings,
            tolerance: Tolerance { lag, crypto_queue: lag, ..Tolerance::default() },
            shard: shard(arguments)?,
            start_at: start_at(arguments)?,
            seed: seed_or_random(arguments.seed),
        })
    }
}

fn usage(text: String) -> Failure {
    Failure::text(Exit::Usage, text)
}

/// A time that is at most [`LONGEST`].
pub(super) fn bounded(option: &str, text: &str) -> Result<Duration, Failure> {
    let hours = LONGEST.as_secs() / 3_600;
    let fail = || usage(format!("{option} {text}: write a time of at most {hours}h"));
    duration(option, text).and_then(|time| if time > LONGEST { Err(fail()) } else { Ok(time) })
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The steps of the rate (none in the closed model), and how long the hold phase is.
fn hold(arguments: &LoadArguments) -> Result<(Vec<RateStep>, Duration), Failure> {
    let asked = arguments.duration.as_deref();
    let length = bounded("--duration", asked.unwrap_or(USUAL))?;
    let steps = match &arguments.rate {
        None => Vec::new(),
        Some(text) if text.contains('@') => {
            if asked.is_some() {
                return Err(usage("--duration and a --rate with steps exclude each other: the duration is the sum of the steps. Leave --duration out".to_owned()));
            }
            text.split(',').map(|step| rate_step(text, step)).collect::<Result<Vec<_>, _>>()?
        }
        Some(text) => vec![RateStep { per_second: rate(text, text)?, for_us: micros(length) }],
    };
    let length = match steps.as_slice() {
        [] => length,
        steps => steps.iter().fold(Duration::ZERO, |sum, step| sum.saturating_add(Duration::from_micros(step.for_us))),
    };
    if length > LONGEST {
        let hours = LONGEST.as_secs() / 3_600;
        return Err(usage(format!("--rate: write steps of at most {hours}h together")));
    }
    if length < SHORTEST {
        return Err(usage(format!("--duration {}: write a time of at least 100ms", asked.unwrap_or_default())));
    }
    Ok((steps, length))
}

fn rate_step(whole: &str, text: &str) -> Result<RateStep, Failure> {
    let (per_second, time) = text.split_once('@').unwrap_or((text, ""));
    Ok(RateStep { per_second: rate(whole, per_second)?, for_us: micros(bounded("--rate", time)?) })
}

fn rate(whole: &str, text: &str) -> Result<f64, Failure> {
    let fail = || {
        usage(format!(
            "--rate {whole}: write a rate such as 200/s, at most {MOST_RATE}/s, or steps such as 100/s@30s,200/s@30s"
        ))
    };
    plain_rate(text).ok_or_else(fail)
}

/// A rate such as 200/s, in cycles a second.
pub(super) fn plain_rate(text: &str) -> Option<f64> {
    text.trim().strip_suffix("/s").and_then(plain_number).filter(|rate| *rate > 0.0 && *rate <= MOST_RATE)
}

/// Enough for answers within a second.
fn usual_workers(steps: &[RateStep]) -> u32 {
    let most = steps.iter().map(|step| step.per_second).fold(0.0, f64::max);
    match steps {
        [] => 8,
        _ => [64, 128, 250, 500].into_iter().find(|workers| f64::from(*workers) >= most).unwrap_or(1_000),
    }
}

fn model(steps: Vec<RateStep>, arrivals: Arrivals, workers: u64) -> LoadModel {
    let arrivals = match arrivals {
        Arrivals::Constant => ArrivalPattern::Constant,
        Arrivals::Poisson => ArrivalPattern::Poisson,
    };
    if steps.is_empty() { LoadModel::Closed { workers } } else { LoadModel::Open { steps, arrivals, workers } }
}

/// One name, or names with weights.
pub(super) fn mix<T>(
    option: &str,
    text: &str,
    find: fn(&str) -> Option<T>,
    names: &[&str],
) -> Result<Vec<(T, u32)>, Failure> {
    let item = |part: &str| {
        let (name, weight) = part.split_once('=').unwrap_or((part, "1"));
        let item = find(name.trim())?;
        weight.trim().parse::<u32>().ok().filter(|weight| (1..=1_000_000).contains(weight)).map(|weight| (item, weight))
    };
    let fail = || {
        let example = format!("{}=3,{}=1", names.first().unwrap_or(&""), names.last().unwrap_or(&""));
        usage(format!("{option} {text}: write one of {}, or a mix such as {example}", names.join(", ")))
    };
    text.split(',').map(|part| item(part).ok_or_else(fail)).collect()
}

fn ceilings(raised: &[String]) -> Result<Ceilings, Failure> {
    let mut ceilings = Ceilings::default();
    for text in raised {
        let fail = || usage(format!("--raise-ceiling {text}: write rate=20000, duration=4h or users=20000"));
        match text.split_once('=') {
            Some(("rate", value)) => ceilings.rate = plain_number(value).ok_or_else(fail)?,
            Some(("duration", value)) => ceilings.duration = bounded("--raise-ceiling", value)?,
            Some(("users", value)) => ceilings.workers = value.parse().map_err(|_| fail())?,
            _ => return Err(fail()),
        }
    }
    Ok(ceilings)
}

/// Connections need open files, and Linux often allows only 1024. Without this check, the target would be blamed.
pub(super) fn enough_files(needed: usize) -> Result<(), Failure> {
    // On other systems the limit is not known, so nothing is reported.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    match soft {
        Some(soft) if soft < needed => Err(usage(format!(
            "--users: these need {needed} open files, and {soft} are allowed: run `ulimit -n {needed}` first, or write fewer users"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        load: LoadArguments,
    }

    #[test]
    fn the_lag_of_the_generator_is_that_of_its_attestations_too() {
        let line = Line::parse_from(["load", "--generator-lag", "7s"]);
        let tolerance = Options::read(&line.load).unwrap_or_else(|why| panic!("{why}")).tolerance;
        assert_eq!((tolerance.lag, tolerance.crypto_queue), (Duration::from_secs(7), Duration::from_secs(7)));
    }

    #[test]
    fn what_is_too_long_is_refused_with_the_limit() {
        assert_eq!(bounded("--x", "8784h").ok(), Some(LONGEST));
        for text in ["8784.1h", "999999999999h", "99999999999999999ms"] {
            let refused = bounded("--x", text).expect_err("too long");
            assert_eq!((refused.exit, refused.to_string().ends_with("at most 8784h")), (Exit::Usage, true), "{text}");
        }
    }

    #[test]
    fn more_connections_than_files_are_told_before() {
        assert!(enough_files(1).is_ok());
        if std::path::Path::new("/proc/self/limits").exists() {
            assert!(enough_files(usize::MAX).is_err());
        }
    }

    #[test]
    fn mixes_rates_and_ceilings_are_read() {
        let protocols = |text: &str| mix("--x", text, Protocol::from_slug, &Protocol::ALL.map(Protocol::slug)).ok();
        assert_eq!(protocols("rest"), Some(vec![(Protocol::Rest, 1)]));
        assert_eq!(protocols("rest=2, grpc-web=5"), Some(vec![(Protocol::Rest, 2), (Protocol::GrpcWeb, 5)]));
        for text in ["", "soap", "rest=0", "rest=-1", "rest,", "rest=x"] {
            assert_eq!(protocols(text), None, "{text}");
        }
        let step = |text: &str| rate_step(text, text).ok().map(|step| (step.per_second, step.for_us));
        assert_eq!(step("12.5/s@1.5s"), Some((12.5, 1_500_000)));
        for text in ["12@1s", "0/s@1s", "-1/s@1s", "inf/s@1s", "1/s@", "1/s@0s", "1000001/s@1s", "1/s@8785h"] {
            assert_eq!(step(text), None, "{text}");
        }
        let raised = ceilings(&["rate=20000".to_owned(), "duration=4h".to_owned(), "users=5".to_owned()]).ok();
        let expected = Ceilings { rate: 20_000.0, duration: Duration::from_secs(14_400), workers: 5 };
        assert_eq!(raised, Some(expected));
        for text in ["rate", "rate=x", "time=1h", "users=-1", "duration=1"] {
            assert!(ceilings(&[text.to_owned()]).is_err(), "{text}");
        }
    }
}
