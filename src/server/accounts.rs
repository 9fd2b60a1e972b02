//! Who may call a server.

use super::store::{Role, Store, User};
use crate::wire::secret::Secret;

/// A user and its token.
#[derive(Debug, Clone)]
pub struct Account {
    /// Numeric id of the user.
    pub user_id: String,
    /// Bearer token.
    pub token: Secret,
}

/// Who may call a server.
#[derive(Debug, Clone)]
pub struct Accounts {
    /// Ordinary users: each may act on itself.
    pub subjects: Vec<Account>,
    /// Token that may act on every v2 user. In v1 it acts on a user of its own.
    pub admin: Secret,
    /// Its token is valid. Every operation, on any user, is answered with 403.
    pub no_rights: Account,
    /// Its token is valid and has a role, but not one that allows anything that is served here.
    pub read_only: Account,
}

pub(super) fn accounts_of(store: &Store) -> Accounts {
    let account = |user: &User| Account { user_id: user.id.clone(), token: user.token.clone() };
    let no_rights = store.no_rights();
    Accounts {
        subjects: store.users_of(Role::Ordinary).into_iter().map(|user| account(user)).collect(),
        admin: store.admin().token.clone(),
        no_rights: account(no_rights),
        read_only: account(store.read_only()),
    }
}
