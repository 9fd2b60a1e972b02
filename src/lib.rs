//! proofmark: a headless conformance harness and load tester for WebAuthn enrolment.

pub mod cli;

pub use proofmark_api::{contract, transport, wire};
pub use proofmark_cases::{checks, lease, outcome, scenario};
pub use proofmark_credential::{authenticator, relying_party, webauthn};
#[cfg(feature = "load")]
pub use proofmark_load as load;
pub use proofmark_provisioner as provisioner;
pub use proofmark_reports::{diagnosis, gate, report};
pub use proofmark_runner as runner;
#[cfg(feature = "server")]
pub use proofmark_server as server;
