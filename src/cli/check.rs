//! `check`: checks one by one what a run assumes about its target.

use serde::Serialize;

use super::accounts::{Keeper, Teller};
use super::args::{CheckArguments, CheckForm};
use super::exit::{Exit, Failure};
use super::values::seed_or_random;
use super::{defaults, embedded, leases, output, values};
use crate::report::printable;
use crate::runner::Settings;
use crate::runner::doctor::{Counts, check as look};
use crate::runner::preflight::{Grade, Line};
use crate::runner::target_file::{self, Surroundings};

/// How many subjects are looked at, as far as other runs leave them free.
const MOST_SUBJECTS: usize = 200;
/// Width of the column that says what a line is about.
const ABOUT: usize = 16;
/// Variables in which other programs look for proxies.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"];

/// Looks at the target, prints each finding, and says by the exit code whether a run can begin.
pub async fn check(arguments: CheckArguments) -> Result<Exit, Failure> {
    let timeout = arguments.timeout.as_deref().map(|text| values::duration("--timeout", text)).transpose()?;
    let teller = Teller::new(arguments.format != CheckForm::Text);
    let surroundings = Surroundings {
        variable: &|name| std::env::var(name).ok(),
        subjects_needed: &|_, _| 2,
        tell: &|progress| teller.tell(progress),
    };
    let none = || Failure::text(Exit::Usage, "name the target file: --target FILE (`proofmark init URL` writes one)");
    let path = arguments.target.clone().or_else(defaults::target).ok_or_else(none)?;
    let mut target = target_file::load(&path, &surroundings).await.map_err(Failure::config)?;
    if let Some(timeout) = timeout {
        target.limits.timeout = timeout;
    }
    let asked = leases::Asked {
        what: "check",
        least: 2,
        most: MOST_SUBJECTS,
        patience: leases::patience(None)?,
        quiet: arguments.format != CheckForm::Text,
        enough: usize::MAX,
        together: None,
    };
    leases::hold(&mut target.accounts, &asked).await?;
    let settings = Settings { seed: seed_or_random(arguments.seed), concurrency: 1, now: embedded::now() };
    let mut lines = Vec::new();
    let is_text = arguments.format == CheckForm::Text;
    if is_text && let Some(name) = PROXIES.into_iter().find(|name| std::env::var_os(name).is_some()) {
        output::note(&format!("{name} is set, but it is not used: calls go directly to the target"));
    }
    let counts = look(&target, settings, !arguments.no_enrolment, &mut |line| {
        if is_text {
            output::print(&line_of(line));
        }
        lines.push(line.clone());
    })
    .await;
    Keeper::new(&target.accounts, false, true).close().await;
    if is_text {
        output::line(&summary(counts));
    } else {
        let document = Document { target: &target.name, base_url: target.base_url(), lines, problems: counts.problems };
        output::line(&serde_json::to_string_pretty(&document).map_err(Failure::internal)?);
    }
    Ok(if counts.problems > 0 { Exit::Preflight } else { Exit::Green })
}

/// The form for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    target: &'a str,
    base_url: &'a str,
    lines: Vec<Line>,
    problems: usize,
}

/// A finding, and beneath it how to fix it.
pub fn line_of(line: &Line) -> String {
    let Line { grade, about, text, fix, .. } = line;
    let text = format!("{:<9}{about:<ABOUT$} {}\n", grade.name(), printable(text));
    if fix.is_empty() { text } else { format!("{text}{:<9}{:<ABOUT$} fix: {}\n", "", "", printable(fix)) }
}

fn summary(counts: Counts) -> String {
    let Counts { ok, notes, problems } = counts;
    let of = |count: usize, name: &str| if count == 1 { format!("1 {name}") } else { format!("{count} {name}s") };
    let counted = format!("{ok} ok, {}, {}", of(notes, Grade::Note.name()), of(problems, Grade::Problem.name()));
    match problems {
        0 => format!("checked  {counted}: a run can begin"),
        _ => format!("checked  {counted}: fix the set-up, then check again; this is not a verdict on the target"),
    }
}
