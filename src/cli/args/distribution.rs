//! The arguments of `completions`, `man`, `schema` and `version`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

/// `completions`
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell
    pub shell: Shell,
}

/// `man`
#[derive(Debug, Args)]
pub struct ManArguments {
    /// Write the pages of all commands into this directory, such as proofmark-run.1; otherwise proofmark(1) is printed
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `schema`
#[derive(Debug, Args)]
pub struct SchemaArguments {
    /// The name of a schema, such as report; without it all are listed
    pub name: Option<String>,
}

/// `version`
#[derive(Debug, Args)]
pub struct VersionArguments {
    /// Lines, or JSON
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: VersionForm,
}

/// How `version` prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum VersionForm {
    /// Lines for people
    #[default]
    Text,
    /// An object with `version`, `commit`, `changed`, `target` and `features`
    Json,
}
