//! SARIF 2.1.0 for code scanning: fails and deviations are results. An error is not a verdict on the target; it is a notification of the tool, so that a
//! target that could not be reached opens no alert.

mod log;
mod model;

pub(super) use log::write;
