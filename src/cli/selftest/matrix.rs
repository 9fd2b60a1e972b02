//! The kill matrix: which cases found which defect, and what was reported although nothing is wrong with it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::trial::{Aim, Outcome, Played};
use crate::contract::clause;
use crate::outcome::{CaseRecord, Profile, Reason, Verdict};
use crate::report::printable;
use crate::server::defect::Shows;

/// How many cases a line names; the others are counted.
const NAMED: usize = 3;

/// Every trial and what came of it.
#[derive(Debug)]
pub struct Matrix {
    /// Seed of keys and ids.
    pub seed: u64,
    /// The trials that were played, in their order.
    pub played: Vec<Played>,
    /// How many were not played, because the self-test was interrupted.
    pub unplayed: usize,
    /// How long all of them took.
    pub elapsed: Duration,
}

/// Compares what was found with what has to be found.
pub fn outcome(aim: Aim, cases: &[CaseRecord]) -> Outcome {
    match aim {
        Aim::Green => {
            let is_good = |case: &CaseRecord| {
                case.verdict == Verdict::Pass || (case.verdict, case.reason) == (Verdict::Skip, Reason::NotDeclared)
            };
            let bad: Vec<String> =
                cases.iter().filter(|case| !is_good(case)).map(|case| seen(&case.id, case)).collect();
            // If every test was skipped, the trial shows nothing.
            let any = cases.iter().any(|case| case.verdict == Verdict::Pass);
            if bad.is_empty() && any { Outcome::Green } else { Outcome::Red(bad) }
        }
        Aim::Red { clause, shows } => {
            let wanted = if shows == Shows::Deviation { Verdict::Deviation } else { Verdict::Fail };
            // What a defect shows does not depend on the profile of the run, so the verdict under the default profile counts.
            let is_kill = |case: &&CaseRecord| {
                case.reason.verdict(Profile::Webauthn) == wanted
                    && case.findings.first().is_some_and(|finding| clause::includes(clause, &finding.clause))
            };
            let mut kills: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
            for case in cases {
                let (red, all) = kills.entry(&case.case).or_default();
                *red += usize::from(is_kill(&case));
                // A comparison of protocols is not a test; it counts only if it is red itself.
                *all += usize::from(case.protocol != "all" || is_kill(&case));
            }
            kills.retain(|_, (red, _)| *red > 0);
            if !kills.is_empty() {
                return Outcome::Killed(kills.into_iter().map(|(id, (red, all))| (id.to_owned(), red, all)).collect());
            }
            let red = cases.iter().filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::Skip));
            let mut red: Vec<String> = red.map(|case| seen(&case.case, case)).collect();
            red.dedup();
            if red.is_empty() { Outcome::Survived } else { Outcome::WrongReason(red) }
        }
    }
}

fn seen(id: &str, case: &CaseRecord) -> String {
    let clause = case.findings.first().map_or("no clause", |finding| &finding.clause);
    let received = case.findings.first().map_or("", |finding| &finding.received);
    printable(&format!("{id} ({}, {clause}: {received})", case.reason.name()))
}

impl Matrix {
    /// Whether every defect was killed for its clause, and nothing else is red. Defects that only load can see are left out.
    pub fn is_green(&self) -> bool {
        let is_good =
            |outcome: &Outcome| matches!(outcome, Outcome::Killed(_) | Outcome::Green | Outcome::OnlyUnderLoad);
        self.unplayed == 0 && self.played.iter().all(|played| is_good(&played.outcome))
    }

