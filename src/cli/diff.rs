//! `diff`: compares two runs.

use super::args::{DiffArguments, DiffFormat};
use super::exit::{Exit, Failure};
use super::{output, stream};
use crate::gate::Diff;
use crate::report;

/// Prints the differences. The later run is worse if it has a fail, a deviation or an error that the earlier one does not have.
pub fn diff(arguments: &DiffArguments) -> Result<Exit, Failure> {
    let (before, after) =
        (stream::read_played("diff", &arguments.before)?, stream::read_played("diff", &arguments.after)?);
    let diff = Diff::new(&before, &after);
    output::print(&match arguments.format {
        DiffFormat::Text => report::diff_text(&diff),
        DiffFormat::Json => report::diff_json(&diff),
    });
    Ok(if diff.is_worse() { Exit::Red } else { Exit::Green })
}
