//! The decision whether a run is green: the known deviations change the gate, never a verdict.

mod diff;
mod entries;
mod judged;
mod known;
mod observation;
mod prune;
mod rules;
mod suggest;

pub use diff::{Change, Diff, Kind};
pub use entries::{EntryRecord, Problem, Stale};
pub use judged::{Gate, Judged};
pub use known::{Axes, Known, KnownDeviation, KnownError};
pub use observation::observation;
pub use prune::{Pruned, prune};
pub use rules::{Rules, Standing};
pub use suggest::{Suggestion, append, suggest};

#[cfg(test)]
mod tests;
