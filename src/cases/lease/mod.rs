//! Leases of subjects between processes: two runs on one file of subjects use different ones.
//!
//! A lease is written into a book beside the file that lists the subjects, and stands as long as its process holds the lock of a
//! file of its own. The system frees that lock when the process ends, however it ends.

mod book;
mod holding;
mod parts;

pub use book::Holder;
pub use holding::{Attempt, Lease, LeaseError, Wanted, take};
pub use parts::{Census, Parts};
