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
    /// Paths of its management calls: where a POST to each asks for a token, the server is one of this kind.
    pub paths: &'static [&'static str],
    /// Prepares one; nothing is sent yet.
    pub connect: fn(Connection) -> Result<Arc<dyn Provisioner>, ProvisionerError>,
}

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
        let fix = "write accounts.refresh, or make tokens valid for longer";
        Err(ProvisionerError::new(doing, "this kind of server does not give a second token", fix))
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
