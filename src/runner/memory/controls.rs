//! Controls of a run: which good enrolments were accepted.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::outcome::{Reason, StopCause};
use crate::runner::judge::played::Lines;
use crate::scenario::Control;
use crate::webauthn::cose::CoseAlgorithm;

pub(crate) type Key = (Flow, Protocol, Control);

/// Attestation format and algorithm of an enrolment.
pub(crate) type Form = (Format, CoseAlgorithm);

/// The form that nearly every target accepts.
pub(crate) const SIMPLE: [Form; 2] = [(Format::None, CoseAlgorithm::ES256), (Format::PackedSelf, CoseAlgorithm::ES256)];

/// The result, and when it came.
type Tried = Arc<tokio::sync::Mutex<Option<(Instant, Result<(), Failed>)>>>;

/// A control that was not accepted.
#[derive(Debug, Clone)]
pub(crate) struct Failed {
    /// The most severe finding.
    pub reason: Reason,
    /// The target's answer, or why it was not asked.
    pub why: String,
    /// The shell lines of the call that decided, if there was one.
    pub lines: Lines,
    /// What happened to the last call, if it had no answer.
    pub lost: Option<StopCause>,
    /// Whether any call had an answer.
    pub answered: bool,
}

/// One good enrolment per flow, protocol, format, algorithm and path of certificates, made when the first negative needs it.
#[derive(Debug, Default)]
pub(crate) struct Controls {
    pub(crate) tried: Mutex<HashMap<Key, Tried>>,
    /// The flows and protocols where a good enrolment was accepted in this run.
    accepted: Mutex<HashSet<(Flow, Protocol)>>,
}

impl Controls {
    /// A form of the good enrolment that was accepted on this flow over this protocol in this run: the requested form, or the simplest.
    /// `None` as long as no control has shown one.
    pub(crate) fn known_form(&self, (flow, protocol): (Flow, Protocol), own: Form) -> Option<Form> {
        let controls = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = |(format, algorithm): &Form| {
            let control = controls.get(&(flow, protocol, Control::new(*format, *algorithm)));
            // A control that is under way says nothing yet.
            let tried = control.and_then(|control| control.try_lock().ok());
            tried.is_some_and(|tried| tried.as_ref().is_some_and(|(_, outcome)| outcome.is_ok()))
        };
        std::iter::once(own).chain(SIMPLE).find(is_taken)
    }

    /// Remembers that a good enrolment was accepted on this flow over this protocol.
    pub(crate) fn note_accepted(&self, flow: Flow, protocol: Protocol) {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).insert((flow, protocol));
    }

    /// Whether a good enrolment was accepted on this flow over this protocol.
    pub(crate) fn was_accepted(&self, flow: Flow, protocol: Protocol) -> bool {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).contains(&(flow, protocol))
    }
}
