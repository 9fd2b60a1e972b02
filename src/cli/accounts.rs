//! Accounts that a provisioner makes for a run: progress while they are made, and their removal.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output;
use crate::provisioner::{Progress, Provisioner, Removed};
use crate::report::printable;
use crate::runner::target::Accounts;
use crate::runner::target_file;

/// The message while it is not yet known whether another run still uses the accounts.
pub const WAITING: &str =
    "another run uses these accounts, or was killed without removing them: waiting to see whether it is still alive";
/// How long an interrupted run has to release its accounts. If it can't, the next run has to wait to see whether it is still alive.
const GRACE: Duration = Duration::from_millis(500);

/// A bar on a terminal, a line at the beginning and one at the end elsewhere; all on standard error.
pub struct Teller {
    quiet: bool,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    bar: Option<ProgressBar>,
    begun: Option<Instant>,
}

impl Teller {
    /// With `quiet` it prints nothing.
    pub fn new(quiet: bool) -> Teller {
        Teller { quiet, shown: Mutex::default() }
    }

    /// Shows a step.
    pub fn tell(&self, progress: Progress) {
        if self.quiet {
            return;
        }
        let (doing, done, all) = match &progress {
            Progress::Waiting => return output::note(WAITING),
            Progress::LeftOut(left, all, why) => {
                let more = format!("; {left} are left out; the reason for the first: {}", printable(why));
                return self.end(&format!("made {} of {all} subjects", all - left), &more);
            }
            Progress::Making(done, all) => ("making subjects", *done, *all),
            Progress::Removing(done, all) => ("removing accounts", *done, *all),
        };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if output::is_watched() {
            let bar = shown.bar.get_or_insert_with(|| bar(doing, all));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        } else if shown.begun.is_none() {
            output::note(&format!("{doing}: {all}"));
        }
        shown.begun.get_or_insert_with(Instant::now);
        drop(shown);
        if done == all {
            let is_making = matches!(progress, Progress::Making(..));
            let did = if is_making { format!("made {all} subjects") } else { format!("removed {all} accounts") };
            self.end(&did, "");
        }
    }

    /// Closes the bar, and says what was done and how long it took.
    fn end(&self, did: &str, more: &str) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = shown.bar.take() {
            bar.finish_and_clear();
        }
        let took = shown.begun.take().map(|begun| format!(" in {:.1} s", begun.elapsed().as_secs_f64()));
        output::note(&format!("{did}{}{more}", took.unwrap_or_default()));
    }
}

fn bar(doing: &'static str, all: usize) -> ProgressBar {
    let length = u64::try_from(all).unwrap_or(u64::MAX);
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(10));
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {msg} {elapsed}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(doing);
    bar
}

/// Holds the accounts of a run until their end.
pub struct Keeper {
    provisioner: Option<Arc<dyn Provisioner>>,
    keep: bool,
    quiet: bool,
}

impl Keeper {
    /// For the accounts of a target; with `keep` they stay.
    pub fn new(accounts: &Accounts, keep: bool, quiet: bool) -> Keeper {
        Keeper { provisioner: accounts.provisioner.clone(), keep, quiet }
    }

    /// Removes the accounts that were made. Accounts that can't be removed are reported; they do not change the exit code.
    pub async fn close(&self) {
        let Some(provisioner) = &self.provisioner else { return };
        if self.keep {
            output::note(
                "the accounts stay on the server; the next run uses them again, and `proofmark sweep` removes them",
            );
            return provisioner.release().await;
        }
        let teller = Teller::new(self.quiet);
        let Removed { left, why, .. } = provisioner.remove(&|progress| teller.tell(progress)).await;
        if let Some(why) = why {
            output::note(&format!(
                "{left} accounts could not be removed ({why}); `proofmark sweep --target FILE` removes them later"
            ));
        }
    }
}

/// Tells the user which accounts remain if the run is interrupted while accounts are made.
pub async fn interrupted(target: Option<&Path>) {
    if let Some(path) = target.filter(|path| target_file::has_provisioner(path)) {
        tokio::time::sleep(GRACE).await;
        let path = path.display();
        output::note(&format!(
            "the accounts that were made so far are still on the server; `proofmark sweep --target {path}` removes them"
        ));
    }
}
