//! What a run is going to need: subjects, calls, time.

use std::fmt;
use std::time::Duration;

use crate::runner::estimate::Effort;
use crate::scenario::{Demand, Plan};

/// How many of the tests that are left out are named.
const LISTED: usize = 8;

/// How long proofmark itself works for a call on a machine of two cores, since it uses all cores: to make a credential, to examine the
/// answer, to write the record.
const OWN: Duration = Duration::from_micros(150);

/// How long a call takes, and how that is known.
#[derive(Debug, Clone, Copy)]
pub enum CallTime {
    /// As on the command line.
    Assumed(Duration),
    /// As measured in the preflight.
    Measured(Duration),
}

/// What a plan needs.
pub struct Forecast {
    demand: Demand,
    effort: Effort,
    tests: usize,
    cases: usize,
    apart: usize,
    /// How many tests run at a time.
    pub concurrency: usize,
    /// How long a call takes, if that is known.
    pub call_time: Option<CallTime>,
    /// Subjects that can be used, if that is known.
    pub there: Option<usize>,
    /// The tests that were left out because there were too few subjects.
    pub left_out: Vec<String>,
}

impl Forecast {
    /// For a plan whose subjects are not known.
    pub fn new(plan: &Plan, concurrency: usize) -> Forecast {
        Forecast {
            demand: plan.demand(),
            effort: Effort::of(plan),
            tests: plan.played().count(),
            cases: plan.cases(),
            apart: plan.subjects(),
            concurrency,
            call_time: None,
            there: None,
            left_out: Vec::new(),
        }
    }

    /// How long everything takes: the calls of the target, and the work of proofmark for each of them.
    fn whole(&self, call_time: Duration) -> Duration {
        let own = OWN.saturating_mul(u32::try_from(self.effort.calls).unwrap_or(u32::MAX));
        self.effort.duration(call_time, self.concurrency).saturating_add(own)
    }

    fn subjects(&self) -> String {
        let Demand { fresh, own, shared } = self.demand;
        let needed = self.demand.subjects(self.concurrency);
        let there = self.there.map(|there| format!(", {there} at hand")).unwrap_or_default();
        format!(
            "{needed} are enough{there}: {fresh} that were never used, {own} that serve one case only, and the others for {shared} \
             tests and controls that share them ({} if no subject were shared)",
            self.apart
        )
    }
}

impl fmt::Display for Forecast {
    /// A few labelled lines, without an end of line after the last.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Effort { calls, longest } = self.effort;
        writeln!(f, "plan      {} tests of {} cases", self.tests, self.cases)?;
        writeln!(f, "subjects  {}", self.subjects())?;
        write!(
            f,
            "calls     about {calls}, from {} tests at a time (--jobs); the longest test makes {longest} calls in sequence",
            self.concurrency
        )?;
        if let Some(call_time) = self.call_time {
            let (time, how) = match call_time {
                CallTime::Assumed(time) => (time, "assumed: --call-time"),
                CallTime::Measured(time) => (time, "measured just now"),
            };
            let whole = about(self.whole(time));
            write!(f, "\ntime      {whole} at {} a call ({how})", short(time))?;
        }
        if !self.left_out.is_empty() {
            let mut names = self.left_out.iter().take(LISTED).cloned().collect::<Vec<_>>().join(", ");
            if self.left_out.len() > LISTED {
                names = format!("{names}, and {} more", self.left_out.len() - LISTED);
            }
            write!(f, "\nleft out  too few subjects that were never used, so the run is partial: {names}")?;
        }
        Ok(())
    }
}

/// A time of a call.
fn short(time: Duration) -> String {
    if time.as_millis() < 10 {
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{} ms", time.as_millis())
    }
}

/// A time in words: `4 min 10 s`, `9 s`.
pub fn spoken(time: Duration) -> String {
    let seconds = time.as_secs_f64().round();
    let seconds = Duration::try_from_secs_f64(seconds).map_or(0, |time| time.as_secs());
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// A time as an estimate: `about 9 s`; never `about 0 s`.
pub fn about(time: Duration) -> String {
    if time < Duration::from_millis(500) { "less than 1 s".to_owned() } else { format!("about {}", spoken(time)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spoken() {
        for (millis, words) in [(0, "0 s"), (59_400, "59 s"), (59_600, "1 min 0 s"), (3_723_000, "62 min 3 s")] {
            assert_eq!(spoken(Duration::from_millis(millis)), words);
        }
        assert_eq!(about(Duration::from_millis(499)), "less than 1 s");
        assert_eq!(about(Duration::from_millis(500)), "about 1 s");
        assert_eq!(
            (short(Duration::from_micros(1_250)), short(Duration::from_millis(200))),
            ("1.2 ms".into(), "200 ms".into())
        );
    }
}