    /// The matrix for people: the defects and the cases that kill them, then what went wrong, then the sums.
    pub fn text(&self) -> String {
        let mut text = String::from(
            "kill matrix: each defect, the clause that it breaks, and the cases that are red because of it\n",
        );
        self.table(&mut text, |outcome| match outcome {
            Outcome::Killed(cases) => Some(killers(cases)),
            _ => None,
        });
        self.section(&mut text, "survivors: no case is red", |outcome| (*outcome == Outcome::Survived).then(Vec::new));
        self.section(&mut text, "found for another reason: cases are red, but none for the clause", |outcome| {
            match outcome {
                Outcome::WrongReason(seen) => Some(seen.clone()),
                _ => None,
            }
        });
        self.section(&mut text, "only under load: a run does not judge how fast a server is (see `load`)", |outcome| {
            (*outcome == Outcome::OnlyUnderLoad).then(Vec::new)
        });
        text.push_str("\nhave to stay green\n");
        self.table(&mut text, |outcome| (*outcome == Outcome::Green).then(|| "green".to_owned()));
        self.section(&mut text, "reported as wrong, but nothing is wrong", |outcome| match outcome {
            Outcome::Red(seen) => Some(seen.clone()),
            _ => None,
        });
        text.push_str(&self.sums());
        text
    }

    fn table(&self, text: &mut String, words: impl Fn(&Outcome) -> Option<String>) {
        let rows: Vec<[String; 3]> = self
            .played
            .iter()
            .filter_map(|played| {
                let last = words(&played.outcome)?;
                let (middle, last) = match played.trial.aim {
                    Aim::Red { clause, .. } => (clause.to_owned(), last),
                    Aim::Green => (last, format!("{} tests", played.tests)),
                };
                Some([played.trial.name.to_owned(), middle, last])
            })
            .collect();
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        for [name, middle, last] in &rows {
            // Writing to a `String` can't fail.
            writeln!(text, "  {name:first$}  {middle:second$}  {last}").unwrap_or_default();
        }
    }

    fn section(&self, text: &mut String, title: &str, lines: impl Fn(&Outcome) -> Option<Vec<String>>) {
        let found: Vec<(&Played, Vec<String>)> =
            self.played.iter().filter_map(|played| Some((played, lines(&played.outcome)?))).collect();
        if found.is_empty() {
            return;
        }
        writeln!(text, "\n{title}").unwrap_or_default();
        for (played, lines) in found {
            let clause = match played.trial.aim {
                Aim::Red { clause, .. } => format!(" (breaks {clause})"),
                Aim::Green => String::new(),
            };
            writeln!(text, "  {}{clause}", played.trial.name).unwrap_or_default();
            for line in lines.iter().take(NAMED) {
                writeln!(text, "    {line}").unwrap_or_default();
            }
            if lines.len() > NAMED {
                writeln!(text, "    and {} more", lines.len() - NAMED).unwrap_or_default();
            }
        }
    }

    fn sums(&self) -> String {
        let count = |fits: fn(&Outcome) -> bool| self.played.iter().filter(|played| fits(&played.outcome)).count();
        let killed = count(|outcome| matches!(outcome, Outcome::Killed(_)));
        let survived = count(|outcome| *outcome == Outcome::Survived);
        let otherwise = count(|outcome| matches!(outcome, Outcome::WrongReason(_)));
        let load = count(|outcome| *outcome == Outcome::OnlyUnderLoad);
        let green = count(|outcome| *outcome == Outcome::Green);
        let red = count(|outcome| matches!(outcome, Outcome::Red(_)));
        let undone = self.unplayed + count(|outcome| *outcome == Outcome::Interrupted);
        let undone =
            if undone == 0 { String::new() } else { format!("interrupted: {undone} trials were not played\n") };
        let tests: usize = self.played.iter().map(|played| played.tests).sum();
        format!(
            "\n{killed} of {} defects killed for their clause, {survived} survived, {otherwise} found for another reason; \
             {load} only under load\n{green} of {} that have to stay green are green (variants and the clean server)\n\
             {undone}{tests} tests in {:.1} s, seed {}\n",
            killed + survived + otherwise,
            green + red,
            self.elapsed.as_secs_f64(),
            self.seed
        )
    }
}

fn killers(cases: &[(String, usize, usize)]) -> String {
    let named = cases.iter().take(NAMED).map(|(case, red, all)| format!("{case} ({red} of {all})"));
    let named = named.collect::<Vec<_>>().join(", ");
    match cases.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named}, and {more} more"),
    }
}
