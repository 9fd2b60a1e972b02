//! Connections of HTTP/2: calls share them, each connection with a task of its own.

use std::sync::{Arc, Mutex, PoisonError};

use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioTimer};

use super::connect::Io;
use super::version::Body;
use crate::transport::error::ConnectError;
use crate::transport::limits::Limits;
use crate::transport::outgoing;

#[derive(Default)]
pub(super) struct Shared(Mutex<Vec<Lease>>);

/// A connection, and one of the counts of those that use it.
#[derive(Clone)]
pub(super) struct Lease {
    pub send: SendRequest<Body>,
    users: Arc<()>,
}

impl Shared {
    /// A connection that has room for a call.
    pub fn take(&self, limits: &Limits) -> Option<Lease> {
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| !connection.send.is_closed());
        // The list itself has one of the counts.
        connections
            .iter()
            .find(|connection| Arc::strong_count(&connection.users) <= limits.calls_per_connection)
            .cloned()
    }

    /// Gives a connection to no further call.
    pub fn retire(&self, lease: &Lease) {
        let mut connections = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| !Arc::ptr_eq(&connection.users, &lease.users));
    }

    /// Agrees on HTTP/2, and has the connection's work done by a task, which ends when nobody uses it any more.
    pub async fn open(&self, io: Io, limits: &Limits) -> Result<Lease, ConnectError> {
        let mut builder = Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_header_list_size(outgoing::http2_header_bytes(limits));
        if limits.calls_per_connection > 1 {
            // A slow target answers a ping before its calls are given up; one that is gone loses the connection soon after.
            builder.keep_alive_interval(limits.timeout / 2).keep_alive_timeout(limits.timeout);
        }
        let send = match io {
            Io::Plain(io) => {
                let (send, connection) = builder.handshake(io).await?;
                tokio::spawn(connection);
                send
            }
            Io::Tls(io) => {
                let (send, connection) = builder.handshake(*io).await?;
                tokio::spawn(connection);
                send
            }
        };
        let lease = Lease { send, users: Arc::new(()) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(lease.clone());
        Ok(lease)
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
