//! GitHub Actions, which looks for workflow commands in the output of a step.

use super::output;
use super::values::seed_or_random;
use crate::gate::Judged;
use crate::report;

/// A step of a job. The output quotes the target's answers, and these must not become commands: while the run prints, commands
/// are switched off. They stay off if the run ends with an error, because it quotes the target as well.
pub struct Step {
    /// The word that switches them on again; `None` outside GitHub Actions. The target can't know it.
    token: Option<String>,
}

impl Step {
    /// Switches commands off.
    pub fn begin() -> Step {
        let is_step = std::env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        let token = is_step.then(|| format!("proofmark-{:x}-{:x}", seed_or_random(None), seed_or_random(None)));
        if let Some(token) = &token {
            output::line(&format!("::stop-commands::{token}"));
        }
        Step { token }
    }

    /// Begins a group of lines that the page of the job folds. Commands are on only for the line that begins it.
    pub fn group(&self, name: &str) {
        self.command(&format!("::group::{name}"));
    }

    /// Ends the group.
    pub fn end_group(&self) {
        self.command("::endgroup::");
    }

    fn command(&self, command: &str) {
        if let Some(token) = &self.token {
            output::line(&format!("::{token}::\n{command}\n::stop-commands::{token}"));
        }
    }

    /// Switches them on.
    pub fn end(self) {
        if let Some(token) = &self.token {
            output::line(&format!("::{token}::"));
        }
    }

    /// Switches them on, and prints what went wrong as annotations.
    pub fn annotate(self, judged: &Judged) {
        let is_step = self.token.is_some();
        self.end();
        if is_step {
            output::print(&report::annotations(judged));
        }
    }
}
