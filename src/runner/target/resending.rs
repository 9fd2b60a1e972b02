//! How often calls are sent again that had no answer from the target, and how fast calls follow each other.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The bounds on the calls of a run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resending {
    /// How often one call is sent again, at most.
    pub retries: u32,
    /// How many calls of a run are sent again, at most.
    pub budget: RetryBudget,
    /// Calls a second over all protocols, including those that are sent again; `None` for no bound.
    pub rate: Option<Rate>,
}

impl Resending {
    /// The most that [`Resending::retries`] may be.
    pub const MOST_RETRIES: u32 = 20;
}

impl Default for Resending {
    /// Three times a call, one call of five, as fast as the target answers.
    fn default() -> Self {
        Self { retries: 3, budget: RetryBudget::Share(20), rate: None }
    }
}

/// How many calls of a run may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryBudget {
    /// This percentage of the calls made until then, plus [`RetryBudget::FLOOR`].
    Share(u32),
    /// This number of calls.
    Calls(u64),
}

impl RetryBudget {
    /// Calls that a share allows at the beginning of a run, when hardly any was made.
    pub const FLOOR: u64 = 100;

    /// How many calls may have been sent again after this many were made.
    pub fn allows(self, calls: u64) -> u64 {
        match self {
            RetryBudget::Share(percent) => {
                RetryBudget::FLOOR.saturating_add(calls.saturating_mul(percent.into()) / 100)
            }
            RetryBudget::Calls(most) => most,
        }
    }
}

/// Calls a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// The time between two calls, in seconds.
    pub fn interval(self) -> f64 {
        1.0 / self.0
    }
}

/// A text that cannot be read as a bound.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResendingError {
    /// A text that is not a budget.
    #[error(
        "`{0}` is not a budget: write a share of the calls from 0% to 1000%, such as 20%, or a number of calls such as 500"
    )]
    Budget(String),
    /// A text that is not a rate.
    #[error("`{0}` is not a rate: write calls a second from 0.01/s to 100000/s, such as 50/s")]
    Rate(String),
}

impl FromStr for RetryBudget {
    type Err = ResendingError;

    fn from_str(text: &str) -> Result<Self, ResendingError> {
        let share = |percent: &str| percent.parse().ok().filter(|percent| *percent <= 1000).map(RetryBudget::Share);
        let budget = match text.strip_suffix('%') {
            Some(percent) => share(percent),
            None => text.parse().ok().map(RetryBudget::Calls),
        };
        budget.ok_or_else(|| ResendingError::Budget(text.to_owned()))
    }
}

impl FromStr for Rate {
    type Err = ResendingError;

    fn from_str(text: &str) -> Result<Self, ResendingError> {
        let is_plain = |number: &&str| number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let number = text.strip_suffix("/s").filter(is_plain).and_then(|number| number.parse().ok());
        let rate = number.filter(|rate| (0.01..=100_000.0).contains(rate)).map(Rate);
        rate.ok_or_else(|| ResendingError::Rate(text.to_owned()))
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_share_with_a_floor_or_a_number() {
        let parsed = |text: &str| text.parse::<RetryBudget>();
        assert_eq!(parsed("20%"), Ok(RetryBudget::Share(20)));
        assert_eq!(parsed("500"), Ok(RetryBudget::Calls(500)));
        for text in ["", "%", "-1%", "1001%", "1.5%", "many", "20 %"] {
            assert_eq!(parsed(text), Err(ResendingError::Budget(text.to_owned())));
        }
        assert_eq!([0, 4, 1000].map(|calls| RetryBudget::Share(20).allows(calls)), [100, 100, 300]);
        assert_eq!(RetryBudget::Calls(7).allows(1000), 7);
        assert_eq!(RetryBudget::Share(1000).allows(u64::MAX), u64::MAX / 100 + 100, "no overflow");
    }

    #[test]
    fn a_rate_is_calls_a_second() {
        let interval = |text: &str| text.parse::<Rate>().map(Rate::interval).ok();
        assert_eq!(interval("50/s"), Some(0.02));
        assert_eq!(interval("0.5/s"), Some(2.0));
        for text in ["50", "0/s", "-1/s", "inf/s", "nan/s", "1e3/s", "100001/s", "/s"] {
            assert_eq!(interval(text), None, "{text}");
        }
        assert_eq!("12.5/s".parse::<Rate>().map(|rate| rate.to_string()).as_deref(), Ok("12.5/s"));
    }
}
