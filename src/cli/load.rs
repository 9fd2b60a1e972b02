//! `load`: many users enrol at once, and the target is held to thresholds.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{LoadArguments, seed_or_random};
use super::attest::format_named;
use super::exit::{Exit, Failure};
use super::serve::duration;
use super::{embedded, output};
use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::load::{self, LoadError, LoadUser, Plan, Progress, Stop, Summary, Thresholds};
use crate::runner::target::Target;
use crate::runner::target_file::{self, Surroundings};

/// The shortest attack.
const SHORTEST: Duration = Duration::from_millis(100);

/// Open files beside connections: the process's own, and some of each library.
const OTHER_FILES: usize = 64;

/// Attacks, prints the result, and gives the exit code of the thresholds.
pub async fn load(arguments: LoadArguments) -> Result<Exit, Failure> {
    let options = Options::read(&arguments)?;
    let embedded;
    let target = match &arguments.target {
        Some(path) => {
            peek(path, arguments.allow_remote.as_deref())?;
            let needed = |_: &[Flow], _: &[Protocol]| options.users.max(2);
            let surroundings = Surroundings { variable: &|name| std::env::var(name).ok(), subjects_needed: &needed };
            target_file::load(path, &surroundings).await.map_err(Failure::config)?
        }
        None => {
            embedded = embedded::start(options.users, options.seed, None, &[]).await?;
            embedded.target()
        }
    };
    let plan = options.plan(target, arguments.allow_remote)?;
    output::line(&load::header(&plan));
    let mut display = Display::new(plan.duration);
    let stop = Stop::new(|| std::process::exit(130));
    let ended = load::run(plan, &stop, &mut |progress| display.show(progress, &stop)).await;
    display.close();
    let summary = ended.map_err(failure)?;
    let judged = options.thresholds.judge(&summary);
    output::print(&load::render(&summary, &judged));
    gate(&summary, judged.iter().all(|threshold| threshold.met))
}

/// Precedence: 70, 130, 8, 0.
fn gate(summary: &Summary, met: bool) -> Result<Exit, Failure> {
    match summary.uncounted() {
        0 if summary.interrupted => Ok(Exit::Interrupted),
        0 if !met => Ok(Exit::Threshold),
        0 => Ok(Exit::Green),
        lost => {
            Err(Failure::text(Exit::Internal, format!("{lost} registrations are in no cycle: the numbers are wrong")))
        }
    }
}

