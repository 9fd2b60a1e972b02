//! `check` and `init`: looks at a set-up, one line for each thing that was looked at, each problem with its fix.

pub(crate) mod accounts;
pub(crate) mod hosts;
pub(crate) mod look;
pub mod probe;

pub use look::{Counts, check};
