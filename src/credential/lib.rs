//! WebAuthn as it is written, what a relying party checks, and a virtual authenticator.

pub mod authenticator;
pub mod relying_party;
pub mod webauthn;
use proofmark_support::words;
