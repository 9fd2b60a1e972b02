//! The relying party on the own machine: the reference server is one, and plans without a target assume one.

/// Its RP ID.
pub const RP_ID: &str = "localhost";
/// Its origin.
pub const ORIGIN: &str = "https://localhost";
