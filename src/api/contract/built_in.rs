//! The contracts that are built in, and their flows.

use super::flow::{Contract, Flow};
use super::zitadel;

/// The contracts that are built in. The first one is for targets that do not name a contract.
pub static ALL: [&Contract; 1] = [&zitadel::CONTRACT];

/// The contract of a target that does not name one.
pub fn usual() -> &'static Contract {
    ALL[0]
}

/// The flows of all built-in contracts.
pub fn flows() -> impl Iterator<Item = Flow> {
    ALL.iter().flat_map(|contract| contract.flows.iter().copied())
}

/// Their slugs.
pub fn slugs() -> Vec<&'static str> {
    flows().map(Flow::slug).collect()
}

impl Flow {
    /// The flow with this slug, of any contract that is built in.
    pub fn from_slug(slug: &str) -> Option<Flow> {
        flows().find(|flow| flow.slug() == slug)
    }
}
