//! Servers that answer with whatever a test wants.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::BodyExt;
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Hands each connection to `answer`. Gives the base URL.
pub async fn raw<F, A>(answer: F) -> String
where
    F: Fn(TcpStream) -> A + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    base_url
}

/// Reads one HTTP/1.1 request, writes these bytes and closes.
pub async fn scripted(reply: impl Into<Bytes>) -> String {
    let reply = reply.into();
    raw(move |mut stream| {
        let reply = reply.clone();
        async move {
            read_request(&mut stream).await;
            // The client may have hung up.
            let _ = stream.write_all(&reply).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

/// As [`scripted`], but keeps the connection open without another byte.
pub async fn hanging(reply: &'static [u8]) -> String {
    raw(move |mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(reply).await;
        std::future::pending::<()>().await;
    })
    .await
}

/// One request with its body, as text.
pub async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    while !is_complete(&bytes) && stream.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {}
    String::from_utf8_lossy(&bytes).into_owned()
}

fn is_complete(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let Some(head) = text.find("\r\n\r\n") else { return false };
    let length = text[..head].split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
    bytes.len() >= head + 4 + length.unwrap_or(0)
}

/// An HTTP/1.1 reply with this status, these header lines and this body.
pub fn reply(status: &str, headers: &str, body: &[u8]) -> Bytes {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat().into()
}

/// A body of frames; an `Err` resets the stream.
pub type Body = BoxBody<Bytes, std::io::Error>;

/// What a gRPC test answers.
#[derive(Clone, Default)]
pub struct Answer {
    pub http_status: u16,
    pub headers: &'static [(&'static str, &'static str)],
    pub data: Vec<Bytes>,
    pub trailers: Option<&'static [(&'static str, &'static str)]>,
    pub reset: bool,
}

impl Answer {
    /// A well-formed gRPC reply with this message and status 0.
    pub fn ok(frames: impl Into<Bytes>) -> Self {
        Answer {
            http_status: 200,
            headers: &[("content-type", "application/grpc")],
            data: vec![frames.into()],
            trailers: Some(&[("grpc-status", "0")]),
            reset: false,
        }
    }

    fn response(self) -> Response<Body> {
        let mut frames: Vec<_> = self.data.into_iter().map(|data| Ok(Frame::data(data))).collect();
        frames.extend(self.trailers.map(|trailers| Ok(Frame::trailers(map(trailers)))));
        let reset = stream::iter(self.reset.then_some(())).then(|()| async {
            // The headers have to be on their way first.
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
            Err(std::io::Error::other("reset on purpose"))
        });
        let mut response = Response::new(match frames.is_empty() {
            true => http_body_util::Empty::new().map_err(|never| match never {}).boxed(),
            false => BodyExt::boxed(StreamBody::new(stream::iter(frames).chain(reset))),
        });
        *response.status_mut() = http::StatusCode::from_u16(self.http_status).expect("a status");
        *response.headers_mut() = map(self.headers);
        response
    }
}

fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let header = |(name, value): &(&'static str, &'static str)| {
        (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
    };
    pairs.iter().map(header).collect()
}

/// Serves HTTP/1.1 or HTTP/2, whichever comes, on one connection.
pub async fn connection<S>(stream: S, answer: Answer)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let answer = answer.clone();
        async move {
            let _ = request.into_body().collect().await;
            Ok::<_, Infallible>(answer.response())
        }
    });
    // Ends in an error when the client hangs up or the answer resets.
    let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// Answers every request alike. Gives the base URL and the number of connections so far.
pub async fn answering(answer: Answer) -> (String, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    let base_url = raw(move |stream| {
        counter.fetch_add(1, Ordering::SeqCst);
        connection(stream, answer.clone())
    })
    .await;
    (base_url, connections)
}
