//! The arguments of `serve`.

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
    /// Number of users to make
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub users: u32,
    /// Seed of users and challenges; random if it is not given
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
    /// Give the server a defect (see `list defects`); can be repeated
    #[arg(long = "defect", value_name = "NAME")]
    pub defects: Vec<String>,
    /// Give the server a variant (see `list variants`); can be repeated
    #[arg(long = "variant", value_name = "NAME")]
    pub variants: Vec<String>,
    /// Wait this long before every answer, also to management calls, such as 200ms: to stand for a distant or slow server
    #[arg(long, value_name = "TIME")]
    pub delay: Option<String>,
    /// The time-out in the creation options, such as 5s; after it a registration can't be finished [default: 5m]
    #[arg(long, value_name = "TIME")]
    pub challenge_timeout: Option<String>,
    /// Switch a flow off, such as v1/u2f; can be repeated
    #[arg(long, value_name = "FLOW", value_parser = values::flow)]
    pub off: Vec<Flow>,
    /// Answer under this host name only, as a server with several virtual hosts does
    #[arg(long, value_name = "NAME")]
    pub host: Option<String>,
    /// Run the null server instead: it answers as documented, checks nothing and uses almost no processor time
    #[arg(long, conflicts_with_all = ["defects", "delay", "challenge_timeout", "off", "host"])]
    pub null: bool,
    /// Make every answer take this much longer, such as 5%: a slower build to try `load compare` with
    #[arg(long, value_name = "SHARE", default_value = "0%", conflicts_with = "null")]
    pub slower: String,
    /// Answer the calls with which a provisioner makes and removes users; the target file then uses a provisioner
    #[arg(long, conflicts_with = "null")]
    pub management: bool,
    /// How long hashing a password takes, such as 1s
    #[arg(long, value_name = "TIME", requires = "management")]
    pub password_delay: Option<String>,
    /// How far the lists of users and factors lag behind, such as 300ms
    #[arg(long, value_name = "TIME", requires = "management")]
    pub list_delay: Option<String>,
    /// How far all reads lag behind, such as 5s: for this time no list, search or session finds a new user, and a new token is not
    /// known
    #[arg(long, value_name = "TIME", requires = "management")]
    pub lag: Option<String>,
    /// Write a target file, and next to it a file of the subjects with their tokens
    #[arg(long, value_name = "FILE")]
    pub target_out: Option<PathBuf>,
    /// Stop after this time, such as 30s or 5m; otherwise on Ctrl-C
    #[arg(long, value_name = "TIME")]
    pub stop_after: Option<String>,
}
