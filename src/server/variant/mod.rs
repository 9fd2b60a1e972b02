//! Variants on demand: with each entry the server does one thing, which the documents leave open, in another way than by default.
//!
//! A run against a server with a variant has to stay green: a check that can't tell a variant from a defect is wrong.

mod all;
pub(crate) mod behaviour;
mod entry;
pub(crate) mod options;
pub(crate) mod refusals;
pub(crate) mod replies;
pub(crate) mod surroundings;

pub use all::{GROUPS, all};
pub use entry::Variant;
