//! `reasons`: entries of a target's reason map, proposed from a recorded run.

use std::fmt::Write as _;

use super::args::{ReasonsArguments, ReasonsVerb};
use super::exit::{Exit, Failure};
use super::{output, stream};
use crate::outcome::RunRecord;
use crate::report::printable;
use crate::runner::judge::rejudge;
use crate::runner::judge::suggest::{Suggestion, suggest};
use crate::runner::target_file;

/// How many clauses are listed for a refusal that may stand for many.
const LISTED: usize = 6;

/// Does what the verb says.
pub fn reasons(arguments: &ReasonsArguments) -> Result<Exit, Failure> {
    let ReasonsVerb::Suggest { stream, target } = &arguments.verb;
    let run = stream::read("reasons suggest", stream.path())?;
    let known = match target {
        Some(path) => target_file::reasons(path).map_err(Failure::config)?,
        None => rejudge::recorded_reasons(&run),
    };
    let suggestions = suggest(&run, &known);
    if suggestions.is_empty() {
        output::note("no refusal of the run is unattributed; there is nothing to add to [reasons]");
        return Ok(Exit::Green);
    }
    // If the file has a table [reasons] already, its header is not written again.
    let begun = known.entries().next().is_some();
    output::print(&text(&run, &suggestions, begun));
    output::note(&summary(&suggestions, begun));
    Ok(Exit::Green)
}

fn summary(suggestions: &[Suggestion], begun: bool) -> String {
    let count = |decided: bool| {
        let these = || suggestions.iter().filter(|suggestion| suggestion.clause.is_ok() == decided);
        (these().count(), these().map(|suggestion| suggestion.refusals).sum::<usize>())
    };
    let ((lines, refusals), (open, open_refusals)) = (count(true), count(false));
    let place = if begun { "under [reasons] of the target file" } else { "into the target file" };
    let mut text = format!("{lines} entries for {refusals} refusals: check them, then paste them {place}");
    if open > 0 {
        write!(text, "; {open} more, for {open_refusals} refusals, are left to you: the run can't decide them")
            .unwrap_or_default();
    }
    text
}

fn text(run: &RunRecord, suggestions: &[Suggestion], begun: bool) -> String {
    let started = &run.started;
    let mut text = format!(
        "# What refusals of {} mean, according to a run with seed {}.\n",
        printable(&started.target),
        started.seed
    );
    text.push_str(if begun { "# Add these lines to the existing [reasons].\n" } else { "[reasons]\n" });
    for suggestion in suggestions {
        match &suggestion.clause {
            Ok(clause) => proposed(&mut text, suggestion, clause),
            Err(why) => left_open(&mut text, suggestion, why),
        }
    }
    text
}

// Writing to a `String` can't fail.
fn proposed(text: &mut String, suggestion: &Suggestion, clause: &str) {
    let Suggestion { pattern, refusals, said, met, .. } = suggestion;
    let example = met.first().map(|met| met.example.as_str()).unwrap_or_default();
    writeln!(text, "# {}, such as {}: {}", times(*refusals), printable(example), printable(said)).unwrap_or_default();
    writeln!(text, "{} = {}", quoted(pattern), quoted(clause)).unwrap_or_default();
}

fn left_open(text: &mut String, suggestion: &Suggestion, why: &str) {
    let Suggestion { pattern, refusals, said, met, .. } = suggestion;
    writeln!(text, "\n# Not proposed: {why}.\n# {}: {}", times(*refusals), printable(said)).unwrap_or_default();
    for met in met.iter().take(LISTED) {
        let example = printable(&met.example);
        writeln!(text, "#   {} {}, such as {example}", met.refusals, printable(&met.clause)).unwrap_or_default();
    }
    if met.len() > LISTED {
        writeln!(text, "#   ... and for {} more clauses", met.len() - LISTED).unwrap_or_default();
        return;
    }
    let clauses: Vec<String> = met.iter().map(|met| quoted(&met.clause)).collect();
    writeln!(text, "# If it stands for all of these clauses: {} = [{}]", quoted(pattern), clauses.join(", "))
        .unwrap_or_default();
}

fn times(refusals: usize) -> String {
    if refusals == 1 { "1 refusal".to_owned() } else { format!("{refusals} refusals") }
}

/// A basic string of TOML, written as a JSON string; everything that a terminal would take for a command is escaped.
fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    safe.push('"');
    for character in text.chars() {
        let shown = character.to_string();
        match character {
            '"' | '\\' => safe.extend(['\\', character]),
            _ if printable(&shown) == shown => safe.push(character),
            // Writing to a `String` can't fail.
            _ => write!(safe, "\\U{:08X}", u32::from(character)).unwrap_or_default(),
        }
    }
    safe.push('"');
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_reads_back_as_it_was() {
        for text in ["WEBAUTHN-origin", "a\"b\\c'", "line\nbreak\u{1b}[31m\u{7f}", "\u{202e}\u{fc}\u{1f511}", ""] {
            let quoted = quoted(text);
            assert_eq!(printable(&quoted), quoted);
            let line: toml_edit::DocumentMut = format!("{quoted} = 1").parse().expect("TOML");
            assert_eq!(line.iter().map(|(key, _)| key).collect::<Vec<_>>(), [text]);
        }
    }
}
