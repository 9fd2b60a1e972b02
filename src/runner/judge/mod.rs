//! What answers mean.

pub(crate) mod agreement;
pub(crate) mod altered;
pub(crate) mod breaker;
pub(crate) mod no_verdict;
pub(crate) mod played;
pub(crate) mod record;
pub mod rejudge;
pub mod suggest;
pub(crate) mod verdict;
