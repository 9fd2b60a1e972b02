//! The verbs about the credential alone.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::values;

/// `attest`
#[derive(Debug, Args)]
pub struct AttestArguments {
    /// Origin in the client data; if it is not given, `https://` and the RP ID
    #[arg(long)]
    pub origin: Option<String>,
    /// Attestation format: none (the default), packed-self, packed-x5c, fido-u2f, tpm, android-key, apple or compound
    #[arg(long)]
    pub format: Option<String>,
    /// Algorithm of the credential key, such as ES256 (the default), RS256, EdDSA or -7
    #[arg(long, allow_negative_numbers = true)]
    pub alg: Option<String>,
    /// Seed of the key and the credential id; random if it is not given, and printed to standard error
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
    /// Make the credential wrong in one way: a case such as cose/kty-missing (see `list cases`), or a mutation as ID or
    /// ID=ARGUMENT (JSON or plain text; see `list mutations`)
    #[arg(long, value_name = "CASE|ID[=ARGUMENT]")]
    pub mutate: Option<String>,
    /// Only print the root certificate (PEM) of the attestation certificates
    #[arg(long)]
    pub root: bool,
    /// Make the credential even if excludeCredentials name a credential that this authenticator holds
    #[arg(long)]
    pub ignore_exclude: bool,
    /// A credential id (base64url) that this authenticator already holds; can be repeated
    #[arg(long = "holds", value_name = "ID")]
    pub holds: Vec<String>,
    /// Make the credential even if pubKeyCredParams does not offer its algorithm
    #[arg(long)]
    pub ignore_algorithms: bool,
    /// Make the credential even if the RP ID does not fit the origin
    #[arg(long)]
    pub ignore_rp_id: bool,
    /// Make credentials in bulk, from throw-away test keys that anybody can compute: for test servers only. Supports the formats
    /// none and packed-self with ES256
    #[arg(long, conflicts_with_all = ["mutate", "root", "holds"])]
    pub key_chain: bool,
    /// How many credentials to make for the options, one a line; with --key-chain
    #[arg(long, value_name = "N", requires = "key_chain", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,
}

/// `vectors`
#[derive(Debug, Args)]
pub struct VectorsArguments {
    /// What to do with them
    #[command(subcommand)]
    pub verb: VectorsVerb,
}

/// What `vectors` can do.
#[derive(Debug, Subcommand)]
pub enum VectorsVerb {
    /// Write the vectors into a new or empty directory; `proofmark schema vector` has their format
    Export {
        /// The directory
        directory: PathBuf,
        /// Write every length of the cases that cut a part off; otherwise the shortest and the longest
        #[arg(long)]
        all: bool,
    },
}
