//! The arguments of `selftest`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::values;
use crate::outcome::Profile;

/// `selftest`
#[derive(Debug, Args)]
pub struct SelftestArguments {
    /// Defects and variants to play; if none is given, all of them and the clean server
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Play the whole default plan against each, instead of only the cases that are about it
    #[arg(long)]
    pub all: bool,
    /// Write what each defect shows into this file, which `diagnose` explains runs with; other defects in it are kept
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "profile"])]
    pub signatures: Option<PathBuf>,
    /// How strictly the servers are judged: webauthn, fido or strict
    #[arg(long, value_name = "PROFILE", default_value = "webauthn", value_parser = Profile::from_name)]
    pub profile: Profile,
    /// Seed of keys and ids; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
}
