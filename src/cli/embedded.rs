//! The reference server inside this process, as a target.

use super::exit::{Exit, Failure};
use super::nearest;
use super::switch::Switch;
use crate::contract::Protocol;
use crate::outcome::Profile;
use crate::runner::target::resending::Resending;
use crate::runner::target::{Accounts, ReasonMap, Subject, Target};
use crate::scenario::Policy;
use crate::server::defect::{self, Defect};
use crate::server::refusal;
use crate::server::variant::{self, Variant};
use crate::server::{Account, RunningServer, Server, ServerConfig};
use crate::transport::{Address, Limits};
use crate::webauthn::attestation;

pub use super::values::now;

/// The running server; it stops when this is dropped.
pub struct Embedded(RunningServer);

/// Starts the server on a free loopback port, with at least two users.
pub async fn start(users: usize, seed: u64, defects: &[String], variants: &[String]) -> Result<Embedded, Failure> {
    let mut config = ServerConfig {
        users: users.max(2),
        seed,
        defects: find_defects(defects)?,
        variants: find_variants(variants)?,
        trust_anchors: vec![crate::authenticator::attestation_root()],
        ..ServerConfig::default()
    };
    // Under load each user keeps a connection; other users would wait until it ends.
    config.max_connections = config.max_connections.max(config.users);
    Server::start(config).await.map(Embedded).map_err(Failure::internal)
}

/// The defects with these names.
pub fn find_defects(names: &[String]) -> Result<Vec<&'static Defect>, Failure> {
    let find = |name: &String| {
        Defect::find(name).ok_or_else(|| {
            let near = nearest::meant(name, defect::all().map(|defect| defect.id));
            Failure::text(Exit::Usage, format!("there is no defect `{name}`; `proofmark list defects` shows all{near}"))
        })
    };
    names.iter().map(find).collect()
}

/// The variants with these names.
pub fn find_variants(names: &[String]) -> Result<Vec<&'static Variant>, Failure> {
    let find = |name: &String| {
        Variant::find(name).ok_or_else(|| {
            let near = nearest::meant(name, variant::all().map(|variant| variant.id));
            let message = format!("there is no variant `{name}`; `proofmark list variants` shows all{near}");
            Failure::text(Exit::Usage, message)
        })
    };
    names.iter().map(find).collect()
}

impl Embedded {
    /// The server as a target that offers everything.
    pub fn target(&self) -> Target {
        target_of(&self.0)
    }
}

/// A running reference server as a target that offers everything, its error ids as the reason map.
pub fn target_of(server: &RunningServer) -> Target {
    let mut reasons = ReasonMap::default();
    for (id, clause) in refusal::meanings() {
        // Ids without glob characters are always globs.
        reasons.add(id, &clause).unwrap_or_default();
    }
    let address = Address::new(server.base_url());
    let subject = |account: &Account| Subject { user_id: account.user_id.clone(), token: account.token.clone() };
    Target {
        name: "the embedded reference server".to_owned(),
        web: address.clone(),
        grpc: address,
        rp_id: server.rp_id.clone(),
        domains: server.domains.clone(),
        origin: server.origin.clone(),
        flows: server.contract.flows.to_vec(),
        protocols: Protocol::ALL.to_vec(),
        accounts: Accounts {
            subjects: server.accounts.subjects.iter().map(subject).collect(),
            admin: Some(server.accounts.admin.clone()),
            no_rights: Some(server.accounts.no_rights.token.clone()),
            read_only: Some(server.accounts.read_only.token.clone()),
            ..Accounts::default()
        },
        reasons,
        policy: policy_of(server),
        profile: Profile::default(),
        limits: Limits::default(),
        resending: Resending::default(),
        secrets: Vec::new(),
    }
}

/// How a running reference server behaves where the specification leaves a choice.
pub fn policy_of(server: &RunningServer) -> Policy {
    let mut policy = Policy::exact(attestation::FORMATS.iter().map(|format| format.identifier()));
    // The name is one of the policy's own.
    policy.set("trust-anchors", server.has_trust_anchors).unwrap_or_default();
    policy
}

/// A defect or a variant with this name.
pub fn find_switch(id: &str) -> Option<Switch> {
    Defect::find(id).map(of_defect).or_else(|| Variant::find(id).map(of_variant))
}

/// The defects of the server.
pub fn defects() -> Vec<Switch> {
    defect::all().map(of_defect).collect()
}

/// The variants of the server.
pub fn variants() -> Vec<Switch> {
    variant::all().map(of_variant).collect()
}

fn of_defect(defect: &Defect) -> Switch {
    let Defect { id, clause, summary, found_by, .. } = *defect;
    Switch { kind: "defect", id, clause, summary, found_by }
}

fn of_variant(variant: &Variant) -> Switch {
    let Variant { id, clause, summary, .. } = *variant;
    Switch { kind: "variant", id, clause, summary, found_by: &[] }
}
