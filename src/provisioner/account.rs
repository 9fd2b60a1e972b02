//! Accounts, and the results of making and removing them.

use crate::wire::secret::Secret;

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

/// The result of a removal.
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
    /// Another run has the accounts, or died while it had them.
    Waiting,
    /// How many of how many accounts were made.
    Making(usize, usize),
    /// How many of how many subjects could not be made, and why the first could not. The others are enough.
    LeftOut(usize, usize, String),
    /// How many of how many accounts were removed.
    Removing(usize, usize),
}

/// Called at every step.
pub type Tell<'a> = &'a (dyn Fn(Progress) + Send + Sync);
