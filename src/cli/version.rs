//! Which build of proofmark this is.

use serde_json::{Value, json};

use super::args::{VersionArguments, VersionForm};
use super::exit::{Exit, Failure};
use super::{built, output};

/// Prints the version, the commit, the platform and the features that were built.
pub fn version(arguments: &VersionArguments) -> Result<Exit, Failure> {
    let text = match arguments.format {
        VersionForm::Text => {
            format!("proofmark {}\ntarget    {}\nfeatures  {}\n", built::LINE, built::TARGET, listed())
        }
        VersionForm::Json => format!("{:#}\n", described()),
    };
    output::print(&text);
    Ok(Exit::Green)
}

fn listed() -> String {
    match features().as_slice() {
        [] => "none".to_owned(),
        some => some.join(", "),
    }
}

fn described() -> Value {
    let commit = Some(built::COMMIT).filter(|id| !id.is_empty());
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": commit,
        "changed": built::is_changed(),
        "target": built::TARGET,
        "features": features(),
    })
}

/// The features of the package that this program has.
fn features() -> Vec<&'static str> {
    let built = [("load", cfg!(feature = "load")), ("server", cfg!(feature = "server"))];
    built.into_iter().filter_map(|(name, is_built)| is_built.then_some(name)).collect()
}
