//! How calls are sent again, and how fast.

use clap::Args;

use crate::runner::target::resending::{Rate, Resending, RetryBudget};

/// The limits of a run's calls; otherwise those of the target file.
#[derive(Debug, Default, Clone, Copy, Args)]
pub struct ResendingArguments {
    /// How often a call is sent again if it did not reach the target (a 429, a gateway's 502 to 504, GOAWAY, a refused connection).
    /// Otherwise the number in the target file, or 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=i64::from(Resending::MOST_RETRIES)))]
    pub retries: Option<u32>,
    /// How many calls of the whole run may be sent again, as a number or as a share of all calls (plus 100, for the beginning);
    /// otherwise that of the target file, or 20%
    #[arg(long, value_name = "N%|N")]
    pub retry_budget: Option<RetryBudget>,
    /// Calls per second over all protocols together, such as 50/s; otherwise the rate in the target file, or as fast as the target answers
    #[arg(long, value_name = "N/s")]
    pub rate: Option<Rate>,
}

impl ResendingArguments {
    /// The target file's limits; those of the command line replace them.
    pub fn over(self, of_file: Resending) -> Resending {
        Resending {
            retries: self.retries.unwrap_or(of_file.retries),
            budget: self.retry_budget.unwrap_or(of_file.budget),
            rate: self.rate.or(of_file.rate),
        }
    }
}
