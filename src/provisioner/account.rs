//! Accounts, and what becomes of them.

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
