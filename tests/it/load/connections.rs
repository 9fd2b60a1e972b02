//! Connections that die under load.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use proofmark::contract::{Flow, Protocol};
use proofmark::load::Plan;
use proofmark::transport::{Address, Limits};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::{attack, plan, server};

/// A way to a server. After a while it passes on nothing more of the first connection, without a word, as behind a gateway that
/// has forgotten it; later ones are as they should be. Also says whether that has come to pass.
async fn forgetful(server: SocketAddr, after: Duration) -> (SocketAddr, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let died = Arc::new(AtomicBool::new(false));
    let forgotten = Arc::clone(&died);
    tokio::spawn(async move {
        let mut is_first = true;
        while let Ok((mut client, _)) = listener.accept().await {
            let dies = std::mem::replace(&mut is_first, false);
            let forgotten = Arc::clone(&forgotten);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(server).await.expect("it listens");
                let relayed = copy_bidirectional(&mut client, &mut server);
                if dies {
                    let is_over = tokio::time::timeout(after, relayed).await.is_err();
                    forgotten.store(is_over, Ordering::Relaxed);
                    // Neither end is told.
                    tokio::time::sleep(Duration::from_secs(60)).await;
                } else {
                    let _ = relayed.await;
                }
            });
        }
    });
    (address, died)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_connection_that_is_dead_is_not_chosen_again() {
    let server = server(&[], 4).await;
    let (address, died) = forgetful(server.address, Duration::from_millis(700)).await;
    let grpc = Address::new(format!("http://{address}"));
    let limits = Limits { timeout: Duration::from_millis(800), ..Limits::default() };
    let plan = plan(&server, Flow::V2_PASSKEY, 4_500);
    let record = attack(Plan { grpc, limits, protocols: vec![(Protocol::Grpc, 1)], ..plan }).await;
    assert!(died.load(Ordering::Relaxed), "the first connection was closed before");
    let failed = record.cycles_failed(None);
    let late: u64 = record.intervals.list.iter().skip(3).map(|interval| interval.ok).sum();
    assert!(late > 0, "nothing came to a good end on another connection: {failed} failed");
    assert!(record.is_correct(), "{:?}", record.errors);
}
