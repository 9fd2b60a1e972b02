//! Variants on demand: with each entry the server does one thing, which the documents leave open, in another way than by default.
//!
//! A run against a server with a variant has to stay green: a check that can't tell a variant from a defect is wrong.

mod all;
mod behaviour;
mod entry;
mod options;
mod refusals;
mod replies;
mod surroundings;

pub use all::{GROUPS, all};
pub use entry::Variant;
