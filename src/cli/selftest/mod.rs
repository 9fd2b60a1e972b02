//! `selftest`: the judge is judged. Every defect of the reference server has to be found for the clause that it breaks, and
//! neither a variant nor the clean server may be taken for wrong.

mod matrix;
mod play;
mod stage;
mod trial;

pub use matrix::Matrix;
pub use play::{play, selftest, trials};
pub use stage::Stage;
pub use trial::{Aim, Outcome, Played, Trial};
