//! What can be typed to end a run early.

use clap::Args;

/// Bounds of a `run`.
#[derive(Debug, Clone, Default, Args)]
pub struct BoundArguments {
    /// Begin nothing more once so many tests have failed, known deviations not counted
    #[arg(long, value_name = "N", conflicts_with = "fuzz", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_failures: Option<u32>,
    /// Begin nothing more after the first failure: --max-failures 1
    #[arg(short = 'x', conflicts_with_all = ["max_failures", "fuzz"])]
    pub first_failure: bool,
    /// Begin nothing more after this time, such as 10m, from the first test on; what is left then makes the exit code 6
    #[arg(long, value_name = "TIME", conflicts_with = "fuzz")]
    pub max_time: Option<String>,
}
