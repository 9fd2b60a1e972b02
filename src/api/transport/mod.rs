//! One call model over three protocols. `Err` means that there was no reply; a refusal is an [`Exchange`].

mod address;
mod attempt;
mod call;
pub mod carried;
mod carrier;
mod client;
mod connect;
mod curl;
mod error;
mod exchange;
mod fault;
mod grpc;
mod grpc_reply;
mod grpc_web;
mod limits;
mod outgoing;
pub mod probe;
mod recorded;
mod rest;
pub mod spelling;
pub mod tamper;
mod tls;

pub use address::{Address, TlsOptions, default_port};
pub use call::{Call, Tamper};
pub use carrier::{Connection, Transport};
pub use connect::connect;
pub use curl::{curl, grpcurl};
pub use error::{Phase, TransportError, Unprocessed};
pub use exchange::{Exchange, Refusal, Reply, SentRequest, SetUp, Timings};
pub use fault::{Fault, FaultKind};
pub use limits::Limits;
pub use recorded::{RecordedReply, recorded};
pub use rest::path as path_of;
pub use spelling::Respelled;
pub use tls::configuration as tls_configuration;
