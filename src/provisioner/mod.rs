//! Makes what a run needs on a server of a known kind, from its base URL and one administrator's token, and removes it again.
//!
//! All that proofmark knows of one vendor's management API is in the file of its kind.

mod http;
mod pace;
mod patience;
mod zitadel;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use crate::transport::Address;
use crate::wire::secret::Secret;

/// A kind of server that accounts can be made on.
#[derive(Debug)]
pub struct Kind {
    /// As target files name it.
    pub name: &'static str,
    /// Paths of its management calls: where a POST to each asks for a token, the server is one of this kind.
    pub paths: &'static [&'static str],
    /// Prepares one; nothing is sent yet.
    pub connect: fn(Connection) -> Result<Arc<dyn Provisioner>, ProvisionerError>,
}

/// Every kind.
pub const KINDS: &[Kind] = &[zitadel::KIND];

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

/// Makes accounts, keeps them usable, and removes them.
#[async_trait]
pub trait Provisioner: fmt::Debug + Send + Sync {
    /// Takes the accounts of its prefix for this run alone, until [`Provisioner::remove`] or [`Provisioner::release`]. Where another
    /// run has them that is under way, it is refused; of one that died it takes them over.
    ///
    /// # Errors
    /// [`ProvisionerError`]
    async fn hold(&self, tell: Tell<'_>) -> Result<(), ProvisionerError>;

    /// Lets go of the accounts, which stay on the server.
    async fn release(&self);

    /// Makes the callers of a run and so many subjects, or takes those of the same names that are there already; before that it
    /// takes hold of them. A subject that can't be had is left out, and told, as long as at least half of them can, and two. If it
    /// can't make them, it removes what it made.
    ///
    /// # Errors
    /// [`ProvisionerError`]
    async fn provide(&self, subjects: usize, tell: Tell<'_>) -> Result<Provided, ProvisionerError>;

    /// Whether a subject's token is good for nothing any more once the subject has a U2F factor.
    fn u2f_locks_tokens(&self) -> bool;

    /// Makes the token of a subject good again after a U2F enrolment.
    ///
    /// # Errors
    /// [`ProvisionerError`]
    async fn unlock(&self, subject: &ProvidedSubject) -> Result<(), ProvisionerError>;

    /// Gives a subject whose token has expired another one.
    ///
    /// # Errors
    /// [`ProvisionerError`], also if this kind can't.
    async fn renew(&self, subject: &ProvidedSubject) -> Result<Secret, ProvisionerError> {
        let doing = format!("renew the token of user {}", subject.user_id);
        let mend = "write accounts.refresh, or have tokens last longer";
        Err(ProvisionerError::new(doing, "this kind of server gives no second one", mend))
    }

    /// Removes what [`Provisioner::provide`] gave, and lets go of it. Where nobody answers any more it does not try each account.
    async fn remove(&self, tell: Tell<'_>) -> Removed;

    /// The accounts that are on the server, of this run or of others: those whose names have the form of the ones that are made.
    ///
    /// # Errors
    /// [`ProvisionerError`]
    async fn found(&self) -> Result<Vec<Account>, ProvisionerError>;

    /// Removes one of them; whether it was there.
    ///
    /// # Errors
    /// [`ProvisionerError`]
    async fn remove_one(&self, account: &Account) -> Result<bool, ProvisionerError>;
}

/// Who may call a server.
#[derive(Debug, Clone, Default)]
pub struct Provided {
    /// Users that enrol.
    pub subjects: Vec<ProvidedSubject>,
    /// Valid, without any role.
    pub no_rights: Option<Secret>,
    /// Valid, and may only read.
    pub read_only: Option<Secret>,
}

/// A user that enrols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvidedSubject {
    /// Its id.
    pub user_id: String,
    /// Its bearer token.
    pub token: Secret,
}

/// An account on the server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its id.
    pub user_id: String,
}

/// What came of removing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Removed {
    /// Accounts that are gone.
    pub count: usize,
    /// Accounts that may still be there.
    pub left: usize,
    /// Why, of the first of them.
    pub why: Option<String>,
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Somebody else has the accounts, or died with them.
    Waiting,
    /// So many accounts of so many were made.
    Making(usize, usize),
    /// So many subjects of so many could not be had; why, of the first of them. The others suffice.
    LeftOut(usize, usize, String),
    /// So many accounts of so many were removed.
    Removing(usize, usize),
}

/// Told of every step.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// What could not be done at a server, and how to mend it. Texts of the server are hostile; secrets are masked in them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("could not {doing}: {answer}\n  mend: {mend}")]
pub struct ProvisionerError {
    /// What was tried.
    pub doing: String,
    /// What came.
    pub answer: String,
    /// What to do about it.
    pub mend: String,
    /// Whether it is about one account, so that it says nothing of others.
    pub is_of_one: bool,
}

impl ProvisionerError {
    /// What would stop any other account too.
    pub fn new(doing: impl Into<String>, answer: impl Into<String>, mend: impl Into<String>) -> ProvisionerError {
        ProvisionerError { doing: doing.into(), answer: answer.into(), mend: mend.into(), is_of_one: false }
    }
}

/// The kind with this name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

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

    #[test]
    fn kinds_have_names_of_their_own() {
        for kind in KINDS {
            assert_eq!(KINDS.iter().filter(|other| other.name == kind.name).count(), 1);
            assert!(find(kind.name).is_some());
        }
        assert!(find("nothing").is_none());
    }
}
