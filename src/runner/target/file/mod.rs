//! The target file: TOML, checked as a whole before the first request, every error with its line and the fix.

pub(crate) mod accounts;
pub(crate) mod identity;
pub(crate) mod network;
pub(crate) mod place;
pub(crate) mod provisioner;
pub(crate) mod reader;
pub(crate) mod resending;

pub use accounts::Surroundings;
pub use identity::{IdentityError, host_of, identity, origin_of};
pub use place::TargetFileError;
pub use reader::{
    LoadTarget, Offer, RunTable, base_url, has_provisioner, known, load, load_for_attack, offer, provisioner, reasons,
    run_table,
};
