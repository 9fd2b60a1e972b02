//! The output for people: one line for each test that they have to see, and the summary.

mod case_line;
mod detail;
mod end;
mod figures;
mod fuzz;
mod glance;
mod page;
mod skipped;
mod summary;

pub use case_line::{case_line, failure_lines};
pub(super) use figures::{flaky_ones, sent_again};
pub use summary::{Summary, summary, summary_for};
