//! Why a run ended before everything was played.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A run that ended early and was not interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Why.
    pub cause: StopCause,
    /// Since when: for a target that went away, the first call that showed it; for a limit, when it was reached. Seconds since 1970.
    pub at: u64,
}

/// Why a run ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StopCause {
    /// No call was answered any more, not even a good enrolment.
    Unanswered,
    /// No connection could be made any more.
    Unreachable,
    /// Every call was broken off.
    BrokenOff,
    /// The tokens that were good before are refused.
    TokenRefused,
    /// As many tests had failed as were allowed to.
    MaxFailures,
    /// The time for the run was over.
    MaxTime,
}

impl StopCause {
    /// Whether it is a limit that the user had set.
    pub const fn is_bound(self) -> bool {
        matches!(self, StopCause::MaxFailures | StopCause::MaxTime)
    }
}

impl fmt::Display for Stopped {
    /// One clause with the time in UTC, such as `the target went away at 14:03:22 UTC (no call is answered any more)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of_day = self.at % 86_400;
        let at = format!("{:02}:{:02}:{:02} UTC", of_day / 3_600, of_day / 60 % 60, of_day % 60);
        match self.cause {
            StopCause::Unanswered => write!(f, "the target went away at {at} (no call is answered any more)"),
            StopCause::Unreachable => write!(f, "the target went away at {at} (no connection can be made any more)"),
            StopCause::BrokenOff => write!(f, "the target went away at {at} (it breaks off every call)"),
            StopCause::TokenRefused => {
                write!(
                    f,
                    "the tokens have been refused since {at} (they were good before: they expired or were withdrawn)"
                )
            }
            StopCause::MaxFailures => write!(f, "--max-failures was reached at {at}"),
            StopCause::MaxTime => write!(f, "--max-time was over at {at}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_have_the_time_of_day() {
        let words = |cause, at| Stopped { cause, at }.to_string();
        let gone = "the target went away at 14:03:22 UTC (no call is answered any more)";
        assert_eq!(words(StopCause::Unanswered, 20_000 * 86_400 + 14 * 3_600 + 3 * 60 + 22), gone);
        assert_eq!(words(StopCause::MaxTime, 86_399), "--max-time was over at 23:59:59 UTC");
        assert_eq!(words(StopCause::MaxFailures, 86_400), "--max-failures was reached at 00:00:00 UTC");
        let names = serde_json::to_value([StopCause::BrokenOff, StopCause::TokenRefused]).expect("JSON");
        assert_eq!(names, serde_json::json!(["broken-off", "token-refused"]));
    }
}
