//! proofmark: a headless conformance harness and load tester for WebAuthn enrolment.

pub mod authenticator;
pub mod checks;
pub mod cli;
pub mod contract;
pub mod gate;
pub mod lease;
pub mod load;
pub mod outcome;
pub mod provisioner;
pub mod relying_party;
pub mod report;
pub mod runner;
pub mod scenario;
pub mod server;
pub mod transport;
pub mod webauthn;
pub mod wire;
