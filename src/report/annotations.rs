//! Workflow commands of GitHub Actions: a line each, shown on the page of the job.

use super::causes::{Cause, again, causes};
use super::text::{printable, shortened};
use crate::gate::Judged;
use crate::outcome::Verdict;

/// Commands of a kind; GitHub shows ten of a step.
const MOST: usize = 10;
/// Characters of what was expected or received.
const MOST_CHARACTERS: usize = 500;

/// One command for each cause that is not known, errors and warnings ten each; of more causes the last says how many there are.
pub fn annotations(judged: &Judged) -> String {
    let kinds: [(&str, &[Verdict]); 2] =
        [("error", &[Verdict::Fail, Verdict::Error]), ("warning", &[Verdict::Deviation])];
    let mut text = String::new();
    for (kind, verdicts) in kinds {
        let causes: Vec<(Verdict, Cause<'_>)> = verdicts
            .iter()
            .flat_map(|verdict| causes(judged, *verdict).into_iter().map(|cause| (*verdict, cause)))
            .collect();
        let shown = if causes.len() > MOST { MOST - 1 } else { causes.len() };
        for (verdict, cause) in causes.iter().take(shown) {
            text.push_str(&command(kind, *verdict, cause, judged.run.started.seed));
        }
        if causes.len() > shown {
            let more = causes.len() - shown;
            text.push_str(&format!("::{kind} title=proofmark::{more} more causes are in the summary above\n"));
        }
    }
    text
}

fn command(kind: &str, verdict: Verdict, cause: &Cause<'_>, seed: u64) -> String {
    let finding = cause.finding;
    let title = format!("{} {}: {}", verdict.name(), finding.reason.name(), finding.clause);
    let short = |text: &str| printable(&shortened(text, MOST_CHARACTERS));
    let mut lines = Vec::new();
    if let Some(first) = cause.records.first() {
        let more = match cause.records.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        lines.push(format!("{}{more}: {}", short(&first.id), short(&first.title)));
        lines.push(format!("expected: {}", short(&finding.expected)));
        lines.push(format!("received: {}", short(&finding.received)));
        lines.push(format!("again: {}", short(&again(first, seed))));
    }
    format!("::{kind} title={}::{}\n", property(&printable(&title)), data(&lines.join("\n")))
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
