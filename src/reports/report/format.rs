//! What a report format is.

use std::io;

use crate::gate::Judged;

/// One report format, of runs or of something else.
pub struct Report<T: 'static = Judged> {
    /// The name in `--report NAME=PATH`.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// Writes the whole report.
    pub write: fn(&T, &mut dyn io::Write) -> io::Result<()>,
}
