//! Bytes and names that the protocols and the reference server share, so that neither imports the other.

pub mod framing;
pub mod marks;
pub mod percent;
mod plan;
mod protobuf;
pub mod schema;
pub mod secret;
pub mod shell;
pub mod status;
mod structs;
