//! `lint`: checks the suites against the registration catalogue and the clauses.

use super::exit::{Exit, Failure};
use super::output;
use crate::runner;
use crate::scenario::catalogue::{Catalogue, Counts};

/// Prints how each group of the catalogue is covered, then everything that is wrong.
pub fn lint() -> Result<Exit, Failure> {
    let catalogue = Catalogue::embedded().map_err(Failure::config)?;
    output::print(&table(&catalogue));
    let wrong = catalogue.lint(&runner::checked_clauses());
    for line in &wrong {
        output::line(line);
    }
    if wrong.is_empty() {
        output::line(
            "catalogue = cases + checks + exclusions; every clause has a case, a check or a written exclusion",
        );
        return Ok(Exit::Green);
    }
    Err(Failure::text(Exit::Config, format!("{} of the above", wrong.len())))
}

/// The groups of the catalogue and how each is covered.
fn table(catalogue: &Catalogue) -> String {
    let rows = catalogue.counts();
    let mut total = Counts::default();
    rows.iter().for_each(|(_, counts)| total += *counts);
    let mut text = format!(
        "{:14} {:>6} {:>12} {:>12} {:>5} {:>8} {:>9}\n",
        "group", "cases", "to refuse", "to accept", "may", "checked", "excluded"
    );
    for (group, counts) in rows.iter().map(|(group, counts)| (group.as_str(), counts)).chain([("all", &total)]) {
        let Counts { cases, must_reject, must_accept, may, checked, excluded, .. } = counts;
        text.push_str(&format!(
            "{group:14} {cases:>6} {must_reject:>12} {must_accept:>12} {may:>5} {checked:>8} {excluded:>9}\n"
        ));
    }
    text
}
