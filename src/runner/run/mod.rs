//! A run: what is played and when, and when the run ends.

pub(crate) mod course;
pub(crate) mod pulse;
pub(crate) mod runner;
pub(crate) mod stop;
