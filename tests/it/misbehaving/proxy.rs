//! A proxy for HTTP/1.1 that hands most requests on and answers some itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of a request.
#[derive(Clone)]
pub enum Act {
    /// It is handed on, and the connection is closed after the reply.
    Forward,
    /// It is handed on, and the connection is kept.
    Keep,
    /// These bytes are sent before the body was read, and the connection is closed with the rest of it unread.
    Early(Bytes),
    /// It is handed on, and the reply is lost: the connection is closed without a byte.
    Lose,
    /// The connection stays open without a byte.
    Hang,
    /// These bytes are sent and the connection is closed.
    Say(Bytes),
    /// These bytes are sent, and the connection is reset.
    Reset(Bytes),
    /// These bytes are sent, and nothing after them.
    Stall(Bytes),
    /// These bytes are sent, and a blank each second after them.
    Drip(Bytes),
    /// A reply without stated length, of so many bytes.
    Flood(u64),
    /// After this head, so many bytes in chunks; there is no last one.
    Chunks(&'static [u8], u64),
    /// These bytes are handed on in its place.
    ForwardBytes(Bytes),
    /// It is handed on, and the body of the reply is changed.
    Edit(fn(&[u8]) -> Vec<u8>),
}

/// A request as it came.
pub struct Request {
    /// Method, path and version.
    pub line: String,
    /// How many came over its connection before.
    pub before: usize,
    /// The body.
    pub body: Vec<u8>,
    bytes: Vec<u8>,
}

impl Request {
    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = String::from_utf8_lossy(&self.bytes[..self.bytes.len() - self.body.len()]).into_owned();
        let named = |line: &str| {
            line.split_once(": ")
                .filter(|(found, _)| found.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.to_owned())
        };
        head.lines().find_map(named)
    }
}

impl Request {
    /// The whole request with the first text in place of another in its headers.
    pub fn replaced(&self, from: &str, to: &str) -> Bytes {
        self.rewritten(&[(from, to)])
    }

    /// The whole request with several texts in place of others in its headers, each once.
    pub fn rewritten(&self, changes: &[(&str, &str)]) -> Bytes {
        let (head, body) = self.bytes.split_at(self.bytes.len() - self.body.len());
        let head = String::from_utf8_lossy(head).into_owned();
        let head = changes.iter().fold(head, |head, (from, to)| head.replacen(from, to, 1));
        Bytes::from([head.as_bytes(), body].concat())
    }
}

/// A proxy that ends with its owner.
pub struct Proxy {
    address: SocketAddr,
    flooded: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    pub async fn start(upstream: SocketAddr, decide: impl Fn(&Request) -> Act + Send + Sync + 'static) -> Proxy {
        Proxy::hasty(upstream, |_| None, decide).await
    }

    /// `early` is asked by the first line of a request, when its body has not come yet.
    pub async fn hasty(
        upstream: SocketAddr,
        early: impl Fn(&str) -> Option<Bytes> + Send + Sync + 'static,
        decide: impl Fn(&Request) -> Act + Send + Sync + 'static,
    ) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let flooded = Arc::new(AtomicU64::new(0));
        let (early, decide, counter) = (Arc::new(early), Arc::new(decide), Arc::clone(&flooded));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (early, decide, counter) = (Arc::clone(&early), Arc::clone(&decide), Arc::clone(&counter));
                tokio::spawn(async move {
                    for before in 0.. {
                        let Some(request) = read(&mut stream, before, &*early).await else { return };
                        let act = decide(&request);
                        if !matches!(act, Act::Keep) {
                            // Whoever called may have hung up.
                            let _ = answer(stream, act, request, upstream, &counter).await;
                            return;
                        }
                        if keep(&mut stream, &request, upstream).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Proxy { address, flooded, task }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Bytes that the callers took of floods.
    pub fn flooded(&self) -> u64 {
        self.flooded.load(Ordering::SeqCst)
    }
}

/// One request; `None` where none comes, or it was answered early.
async fn read(stream: &mut TcpStream, before: usize, early: &impl Fn(&str) -> Option<Bytes>) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let line = String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned();
    if let Some(answer) = early(&line) {
        let _ = stream.write_all(&answer).await;
        return None;
    }
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(Request { line, before, body: bytes[end..].to_vec(), bytes })
}

async fn answer(
    mut stream: TcpStream,
    act: Act,
    request: Request,
    upstream: SocketAddr,
    flooded: &AtomicU64,
) -> std::io::Result<()> {
    match act {
        Act::Lose => {
            handed_on(&request, upstream).await?.read_to_end(&mut Vec::new()).await?;
        }
        Act::Hang => wait(&mut stream).await?,
        Act::Early(bytes) | Act::Say(bytes) => stream.write_all(&bytes).await?,
        Act::Reset(bytes) => {
            stream.write_all(&bytes).await?;
            // Closed in this way, it is reset.
            stream.set_zero_linger()?;
            return Ok(());
        }
        Act::Stall(bytes) => {
            stream.write_all(&bytes).await?;
            wait(&mut stream).await?;
        }
        Act::Drip(bytes) => {
            stream.write_all(&bytes).await?;
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                stream.write_all(b" ").await?;
            }
        }
        Act::Flood(length) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await?;
            flood(&mut stream, &[b' '; 64 << 10], length, flooded).await?;
        }
        Act::Chunks(head, length) => {
            stream.write_all(head).await?;
            let chunk = [&b"10000\r\n"[..], &[b' '; 0x10000], b"\r\n"].concat();
            flood(&mut stream, &chunk, length, flooded).await?;
            wait(&mut stream).await?;
        }
        Act::Keep | Act::Forward => {
            let mut server = handed_on(&request, upstream).await?;
            tokio::io::copy(&mut server, &mut stream).await?;
        }
        Act::ForwardBytes(bytes) => {
            let changed = Request { bytes: bytes.to_vec(), ..request };
            let mut server = handed_on(&changed, upstream).await?;
            tokio::io::copy(&mut server, &mut stream).await?;
        }
        Act::Edit(change) => {
            let mut reply = Vec::new();
            handed_on(&request, upstream).await?.read_to_end(&mut reply).await?;
            stream.write_all(&edited(&reply, change)).await?;
        }
    }
    stream.shutdown().await
}

