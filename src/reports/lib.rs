//! Reports of runs, and the gate.

pub mod diagnosis;
pub mod gate;
pub mod report;

use proofmark_api::{contract, wire};
use proofmark_cases::{outcome, scenario};
use proofmark_credential::{authenticator, webauthn};
use proofmark_support::words;
