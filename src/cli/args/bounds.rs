//! The options that end a run early.

use clap::Args;

/// Bounds of a `run`.
#[derive(Debug, Clone, Default, Args)]
pub struct BoundArguments {
    /// Start no further tests after N tests have failed; known deviations do not count
    #[arg(long, value_name = "N", conflicts_with = "fuzz", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_failures: Option<u32>,
    /// Start no further tests after the first failure; the same as --max-failures 1
    #[arg(short = 'x', conflicts_with_all = ["max_failures", "fuzz"])]
    pub first_failure: bool,
    /// Start no further tests after this time, such as 10m, counted from the first test. If tests are left then, the exit code is 6
    #[arg(long, value_name = "TIME", conflicts_with = "fuzz")]
    pub max_time: Option<String>,
}
