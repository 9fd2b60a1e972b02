//! A proxy for HTTP/1.1 that hands most requests on and answers some itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What becomes of a request.
#[derive(Clone)]
pub enum Act {
    /// It is handed on.
    Forward,
    /// The connection stays open without a byte.
    Hang,
    /// These bytes are sent and the connection is closed.
    Say(Bytes),
    /// A reply without stated length, of so many bytes.
    Flood(u64),
}

/// A request as it came.
pub struct Request {
    /// Method, path and version.
    pub line: String,
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
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let flooded = Arc::new(AtomicU64::new(0));
        let (decide, counter) = (Arc::new(decide), Arc::clone(&flooded));
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (decide, counter) = (Arc::clone(&decide), Arc::clone(&counter));
                tokio::spawn(async move {
                    let Some(request) = read(&mut stream).await else { return };
                    let act = decide(&request);
                    // Whoever called may have hung up.
                    let _ = answer(stream, act, request, upstream, &counter).await;
                });
            }
        });
        Proxy { address, flooded, task }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Bytes that the callers took of floods.
    pub fn flooded(&self) -> u64 {
        self.flooded.load(Ordering::SeqCst)
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let line = String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned();
    Some(Request { line, body: bytes[end..].to_vec(), bytes })
}

async fn answer(
    mut stream: TcpStream,
    act: Act,
    request: Request,
    upstream: SocketAddr,
    flooded: &AtomicU64,
) -> std::io::Result<()> {
    match act {
        Act::Hang => {
            // Until the caller gives up.
            stream.read_u8().await?;
        }
        Act::Say(bytes) => stream.write_all(&bytes).await?,
        Act::Flood(length) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await?;
            let chunk = vec![b' '; 64 << 10];
            let mut left = length;
            while left > 0 {
                let sent = stream.write(&chunk).await?;
                let sent = u64::try_from(sent).expect("a small number");
                flooded.fetch_add(sent, Ordering::SeqCst);
                left = left.saturating_sub(sent);
            }
        }
        Act::Forward => {
            let end = request.line.len() + 2;
            let mut server = TcpStream::connect(upstream).await?;
            let changed = [&request.bytes[..end], b"connection: close\r\n", &request.bytes[end..]].concat();
            server.write_all(&changed).await?;
            tokio::io::copy(&mut server, &mut stream).await?;
        }
    }
    stream.shutdown().await
}
