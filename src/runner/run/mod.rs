//! A run: what is played when, and when it ends.

pub(crate) mod course;
pub(crate) mod pulse;
pub(crate) mod runner;
pub(crate) mod stop;
