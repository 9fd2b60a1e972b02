//! State as a model: what users have after a sequence of calls.

pub(crate) mod book;
pub(crate) mod clauses;
pub(crate) mod machine;
pub(crate) mod view;
