//! The arguments of `verify`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `verify`
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// The registration response; otherwise standard input. The JSON of a browser, a whole request or log line that has it, or an
    /// attestation object alone in base64
    #[arg(value_name = "FILE")]
    pub credential: Option<PathBuf>,
    /// The creation options, or a server's whole reply with them: challenge, RP ID, algorithms and user verification
    #[arg(long, value_name = "FILE")]
    pub options: Option<PathBuf>,
    /// The challenge that was sent, in base64 of either alphabet; otherwise that of the options
    #[arg(long, value_name = "BASE64", allow_hyphen_values = true)]
    pub challenge: Option<String>,
    /// An origin that is expected; can be repeated; otherwise https:// and the RP ID of the options
    #[arg(long = "origin", value_name = "ORIGIN")]
    pub origins: Vec<String>,
    /// The RP ID; otherwise that of the options, or the host of the origin
    #[arg(long, value_name = "HOST")]
    pub rp_id: Option<String>,
    /// Expect a registration in a frame of another origin
    #[arg(long)]
    pub allow_cross_origin: bool,
    /// Certificates (PEM) that attestation has to lead to
    #[arg(long, value_name = "FILE")]
    pub trust_anchors: Option<PathBuf>,
    /// The time at which certificates have to be valid, in seconds since 1970; otherwise now
    #[arg(long, value_name = "SECONDS")]
    pub at: Option<u64>,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: VerifyForm,
    /// Print the names and the user handle of the options too
    #[arg(long)]
    pub show_user: bool,
}

/// How `verify` prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum VerifyForm {
    /// The credential as a tree, a line for each step, and the verdict
    #[default]
    Text,
    /// The same as one JSON object
    Json,
}
