//! Connections of HTTP/1.1: one call at a time. A call does the work of its connection itself, so that nothing has to be woken.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use hyper::client::conn::http1::{SendRequest, handshake};

use super::Body;
use super::connect::{ConnectError, Io};

/// How long a connection waits for a call. A target closes one that is idle, often after five seconds, and a call that is sent at that
/// moment is lost: nothing tells whether the target has read it, so that it must not be sent again.
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// Connections that wait for a call, the last used first. There are never more than there were calls at a time.
#[derive(Default)]
pub(super) struct Idle(Mutex<Vec<(Instant, Connection)>>);

pub(super) struct Connection {
    pub send: SendRequest<Body>,
    pub work: Work,
}

/// Reading and writing; `None` once the connection has ended.
pub(super) struct Work(Option<Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>>);

impl Connection {
    pub async fn open(io: Io) -> Result<Connection, ConnectError> {
        let (send, work): (_, Pin<Box<dyn Future<Output = _> + Send>>) = match io {
            Io::Plain(io) => {
                let (send, connection) = handshake(io).await?;
                (send, Box::pin(connection))
            }
            Io::Tls(io) => {
                let (send, connection) = handshake(*io).await?;
                (send, Box::pin(connection))
            }
        };
        Ok(Connection { send, work: Work(Some(work)) })
    }

    /// Whether it can take a call. The work is taken up once: the target may have closed the connection, or said more than it should.
    fn is_ready(&mut self) -> bool {
        self.work.go_on(&mut Context::from_waker(Waker::noop()));
        self.work.0.is_some() && self.send.is_ready()
    }
}

impl Work {
    fn go_on(&mut self, context: &mut Context<'_>) {
        if self.0.as_mut().is_some_and(|work| work.as_mut().poll(context).is_ready()) {
            // An error of it is that of the call.
            self.0 = None;
        }
    }

    /// Does what is needed for a call, and the call.
    pub async fn during<T>(&mut self, call: impl Future<Output = T>) -> T {
        let mut call = pin!(call);
        poll_fn(|context| {
            // First the call, which gives the connection something to write; then what was read is for the call.
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

    /// Keeps a connection whose reply was read, if the target does too.
    pub fn put(&self, mut connection: Connection) {
        if connection.is_ready() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), connection));
        }
    }
}

impl std::fmt::Debug for Idle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Idle").finish_non_exhaustive()
    }
}
