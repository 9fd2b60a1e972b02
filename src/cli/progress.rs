//! What a run shows while it goes on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::forecast::about;
use super::output;
use crate::gate::{Rules, Standing};
use crate::outcome::{CaseRecord, Event, Reason, Verdict};
use crate::report::{self, View};

/// How often a line shows the progress of a run if there is no bar.
const EVERY: Duration = Duration::from_secs(10);

/// How many failures with one reason and one clause are shown as they happen.
const ALIKE: usize = 3;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Nothing.
    Nothing,
    /// Failures and errors, the first of each kind.
    Failures,
    /// Every test.
    All,
}

/// On a terminal a bar, elsewhere a progress line now and then; with both, failures and errors as they happen.
pub struct Display {
    bar: Option<ProgressBar>,
    show: Show,
    has_printed: bool,
    view: View,
    /// How many failures with a reason and a clause there were.
    alike: HashMap<(Reason, String), usize>,
    progress: Progress,
}

/// The progress of a run.
struct Progress {
    begun: Instant,
    told: Instant,
    done: usize,
    of: usize,
    bad: Bad,
    /// Whether lines show it.
    is_told: bool,
}

/// What went wrong so far. Known deviations do not count.
#[derive(Default, Clone, Copy)]
struct Bad {
    failed: usize,
    errors: usize,
}

impl Bad {
    /// Such as `3 failed, 1 error`; `None` if nothing went wrong.
    fn words(self) -> Option<String> {
        let errors = proofmark_support::words::plural(self.errors, "error");
        match (self.failed, self.errors) {
            (0, 0) => None,
            (0, _) => Some(errors),
            (failed, 0) => Some(format!("{failed} failed")),
            (failed, _) => Some(format!("{failed} failed, {errors}")),
        }
    }
}

impl Display {
    pub fn new(show: Show, tests: usize, fuzzes: bool) -> Display {
        let bar = (output::is_watched() && show != Show::Nothing).then(|| {
            let length = u64::try_from(tests).unwrap_or(u64::MAX);
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
            let template =
                if fuzzes { "fuzzing {msg} {elapsed}" } else { "{wide_bar} {pos}/{len} {msg} {elapsed}, {eta} left" };
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let (now, is_told) = (Instant::now(), show != Show::Nothing && !fuzzes);
        let progress = Progress { begun: now, told: now, done: 0, of: tests, bad: Bad::default(), is_told };
        Display { bar, show, has_printed: false, view: output::view(), alike: HashMap::new(), progress }
    }

    pub fn show(&mut self, event: &Event, rules: &Rules) {
        let Event::CaseFinished(record) = event else { return };
        let is_known = matches!(rules.standing(record), Standing::Known(_));
        self.lines(record, is_known).iter().for_each(|line| self.print(line));
        self.progress.done += usize::from(record.protocol != "all");
        if !is_known {
            self.progress.bad.failed += usize::from(record.verdict == Verdict::Fail);
            self.progress.bad.errors += usize::from(record.verdict == Verdict::Error);
        }
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(self.progress.done).unwrap_or(u64::MAX));
                self.progress.bad.words().iter().for_each(|words| bar.set_message(format!("{words},")));
            }
            None => self.progress.tell(Instant::now()),
        }
    }

    /// What a record is worth being shown at once.
    fn lines(&mut self, record: &CaseRecord, is_known: bool) -> Option<String> {
        let is_bad = matches!(record.verdict, Verdict::Fail | Verdict::Error) && !is_known;
        match self.show {
            Show::Nothing => None,
            Show::All if is_bad => Some(report::failure_lines(record, &self.view)),
            Show::All => Some(report::case_line(record, &self.view) + if is_known { "  (known)" } else { "" }),
            Show::Failures if !is_bad => None,
            Show::Failures => {
                let clause = record.findings.first().map(|finding| finding.clause.clone()).unwrap_or_default();
                let alike = self.alike.entry((record.reason, clause)).or_default();
                *alike += 1;
                let more =
                    if *alike == ALIKE { "\n          more of this kind are only counted; -v shows them" } else { "" };
                (*alike <= ALIKE).then(|| report::failure_lines(record, &self.view) + more)
            }
        }
    }

    /// Above the bar, if there is one.
    fn print(&mut self, text: &str) {
        self.has_printed = true;
        match &self.bar {
            Some(bar) => bar.suspend(|| output::line(text)),
            None => output::line(text),
        }
    }

    /// Takes the bar away, and parts what was shown from the summary.
    pub fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.has_printed {
            output::line("");
        }
    }
}

