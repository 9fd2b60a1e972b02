//! The implementation under test: where it is, what it offers and who may do what.

pub(crate) mod description;
pub mod file;
pub(crate) mod reason_map;
pub mod resending;
pub mod subject_source;

pub use description::{Accounts, Subject, Target};
pub use reason_map::{ReasonMap, Said};
