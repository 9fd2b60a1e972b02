//! Contracts as data, the forms that messages have, and what carries them.

pub mod contract;
pub mod transport;
pub mod wire;
use proofmark_support::words;
