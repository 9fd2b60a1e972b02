//! A proxy for HTTP/2 without TLS that hands most requests on and answers one operation itself.

use std::io::{ErrorKind, Write as _};
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::frames;

/// What becomes of the operation.
#[derive(Clone, Copy)]
pub enum Act {
    /// It is handed on.
    Forward,
    /// These bytes are written between the frames of the library, by the stream's id; then the connection goes on, or ends.
    Raw(fn(u32) -> Vec<u8>, Ending),
    /// These bytes are written before anything of the body was taken, and the rest of it never is.
    Early(fn(u32) -> Vec<u8>),
    /// After these bytes, a byte of data each second.
    Drip(fn(u32) -> Vec<u8>),
    /// A message that starts with these bytes and has so many more, as fast as the caller takes them.
    Flood(&'static [u8], u64),
    /// Nothing lets the caller send what is beyond the first window, 64 KiB. What has come as a whole is handed on.
    Starve,
    /// It is handed on, and the body of the reply is changed.
    Edit(fn(&[u8]) -> Vec<u8>),
}

/// What becomes of the connection.
#[derive(Clone, Copy, PartialEq)]
pub enum Ending {
    Open,
    Closed,
    Reset,
}

/// A proxy that ends with its owner.
pub struct Proxy {
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A call as it comes.
pub struct Asked<'a> {
    pub path: &'a str,
    /// How many came over its connection before.
    pub before: usize,
}

type Decide = Arc<dyn Fn(&Asked<'_>) -> Act + Send + Sync>;

impl Proxy {
    /// The first `times` calls in whose path `affected` is get `act`.
    pub async fn start(upstream: SocketAddr, affected: &'static str, act: Act, times: usize) -> Proxy {
        let met = AtomicUsize::new(0);
        let decide = move |asked: &Asked<'_>| {
            let is_met = asked.path.contains(affected) && met.fetch_add(1, Ordering::SeqCst) < times;
            if is_met { act } else { Act::Forward }
        };
        Proxy::deciding(upstream, matches!(act, Act::Raw(_, Ending::Reset)), decide).await
    }

    /// `resets` says whether connections that it ends are reset.
    pub async fn deciding(
        upstream: SocketAddr,
        resets: bool,
        decide: impl Fn(&Asked<'_>) -> Act + Send + Sync + 'static,
    ) -> Proxy {
        let decide: Decide = Arc::new(decide);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if resets {
                    stream.set_zero_linger().expect("an open connection");
                }
                tokio::spawn(connection(stream, upstream, Arc::clone(&decide)));
            }
        });
        Proxy { address, task }
    }
}

/// A second handle of a connection, past the library.
type Raw = Arc<std::net::TcpStream>;

async fn connection(stream: TcpStream, upstream: SocketAddr, decide: Decide) {
    let stream = stream.into_std().expect("a connection");
    let raw = Arc::new(stream.try_clone().expect("a second handle"));
    let stream = TcpStream::from_std(stream).expect("a connection");
    let mut builder = h2::server::Builder::new();
    // Enough for everything that is not read on purpose.
    builder.initial_connection_window_size(32 << 20);
    let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else { return };
    let mut before = 0;
    while let Some(Ok((request, respond))) = connection.accept().await {
        let act = decide(&Asked { path: request.uri().path(), before });
        before += 1;
        let raw = Arc::clone(&raw);
        // Whoever called may have hung up.
        tokio::spawn(async move { answer(request, respond, act, &raw, upstream).await.unwrap_or_default() });
    }
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    act: Act,
    raw: &Raw,
    upstream: SocketAddr,
) -> Result<(), h2::Error> {
    let stream = respond.stream_id().as_u32();
    match act {
        Act::Forward => forward(request, respond, upstream, <[u8]>::to_vec).await,
        Act::Edit(change) => forward(request, respond, upstream, change).await,
        Act::Starve => {
            let (head, mut body) = request.into_parts();
            let mut bytes = Vec::new();
            while let Some(data) = body.data().await {
                bytes.extend(data?);
            }
            hand_on(Request::from_parts(head, ()), bytes, respond, upstream, <[u8]>::to_vec).await
        }
        Act::Raw(bytes, ending) => {
            taken(request.into_body()).await?;
            write(raw, &bytes(stream)).await;
            if ending != Ending::Open {
                // Let it be read first: a caller may look at the end of a connection before what came over it.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            match ending {
                Ending::Open => std::future::pending().await,
                Ending::Closed => raw.shutdown(Shutdown::Both).unwrap_or_default(),
                Ending::Reset => raw.shutdown(Shutdown::Read).unwrap_or_default(),
            }
            Ok(())
        }
        Act::Early(bytes) => {
            write(raw, &bytes(stream)).await;
            std::future::pending().await
        }
        Act::Drip(bytes) => {
            taken(request.into_body()).await?;
            write(raw, &bytes(stream)).await;
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                write(raw, &frames::data(0, stream, b"\0")).await;
            }
        }
        Act::Flood(start, length) => {
            read(request.into_body()).await?;
            let response = Response::builder().header("content-type", "application/grpc");
            let body = respond.send_response(response.body(()).expect("a reply"), false)?;
            flood(body, start, length).await
        }
    }
}