/// Hands a request on, and gives the reply a length in place of an end.
async fn keep(stream: &mut TcpStream, request: &Request, upstream: SocketAddr) -> std::io::Result<()> {
    let mut reply = Vec::new();
    handed_on(request, upstream).await?.read_to_end(&mut reply).await?;
    let end = reply.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole reply") + 4;
    let head = String::from_utf8_lossy(&reply[..end - 2]).into_owned();
    let named = |line: &str, name: &str| line.to_ascii_lowercase().starts_with(name);
    let ours = ["connection:", "content-length:", "transfer-encoding:"];
    let kept = head.split_inclusive("\r\n").filter(|line| !ours.iter().any(|name| named(line, name)));
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if is_chunked { joined(&reply[end..]) } else { reply[end..].to_vec() };
    let length = format!("content-length: {}\r\n\r\n", body.len());
    stream.write_all(&[kept.collect::<String>().as_bytes(), length.as_bytes(), &body].concat()).await
}

/// Until the caller gives up.
async fn wait(stream: &mut TcpStream) -> std::io::Result<()> {
    stream.read_u8().await.map(|_| ())
}

async fn flood(stream: &mut TcpStream, chunk: &[u8], length: u64, flooded: &AtomicU64) -> std::io::Result<()> {
    let size = u64::try_from(chunk.len()).expect("a small number");
    let mut left = length;
    while left > 0 {
        stream.write_all(chunk).await?;
        flooded.fetch_add(size, Ordering::SeqCst);
        left = left.saturating_sub(size);
    }
    Ok(())
}

/// The server's side of a request that was sent to it.
async fn handed_on(request: &Request, upstream: SocketAddr) -> std::io::Result<TcpStream> {
    let end = request.bytes.windows(2).position(|window| window == b"\r\n").expect("a line") + 2;
    let mut server = TcpStream::connect(upstream).await?;
    let changed = [&request.bytes[..end], b"connection: close\r\n", &request.bytes[end..]].concat();
    server.write_all(&changed).await?;
    Ok(server)
}

/// A whole reply whose body was changed.
fn edited(reply: &[u8], change: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let end = reply.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole reply") + 4;
    let head = String::from_utf8_lossy(&reply[..end - 2]).into_owned();
    let is_chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let length = ["content-length:", "transfer-encoding:"];
    let is_length = |line: &str| length.iter().any(|name| line.to_ascii_lowercase().starts_with(name));
    let kept = head.split_inclusive("\r\n").filter(|line| !is_length(line));
    let whole = &reply[end..];
    let body = if is_chunked { change(&joined(whole)) } else { change(whole) };
    let length = format!("content-length: {}\r\n\r\n", body.len());
    [kept.collect::<String>().as_bytes(), length.as_bytes(), &body].concat()
}

/// What chunks hold.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&chunks[..end]).expect("ASCII");
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            break;
        }
        body.extend(&chunks[end + 2..end + 2 + size]);
        chunks = &chunks[end + 2 + size + 2..];
    }
    body
}
