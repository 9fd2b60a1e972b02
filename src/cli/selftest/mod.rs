//! `selftest`: proofmark is tested itself. It has to find every defect of the reference server for the clause that it breaks, and
//! it must not report a variant or the clean server as wrong.

mod matrix;
mod play;
mod signatures;
mod stage;
mod trial;

pub use matrix::Matrix;
pub use play::{play, selftest, trials};
pub use signatures::{known, observed, signature};
pub use stage::Stage;
pub use trial::{Aim, Outcome, Played, Trial};
