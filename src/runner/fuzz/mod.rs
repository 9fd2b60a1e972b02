//! `run --fuzz`: chains of mutations are drawn, judged offline and sent. If the target's verdict differs, the chain is made simpler, with
//! tries against the target itself.

pub(crate) mod chain;
pub(crate) mod fuzzer;
pub(crate) mod tally;

pub use fuzzer::{Budget, Found};
