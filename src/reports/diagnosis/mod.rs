//! From many failures to few causes: which known defects would together show what a run has shown. A diagnosis explains; it never
//! changes a verdict.

mod candidate;
mod cover;
mod dictionary;
mod embedded;
mod file;
mod observed;
mod place;
mod ranges;
mod rest;
mod scope;
mod signature;
mod units;

pub use cover::{Cause, Diagnosis, Near, diagnose};
pub use dictionary::{Cells, Common, Dictionary, Known};
pub use embedded::{embedded, of_run};
pub use file::DictionaryError;
pub use observed::{Observed, Played, Sign};
pub use place::{Place, Tests};
pub use signature::{Shown, Signature};
