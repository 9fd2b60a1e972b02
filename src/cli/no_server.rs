//! In place of the reference server, in a build without it.

use super::exit::{Exit, Failure};
use super::switch::Switch;
pub use super::values::now;
use crate::runner::target::Target;

/// A server that can't be there.
pub enum Embedded {}

/// Says that there is no server.
pub async fn start(_: usize, _: u64, _: &[String], _: &[String]) -> Result<Embedded, Failure> {
    let message =
        "this build has no reference server: name your own with --target FILE, or install with the feature `server`";
    Err(Failure::text(Exit::Usage, message))
}

impl Embedded {
    /// The server as a target.
    pub fn target(&self) -> Target {
        match *self {}
    }
}

/// There are none.
pub fn find_switch(_: &str) -> Option<Switch> {
    None
}

/// There are none.
pub fn defects() -> Vec<Switch> {
    Vec::new()
}

/// There are none.
pub fn variants() -> Vec<Switch> {
    Vec::new()
}
