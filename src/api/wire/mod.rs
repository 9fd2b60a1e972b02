//! Bytes and names shared by the transports and the reference server, so that neither imports the other.

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