fn failure(error: LoadError) -> Failure {
    let exit = match error {
        LoadError::Remote(_) | LoadError::Bounds { .. } => Exit::Usage,
        LoadError::Transport(_) => Exit::Config,
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

/// The command line, checked.
struct Options {
    users: usize,
    duration: Duration,
    flow: Flow,
    format: Format,
    thresholds: Thresholds,
    seed: u64,
}

impl Options {
    fn read(arguments: &LoadArguments) -> Result<Options, Failure> {
        let users = usize::try_from(arguments.users).unwrap_or(usize::MAX);
        let time = duration("--duration", &arguments.duration)?;
        if !(SHORTEST..=load::LONGEST).contains(&time) {
            return Err(usage(format!("--duration {}: write a time from 100ms to 1h", arguments.duration)));
        }
        // An embedded server has the other end of every connection.
        let ends = if arguments.target.is_some() { 1 } else { 2 };
        enough_files(users * ends + OTHER_FILES)?;
        Ok(Options {
            users,
            duration: time,
            flow: flow(&arguments.flow)?,
            format: format_named(&arguments.format)?,
            thresholds: Thresholds {
                max_error_rate: share("--max-error-rate", &arguments.max_error_rate)?,
                p99: arguments.p99.as_deref().map(|text| duration("--p99", text)).transpose()?,
            },
            seed: seed_or_random(arguments.seed),
        })
    }

    fn plan(&self, target: Target, allowed_host: Option<String>) -> Result<Plan, Failure> {
        let config = |text: String| Err(Failure::text(Exit::Config, text));
        if !target.flows.contains(&self.flow) {
            return config(format!(
                "{} does not offer {}: add it to `flows`, or choose another --flow",
                target.name, self.flow
            ));
        }
        if !target.protocols.contains(&Protocol::Rest) {
            return config(format!(
                "{} does not offer rest, over which load is sent: add it to `protocols`",
                target.name
            ));
        }
        let subjects = target.accounts.subjects;
        if subjects.len() < self.users {
            return config(format!(
                "{} has {} subjects, and each of the {} workers needs one of its own: add subjects, or write --users {}",
                target.name,
                subjects.len(),
                self.users,
                subjects.len()
            ));
        }
        let user =
            |subject: crate::runner::target::Subject| LoadUser { user_id: subject.user_id, token: subject.token };
        Ok(Plan {
            name: target.name,
            address: target.web,
            allowed_host,
            limits: target.limits,
            rp_id: target.rp_id,
            origin: target.origin,
            flow: self.flow,
            format: self.format,
            users: subjects.into_iter().take(self.users).map(user).collect(),
            duration: self.duration,
            seed: self.seed,
        })
    }
}

fn usage(text: String) -> Failure {
    Failure::text(Exit::Usage, text)
}

fn flow(slug: &str) -> Result<Flow, Failure> {
    let names = || Flow::ALL.map(Flow::slug).join(", ");
    Flow::from_slug(slug)
        .ok_or_else(|| usage(format!("--flow {slug}: there is no such flow; write one of {}", names())))
}

/// A percentage as a share of 0 to 1.
fn share(option: &str, text: &str) -> Result<f64, Failure> {
    let is_plain = |number: &&str| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let percent = text.strip_suffix('%').filter(is_plain).and_then(|number| number.parse::<f64>().ok());
    match percent {
        Some(percent) if percent <= 100.0 => Ok(percent / 100.0),
        _ => Err(usage(format!("{option} {text}: write a percentage from 0% to 100%, such as 0.1%"))),
    }
}

/// Connections need open files, of which Linux often allows 1024; without this, the target would be blamed.
fn enough_files(needed: usize) -> Result<(), Failure> {
    // Elsewhere nothing is known, and nothing is said.
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    match soft {
        Some(soft) if soft < needed => Err(usage(format!(
            "--users: so many need {needed} open files, and {soft} are allowed: write `ulimit -n {needed}` before, or fewer users"
        ))),
        _ => Ok(()),
    }
}

/// A bar on a terminal, nothing elsewhere.
struct Display {
    bar: Option<ProgressBar>,
    told: bool,
}

impl Display {
    fn new(duration: Duration) -> Display {
        let bar = output::is_watched().then(|| {
            let bar = ProgressBar::with_draw_target(Some(duration.as_secs()), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} s  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Display { bar, told: false }
    }

    fn show(&mut self, progress: &Progress, stop: &Stop) {
        if stop.is_stopped() && !self.told {
            self.told = true;
            output::note("interrupted: waiting for what is under way (once more to leave at once)");
        }
        let Some(bar) = &self.bar else { return };
        let p99 = progress.verify_p99.as_secs_f64() * 1000.0;
        let end = if progress.draining { ", ending" } else { "" };
        bar.set_message(format!("{} cycles, {} errors, verify p99 {p99:.2} ms{end}", progress.cycles, progress.failed));
        bar.set_position(progress.elapsed.as_secs());
    }

    fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages() {
        for (text, expected) in [("0%", 0.0), ("0.1%", 0.001), ("100%", 1.0), ("5.%", 0.05)] {
            assert_eq!(share("--x", text).ok(), Some(expected), "{text}");
        }
        for text in ["", "%", "1", "101%", "-1%", "NaN%", "inf%", "1e1%", "1 %", ".%"] {
            assert!(share("--x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn formats_have_two_names() {
        assert_eq!(format_named("packed").ok(), Some(Format::PackedSelf));
        assert_eq!(format_named("packed-self").ok(), Some(Format::PackedSelf));
        assert_eq!(format_named("none").ok(), Some(Format::None));
        assert!(format_named("u2f").is_err());
    }

    #[test]
    fn more_connections_than_files_are_told_before() {
        assert!(enough_files(1).is_ok());
        if std::path::Path::new("/proc/self/limits").exists() {
            assert!(enough_files(usize::MAX).is_err());
        }
    }
}
