//! What can be typed after `serve` and `sweep`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use crate::cli::values;
use crate::contract::Flow;

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Users to make
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub users: u32,
    /// Seed of users and challenges; random if it is not given
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Give the server a defect (see `list defects`)
    #[arg(long, value_name = "NAME")]
    pub defect: Option<String>,
    /// Have the server use a latitude (see `list variants`); can be repeated
    #[arg(long = "variant", value_name = "NAME")]
    pub variants: Vec<String>,
    /// Wait so long before every answer, those to management calls too, such as 200ms: as a server far away does, or a slow one
    #[arg(long, value_name = "TIME")]
    pub delay: Option<String>,
    /// The time-out of creation options, such as 5s, after which a registration can't be finished [default: 5m]
    #[arg(long, value_name = "TIME")]
    pub challenge_timeout: Option<String>,
    /// Switch a flow off, such as v1/u2f; can be repeated
    #[arg(long, value_name = "FLOW", value_parser = values::flow)]
    pub off: Vec<Flow>,
    /// Answer under this host name only, as a server does that hosts several
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Run the null server instead: it answers as documented, checks nothing and costs next to nothing
    #[arg(long, conflicts_with_all = ["defect", "delay", "challenge_timeout", "off", "host"])]
    pub null: bool,
    /// Have every answer take so much longer than it does, such as 5%: a slower build, to try `load compare` with
    #[arg(long, value_name = "SHARE", default_value = "0%", conflicts_with = "null")]
    pub slower: String,
    /// Answer the calls by which a provisioner makes and removes users; the target file has them made so
    #[arg(long, conflicts_with = "null")]
    pub management: bool,
    /// What hashing a password takes, such as 1s
    #[arg(long, value_name = "TIME", requires = "management")]
    pub password_delay: Option<String>,
    /// How far the lists of users and factors lag behind, such as 300ms
    #[arg(long, value_name = "TIME", requires = "management")]
    pub list_delay: Option<String>,
    /// How far everything lags behind that reads what was made, such as 5s: so long a new user is found by no list, search or
    /// session, and a new token is not known
    #[arg(long, value_name = "TIME", requires = "management")]
    pub lag: Option<String>,
    /// Write a target file, and beside it the subjects with their tokens
    #[arg(long, value_name = "FILE")]
    pub target_out: Option<PathBuf>,
    /// Stop after this time, such as 30s or 5m; otherwise on Ctrl-C
    #[arg(long, value_name = "TIME")]
    pub stop_after: Option<String>,
}

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
