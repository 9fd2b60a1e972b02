//! The reference server: a relying party that keeps every clause of the contract, in memory, over REST, gRPC and gRPC-Web on one port.
//!
//! `service` is the core; `rest` and `grpc` only turn bytes into messages and back. With a [`defect`] it breaks one clause on demand,
//! with a [`variant`] it does one thing in another way, which the documents leave open.
//!
//! Where the pages leave it open, this server chooses:
//! - Checks come in the order authentication, decoding, limits, permission, existence, ceremony; only the last uses up the challenge.
//! - An ordinary user that names another user gets 403, whether or not that user exists; the administrator gets 404 for a user that does not exist.
//! - A user has one open registration for U2F and one for passkeys, shared by v1 and v2; a new start replaces it, and the time-out of its options ends it.
//! - A verify without an open registration is 404 in both versions.
//! - Unknown JSON members are ignored, a member of the path wins over one of the body. An empty `userId` in
//!   a path is refused like any other that is too short; a path that ends in an empty member does not exist (404).
//! - A body needs its content type only if there is one.

extern crate self as server;

#[macro_use]
mod entries;

mod accounts;
mod around;
mod attempt;
mod bearer;
mod body;
mod body_faults;
mod caller;
mod carriers;
mod ceremony;
mod challenge;
mod config;
mod counts;
mod credential;
pub mod defect;
mod deployment;
mod factors;
mod grpc;
mod grpc_faults;
mod handle;
mod infrastructure;
mod json;
mod leniency;
mod limits;
mod listener;
mod managed_users;
mod management;
mod memory;
mod null;
mod options;
pub mod refusal;
mod refusal_faults;
mod rest;
mod router;
mod running;
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
mod timing_faults;
pub mod variant;

pub use accounts::{Account, Accounts};
pub use config::{Management, ServerConfig};
pub use counts::Counts;
pub use deployment::Conditions;
pub use running::{RunningServer, Server};

#[cfg(test)]
mod sources;

use proofmark_api::{contract, wire};
use proofmark_credential::{relying_party, webauthn};
use proofmark_support::words;
