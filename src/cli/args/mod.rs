//! The arguments of the command line.

mod bounds;
#[cfg(feature = "load")]
mod capacity;
mod command;
mod coverage;
mod credential;
mod distribution;
mod listing;
#[cfg(feature = "load")]
mod load;
#[cfg(feature = "load")]
mod load_command;
pub mod records;
mod resending;
mod run;
#[cfg(feature = "server")]
mod selftest;
#[cfg(feature = "server")]
mod serve;
mod setup;
mod streams;
mod sweep;
mod verify;

pub use bounds::BoundArguments;
#[cfg(feature = "load")]
pub use capacity::{CalibrateArguments, FindArguments};
pub use command::{Arguments, Verb};
pub use coverage::{CoverageArguments, CoverageForm, CoverageState};
pub use credential::{AttestArguments, VectorsArguments, VectorsVerb};
pub use distribution::{CompletionsArguments, ManArguments, SchemaArguments, VersionArguments, VersionForm};
pub use listing::{ListArguments, ListForm, Listing};
#[cfg(feature = "load")]
pub use load::{Arrivals, LoadArguments};
#[cfg(feature = "load")]
pub use load_command::{LoadCommand, LoadVerb};
pub use run::{Deny, Recorded, ReplayArguments, RunArguments};
#[cfg(feature = "server")]
pub use selftest::SelftestArguments;
#[cfg(feature = "server")]
pub use serve::ServeArguments;
pub use setup::{CheckArguments, CheckForm, InitArguments};
pub use streams::{
    DiagnoseArguments, DiagnosisFormat, DiffArguments, DiffFormat, JudgeArguments, KnownArguments, KnownVerb,
    MergeArguments, ReasonsArguments, ReasonsVerb, ReportArguments, ShowArguments,
};
pub use sweep::SweepArguments;
pub use verify::{VerifyArguments, VerifyForm};
