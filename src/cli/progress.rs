//! What a run shows while it goes on.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::forecast::spoken;
use super::output;
use crate::gate::{Rules, Standing};
use crate::outcome::{Event, Verdict};
use crate::report;

/// How often a line shows the progress of a run if there is no bar.
const EVERY: Duration = Duration::from_secs(15);

/// On a terminal a bar; elsewhere one line for each case, and a progress line now and then.
pub struct Display {
    bar: Option<ProgressBar>,
    lines: bool,
    bad: usize,
    progress: Progress,
}

/// The progress of a run.
struct Progress {
    begun: Instant,
    told: Instant,
    done: usize,
    of: usize,
    /// Whether lines show it.
    is_told: bool,
}

impl Display {
    pub fn new(quiet: bool, tests: usize, fuzzes: bool) -> Display {
        let watched = output::is_watched() && !quiet;
        let bar = watched.then(|| {
            let length = u64::try_from(tests).unwrap_or(u64::MAX);
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
            let template =
                if fuzzes { "fuzzing {msg} {elapsed}" } else { "{wide_bar} {pos}/{len} {msg} {elapsed}, {eta} left" };
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let now = Instant::now();
        let progress = Progress { begun: now, told: now, done: 0, of: tests, is_told: !quiet && !fuzzes };
        Display { bar, lines: !watched && !quiet, bad: 0, progress }
    }

    pub fn show(&mut self, event: &Event, rules: &Rules) {
        let Event::CaseFinished(record) = event else { return };
        if self.lines {
            let known = if matches!(rules.standing(record), Standing::Known(_)) { "  (known)" } else { "" };
            output::line(&format!("{}{known}", report::case_line(record)));
        }
        let is_bad = matches!(record.verdict, Verdict::Fail | Verdict::Error);
        self.bad += usize::from(is_bad);
        self.progress.done += usize::from(record.protocol != "all");
        match &self.bar {
            Some(bar) => {
                bar.set_position(u64::try_from(self.progress.done).unwrap_or(u64::MAX));
                if is_bad {
                    bar.set_message(format!("{} not passed,", self.bad));
                }
            }
            None => self.progress.tell(self.bad, Instant::now()),
        }
    }

    pub fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress {
    fn tell(&mut self, bad: usize, now: Instant) {
        if now.duration_since(self.told) >= EVERY && self.is_told {
            self.told = now;
            output::note(&self.words(bad, now.duration_since(self.begun)));
        }
    }

    /// Such as `1200 of 4475 tests, 3 not passed, about 2 min left`.
    fn words(&self, bad: usize, elapsed: Duration) -> String {
        let (done, of) = (self.done, self.of);
        let rest = u32::try_from(of.saturating_sub(done)).unwrap_or(u32::MAX);
        let left = elapsed.saturating_mul(rest) / u32::try_from(done.max(1)).unwrap_or(u32::MAX);
        format!("progress  {done} of {of} tests, {bad} not passed, about {} left", spoken(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_follows_from_what_was_done() {
        let now = Instant::now();
        let progress = Progress { begun: now, told: now, done: 1_000, of: 4_000, is_told: true };
        let words = progress.words(3, Duration::from_secs(60));
        assert_eq!(words, "progress  1000 of 4000 tests, 3 not passed, about 3 min 0 s left");
        let before = Progress { done: 0, ..progress };
        assert!(before.words(0, Duration::ZERO).ends_with("about 0 s left"));
    }
}
