//! `completions`: a script that lets a shell complete the command line.

use clap::CommandFactory as _;

use super::args::{Arguments, CompletionsArguments};
use super::exit::{Exit, Failure};
use super::output;

/// Prints the script of a shell.
pub fn completions(arguments: &CompletionsArguments) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "proofmark", &mut script);
    output::print(&String::from_utf8(script).map_err(Failure::internal)?);
    Ok(Exit::Green)
}
