//! A case's own connections, so that calls of several callers go over one connection.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contract::Protocol;
use crate::runner::sending::attempts::Line;
use crate::runner::state::Shared;
use crate::transport::{self, Limits};

/// Connections by protocol, and how many calls each has carried. Simultaneous calls share an HTTP/2 connection; over HTTP/1.1 one call
/// follows the other.
#[derive(Debug, Default)]
pub(crate) struct Kept(BTreeMap<Protocol, (Arc<Line>, usize)>);

impl Kept {
    /// What carries the calls of a protocol; `None` if the target's address can't be used.
    pub(crate) fn line(&mut self, shared: &Shared, protocol: Protocol) -> Option<Arc<Line>> {
        if let Some((line, _)) = self.0.get(&protocol) {
            return Some(Arc::clone(line));
        }
        let limits = Limits { calls_per_connection: Limits::SHARED, ..shared.target.limits.clone() };
        let transport = transport::connect(protocol, shared.target.address(protocol), &limits).ok()?;
        let line = Arc::new(Line::new(transport, Arc::clone(&shared.attempts)));
        self.0.insert(protocol, (Arc::clone(&line), 0));
        Some(line)
    }

    /// How many calls the connection of a protocol has carried, with one more.
    pub(crate) fn count(&mut self, protocol: Protocol) -> usize {
        self.0.get_mut(&protocol).map_or(0, |(_, calls)| {
            *calls += 1;
            *calls
        })
    }
}
