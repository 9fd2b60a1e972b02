//! The server, and how accounts are made on it.

use std::time::Duration;

use crate::transport::Address;
use crate::wire::secret::Secret;

/// The names of accounts begin with this where a target file says nothing.
pub const PREFIX: &str = "proofmark";

/// The most calls that go at the same time where a target file says nothing.
pub const CONCURRENCY: usize = 8;

/// How long a server that lags behind is waited for, each time, where a target file says nothing.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The server, and how accounts are made on it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Where the management API is.
    pub address: Address,
    /// The most that one call may take. Passwords are hashed slowly, so that less than [`LEAST_TIMEOUT`] counts as that.
    pub timeout: Duration,
    /// Token of a caller that may make and remove users.
    pub admin: Secret,
    /// What the names of accounts begin with.
    pub prefix: String,
    /// The most calls at the same time, at least 1: how many there are follows from what the server answers.
    pub concurrency: usize,
    /// How long a server is waited for that lags behind, or says that it is busy.
    pub patience: Duration,
    /// How often a run says that it is alive, while it has its accounts.
    pub renewal: Duration,
}

/// How often a run says so where nobody asks for something else.
pub const RENEWAL: Duration = Duration::from_secs(2);

/// The least time that a call gets.
pub const LEAST_TIMEOUT: Duration = Duration::from_secs(30);

/// What is wrong with a prefix, if anything: it has to be long and plain enough that no other account is meant by it.
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
