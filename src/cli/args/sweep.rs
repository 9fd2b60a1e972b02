//! The arguments of `sweep`.

use std::path::PathBuf;

use clap::Args;

/// `sweep`
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// Target file with accounts.provisioner
    #[arg(long, value_name = "FILE")]
    pub target: PathBuf,
    /// List what would be removed
    #[arg(long)]
    pub dry_run: bool,
}