impl Progress {
    fn tell(&mut self, now: Instant) {
        if now.duration_since(self.told) >= EVERY && self.is_told {
            self.told = now;
            output::note(&self.words(now.duration_since(self.begun)));
        }
    }

    /// Such as `1200 of 4475 tests, 3 failed, about 2 min left`.
    fn words(&self, elapsed: Duration) -> String {
        let (done, of) = (self.done, self.of);
        let rest = u32::try_from(of.saturating_sub(done)).unwrap_or(u32::MAX);
        let left = elapsed.saturating_mul(rest) / u32::try_from(done.max(1)).unwrap_or(u32::MAX);
        let bad = self.bad.words().map(|words| format!("{words}, ")).unwrap_or_default();
        format!("progress  {done} of {of} tests, {bad}{} left", about(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Finding, Profile};

    #[test]
    fn the_time_left_follows_from_what_was_done() {
        let now = Instant::now();
        let bad = Bad { failed: 3, errors: 1 };
        let progress = Progress { begun: now, told: now, done: 1_000, of: 4_000, bad, is_told: true };
        let words = progress.words(Duration::from_secs(60));
        assert_eq!(words, "progress  1000 of 4000 tests, 3 failed, 1 error, about 3 min 0 s left");
        let before = Progress { done: 0, bad: Bad::default(), ..progress };
        assert_eq!(before.words(Duration::ZERO), "progress  0 of 4000 tests, less than 1 s left");
    }

    fn record(reason: Reason) -> CaseRecord {
        let mut record = CaseRecord::empty("v2/u2f/rest/own/case", "own/case");
        record.findings = vec![Finding::new("expectation", "webauthn/7.1/origin", reason, "refused", "accepted: 200")];
        record.decide(Profile::default());
        record
    }

    #[test]
    fn failures_are_shown_a_few_times_and_passes_when_asked() {
        let mut display = Display::new(Show::Failures, 9, false);
        let shown = |display: &mut Display, reason, known| display.lines(&record(reason), known);
        assert_eq!(shown(&mut display, Reason::Met, false), None);
        assert_eq!(shown(&mut display, Reason::AcceptedInvalid, true), None, "known");
        let first = shown(&mut display, Reason::AcceptedInvalid, false).expect("a failure");
        assert_eq!(first.lines().count(), 2, "{first}");
        assert!(first.contains("v2/u2f/rest/own/case") && first.contains("accepted-invalid"), "{first}");
        shown(&mut display, Reason::AcceptedInvalid, false);
        let third = shown(&mut display, Reason::AcceptedInvalid, false).expect("a failure");
        assert!(third.ends_with("-v shows them"), "{third}");
        assert_eq!(shown(&mut display, Reason::AcceptedInvalid, false), None);
        assert!(shown(&mut display, Reason::Setup, false).is_some(), "another kind");
        display.show = Show::All;
        assert!(shown(&mut display, Reason::Met, false).expect("all").starts_with("pass "));
        assert!(shown(&mut display, Reason::AcceptedInvalid, true).expect("all").ends_with("(known)"));
        display.show = Show::Nothing;
        assert_eq!(shown(&mut display, Reason::AcceptedInvalid, false), None);
    }
}
