//! Cases, the checks of exchanges, and what comes of a run.

pub mod checks;
pub mod lease;
pub mod outcome;
pub mod scenario;

use proofmark_api::{contract, transport, wire};
use proofmark_credential::{authenticator, webauthn};
use proofmark_support::words;
