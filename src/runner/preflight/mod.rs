//! Tells a wrong set-up from a wrong server before any case runs.

pub(crate) mod line;
pub mod protocols;
pub(crate) mod reach;
pub mod setup;
pub(crate) mod start;

pub use line::{Grade, Line};
pub use protocols::PreflightError;
pub use setup::SetupError;
