//! Starts a server, and stops it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use futures_util::future::BoxFuture;

use super::accounts::{Accounts, accounts_of};
use super::config::ServerConfig;
use super::counts::Counts;
use super::defect;
use super::listener::{self, Manner};
use super::managed_users::Directory;
use super::memory::Memory;
use super::router::router;
use super::service::Service;
use super::site::Site;
use super::store::Store;
use super::switches::Switches;
use super::timing_faults::Lapses;
use super::variant;
use crate::contract::Contract;
use crate::webauthn::x509::Certificate;

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Binds the port and serves in the background, on the current tokio runtime.
    ///
    /// # Errors
    /// The error of binding the address.
    pub fn start(config: ServerConfig) -> BoxFuture<'static, io::Result<RunningServer>> {
        Box::pin(Server::serve(config))
    }

    async fn serve(config: ServerConfig) -> io::Result<RunningServer> {
        let store = Store::new(config.seed, config.users);
        let accounts = accounts_of(&store);
        let switches = Switches::new(&config.defects, &config.variants);
        let needs_no_anchor = switches.varies(&variant::options::ATTESTATION_ANY_ROOT);
        let anchors = if needs_no_anchor { &[][..] } else { &config.trust_anchors };
        let trust_anchors = anchors.iter().map(|der| Certificate::from_der(der)).collect::<Result<_, _>>();
        let trust_anchors = trust_anchors.map_err(io::Error::other)?;
        let (rp_id, origin, domains) = (config.rp_id.clone(), config.origin.clone(), config.domains.clone());
        let manner = Manner {
            max_connections: config.max_connections,
            has_title_case: switches.varies(&variant::replies::HTTP_HEADER_CASE),
            remembers_callers: switches.has(&defect::http::CONNECTION_REMEMBERS_CALLER),
        };
        let directory = config.management.map(|management| Directory::new(management, config.seed, &store));
        let site = Site {
            contract: config.contract,
            store,
            directory,
            switches,
            lapses: Lapses::default(),
            memory: Memory::default(),
            rp_id,
            domains,
            origin,
            trust_anchors,
        };
        let has_trust_anchors = !site.trust_anchors.is_empty();
        let counts = Arc::new(Counts::default());
        let router = router(
            Arc::new(Service { site, conditions: config.conditions, counts: Arc::clone(&counts) }),
            config.slower,
        );
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(listener::run(listener, router, manner, stopped));
        Ok(RunningServer {
            contract: config.contract,
            address,
            accounts,
            rp_id: config.rp_id,
            domains: config.domains,
            origin: config.origin,
            has_trust_anchors,
            counts,
            stop,
            task,
        })
    }
}

/// A server that runs until it is shut down or dropped.
#[derive(Debug)]
pub struct RunningServer {
    /// The contract that it serves.
    pub contract: &'static Contract,
    /// Where it listens.
    pub address: SocketAddr,
    /// Who may call it.
    pub accounts: Accounts,
    /// RP ID of a registration that names no domain.
    pub rp_id: String,
    /// Further domains that it says it serves.
    pub domains: Vec<String>,
    /// Expected origin of a registration that names no domain.
    pub origin: String,
    /// Whether attestation has to lead to a trust anchor.
    pub has_trust_anchors: bool,
    /// What it has done.
    pub counts: Arc<Counts>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) task: JoinHandle<()>,
}

impl RunningServer {
    /// Such as `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops listening, gives requests under way half a second, and closes every connection.
    pub async fn shutdown(self) {
        // Without a receiver it has stopped already.
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}
