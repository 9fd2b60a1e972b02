//! The port: accepts a bounded number of connections, serves HTTP/1.1 and HTTP/2 with prior knowledge on each, and stops on demand.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::{Extension, Router};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// Requests under way get this long when the server stops.
const GRACE: Duration = Duration::from_millis(500);

/// The head of an HTTP/1.1 request may take this long; also how long a connection may idle.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);

/// HTTP/2 streams of one connection at a time.
const MAX_STREAMS: u32 = 256;

/// Flow-control windows of HTTP/2: one credential of the greatest length fits without a pause.
const WINDOW: u32 = 2 * 1024 * 1024;

/// A pause after `accept` failed, for example for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// How connections are served.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Connections at a time; further ones wait.
    pub max_connections: usize,
    /// Whether names of HTTP/1.1 headers are in title case.
    pub has_title_case: bool,
    /// Whether a connection remembers who called over it, as a defect has it.
    pub remembers_callers: bool,
}

/// The authorization that a connection had last; later requests without one get it.
#[derive(Debug, Clone, Default)]
pub(super) struct Remembered(Arc<Mutex<Option<HeaderValue>>>);

impl Remembered {
    /// Adds the authorization that was there before, or remembers the one that is there.
    pub(super) fn complete(&self, headers: &mut HeaderMap) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match headers.get(AUTHORIZATION) {
            Some(value) => *known = Some(value.clone()),
            None => headers.extend(known.clone().map(|value| (AUTHORIZATION, value))),
        }
    }
}

/// Serves until the sender of `stop` sends or goes away.
pub(super) async fn run(listener: TcpListener, router: Router, manner: Manner, mut stop: watch::Receiver<bool>) {
    let permits = Arc::new(Semaphore::new(manner.max_connections));
    let mut connections = JoinSet::new();
    loop {
        let next = tokio::select! {
            next = accept(&listener, &permits) => next,
            Some(_) = connections.join_next() => continue,
            _ = stop.changed() => break,
        };
        let Some((stream, permit)) = next else { continue };
        let (mut router, stop) = (router.clone(), stop.clone());
        if manner.remembers_callers {
            router = router.layer(Extension(Remembered::default()));
        }
        connections.spawn(async move {
            serve(stream, router, manner.has_title_case, stop).await;
            drop(permit);
        });
    }
    drop(listener);
    let drained = async { while connections.join_next().await.is_some() {} };
    // What is still there is aborted with the set.
    let _ = tokio::time::timeout(GRACE, drained).await;
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    // The permit comes first: above the bound, connections wait in the kernel's queue.
    let permit = permits.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(_) => {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}

async fn serve(stream: TcpStream, router: Router, has_title_case: bool, mut stop: watch::Receiver<bool>) {
    // Without it small replies wait for acknowledgements; the connection works either way.
    let _ = stream.set_nodelay(true);
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).half_close(false);
    builder.http1().title_case_headers(has_title_case);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        .keep_alive_interval(HEADER_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        // An error is the caller's broken connection.
        _ = connection.as_mut() => return,
        _ = stop.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}
