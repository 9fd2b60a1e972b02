//! `diagnose`: explains what failed in a recorded run by known defects.

use super::args::{DiagnoseArguments, DiagnosisFormat};
use super::exit::{Exit, Failure};
use super::{output, stream};
use crate::diagnosis;
use crate::report;

/// Prints the diagnosis. It is not a gate: the exit code depends neither on the verdicts nor on what was found.
pub fn diagnose(arguments: &DiagnoseArguments) -> Result<Exit, Failure> {
    let run = stream::read_played("diagnose", arguments.stream.path())?;
    let diagnosis = diagnosis::of_run(&run, |_| true);
    output::print(&match arguments.format {
        DiagnosisFormat::Text => report::diagnosis_text(diagnosis.as_ref(), &output::view()),
        DiagnosisFormat::Json => report::diagnosis_json(diagnosis.as_ref()),
    });
    Ok(Exit::Green)
}
