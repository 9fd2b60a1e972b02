//! The reference server: a relying party that keeps every promise of the contract, in memory, over REST, gRPC and gRPC-Web on one port.
//!
//! `service` is the heart; `rest` and `grpc` only turn bytes into messages and back. With a [`Defect`] it breaks one promise on demand,
//! with a [`Variant`] it does one thing otherwise that the documents leave open.
//!
//! Where the pages leave it open, this server chooses:
//! - Checks come in the order authentication, decoding, limits, permission, existence, ceremony; only the last spends the challenge.
//! - An ordinary user that names another user gets 403, whether or not that user exists; the administrator gets 404 for one that does not.
//! - A user has one pending registration for U2F and one for passkeys, shared by v1 and v2; a new start replaces it, and the time-out of its options ends it.
//! - A verify without pending registration is 404 in both versions.
//! - Unknown JSON members are ignored, a member of the path wins over one of the body. An empty `userId` in
//!   a path is refused like any other that is too short; a path that ends in an empty member is no path (404).
//! - A body needs its content type only if there is one.

mod around;
mod bearer;
mod body;
mod carriers;
mod ceremony;
mod challenge;
mod conditions;
mod counts;
pub mod defect;
mod directory;
mod disguise;
mod factors;
mod grpc;
mod grpc_lapses;
mod handle;
mod infrastructure;
mod json;
mod lapses;
mod leniency;
mod limits;
mod listener;
mod management;
mod memory;
mod misshape;
mod null;
mod options;
pub mod refusal;
mod rest;
mod rush;
mod service;
mod site;
mod slips;
mod spelling;
mod spill;
mod store;
mod stored;
mod strictness;
mod switches;
pub mod variant;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::Version;
use http::header::HOST;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::defect::Defect;
use self::directory::Directory;
use self::lapses::Lapses;
use self::listener::Manner;
use self::memory::Memory;
use self::service::Service;
use self::site::Site;
use self::store::{Role, Store, User};
use self::switches::Switches;
use self::variant::Variant;
use crate::contract::{self, Contract};
use crate::webauthn::x509::Certificate;
use crate::wire::secret::Secret;

pub use conditions::Conditions;
pub use counts::Counts;

/// How a server is started.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// What it speaks.
    pub contract: &'static Contract,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Number of ordinary users.
    pub users: usize,
    /// Seed of ids, tokens and challenges. One seed gives the same users and tokens each time; tokens are therefore no secret to who knows it.
    pub seed: u64,
    /// RP ID of a registration that names no domain.
    pub rp_id: String,
    /// Further domains that it says it serves; a start that names one has it as RP ID.
    pub domains: Vec<String>,
    /// Expected origin of a registration that names no domain.
    pub origin: String,
    /// Faults to have, usually none or one.
    pub defects: Vec<&'static Defect>,
    /// Latitude to use.
    pub variants: Vec<&'static Variant>,
    /// Connections served at a time; further ones wait.
    pub max_connections: usize,
    /// Certificates (DER) that attestation has to lead to; with none of them any attestation that verifies is accepted.
    pub trust_anchors: Vec<Vec<u8>>,
    /// By how much it is slower than it is, as a share: so much of the time that an answer took, it goes on computing. What the
    /// comparison of two builds is held to.
    pub slower: f64,
    /// What it is like besides.
    pub conditions: Conditions,
    /// Whether users can be made and removed, by the calls that a provisioner sends.
    pub management: Option<Management>,
}

/// What is slow, and what lags behind, where users can be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Management {
    /// What hashing a password takes.
    pub password_delay: Duration,
    /// How far the list of users, and that of factors, lags behind.
    pub list_delay: Duration,
    /// How far everything lags behind that reads: so long a new user is found by no list, search or session, and a new token is not
    /// known.
    pub lag: Duration,
}

impl Management {
    /// How far lists lag behind.
    fn list_lag(&self) -> Duration {
        self.list_delay.max(self.lag)
    }
}

impl Default for ServerConfig {
    /// A free port of the loopback interface, 16 users, RP ID `localhost`, origin `https://localhost`, no defect and no variant.
    fn default() -> Self {
        Self {
            contract: contract::usual(),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            users: 16,
            seed: 0,
            rp_id: "localhost".to_owned(),
            domains: vec!["login.example.net".to_owned()],
            origin: "https://localhost".to_owned(),
            defects: Vec::new(),
            variants: Vec::new(),
            max_connections: 1024,
            trust_anchors: Vec::new(),
            slower: 0.0,
            conditions: Conditions::default(),
            management: None,
        }
    }
}

/// A user and its token.
#[derive(Debug, Clone)]
pub struct Account {
    /// Numeric id of the user.
    pub user_id: String,
    /// Bearer token.
    pub token: Secret,
}

