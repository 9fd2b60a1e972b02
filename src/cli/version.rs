//! Which build of proofmark this is.

use serde_json::{Value, json};

use super::args::{VersionArguments, VersionForm};
use super::exit::{Exit, Failure};
use super::output;

/// The version, and the commit if it is known, such as `0.1.0 (1a2b3c4d5e6f)`; `--version` prints it.
pub const LINE: &str = env!("PROOFMARK_BUILD_LINE");

/// Prints the version, the commit, the platform and the features that were built.
pub fn version(arguments: &VersionArguments) -> Result<Exit, Failure> {
    let text = match arguments.format {
        VersionForm::Text => {
            format!("proofmark {LINE}\ntarget    {}\nfeatures  {}\n", env!("PROOFMARK_BUILD_TARGET"), listed())
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
    let commit = Some(env!("PROOFMARK_BUILD_COMMIT")).filter(|id| !id.is_empty());
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": commit,
        "changed": env!("PROOFMARK_BUILD_CHANGED") == "true",
        "target": env!("PROOFMARK_BUILD_TARGET"),
        "features": features(),
    })
}

/// The features of the package that this program has.
fn features() -> Vec<&'static str> {
    let built = [("load", cfg!(feature = "load")), ("server", cfg!(feature = "server"))];
    built.into_iter().filter_map(|(name, is_built)| is_built.then_some(name)).collect()
}
