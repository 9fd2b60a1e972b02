//! Makes what a run needs on a server of a known kind, from its base URL and one administrator's token, and removes it again.
//!
//! All that proofmark knows about one vendor's management API is in the folder of its kind.

extern crate self as provisioner;

mod account;
mod connection;
mod error;
mod http;
mod kind;
mod kinds;
mod pace;
mod patience;
mod zitadel;

pub use account::{Account, Progress, Provided, ProvidedSubject, Removed, Tell};
pub use connection::{CONCURRENCY, Connection, LEAST_TIMEOUT, PATIENCE, PREFIX, RENEWAL, wrong_prefix};
pub use error::ProvisionerError;
pub use kind::{Kind, Provisioner};
pub use kinds::{KINDS, find};

use proofmark_api::{transport, wire};
use proofmark_support::words;
