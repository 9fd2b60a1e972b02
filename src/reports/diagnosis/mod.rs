//! From many failures to few causes: which known defects would together show what a run has shown. A diagnosis explains; it never
//! changes a verdict.

mod dictionary;
mod observed;
mod ranges;
mod signature;

pub use dictionary::{Dictionary, DictionaryError, Known};
pub use observed::{Observed, Place, Sign, Tests};
pub use signature::{Shown, Signature};
