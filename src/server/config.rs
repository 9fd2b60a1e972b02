//! How a server is started.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::defect::Defect;
use super::deployment::Conditions;
use super::variant::Variant;
use crate::contract::{self, Contract, local};

/// How a server is started.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// The contract that it serves.
    pub contract: &'static Contract,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Number of ordinary users.
    pub users: usize,
    /// Seed of ids, tokens and challenges. One seed gives the same users and tokens each time, so whoever knows the seed knows the tokens.
    pub seed: u64,
    /// RP ID of a registration that names no domain.
    pub rp_id: String,
    /// Further domains that it serves; a start that names one of them has it as RP ID.
    pub domains: Vec<String>,
    /// Expected origin of a registration that names no domain.
    pub origin: String,
    /// Defects to switch on, usually none or one.
    pub defects: Vec<&'static Defect>,
    /// Variants to switch on.
    pub variants: Vec<&'static Variant>,
    /// Connections served at a time; further ones wait.
    pub max_connections: usize,
    /// Certificates (DER) that attestation has to lead to. If empty, any attestation that verifies is accepted.
    pub trust_anchors: Vec<Vec<u8>>,
    /// By how much it is slower than it is, as a share: so much of the time that an answer took, it goes on computing. What the
    /// comparison of two builds is held to.
    pub slower: f64,
    /// Its further properties.
    pub conditions: Conditions,
    /// If given, the calls of a provisioner can make and remove users.
    pub management: Option<Management>,
}

/// Delays of a server on which users can be made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Management {
    /// How long it takes to hash a password.
    pub password_delay: Duration,
    /// How far the list of users and the list of factors lag behind.
    pub list_delay: Duration,
    /// How far everything lags behind that reads: so long a new user is found by no list, search or session, and a new token is not
    /// known.
    pub lag: Duration,
}

impl Management {
    /// How far lists lag behind.
    pub(super) fn list_lag(&self) -> Duration {
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
            rp_id: local::RP_ID.to_owned(),
            domains: vec!["login.example.net".to_owned()],
            origin: local::ORIGIN.to_owned(),
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
