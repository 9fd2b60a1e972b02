//! The arguments of the command line.

mod bounds;
mod capacity;
mod command;
mod coverage;
mod credential;
mod listing;
mod load;
mod load_command;
pub mod records;
mod resending;
mod run;
mod selftest;
mod serve;
mod setup;
mod streams;

pub use bounds::BoundArguments;
pub use capacity::{CalibrateArguments, FindArguments};
pub use command::{Arguments, Verb};
pub use coverage::{CoverageArguments, CoverageForm, CoverageState};
pub use credential::{AttestArguments, VectorsArguments, VectorsVerb};
pub use listing::{ListArguments, Listing};
pub use load::{Arrivals, LoadArguments};
pub use load_command::{LoadCommand, LoadVerb};
pub use run::{Deny, Recorded, ReplayArguments, RunArguments};
pub use selftest::SelftestArguments;
pub use serve::{ServeArguments, SweepArguments};
pub use setup::{CheckArguments, CheckForm, InitArguments};
pub use streams::{
    DiffArguments, DiffFormat, JudgeArguments, KnownArguments, KnownVerb, MergeArguments, ReasonsArguments,
    ReasonsVerb, ReportArguments, ShowArguments,
};
