//! Calls the function of each verb.

use std::process::ExitCode;

use clap::Parser as _;

use super::args::{Arguments, Verb};
use super::exit::{Exit, Failure};
#[cfg(feature = "load")]
use super::load;
use super::{
    attest, check, completions, coverage, diagnose, diff, init, judge, known, lint, list, man, merge, output, reasons,
    replay, report, run, schema, show, sweep, vectors, verify, version,
};
#[cfg(feature = "server")]
use super::{selftest, serve};

/// Parses the command line, does what it says, and returns the exit code.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let usage = error.use_stderr();
            // If the terminal is closed, nothing can be done.
            error.print().unwrap_or_default();
            return if usage { Exit::Usage.into() } else { Exit::Green.into() };
        }
    };
    output::choose(arguments.color);
    let exit = dispatch(arguments.verb).unwrap_or_else(|failure| {
        output::error(&failure.to_string());
        failure.exit
    });
    if let Some(error) = output::lost() {
        output::error(&format!("standard output: {error}"));
        return Exit::Unwritten.into();
    }
    exit.into()
}

fn dispatch(verb: Verb) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::internal)?;
    let done = match verb {
        Verb::Init(arguments) => runtime.block_on(init::init(arguments)),
        Verb::Check(arguments) => runtime.block_on(check::check(arguments)),
        Verb::Run(arguments) => runtime.block_on(run::run(*arguments)),
        Verb::Judge(arguments) => judge::judge(&arguments),
        Verb::Replay(arguments) => runtime.block_on(replay::replay(arguments)),
        Verb::Show(arguments) => show::show(&arguments),
        Verb::Coverage(arguments) => runtime.block_on(coverage::coverage(arguments)),
        Verb::Attest(arguments) => attest::attest(&arguments),
        Verb::Verify(arguments) => verify::verify(&arguments),
        Verb::Known(arguments) => known::known(&arguments),
        Verb::Reasons(arguments) => reasons::reasons(&arguments),
        Verb::Diagnose(arguments) => diagnose::diagnose(&arguments),
        Verb::Diff(arguments) => diff::diff(&arguments),
        Verb::Merge(arguments) => merge::merge(&arguments),
        #[cfg(feature = "server")]
        Verb::Serve(arguments) => runtime.block_on(serve::serve(arguments)),
        Verb::Sweep(arguments) => runtime.block_on(sweep::sweep(arguments)),
        Verb::Report(arguments) => report::report(&arguments),
        #[cfg(feature = "server")]
        Verb::Selftest(arguments) => runtime.block_on(selftest::selftest(&arguments)),
        Verb::List(arguments) => list::list(&arguments),
        Verb::Lint => lint::lint(),
        Verb::Vectors(arguments) => vectors::vectors(&arguments),
        #[cfg(feature = "load")]
        Verb::Load(arguments) => runtime.block_on(load::dispatch(*arguments)),
        Verb::Completions(arguments) => completions::completions(&arguments),
        Verb::Man(arguments) => man::man(&arguments),
        Verb::Schema(arguments) => schema::schema(&arguments),
        Verb::Version(arguments) => version::version(&arguments),
    };
    // There is no need to wait for connections that are still open.
    runtime.shutdown_background();
    done
}
