//! Workflow commands of GitHub Actions: a line each, shown on the page of the job.

use super::causes::{Cause, ordered};
use super::text::{printable, shortened};
use super::{known, paste};
use crate::gate::Judged;
use crate::outcome::Verdict;

/// The most commands of a kind; GitHub shows ten for each step.
const MOST: usize = 10;
/// The most characters of one line of a message.
const MOST_CHARACTERS: usize = 500;

/// One command for each cause that is not known and each known deviation that needs a look, ten errors and ten warnings at most; if there
/// are more, the last one says how many.
pub fn annotations(judged: &Judged) -> String {
    let causes = ordered(judged);
    let is_warning = |cause: &&Cause<'_>| cause.verdict() == Verdict::Deviation;
    let annotation = |cause| of_cause(judged, cause);
    let mut errors: Vec<Annotation> = judged
        .run
        .stopped_words()
        .into_iter()
        .map(|words| Annotation::new("not everything was played", &[words]))
        .chain(known::problems(judged).map(|(_, words)| Annotation::new("known deviations", &[words])))
        .collect();
    errors.extend(causes.iter().filter(|cause| !is_warning(cause)).map(annotation));
    let warnings: Vec<Annotation> = causes.iter().filter(is_warning).map(annotation).collect();
    commands("error", &errors) + &commands("warning", &warnings)
}

struct Annotation {
    title: String,
    message: String,
}

impl Annotation {
    /// Made from texts that may come from the target.
    fn new(title: &str, lines: &[String]) -> Annotation {
        let short = |text: &String| printable(&shortened(text, MOST_CHARACTERS));
        Annotation { title: printable(title), message: lines.iter().map(short).collect::<Vec<_>>().join("\n") }
    }
}

fn of_cause(judged: &Judged, cause: &Cause<'_>) -> Annotation {
    let finding = cause.finding;
    let mut lines = Vec::new();
    if let Some(first) = cause.records.first() {
        let more = match cause.records.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        lines.push(format!("{}{more}: {}", first.id, first.title));
        lines.push(format!("expected: {}", finding.expected));
        lines.push(format!("received: {}", finding.received));
        lines.push(format!("again: {}", paste::replay(&judged.run.started, first)));
    }
    let severity = cause.severity().map(|severity| format!("{} ", severity.name())).unwrap_or_default();
    Annotation::new(&format!("{severity}{} {}", cause.verdict().name(), cause.name()), &lines)
}

fn commands(kind: &str, annotations: &[Annotation]) -> String {
    let shown = if annotations.len() > MOST { MOST - 1 } else { annotations.len() };
    let command = |one: &Annotation| format!("::{kind} title={}::{}\n", property(&one.title), data(&one.message));
    let mut text: String = annotations.iter().take(shown).map(command).collect();
    if annotations.len() > shown {
        let more = annotations.len() - shown;
        text.push_str(&format!("::{kind} title=proofmark::{more} more causes are in the summary above\n"));
    }
    text
}

/// A message, as the runner reads it back.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property, which colons and commas would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_property_or_a_line() {
        assert_eq!(property("a,b::c%\r\n"), "a%2Cb%3A%3Ac%25%0D%0A");
        assert_eq!(data("100%: a,\nb"), "100%25: a,%0Ab");
    }
}
