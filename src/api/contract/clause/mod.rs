//! Clauses: one normative statement each, in our own words, with its source.
//!
//! A clause beneath another (`api/limit/token-name/v1` beneath `api/limit/token-name`) says the same of less: of one version, flow,
//! operation or protocol, or of one member of a body.

mod basis;
mod behaviour;
mod carriers;
mod ceremony;
mod endpoints;
mod excluded;
mod formats;
mod http;
mod identifiers;
mod registry;
mod requests;
mod responses;
mod severity;
mod state;
mod statement;

pub use basis::Basis;
pub use excluded::{EXCLUDED, ON_REQUEST};
pub use registry::{all, at, find, includes};
pub use severity::{SEVERITIES, Severity, severity};
pub use statement::Clause;
