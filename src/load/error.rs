//! Why an attack did not take place, or has no result.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

use super::remote_guard::RemoteTarget;
use crate::contract::{Flow, Protocol};
use crate::transport::TransportError;

/// Why no load was generated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("no load was generated: a good cycle of {flow} over {protocol} fails with {class}: {example}; {advice}")]
pub struct Unready {
    pub(super) flow: Flow,
    pub(super) protocol: Protocol,
    pub(super) class: String,
    pub(super) example: String,
    pub(super) advice: &'static str,
}

/// Why an attack did not take place, or has no result.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The target is not a loopback address, and not allowed by name.
    #[error(transparent)]
    Remote(#[from] RemoteTarget),
    /// The plan is empty, or makes no sense.
    #[error("{0}")]
    Plan(String),
    /// More than the ceilings allow.
    #[error("{what} is above the ceiling of {ceiling}; if you intend this, write --raise-ceiling {word}")]
    Ceiling {
        /// The requested value.
        what: String,
        /// What is allowed.
        ceiling: String,
        /// What raises it.
        word: String,
    },
    /// The subjects can't be read.
    #[error("subjects {path}: {why}")]
    Subjects {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The start is over.
    #[error("--start-at is {0:?} ago; give all shards a time in the future")]
    Late(Duration),
    /// The target can't be loaded as it is.
    #[error(transparent)]
    Unready(#[from] Unready),
    /// The connection can't be prepared.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Threads could not be started.
    #[error("threads can't be started: {0}")]
    Threads(#[from] std::io::Error),
    /// The port of the live page is not available.
    #[error("--dashboard={port}: {why}; write the number of a free port")]
    Dashboard {
        /// The port at 127.0.0.1.
        port: u16,
        /// Why not.
        why: std::io::Error,
    },
    /// The load engine refused its configuration, failed or did not end.
    #[error("the load engine failed: {0}")]
    Engine(String),
}
