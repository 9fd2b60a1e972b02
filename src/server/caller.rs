//! Who calls, and how.

use std::sync::Arc;

use super::carriers::Besides;
use super::store::User;
use crate::contract::Protocol;

/// Who calls, and how.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub user: Arc<User>,
    pub protocol: Protocol,
    /// What the request names beyond its documented members; only defects look at it.
    pub besides: Besides,
}
