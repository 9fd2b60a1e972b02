//! The verifier: the ceremonies of section 7 of WebAuthn L3 as numbered steps, pure.
//!
//! It is the oracle of the runner and the heart of the reference server. Steps are evaluated in the order of the
//! specification; the first that fails is the refusal. `client_data` and `authenticator_data` hold the checks of all ceremonies,
//! `registration` those of a registration only.

mod authenticator_data;
mod ceremony;
mod client_data;
mod context;
mod examination;
mod procedure;
mod registration;
mod step;

pub use crate::webauthn::attestation::AttestationType;
pub use ceremony::{Ceremony, Omission, Refusal, Registration};
pub use examination::{Examination, Examined, Known, Standing, examine};
pub use procedure::{Procedure, REGISTRATION};
pub use registration::{verify_registration, verify_registration_without};
pub use step::Step;

#[cfg(test)]
mod tests;
