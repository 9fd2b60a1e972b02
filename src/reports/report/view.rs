//! How a summary is shown, and the colours of a terminal.

use crate::contract::clause::Severity;
use crate::outcome::Verdict;

/// How a summary is shown.
#[derive(Debug, Clone)]
pub struct View {
    /// Columns at which text is broken, at least 40.
    pub width: usize,
    /// Whether words have colours.
    pub colour: bool,
    /// How many causes are shown in full; the others only by name.
    pub full: usize,
    /// Only the verdict, and a line for each cause.
    pub brief: bool,
    /// The event stream that the run wrote, as a word of a shell; `None` if it is not known.
    pub stream: Option<String>,
}

impl Default for View {
    /// For a file: 80 columns, without colours.
    fn default() -> View {
        View { width: 80, colour: false, full: 40, brief: false, stream: None }
    }
}

/// A colour that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Bad,
    Grave,
    Warning,
    Good,
    Quiet,
    Strong,
}

impl Tone {
    pub(super) const fn of(verdict: Verdict) -> Tone {
        match verdict {
            Verdict::Fail => Tone::Bad,
            Verdict::Error | Verdict::Deviation => Tone::Warning,
            Verdict::Skip => Tone::Quiet,
            Verdict::Pass => Tone::Good,
        }
    }

    pub(super) const fn of_severity(severity: Option<Severity>) -> Tone {
        match severity {
            Some(Severity::Critical) => Tone::Grave,
            Some(Severity::High) => Tone::Bad,
            Some(Severity::Medium) => Tone::Warning,
            Some(Severity::Low) | None => Tone::Quiet,
        }
    }
}

impl View {
    /// Our own words in a colour. What comes from outside is never coloured: its escapes are made visible first.
    pub(super) fn paint(&self, tone: Tone, words: &str) -> String {
        let code = match tone {
            Tone::Bad => "31",
            Tone::Grave => "1;31",
            Tone::Warning => "33",
            Tone::Good => "32",
            Tone::Quiet => "2",
            Tone::Strong => "1",
        };
        if self.colour && !words.is_empty() { format!("\u{1b}[{code}m{words}\u{1b}[0m") } else { words.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_there_only_where_they_are_wanted() {
        let (plain, coloured) = (View::default(), View { colour: true, ..View::default() });
        assert_eq!(plain.paint(Tone::Bad, "fail"), "fail");
        assert_eq!(coloured.paint(Tone::Bad, "fail"), "\u{1b}[31mfail\u{1b}[0m");
        assert_eq!(coloured.paint(Tone::Bad, ""), "");
    }
}
