//! The server, and how accounts are made on it.

use std::time::Duration;

use crate::transport::Address;
use crate::wire::secret::Secret;

/// The beginning of the names of accounts, if the target file does not give one.
pub const PREFIX: &str = "proofmark";

/// The maximum number of calls at the same time, if the target file does not give one.
pub const CONCURRENCY: usize = 8;

/// How long to wait for a server that lags behind, each time, if the target file does not say.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The server, and how accounts are made on it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Where the management API is.
    pub address: Address,
    /// The time limit of one call. Passwords are hashed slowly, so a shorter limit than [`LEAST_TIMEOUT`] counts as that.
    pub timeout: Duration,
    /// Token of a caller that may make and remove users.
    pub admin: Secret,
    /// The beginning of the names of accounts.
    pub prefix: String,
    /// The maximum number of calls at the same time, at least 1. The actual number follows from the server's answers.
    pub concurrency: usize,
    /// How long to wait for a server that lags behind, or says that it is busy.
    pub patience: Duration,
    /// How often a run shows that it is alive, while it has its accounts.
    pub renewal: Duration,
}

/// How often a run shows so by default.
pub const RENEWAL: Duration = Duration::from_secs(2);

/// The minimum time limit of a call.
pub const LEAST_TIMEOUT: Duration = Duration::from_secs(30);

/// The fault of a prefix, if it has one: it has to be long and plain enough that it does not match other accounts.
pub fn wrong_prefix(prefix: &str) -> Option<&'static str> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let good = (4..=40).contains(&prefix.len()) && prefix.chars().all(fits) && prefix.starts_with(char::is_alphabetic);
    (!good).then_some("write 4 to 40 lower-case letters, digits and hyphens, a letter first, such as \"proofmark-ci\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_means_no_other_account() {
        for good in ["proofmark", "pm-1", PREFIX] {
            assert_eq!(wrong_prefix(good), None, "{good}");
        }
        for bad in ["", "a", "abc", "Admin", "*abc", "a b c d", "1234", "-abcd", &"a".repeat(41)] {
            assert!(wrong_prefix(bad).is_some(), "{bad}");
        }
    }
}