/// The connection belongs to the runtime too and is not blocking: what does not fit now is tried again.
async fn write(mut raw: &std::net::TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match raw.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(_) => return,
        }
    }
}

async fn flood(mut body: SendStream<Bytes>, start: &'static [u8], length: u64) -> Result<(), h2::Error> {
    body.send_data(Bytes::from_static(start), false)?;
    let chunk = Bytes::from_static(&[0; 16 << 10]);
    let mut left = length;
    while left > 0 {
        body.reserve_capacity(chunk.len());
        let Some(capacity) = std::future::poll_fn(|context| body.poll_capacity(context)).await else { return Ok(()) };
        let part = chunk.slice(..capacity?.min(chunk.len()));
        left = left.saturating_sub(u64::try_from(part.len()).expect("a small number"));
        body.send_data(part, false)?;
    }
    body.send_trailers(HeaderMap::new())
}

/// Takes a short body without a word to the caller, so that nothing of the library comes between bytes that are written past it.
async fn taken(mut body: RecvStream) -> Result<(), h2::Error> {
    while let Some(data) = body.data().await {
        data?;
    }
    Ok(())
}

async fn read(mut body: RecvStream) -> Result<(Vec<u8>, Option<HeaderMap>), h2::Error> {
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data?;
        body.flow_control().release_capacity(data.len())?;
        bytes.extend(data);
    }
    Ok((bytes, body.trailers().await?))
}

async fn forward(
    request: Request<RecvStream>,
    respond: SendResponse<Bytes>,
    upstream: SocketAddr,
    change: fn(&[u8]) -> Vec<u8>,
) -> Result<(), h2::Error> {
    let (head, body) = request.into_parts();
    let (bytes, _) = read(body).await?;
    hand_on(Request::from_parts(head, ()), bytes, respond, upstream, change).await
}

async fn hand_on(
    request: Request<()>,
    sent: Vec<u8>,
    mut respond: SendResponse<Bytes>,
    upstream: SocketAddr,
    change: fn(&[u8]) -> Vec<u8>,
) -> Result<(), h2::Error> {
    let stream = TcpStream::connect(upstream).await.expect("the server is there");
    let (client, connection) = h2::client::handshake(stream).await?;
    let connection = tokio::spawn(connection);
    let (response, mut sending) = client.ready().await?.send_request(request, false)?;
    sending.send_data(Bytes::from(sent), true)?;
    let (head, body) = response.await?.into_parts();
    let (received, trailers) = read(body).await?;
    connection.abort();
    let head = Response::from_parts(head, ());
    let Some(trailers) = trailers else {
        let mut body = respond.send_response(head, received.is_empty())?;
        return if received.is_empty() { Ok(()) } else { body.send_data(Bytes::from(change(&received)), true) };
    };
    let mut body = respond.send_response(head, false)?;
    body.send_data(Bytes::from(change(&received)), false)?;
    body.send_trailers(trailers)
}
