//! What is promised: contracts with their flows, endpoints, limits and clauses, as data. No I/O, no policy.
//!
//! A contract is one file or folder here. Nothing else in the crate knows its name, its paths or its members:
//! [`dialect`] reads and builds messages by the [`Slot`]s of an [`Endpoint`].

pub mod clause;
pub mod dialect;
mod endpoint;
mod flow;
mod protocol;
mod slot;
mod zitadel;

pub use endpoint::{Endpoint, GrpcBinding, LengthUnit, Limit, Operation, RestBinding};
pub use flow::{Contract, Flow, FlowData};
pub use protocol::Protocol;
pub use slot::{Form, Slot, What};

/// The contracts that are built in. The first is that of a target that names none.
pub static ALL: [&Contract; 1] = [&zitadel::CONTRACT];

/// The contract of a target that names none.
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
