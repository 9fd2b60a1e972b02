//! The relying party on the own machine: the reference server is one, and plans without a target assume one.

pub const RP_ID: &str = "localhost";
pub const ORIGIN: &str = "https://localhost";
