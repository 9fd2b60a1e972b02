//! Whether a build is slower than the one before it, as far as runs of both builds show.
//!
//! How sure a difference is comes from a bootstrap over blocks, since samples within a run are not independent. With several runs
//! a side the block is a pair of runs, one of each side, so that a drift while A and B take turns affects both. With one run
//! a side the blocks are stretches of its intervals, long enough to be independent of each other; then nothing is known about how
//! much two runs of one build differ.
//!
//! The interval is that of ln(new / baseline): its bootstrap standard error times the quantile of Student's t for the number of
//! blocks, and the width of the histograms' buckets on top.

mod bootstrap;
mod compared;
mod measure;
mod question;
mod student;

pub use compared::{Change, CompareError, Compared};
pub use measure::compare;
pub use question::{METRICS, Metric, MetricError, Question};
