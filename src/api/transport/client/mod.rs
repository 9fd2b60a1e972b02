//! The HTTP client of all protocols. Connections are made, timed and kept here; what goes over them is hyper's.

mod connect;
mod early;
mod http1;
mod http2;
mod pooled;
mod request;
mod splice;
mod version;

pub(super) use connect::{Secure, agreed_on_http2, dial};
pub(super) use pooled::Client;
pub(super) use version::Version;
