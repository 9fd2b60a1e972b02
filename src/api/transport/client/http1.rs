//! Connections of HTTP/1.1: one call at a time. A call does the work of its connection itself, so that nothing has to be woken.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};

use super::connect::Io;
use super::splice::Spliced;
use super::version::Body;
use crate::transport::error::ConnectError;

/// How long a connection waits for a call. A target closes one that is idle, often after five seconds, and a call that is sent at that
/// moment is lost: nothing tells whether the target has read it, so that it must not be sent again.
const LONGEST_WAIT: Duration = Duration::from_secs(3);
/// The only error text that hyper has for bytes on a connection on which no call waits. A test checks it.
const UNEXPECTED: &str = "received unexpected message from connection";

/// Connections that wait for a call, the last used first. There are never more than there were calls at a time.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<(Instant, Connection)>>);

pub(super) struct Connection {
    pub send: SendRequest<Body>,
    pub work: Work,
}

/// Reading and writing.
pub(super) struct Work {
    /// `None` once the connection has ended.
    under_way: Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>,
    /// Whether it has ended since bytes came that belong to no reply.
    has_surplus: bool,
}

impl Connection {
    /// HTTP/1.1 needs no handshake. `lines` go into the head of the first request.
    pub async fn open(io: Io, lines: Option<Bytes>) -> Result<Connection, ConnectError> {
        let (send, work): (_, Pin<Box<dyn Future<Output = _> + Send>>) = match (io, lines) {
            (Io::Plain(io), None) => {
                let (send, connection) = handshake(io).await?;
                (send, Box::pin(connection))
            }
            (Io::Tls(io), None) => {
                let (send, connection) = handshake(*io).await?;
                (send, Box::pin(connection))
            }
            (Io::Plain(io), lines) => {
                let (send, connection) = handshake(Spliced::new(io, lines)).await?;
                (send, Box::pin(connection))
            }
            (Io::Tls(io), lines) => {
                let (send, connection) = handshake(Spliced::new(*io, lines)).await?;
                (send, Box::pin(connection))
            }
        };
        Ok(Connection { send, work: Work { under_way: Some(work), has_surplus: false } })
    }

    /// Whether it can take a call. The connection is polled once: the target may have closed it, or sent more than it should.
    fn is_ready(&mut self) -> bool {
        self.work.go_on(&mut Context::from_waker(Waker::noop()));
        self.work.under_way.is_some() && self.send.is_ready()
    }
}

impl Work {
    fn go_on(&mut self, context: &mut Context<'_>) {
        let Some(Poll::Ready(ended)) = self.under_way.as_mut().map(|work| work.as_mut().poll(context)) else { return };
        // An error of it is that of the call.
        self.under_way = None;
        self.has_surplus = ended.is_err_and(|error| error.to_string() == UNEXPECTED);
    }

    /// Does what is needed for a call, and the call.
    pub async fn during<T>(&mut self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        poll_fn(|context| {
            // First the call, which gives the connection something to write; then the bytes that were read are for the call.
            if let Poll::Ready(done) = call.as_mut().poll(context) {
                return Poll::Ready(done);
            }
            self.go_on(context);
            call.as_mut().poll(context)
        })
        .await
    }
}

impl Idle {
    /// A connection that is ready.
    pub fn take(&self) -> Option<Connection> {
        loop {
            // The lock is not held while a connection is looked at, or closed.
            let (since, mut last) = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if since.elapsed() < LONGEST_WAIT && last.is_ready() {
                return Some(last);
            }
        }
    }

    /// Keeps a connection whose reply was read, if the target does too. Whether more came than the reply.
    pub fn put(&self, mut connection: Connection) -> bool {
        let is_ready = connection.is_ready();
        let has_surplus = connection.work.has_surplus;
        if is_ready {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), connection));
        }
        has_surplus
    }
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Idle").finish_non_exhaustive()
    }
}
