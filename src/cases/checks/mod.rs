//! Assertions on single exchanges. A check is one entry in [`CHECKS`]; it tells whether it had something to look at, and what is
//! wrong with it.

mod check;
mod details;
mod examine;
mod grpc;
mod http;
mod internals;
mod leak;
mod observation;
mod options;
mod protocol;
mod registry;
mod robustness;
mod shape;
mod sharing;
mod shown;
mod values;
mod watch;

pub use check::Check;
pub use examine::{Examined, examine, findings};
pub use observation::{Memo, Observation, Wrong};
pub use options::creation_options;
pub use registry::{CHECKS, NEED_REQUEST, NEED_SECRET, NO_OTHER_USER, NO_TOKEN};
pub use watch::{Seen, Watch};

#[cfg(test)]
mod tests;
