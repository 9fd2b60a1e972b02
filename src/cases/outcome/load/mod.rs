//! The result of a load run: one record, bounded in size, from which every report is rendered and which adds up exactly.
//!
//! Durations are whole microseconds. Nothing in it grows with the time or the number of cycles: histograms have a fixed
//! width, intervals are widened when there are too many, and classes of errors are bounded.

mod cause;
pub mod compare;
mod ended;
mod figures;
#[cfg(any(test, feature = "samples"))]
pub mod full;
mod generator;
mod growth;
mod histogram;
mod intervals;
mod judged;
pub mod merge;
mod number;
mod plan;
mod row;
mod run;
#[cfg(any(test, feature = "samples"))]
pub mod sample;
mod scaling;
mod threshold;

pub use ended::{PreflightRecord, Stopped};
pub use generator::{ConnectionRecord, EngineCount, GeneratorRecord, GeneratorVerdict};
pub use growth::Growth;
pub use histogram::{BadHistogram, LONGEST_MICROS, PackedHistogram, coarse, fine, record};
pub use intervals::{Interval, IntervalStep, Intervals, MOST_INTERVALS};
pub use judged::{JudgedThreshold, Judgement};
pub use number::float;
pub use plan::{
    ArrivalPattern, Cleanup, LoadModel, LoadPlanRecord, PhaseName, PhaseRecord, RateStep, Shares, Stages, Weighted,
};
pub use row::{Kind, LoadStep, Outcome, Row};
pub use run::{Arrivals, Correctness, LoadErrorRecord, LoadRecord, MOST_CLASSES};
pub use scaling::{Scaling, ScalingStep};
pub use threshold::{Figure, Operator, Threshold, ThresholdError};
