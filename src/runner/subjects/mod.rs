//! The subjects of a run: each is leased to one case at a time.

pub(crate) mod pool;
pub(crate) mod queues;
