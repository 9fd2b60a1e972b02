//! A kind of server that accounts can be made on, and what it does.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::account::{Account, Provided, ProvidedSubject, Removed, Tell};
use super::connection::Connection;
use super::error::ProvisionerError;
use crate::wire::secret::Secret;

/// A kind of server that accounts can be made on.
#[derive(Debug)]
pub struct Kind {
    /// As target files name it.
    pub name: &'static str,
    /// Paths of its management calls: if a POST to each of them asks for a token, the server is of this kind.
    pub paths: &'static [&'static str],
    /// Prepares one; nothing is sent yet.
    pub connect: fn(Connection) -> Result<Arc<dyn Provisioner>, ProvisionerError>,
}

/// Makes accounts, keeps them usable, and removes them.
#[async_trait]
pub trait Provisioner: fmt::Debug + Send + Sync {
    /// Takes the accounts of its prefix for this run only, until [`Provisioner::remove`] or [`Provisioner::release`]. If another
    /// run that is under way has them, it is refused; it takes over the accounts of a run that died.
    ///
    /// # Errors
    /// [`ProvisionerError`]
    async fn hold(&self, tell: Tell<'_>) -> Result<(), ProvisionerError>;

    /// Releases the accounts, which stay on the server.
    async fn release(&self);

    /// Makes the callers of a run and the given number of subjects, or takes those of the same names that are there already; before that it
    /// takes the accounts. A subject that can't be made is left out and reported, as long as at least half of them, and two, can be made. If it
    /// can't make them, it removes what it made.
    ///
    /// # Errors
    /// [`ProvisionerError`]
    async fn provide(&self, subjects: usize, tell: Tell<'_>) -> Result<Provided, ProvisionerError>;

    /// Whether a subject's token becomes invalid once the subject has a U2F factor.
    fn u2f_locks_tokens(&self) -> bool;

    /// Makes the token of a subject valid again after a U2F enrolment.
    ///
    /// # Errors
    /// [`ProvisionerError`]
    async fn unlock(&self, subject: &ProvidedSubject) -> Result<(), ProvisionerError>;

    /// Gives a subject whose token has expired a new one.
    ///
    /// # Errors
    /// [`ProvisionerError`], also if this kind of server can't do it.
    async fn renew(&self, subject: &ProvidedSubject) -> Result<Secret, ProvisionerError> {
        let doing = format!("renew the token of user {}", subject.user_id);
        let fix = "write accounts.refresh, or make tokens valid for longer";
        Err(ProvisionerError::new(doing, "this kind of server does not give a second token", fix))
    }

    /// Removes the accounts of [`Provisioner::provide`], and releases them. If the server does not answer any more, it does not try each account.
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
