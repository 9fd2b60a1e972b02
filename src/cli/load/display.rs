//! What is shown while a load runs: on a terminal a view that is redrawn each second, elsewhere a line now and then.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::output;
use crate::load::{self, Progress, Stop};

/// Time between two lines if there is no terminal; the first line comes at once, to show that the load runs.
const LINE_EVERY: u64 = 10;

/// The view on a terminal: progress, and below it the figures.
const VIEW: &str = "{bar:20} {pos} of {len} s\n{msg}";

/// Where it is shown.
pub(super) struct Display {
    view: Option<ProgressBar>,
    /// Whether there are lines without a terminal.
    has_lines: bool,
    /// The second from which on there is a line.
    next: u64,
    told: bool,
}

impl Display {
    /// For a load of this length.
    pub(super) fn new(duration: Duration) -> Display {
        let view = output::is_watched().then(|| {
            let view = ProgressBar::with_draw_target(Some(duration.as_secs()), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template(VIEW);
            view.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            view
        });
        Display { view, has_lines: true, next: 0, told: false }
    }

    /// For one of many loads; each of them gets a line of its own when it is over.
    pub(super) fn of_many(duration: Duration) -> Display {
        Display { has_lines: false, ..Display::new(duration) }
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, progress: &Progress, stop: &Stop) {
        if stop.is_stopped() && !self.told {
            self.told = true;
            self.note("interrupted: waiting for the calls under way (interrupt again to leave at once)");
        }
        let second = progress.elapsed.as_secs();
        match &self.view {
            Some(view) => {
                view.set_position(second);
                view.set_message(load::live_view(progress));
            }
            None if self.has_lines && second >= self.next => {
                self.next = (second / LINE_EVERY + 1) * LINE_EVERY;
                output::note(&load::progress_line(progress));
            }
            None => {}
        }
    }

    /// Removes the view.
    pub(super) fn close(&self) {
        self.view.iter().for_each(ProgressBar::finish_and_clear);
    }

    fn note(&self, text: &str) {
        match &self.view {
            Some(view) => view.suspend(|| output::note(text)),
            None => output::note(text),
        }
    }
}
