//! Plays cases against a target and turns them into events.

extern crate self as runner;

mod again;
pub mod doctor;
pub mod estimate;
pub mod fuzz;
pub mod judge;
mod memory;
mod model;
pub mod offline_case;
mod play;
pub mod preflight;
mod run;
mod sending;
pub mod sequences;
mod state;
mod subjects;
pub mod target;

pub use run::runner::{Runner, checked_clauses};
pub use run::stop::Stop;
pub use state::Settings;
pub use target::file as target_file;

use proofmark_api::{contract, transport, wire};
use proofmark_cases::{checks, lease, outcome, scenario};
use proofmark_credential::{authenticator, relying_party, webauthn};
use proofmark_provisioner as provisioner;
use proofmark_support::words;
