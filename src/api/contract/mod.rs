//! Contracts with their flows, endpoints, limits and clauses, as data. No I/O, no policy.
//!
//! A contract is one file or folder here. Nothing else in the crate knows its name, its paths or its members:
//! [`dialect`] reads and builds messages by the [`Slot`]s of an [`Endpoint`].

mod built_in;
pub mod clause;
pub mod dialect;
mod flow;
pub mod local;
mod operation;
mod protocol;
mod slot;
mod zitadel;

pub use built_in::{ALL, flows, slugs, usual};
pub use flow::{Contract, Endpoint, Flow, FlowData};
pub use operation::{GrpcBinding, LengthUnit, Limit, Operation, RestBinding};
pub use protocol::Protocol;
pub use slot::{Form, Slot, What};
