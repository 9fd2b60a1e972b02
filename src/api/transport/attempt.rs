//! One attempt to get a reply within the limits.

use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::CONTENT_LENGTH;
use http::response::Parts;
use http::{HeaderMap, Response, Version};
use http_body::Body;
use http_body_util::BodyExt as _;
use tokio::task::unconstrained;
use tokio::time::Sleep;

use super::error::{self, Phase, TransportError};
use super::exchange::{Exchange, Reply, SentRequest, Timings};
use super::limits::Limits;
use crate::contract::{Endpoint, Protocol};
use crate::wire::status::GRPC_STATUS;

/// A started call and its bounds.
pub(super) struct Attempt<'a> {
    address: &'a str,
    limits: &'a Limits,
    started: Instant,
}

/// A complete reply that is not interpreted yet.
pub(super) struct Received {
    pub http_status: u16,
    pub headers: HeaderMap,
    pub trailers: HeaderMap,
    pub body: Bytes,
    pub is_http2: bool,
    /// Whether further bytes came with it.
    pub has_surplus: bool,
    pub timings: Timings,
}

impl Received {
    /// The exchange that it completes.
    pub fn into_exchange(
        self,
        protocol: Protocol,
        endpoint: &'static Endpoint,
        request: SentRequest,
        reply: Reply,
    ) -> Exchange {
        Exchange {
            protocol,
            endpoint,
            request,
            http_status: self.http_status,
            headers: self.headers,
            trailers: self.trailers,
            body: self.body,
            is_http2: self.is_http2,
            has_surplus: self.has_surplus,
            reply,
            timings: self.timings,
        }
    }
}

impl<'a> Attempt<'a> {
    /// Starts the clock.
    pub fn start(address: &'a str, limits: &'a Limits) -> Self {
        Self { address, limits, started: Instant::now() }
    }

    /// Waits for a part of making a connection.
    pub async fn connecting<T>(
        &self,
        part: impl Future<Output = Result<T, Box<dyn Error + Send + Sync>>>,
    ) -> Result<T, TransportError> {
        let left = self.limits.timeout.saturating_sub(self.started.elapsed());
        let limit = self.limits.connect_timeout.min(left);
        match tokio::time::timeout(limit, part).await {
            Ok(done) => done.map_err(|e| self.classify(e.as_ref(), (Phase::Connect, false))),
            Err(_) => {
                let after = self.limits.connect_timeout.min(self.limits.timeout);
                Err(TransportError::TimedOut { address: self.address.to_owned(), after, during: Phase::Connect })
            }
        }
    }

    /// Waits for the headers, then reads the body up to its limit; `is_kept` says whether the connection was there before the call. What
    /// remains of a reply that breaks a limit is dropped with its connection or stream.
    pub async fn run<B, E>(
        &self,
        is_kept: bool,
        response: impl Future<Output = Result<Response<B>, E>>,
    ) -> Result<Received, TransportError>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Error + 'static,
        E: Error + 'static,
    {
        let handed_over = Instant::now();
        // One for both phases: each costs a place in the runtime's wheel.
        let mut time_is_up = pin!(tokio::time::sleep(self.limits.timeout.saturating_sub(self.started.elapsed())));
        let response = self
            .within(time_is_up.as_mut(), Phase::Headers, response)
            .await?
            .map_err(|e| self.classify(&e, (Phase::Headers, is_kept)))?;
        let first_byte = handed_over.elapsed();
        let (head, body) = response.into_parts();
        self.check_size(&head.headers)?;
        let Read { body, trailers, is_ended } = self.read(time_is_up, body).await?;
        if head.version == Version::HTTP_2 && !is_ended && is_cut_off(&head, &body, &trailers) {
            let why = "the stream was reset without an error".to_owned();
            return Err(TransportError::Reset { address: self.address.to_owned(), during: Phase::Body, why });
        }
        let timings = Timings { set_up: None, first_byte, last_byte: handed_over.elapsed() };
        let (http_status, is_http2) = (head.status.as_u16(), head.version == Version::HTTP_2);
        Ok(Received { http_status, headers: head.headers, trailers, body, is_http2, has_surplus: false, timings })
    }

    /// A frame that cannot be read.
    pub fn bad_frame(&self, why: impl ToString) -> TransportError {
        TransportError::BadFrame { address: self.address.to_owned(), why: why.to_string() }
    }

