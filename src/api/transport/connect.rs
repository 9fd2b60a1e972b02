//! The transport of a protocol.

use std::sync::Arc;

use super::address::Address;
use super::carrier::Transport;
use super::error::TransportError;
use super::limits::Limits;
use super::{grpc, grpc_web, rest};
use crate::contract::Protocol;

/// Prepares a transport. Nothing is connected before the first call, which has to run on a tokio runtime.
///
/// # Errors
/// [`TransportError::Address`] for a base URL that cannot be used, [`TransportError::Tls`] for certificates that cannot be read.
pub fn connect(protocol: Protocol, address: &Address, limits: &Limits) -> Result<Arc<dyn Transport>, TransportError> {
    Ok(match protocol {
        Protocol::Rest => Arc::new(rest::Rest::new(address, limits)?),
        Protocol::Grpc => Arc::new(grpc::Grpc::new(address, limits)?),
        Protocol::GrpcWeb => Arc::new(grpc_web::GrpcWeb::new(address, limits)?),
    })
}
