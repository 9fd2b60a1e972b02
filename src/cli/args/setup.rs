//! Verbs that come before the first run: `init` and `check`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};

use crate::cli::values;
use crate::provisioner::KINDS;

/// `init`
#[derive(Debug, Args)]
pub struct InitArguments {
    /// URL of REST and gRPC-Web, such as https://id.example.org
    #[arg(required_unless_present = "example")]
    pub url: Option<String>,
    /// Only print a target file with every key and what it means
    #[arg(long, exclusive = true)]
    pub example: bool,
    /// The file to write
    #[arg(long, short, value_name = "FILE", default_value = "target.toml")]
    pub out: PathBuf,
    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
    /// The target's name in reports
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// URL of gRPC, if it differs
    #[arg(long, value_name = "URL")]
    pub grpc_url: Option<String>,
    /// The RP ID; otherwise the host of the origin
    #[arg(long, value_name = "HOST")]
    pub rp_id: Option<String>,
    /// The origin that is expected in client data; otherwise that of the URL
    #[arg(long, value_name = "ORIGIN")]
    pub origin: Option<String>,
    /// Certificates (PEM) to trust in addition to the system's
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub ca_file: Option<PathBuf>,
    /// Accept any certificate; for test machines only
    #[arg(long)]
    pub insecure: bool,
    /// Where the administrator's token is: the name of an environment variable, or a file
    #[arg(long, value_name = "NAME|FILE")]
    pub admin_token: Option<String>,
    /// Where the token without any permission is: the name of an environment variable, or a file
    #[arg(long, value_name = "NAME|FILE")]
    pub no_rights_token: Option<String>,
    /// A file of subjects and their tokens
    #[arg(long, value_name = "FILE", conflicts_with_all = ["provision", "provisioner"])]
    pub subjects_file: Option<PathBuf>,
    /// A command that makes subjects, such as './make-users {count}', split at blanks
    #[arg(long, value_name = "COMMAND", conflicts_with = "provisioner")]
    pub provision: Option<String>,
    /// The kind of server, if proofmark is to make the accounts with the administrator's token alone; proposed if the server is
    /// recognised
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(KINDS.iter().map(|kind| kind.name)))]
    pub provisioner: Option<String>,
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// Target file; otherwise PROOFMARK_TARGET, or ./target.toml
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Leave out the one good enrolment that shows whether origin and RP ID are right
    #[arg(long)]
    pub no_enrolment: bool,
    /// Text for people, or JSON for programs
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: CheckForm,
    /// Seed of the enrolment's key; random if it is not given
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
    /// The longest time that one call may take, such as 500ms or 20s; otherwise that of the target file, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
}

/// How `check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckForm {
    /// Lines for people
    Text,
    /// JSON for programs
    Json,
}
