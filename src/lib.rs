//! proofmark: a headless conformance harness and load tester for WebAuthn enrolment.

pub mod authenticator;
pub mod contract;
pub mod relying_party;
pub mod server;
pub mod transport;
pub mod webauthn;
pub mod wire;
