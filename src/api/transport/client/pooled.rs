//! The client: calls over connections that are kept, or new.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::Request;
use http::header::{HeaderName, HeaderValue, USER_AGENT};
use http::uri::Uri;
use http_body_util::Full;
use tokio::sync::Mutex;

use super::connect::{Connected, Connector};
use super::request::{host, only_other_host, origin_form, sent};
use super::version::{Body, Version};
use super::{http1, http2};
use crate::transport::address::Address;
use crate::transport::attempt::{Attempt, Received};
use crate::transport::carried::RawLines;
use crate::transport::carrier::Connection;
use crate::transport::error::TransportError;
use crate::transport::exchange::SetUp;
use crate::transport::limits::Limits;
use crate::transport::outgoing;

/// How often a call that was not sent, because a kept connection had just ended, is given to another.
const MOST_TRIES: u32 = 3;

/// A client with its target and bounds. It follows no redirect (the token must not follow), retries nothing that was
/// sent, and decompresses nothing.
#[derive(Debug)]
pub(in crate::transport) struct Client {
    connector: Connector,
    idle: http1::Idle,
    shared: http2::Shared,
    /// Taken while connecting to HTTP/2, so that the calls that come meanwhile share the connection, if they may.
    turn: Mutex<()>,
    speaks_http2: AtomicBool,
    /// What HTTP/1.1 calls the target.
    host: Option<HeaderValue>,
    base_url: String,
    limits: Limits,
    /// Headers that every request has.
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// A connection for one call.
enum Lease {
    Http1(http1::Connection),
    Http2(http2::Lease),
}

impl Client {
    /// Nothing is connected before the first call.
    pub fn new(address: &Address, limits: &Limits, version: Version) -> Result<Self, TransportError> {
        let base_url = outgoing::base_url(address)?;
        let base: Uri = base_url.parse().map_err(|e| TransportError::Address(format!("{base_url:?}: {e}")))?;
        Ok(Self {
            connector: Connector::new(address, &base, version)?,
            idle: http1::Idle::default(),
            shared: http2::Shared::default(),
            turn: Mutex::new(()),
            speaks_http2: AtomicBool::new(version == Version::Http2),
            host: host(&base),
            base_url,
            limits: limits.clone(),
            headers: address.headers.clone(),
        })
    }

    /// The checked base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Starts the clock of a call.
    pub fn attempt(&self) -> Attempt<'_> {
        Attempt::start(&self.base_url, &self.limits)
    }

    /// Sends a request and reads the reply.
    pub async fn run(
        &self,
        attempt: &Attempt<'_>,
        request: Request<Bytes>,
        over: Connection,
    ) -> Result<Received, TransportError> {
        let mut request = request.map(Full::new);
        for (name, value) in &self.headers {
            request.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        request.headers_mut().entry(USER_AGENT).or_insert(const { HeaderValue::from_static(AGENT) });
        let lines = request.extensions().get::<RawLines>().map(|RawLines(lines)| lines.clone());
        let mut tries = 0;
        loop {
            tries += 1;
            let is_fresh = over == Connection::New || tries == MOST_TRIES || lines.is_some();
            let (mut lease, set_up) = self.lease(attempt, is_fresh, lines.clone()).await?;
            let mut unsent = None;
            let mut received = self.exchange(attempt, (&mut lease, set_up.is_none()), request, &mut unsent).await;
            match (&received, unsent, set_up) {
                (Err(_), Some(again), None) => {
                    request = again;
                    continue;
                }
                // No byte of the request was written: the target has not seen the call.
                (Err(error), Some(_), Some(_)) => {
                    let why = format!("it ended before the request was sent: {error}");
                    return Err(TransportError::Unreachable { address: self.base_url.clone(), why });
                }
                _ => {}
            }
            match &mut received {
                Ok(received) => {
                    received.timings.set_up = set_up;
                    // Two lengths leave open where the next request would begin.
                    received.has_surplus = lines.is_none() && self.keep(lease);
                }
                Err(_) => self.give_up(&lease),
            }
            return received;
        }
    }

    async fn exchange(
        &self,
        attempt: &Attempt<'_>,
        (lease, is_kept): (&mut Lease, bool),
        mut request: Request<Body>,
        unsent: &mut Option<Request<Body>>,
    ) -> Result<Received, TransportError> {
        match lease {
            Lease::Http1(connection) => {
                origin_form(&mut request, self.host.as_ref());
                let http1::Connection { send, work } = connection;
                let response = sent(send.try_send_request(request), unsent);
                work.during(attempt.run(is_kept, response)).await
            }
            Lease::Http2(lease) => {
                only_other_host(&mut request);
                attempt.run(is_kept, sent(lease.send.try_send_request(request), unsent)).await
            }
        }
    }

    /// A kept connection, or a new one with its timings. `lines` go into the head of the first request on a new one.
    async fn lease(
        &self,
        attempt: &Attempt<'_>,
        fresh: bool,
        lines: Option<Bytes>,
    ) -> Result<(Lease, Option<SetUp>), TransportError> {
        if let Some(kept) = self.kept(fresh) {
            return Ok((kept, None));
        }
        let _turn = match self.speaks_http2.load(Ordering::Relaxed) && self.shares() {
            true => Some(attempt.connecting(async { Ok(self.turn.lock().await) }).await?),
            false => None,
        };
        if let Some(kept) = self.kept(fresh) {
            return Ok((kept, None));
        }
        let Connected { io, http2, set_up } = attempt.connecting(self.connector.connect()).await?;
        if http2 && lines.is_some() {
            return Err(TransportError::NotCarried("a second length, over HTTP/2".to_owned()));
        }
        if http2 {
            self.speaks_http2.store(true, Ordering::Relaxed);
            let lease = attempt.connecting(self.shared.open(io, &self.limits)).await?;
            return Ok((Lease::Http2(lease), Some(set_up)));
        }
        Ok((Lease::Http1(attempt.connecting(http1::Connection::open(io, lines)).await?), Some(set_up)))
    }

    fn kept(&self, fresh: bool) -> Option<Lease> {
        if fresh {
            return None;
        }
        self.idle.take().map(Lease::Http1).or_else(|| self.shared.take(&self.limits).map(Lease::Http2))
    }

    /// A connection on which a call failed may be stuck, or dead without notice: no further call is sent on it. The other calls on it
    /// come to their own end.
    fn give_up(&self, lease: &Lease) {
        if let Lease::Http2(lease) = lease {
            self.shared.retire(lease);
        }
    }

    /// Whether calls may share a connection.
    fn shares(&self) -> bool {
        self.limits.calls_per_connection > 1
    }

    /// Whether the target has sent more on the connection than the reply.
    fn keep(&self, lease: Lease) -> bool {
        match lease {
            Lease::Http1(connection) => self.idle.put(connection),
            Lease::Http2(_) => false,
        }
    }
}

const AGENT: &str = concat!("proofmark/", env!("CARGO_PKG_VERSION"));
