//! Bytes and names that the protocols and the reference server share, so that neither imports the other.

mod ends;
mod fast_codec;
pub mod framing;
pub mod marks;
pub mod percent;
mod protobuf;
pub mod schema;
pub mod secret;
pub mod shell;
pub mod status;
mod structs;
