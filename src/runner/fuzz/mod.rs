//! `run --fuzz`: chains of mutations are drawn, judged offline and sent; one that the target judges otherwise is made simpler
//! against the target itself.

pub(crate) mod chain;
pub(crate) mod fuzzer;
pub(crate) mod tally;

pub use fuzzer::{Budget, Found};
