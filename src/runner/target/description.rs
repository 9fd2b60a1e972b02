//! The implementation under test: where it is, what it offers and who may do what.

use std::path::PathBuf;
use std::sync::Arc;

use super::reason_map::ReasonMap;
use super::resending::Resending;
use crate::contract::{Flow, Protocol};
use crate::lease::Lease;
use crate::outcome::Profile;
use crate::provisioner::Provisioner;
use crate::scenario::Policy;
use crate::transport::{Address, Limits};
use crate::wire::secret::Secret;

/// The target of a run.
#[derive(Debug, Clone)]
pub struct Target {
    /// Name for reports.
    pub name: String,
    /// Address of REST and gRPC-Web.
    pub web: Address,
    /// Address of gRPC.
    pub grpc: Address,
    /// RP ID that the target uses.
    pub rp_id: String,
    /// Further domains that the target file names: the start of a v2 registration may ask for them.
    pub domains: Vec<String>,
    /// Origin that the target expects in client data.
    pub origin: String,
    /// Flows that it offers.
    pub flows: Vec<Flow>,
    /// Protocols that it offers.
    pub protocols: Vec<Protocol>,
    /// Who calls.
    pub accounts: Accounts,
    /// What its refusals mean.
    pub reasons: ReasonMap,
    /// How it behaves where the specification leaves a choice.
    pub policy: Policy,
    /// The criteria of `load` that it has to meet.
    pub profile: Profile,
    /// Bounds of every call.
    pub limits: Limits,
    /// How often calls are sent again, and how fast.
    pub resending: Resending,
    /// Values of headers, and of a proxy's URL, that must not appear in a report.
    pub secrets: Vec<Secret>,
}

/// Who calls the target.
#[derive(Debug, Clone, Default)]
pub struct Accounts {
    /// Users that enrol, each with its own token.
    pub subjects: Vec<Subject>,
    /// May act on every user (v2).
    pub admin: Option<Secret>,
    /// Valid, without any permission.
    pub no_rights: Option<Secret>,
    /// Valid, with a role that may only read, if the target has such a role.
    pub read_only: Option<Secret>,
    /// Whether the target refuses a subject's token once the subject has a U2F factor, because the token proves one factor only.
    pub u2f_locks_tokens: bool,
    /// The command that renews a token, with its arguments; empty if there is none.
    pub refresh: Vec<String>,
    /// The provisioner that made the accounts, and that can unlock and remove them.
    pub provisioner: Option<Arc<dyn Provisioner>>,
    /// The file that lists the subjects, or says where the list is from. Other runs may have the same list: leases are beside it.
    /// `None` if the subjects were made for this run alone.
    pub listed_in: Option<PathBuf>,
    /// Keeps other processes from using the same subjects.
    pub lease: Option<Arc<Lease>>,
}

/// One user that enrols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The user's id, for v2's paths.
    pub user_id: String,
    /// Its bearer token.
    pub token: Secret,
}

impl Target {
    /// The address for a protocol.
    pub fn address(&self, protocol: Protocol) -> &Address {
        match protocol {
            Protocol::Grpc => &self.grpc,
            Protocol::Rest | Protocol::GrpcWeb => &self.web,
        }
    }

    /// The origin of pages that register at an RP ID: that of the domain if it is a further domain, or else the target's.
    pub fn origin_for(&self, rp_id: Option<&str>) -> String {
        match rp_id.filter(|rp_id| *rp_id != self.rp_id && self.domains.iter().any(|domain| domain == rp_id)) {
            Some(domain) => format!("https://{domain}"),
            None => self.origin.clone(),
        }
    }

    /// Everything that must not appear in a report.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.accounts.secrets().chain(&self.secrets)
    }

    /// The base URL for reports.
    pub fn base_url(&self) -> &str {
        &self.web.base_url
    }
}

impl Accounts {
    /// The tokens.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let callers = [&self.admin, &self.no_rights, &self.read_only];
        self.subjects.iter().map(|subject| &subject.token).chain(callers.into_iter().flatten())
    }
}
