//! The users that enrol.

use crate::wire::secret::Secret;

/// A user that enrols.
#[derive(Debug, Clone)]
pub struct LoadUser {
    /// Its id, for calls that name the user.
    pub user_id: String,
    /// Its bearer token.
    pub token: Secret,
}

/// A user with the values that are sent for it.
#[derive(Debug)]
pub(super) struct Subject {
    /// Place in the pool.
    pub(super) index: u64,
    /// 64 bits that distinguish it from others.
    pub(super) print: u64,
    pub(super) user_id: String,
    pub(super) authorization: Secret,
    pub(super) token: Secret,
}
