//! How calls are sent again, and how fast.

use clap::Args;

use crate::runner::target::resending::{Rate, Resending, RetryBudget};

/// What bounds the calls of a run; otherwise the target file's.
#[derive(Debug, Default, Clone, Copy, Args)]
pub struct ResendingArguments {
    /// How often one call is sent again that did not come to the target: a 429, a gateway's 502 to 504, GOAWAY, a refused connection.
    /// Otherwise the target file's, or 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=i64::from(Resending::MOST_RETRIES)))]
    pub retries: Option<u32>,
    /// How many calls of the run are, as a share of all (and 100 besides, for the beginning) or as a number; otherwise the target
    /// file's, or 20%
    #[arg(long, value_name = "N%|N")]
    pub retry_budget: Option<RetryBudget>,
    /// Calls a second over all protocols together, such as 50/s; otherwise the target file's, or as fast as the target answers
    #[arg(long, value_name = "N/s")]
    pub rate: Option<Rate>,
}

impl ResendingArguments {
    /// What the target file says, with what was typed in its place.
    pub fn over(self, of_file: Resending) -> Resending {
        Resending {
            retries: self.retries.unwrap_or(of_file.retries),
            budget: self.retry_budget.unwrap_or(of_file.budget),
            rate: self.rate.or(of_file.rate),
        }
    }
}
