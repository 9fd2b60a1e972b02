//! Latitude on demand: each entry does one thing that the documents leave open otherwise than the server does by itself.
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
