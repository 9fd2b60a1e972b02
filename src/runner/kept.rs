//! Connections that a case has for itself, so that calls of several callers go over one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Shared;
use super::attempts::Line;
use super::player::{Ended, Player};
use crate::contract::Protocol;
use crate::outcome::Reason;
use crate::scenario::{ConnectionRef, Step};
use crate::transport::{self, Limits, Timings};

/// By protocol, with how many calls each has carried. Calls at the same time share a connection of HTTP/2; over HTTP/1.1 one call follows
/// the other.
#[derive(Debug, Default)]
pub(super) struct Kept(BTreeMap<Protocol, (Arc<Line>, usize)>);

impl Kept {
    /// What carries the calls of a protocol; `None` if the target's address can't be used.
    fn line(&mut self, shared: &Shared, protocol: Protocol) -> Option<Arc<Line>> {
        if let Some((line, _)) = self.0.get(&protocol) {
            return Some(Arc::clone(line));
        }
        let limits = Limits { calls_per_connection: Limits::SHARED, ..shared.target.limits.clone() };
        let transport = transport::connect(protocol, shared.target.address(protocol), &limits).ok()?;
        let line = Arc::new(Line::new(transport, Arc::clone(&shared.attempts)));
        self.0.insert(protocol, (Arc::clone(&line), 0));
        Some(line)
    }
}

impl Player<'_> {
    /// What a step's call is sent over; `None` if the target does not have the protocol.
    pub(super) fn line(&mut self, step: &Step) -> Option<Arc<Line>> {
        let protocol = self.protocol(step);
        let shared = self.shared.transport(protocol).cloned()?;
        match step.connection {
            ConnectionRef::Any => Some(shared),
            ConnectionRef::Kept => self.kept.line(self.shared, protocol),
        }
    }

    /// Ends a case about a form of requests that the connection does not have.
    pub(super) fn is_written(&mut self, step: &Step, is_http2: bool) -> Result<(), Ended> {
        if !(is_http2 && step.is_of_http1()) {
            return Ok(());
        }
        self.end("setup", self.clause(), Reason::NotDeclared, "HTTP/1.1", "the target has agreed on HTTP/2")
    }

    /// Ends a case about one connection where the target does not keep it.
    pub(super) fn is_kept(&mut self, step: &Step, (protocol, timings): (Protocol, Timings)) -> Result<(), Ended> {
        let carried = self.kept.0.get_mut(&protocol).filter(|_| step.connection == ConnectionRef::Kept);
        let Some((_, calls)) = carried else { return Ok(()) };
        *calls += 1;
        if *calls == 1 || timings.set_up.is_none() {
            return Ok(());
        }
        let (expected, received) = ("a connection that is kept for another call", "the target closed it");
        self.end("setup", self.clause(), Reason::NotDeclared, expected, received)
    }
}