    async fn read<B>(&self, mut time_is_up: Pin<&mut Sleep>, mut body: B) -> Result<Read, TransportError>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Error + 'static,
    {
        if body.size_hint().lower() > u64::try_from(self.limits.max_body).unwrap_or(u64::MAX) {
            return Err(self.too_large());
        }
        let (mut first, mut more) = (Bytes::new(), BytesMut::new());
        let mut trailers = HeaderMap::new();
        while let Some(frame) = self.within(time_is_up.as_mut(), Phase::Body, body.frame()).await? {
            match frame.map_err(|e| self.classify(&e, (Phase::Body, false)))?.into_data() {
                Ok(data) if data.len() > self.limits.max_body - first.len().max(more.len()) => {
                    return Err(self.too_large());
                }
                // Most bodies come at once, and need not be copied.
                Ok(data) if first.is_empty() && more.is_empty() => first = data,
                Ok(data) => {
                    more.extend_from_slice(&std::mem::take(&mut first));
                    more.extend_from_slice(&data);
                }
                Err(frame) => trailers.extend(frame.into_trailers().unwrap_or_default()),
            }
        }
        self.check_size(&trailers)?;
        let is_ended = body.is_end_stream();
        Ok(Read { body: if more.is_empty() { first } else { more.freeze() }, trailers, is_ended })
    }

    async fn within<T>(
        &self,
        mut time_is_up: Pin<&mut Sleep>,
        during: Phase,
        future: impl Future<Output = T>,
    ) -> Result<T, TransportError> {
        let mut future = pin!(future);
        poll_fn(|context| match future.as_mut().poll(context) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            // Checked even if a target that never stops has used up the task's turn.
            Poll::Pending => {
                pin!(unconstrained(time_is_up.as_mut())).poll(context).map(|()| Err(self.timed_out(during)))
            }
        })
        .await
    }

    fn check_size(&self, headers: &HeaderMap) -> Result<(), TransportError> {
        let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let limit = self.limits.max_header_bytes;
        if size > limit {
            return Err(TransportError::HeadersTooLarge { address: self.address.to_owned(), limit });
        }
        Ok(())
    }

    fn too_large(&self) -> TransportError {
        TransportError::BodyTooLarge { address: self.address.to_owned(), limit: self.limits.max_body }
    }

    fn timed_out(&self, during: Phase) -> TransportError {
        TransportError::TimedOut { address: self.address.to_owned(), after: self.limits.timeout, during }
    }

    fn classify(&self, error: &(dyn Error + 'static), place: (Phase, bool)) -> TransportError {
        error::classify(error, place, self.address, self.limits)
    }
}

/// What comes after the headers of a reply.
struct Read {
    body: Bytes,
    trailers: HeaderMap,
    /// Whether the body is complete by its own length.
    is_ended: bool,
}

/// Whether a reply over HTTP/2 whose stream was reset without an error is a part only. After a whole reply such a reset is legal: the rest of
/// the request is not wanted (RFC 9113 section 8.1). hyper takes both, and a reset with CANCEL, for the end of the body.
fn is_cut_off(head: &Parts, body: &Bytes, trailers: &HeaderMap) -> bool {
    let length = head.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    let is_grpc_refusal = head.headers.contains_key(GRPC_STATUS);
    let is_whole = !trailers.is_empty() || is_grpc_refusal || length == Some(body.len());
    // A refusal without a length is accepted as it came.
    !is_whole && (head.status.is_success() || length.is_some())
}

/// `grpc-timeout` of a duration: at most eight digits and a unit.
pub(super) fn grpc_timeout(timeout: Duration) -> String {
    let milliseconds = timeout.as_millis();
    if milliseconds < 100_000_000 {
        format!("{milliseconds}m")
    } else {
        format!("{}S", timeout.as_secs().min(99_999_999))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::task::Context;

    use http_body::Frame;
    use tokio::task::consume_budget;

    use super::*;

    /// Endless empty frames, as fast as they are read.
    struct Endless;

    impl Body for Endless {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(
            self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            pin!(consume_budget()).poll(context).map(|()| Some(Ok(Frame::data(Bytes::new()))))
        }
    }

    #[tokio::test]
    async fn a_body_without_end_ends_with_the_time() {
        let limits = Limits { timeout: Duration::from_millis(50), ..Limits::default() };
        let attempt = Attempt::start("http://localhost", &limits);
        let answered = attempt.run(false, async { Ok::<_, Infallible>(Response::new(Endless)) }).await;
        assert!(matches!(answered, Err(TransportError::TimedOut { during: Phase::Body, .. })));
    }
}
