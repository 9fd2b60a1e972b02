//! The exit codes of a load, and of the errors that prevent it.

use crate::cli::exit::{Exit, Failure};
use crate::load::{self, LoadError};
use crate::outcome::load::LoadRecord;

/// Precedence: 70, 130, 6 if others may have caused what is wrong, 8 for wrong answers, 6 if the load ended by itself, 9, 8 for
/// thresholds, 0.
pub(in crate::cli) fn gate(record: &LoadRecord) -> Result<Exit, Failure> {
    let is_red = !record.is_correct() || !record.is_met();
    match load::uncounted(record) {
        0 if record.interrupted => Ok(Exit::Interrupted),
        0 if is_red && record.correctness.interfered > 0 => Ok(Exit::Incomplete),
        0 if !record.is_correct() => Ok(Exit::Threshold),
        0 if record.stopped.is_some() => Ok(Exit::Incomplete),
        0 if record.is_limited() => Ok(Exit::Limited),
        0 if !record.is_met() => Ok(Exit::Threshold),
        0 => Ok(Exit::Green),
        lost => {
            Err(Failure::text(Exit::Internal, format!("{lost} calls belong to no cycle, so the numbers are wrong")))
        }
    }
}

pub(super) fn failure(error: LoadError) -> Failure {
    let exit = match error {
        LoadError::Remote(_) | LoadError::Ceiling { .. } => Exit::Usage,
        LoadError::Plan(_) | LoadError::Subjects { .. } | LoadError::Transport(_) | LoadError::Dashboard { .. } => {
            Exit::Config
        }
        LoadError::Late(_) | LoadError::Unready(_) => Exit::Preflight,
        LoadError::Threads(_) | LoadError::Engine(_) => Exit::Internal,
    };
    Failure::new(exit, error)
}
