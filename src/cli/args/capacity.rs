//! The arguments of `load find` and `load calibrate`.

use clap::Args;

use super::load::LoadArguments;

use crate::cli::values;

/// `load find`
#[derive(Debug, Args)]
pub struct FindArguments {
    /// A rule that the target has to keep, such as verify.p99<50ms; can be repeated. achieved>=98% and errors<1% are added, unless
    /// you give other rules about these two
    #[arg(long = "objective", value_name = "RULE", required = true, conflicts_with_all = [
        "rate", "arrivals", "duration", "ramp", "ramp_down", "think", "thresholds", "reports", "shard", "shards",
        "start_at", "dashboard", "give_up",
    ])]
    pub objectives: Vec<String>,
    /// The first rate
    #[arg(long, alias = "from", value_name = "RATE", default_value = "50/s")]
    pub lowest: String,
    /// The highest rate that is tried
    #[arg(long, alias = "to", value_name = "RATE", default_value = "2000/s")]
    pub highest: String,
    /// How long each rate is held, after a warm-up of 2s or of --warm-up
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub hold: String,
    /// How close the highest rate that is kept and the lowest rate that is not have to be
    #[arg(long, value_name = "SHARE", default_value = "5%")]
    pub precision: String,
    /// The greatest number of holds
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub most_holds: u16,
    /// As in a load
    #[command(flatten)]
    pub load: LoadArguments,
}

/// `load calibrate`
#[derive(Debug, Args)]
pub struct CalibrateArguments {
    /// Protocols, as for a load
    #[arg(long, alias = "transport", value_name = "MIX", default_value = "rest,grpc,grpc-web")]
    pub protocol: String,
    /// How long each figure is measured; there are two for each protocol
    #[arg(long, value_name = "TIME", default_value = "5s")]
    pub duration: String,
    /// Number of workers
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub users: u16,
    /// Seed of keys, ids and challenges; random if it is not given
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
}
