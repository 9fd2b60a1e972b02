//! The trait that carries calls over one protocol.

use std::fmt;

use async_trait::async_trait;

use super::call::Call;
use super::error::TransportError;
use super::exchange::{Exchange, SentRequest};
use crate::contract::Protocol;

/// Carries calls over one protocol to one target. Cheap to share; connections are kept and reused.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// The protocol that this transport speaks.
    fn protocol(&self) -> Protocol;

    /// The request as [`Transport::send`] would send it, for calls that got no reply.
    ///
    /// # Errors
    /// [`TransportError`] if the call can't be encoded.
    fn prepare(&self, call: &Call) -> Result<SentRequest, TransportError>;

    /// Sends one call and reads the whole reply, all within [`Limits::timeout`](super::Limits::timeout). Nothing is retried and no redirect is followed.
    ///
    /// # Errors
    /// [`TransportError`] if there was no reply. A refusal, or a reply that makes no sense, is an [`Exchange`].
    async fn send(&self, call: &Call) -> Result<Exchange, TransportError> {
        self.send_over(call, Connection::Any).await
    }

    /// As [`Transport::send`], over a certain kind of connection.
    ///
    /// # Errors
    /// As [`Transport::send`].
    async fn send_over(&self, call: &Call, over: Connection) -> Result<Exchange, TransportError>;
}

/// Over which connection a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// One that was kept, if there is one.
    Any,
    /// A new one: what a target does to it concerns only this call.
    New,
}