/// Who may call a server.
#[derive(Debug, Clone)]
pub struct Accounts {
    /// Ordinary users: each may act on itself.
    pub subjects: Vec<Account>,
    /// Token that may act on every v2 user. In v1 it acts on a user of its own.
    pub admin: Secret,
    /// Its token is valid, and every operation, on whatever user, is answered with 403.
    pub no_rights: Account,
    /// Its token is valid and has a role, but not one that allows anything that is served here.
    pub read_only: Account,
}

/// Starts servers.
#[derive(Debug)]
pub struct Server;

impl Server {
    /// Binds the port and serves in the background, on the current tokio runtime.
    ///
    /// # Errors
    /// What binding the address says.
    pub async fn start(config: ServerConfig) -> io::Result<RunningServer> {
        let store = Store::new(config.seed, config.users);
        let accounts = accounts_of(&store);
        let switches = Switches::new(&config.defects, &config.variants);
        let needs_no_anchor = switches.varies("attestation-any-root");
        let anchors = if needs_no_anchor { &[][..] } else { &config.trust_anchors };
        let trust_anchors = anchors.iter().map(|der| Certificate::from_der(der)).collect::<Result<_, _>>();
        let trust_anchors = trust_anchors.map_err(io::Error::other)?;
        let (rp_id, origin, domains) = (config.rp_id.clone(), config.origin.clone(), config.domains.clone());
        let manner = Manner {
            max_connections: config.max_connections,
            has_title_case: switches.varies("http-header-case"),
            remembers_callers: switches.has("http-connection-remembers-caller"),
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
    /// What it speaks.
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
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
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

fn router(service: Arc<Service>, slower: f64) -> Router {
    let (unknown, wrong_method, switched) = (service.clone(), service.clone(), service.clone());
    let router = rest::routes(&service)
        .merge(management::routes(&service))
        .merge(grpc::routes(&service))
        .merge(infrastructure::routes())
        .fallback(move |request: Request| nothing_here(unknown.clone(), request))
        .method_not_allowed_fallback(
            move |request: Request| async move { rest::refuse_method(&wrong_method, &request) },
        )
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            let service = switched.clone();
            async move {
                service.conditions.wait().await;
                let (version, begun) = (request.version(), Instant::now());
                let mut response = if !names_host(&request) {
                    rest::refuse(&service, "REQUEST-host")
                } else if service.conditions.is_named(&request) {
                    next.run(request).await
                } else {
                    nothing_here(service.clone(), request).await
                };
                lapses::compute_on(begun, slower);
                around::vary_headers(&service.site, version, &mut response);
                response
            }
        }));
    let switches = &service.site.switches;
    carriers::rerouted(switches, around::stripped(switches, router))
}

/// Whether a request has the one Host that HTTP/1.1 asks for (RFC 9112 section 3.2); HTTP/2 has another place for it.
fn names_host(request: &Request) -> bool {
    request.version() != Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1
}

/// The answer to a path or a host name that is not known.
async fn nothing_here(service: Arc<Service>, request: Request) -> Response {
    if grpc::protocol_of(request.headers()).is_some() {
        grpc::answer(service, None, request).await
    } else {
        rest::refuse(&service, "NOTFOUND-path")
    }
}

fn accounts_of(store: &Store) -> Accounts {
    let account = |user: &User| Account { user_id: user.id.clone(), token: user.token.clone() };
    let no_rights = store.no_rights();
    Accounts {
        subjects: store.users_of(Role::Ordinary).into_iter().map(|user| account(user)).collect(),
        admin: store.admin().token.clone(),
        no_rights: account(no_rights),
        read_only: account(store.read_only()),
    }
}

/// The sources in which defects and variants are asked for, for the tests that hold each to one place.
#[cfg(test)]
const SOURCES: &[&str] = &[
    include_str!("mod.rs"),
    include_str!("around.rs"),
    include_str!("bearer.rs"),
    include_str!("carriers.rs"),
    include_str!("ceremony.rs"),
    include_str!("challenge.rs"),
    include_str!("disguise.rs"),
    include_str!("factors.rs"),
    include_str!("grpc.rs"),
    include_str!("grpc_lapses.rs"),
    include_str!("handle.rs"),
    include_str!("lapses.rs"),
    include_str!("leniency.rs"),
    include_str!("limits.rs"),
    include_str!("misshape.rs"),
    include_str!("options.rs"),
    include_str!("rest.rs"),
    include_str!("rush.rs"),
    include_str!("service.rs"),
    include_str!("site.rs"),
    include_str!("slips.rs"),
    include_str!("spelling.rs"),
    include_str!("spill.rs"),
    include_str!("stored.rs"),
    include_str!("strictness.rs"),
];
