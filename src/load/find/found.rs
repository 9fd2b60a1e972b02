//! The results of holds and searches.

use std::fmt;

use super::evidence::{RuleSeen, Verdict};

/// A rate that was held.
#[derive(Debug, Clone)]
pub struct Hold {
    /// From 1.
    pub number: usize,
    /// Cycles a second that were offered.
    pub rate: f64,
    /// Good cycles a second.
    pub achieved: f64,
    /// The result, with the holds of the same rate before it.
    pub seen: Seen,
    /// The rules, in the order of the objective.
    pub rules: Vec<RuleSeen>,
}

/// The result of a hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The objective was judged.
    Judged(Verdict),
    /// The generator was the limit, for these reasons: nothing is known about the target.
    Limited(Vec<String>),
    /// It was interrupted, and does not count as a hold.
    Interrupted,
}

/// Why a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The rate that is kept was confirmed, and the rate that is broken is close above it.
    Found,
    /// The highest rate that was allowed is kept.
    Top,
    /// Not even the first rate is kept.
    Bottom,
    /// The generator was the limit.
    Limited(Vec<String>),
    /// There were as many holds as are allowed.
    Spent,
    /// Ctrl-C.
    Interrupted,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Capacity {
    /// The highest rate that is kept.
    pub sustained: Option<f64>,
    /// Whether it was held once more by itself, and kept.
    pub confirmed: bool,
    /// The lowest rate above it that is broken.
    pub broken: Option<f64>,
    /// What broke there.
    pub first: Vec<RuleSeen>,
    /// Why the search ended.
    pub ending: Ending,
    /// Every hold.
    pub holds: Vec<Hold>,
}

impl fmt::Display for Hold {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, why) = match &self.seen {
            Seen::Judged(verdict) => (verdict.name(), String::new()),
            Seen::Limited(reasons) => ("generator limited", reasons.join("; ")),
            Seen::Interrupted => ("interrupted", String::new()),
        };
        write!(
            f,
            "hold {:>2}  {:>8}/s  {name:<12}  {:>8}/s achieved",
            self.number,
            short(self.rate),
            short(self.achieved)
        )?;
        match &self.seen {
            Seen::Judged(_) => self.rules.iter().try_for_each(|rule| write!(f, "  {rule}")),
            _ if why.is_empty() => Ok(()),
            _ => write!(f, "  {why}"),
        }
    }
}

impl fmt::Display for Capacity {
    /// A few lines: the interval, what broke first, and how sure it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.sustained.map(|rate| format!("{}/s", short(rate)));
        let broken = self.broken.map(|rate| format!("{}/s", short(rate)));
        match (&self.ending, &kept) {
            (Ending::Limited(reasons), kept) => {
                writeln!(f, "the generator was the bottleneck: {}", reasons.join("; "))?;
                let kept = kept.as_ref().map(|rate| format!("; {rate} was kept before"));
                return write!(f, "none of the figures describes the target{}", kept.unwrap_or_default());
            }
            (Ending::Interrupted, _) => write!(f, "interrupted: ")?,
            (Ending::Spent, _) => write!(f, "not finished within {} holds: ", self.holds.len())?,
            _ => {}
        }
        match (kept, broken) {
            (None, Some(broken)) => write!(f, "not even {broken} is sustained")?,
            (None, None) => write!(f, "no rate is known")?,
            (Some(kept), Some(broken)) => write!(f, "sustained {kept}, broken at {broken}")?,
            (Some(kept), None) if self.ending == Ending::Top => {
                write!(f, "sustained {kept}, and no higher rate was allowed")?;
            }
            (Some(kept), None) => write!(f, "sustained {kept}; the rate at which it breaks is not known")?,
        }
        let confirmed = if self.confirmed { "confirmed by a hold of its own" } else { "not confirmed" };
        if self.sustained.is_some() {
            write!(f, "; {confirmed}")?;
        }
        if !self.first.is_empty() {
            let rules: Vec<String> = self.first.iter().map(RuleSeen::to_string).collect();
            write!(f, "\nbroke first: {}", rules.join(", "))?;
        }
        Ok(())
    }
}

/// Up to one digit behind the point.
pub(super) fn short(rate: f64) -> String {
    let text = format!("{rate:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}
