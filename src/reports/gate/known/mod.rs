//! The known-deviations file: what the owners of a target have seen and excuse for a time.
//!
//! `docs/known-deviations.md` describes the format with an example.

mod deviation;
mod entry;
mod file;
mod place;

pub(super) use deviation::Name;
pub use deviation::{Axes, KnownDeviation};
pub use file::Known;
pub use place::KnownError;

#[cfg(test)]
mod tests;
