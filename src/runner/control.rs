//! Controls: a negative is judged only if the same steps, unmutated, were accepted in this run.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::ledger::Lines;
use super::{Shared, case};
use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::outcome::{Reason, StopCause};
use crate::scenario::Control;
use crate::webauthn::cose::CoseAlgorithm;

pub(super) type Key = (Flow, Protocol, Control);

/// Attestation format and algorithm of an enrolment.
pub(super) type Form = (Format, CoseAlgorithm);

/// What nearly every target takes.
pub(super) const SIMPLE: [Form; 2] = [(Format::None, CoseAlgorithm::ES256), (Format::PackedSelf, CoseAlgorithm::ES256)];

/// What came of it, and when.
type Tried = Arc<tokio::sync::Mutex<Option<(Instant, Result<(), Failed>)>>>;

/// A control that was not accepted.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    /// The gravest of what was found.
    pub reason: Reason,
    /// What the target said, or why it was not asked.
    pub why: String,
    /// The shell lines of the call that decided, if there was one.
    pub lines: Lines,
    /// What became of the last call, if it had no answer.
    pub lost: Option<StopCause>,
    /// Whether any call had one.
    pub answered: bool,
}

/// One good enrolment per flow, protocol, format, algorithm and path of certificates, made when the first negative needs it.
#[derive(Debug, Default)]
pub(super) struct Controls {
    tried: Mutex<HashMap<Key, Tried>>,
    /// Where a good enrolment was accepted in this run.
    accepted: Mutex<HashSet<(Flow, Protocol)>>,
}

impl Controls {
    /// A form of the good enrolment that this flow has taken over this protocol in this run: the one that is asked for, or the
    /// simplest. `None` as long as no control says so.
    pub(super) fn known_form(&self, (flow, protocol): (Flow, Protocol), own: Form) -> Option<Form> {
        let controls = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let is_taken = |(format, algorithm): &Form| {
            let control = controls.get(&(flow, protocol, Control::new(*format, *algorithm)));
            // One that is under way says nothing yet.
            let tried = control.and_then(|control| control.try_lock().ok());
            tried.is_some_and(|tried| tried.as_ref().is_some_and(|(_, outcome)| outcome.is_ok()))
        };
        std::iter::once(own).chain(SIMPLE).find(is_taken)
    }

    /// Whether the control was accepted; otherwise why not. One that did not reach the target is tried again by the next who needs it: the
    /// target may be back. Who waited meanwhile takes what came.
    pub(super) async fn accepted(&self, shared: &Shared, key: Key) -> Result<(), Failed> {
        let asked = Instant::now();
        let control = Arc::clone(self.tried.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut tried = control.lock().await;
        if let Some((at, outcome)) = &*tried {
            // The target may be back, and others may have come between.
            let may_pass = |failed: &Failed| failed.reason.is_of_the_network() || shared.traces.words().is_some();
            let is_passing = outcome.as_ref().is_err_and(may_pass);
            if !is_passing || *at >= asked {
                return outcome.clone();
            }
        }
        let mut outcome = case::enrol_once(shared, key, 0).await;
        if outcome.is_err() {
            // One bad moment of the target should not cost every negative of its kind.
            outcome = case::enrol_once(shared, key, 1).await;
        }
        if outcome.is_ok() {
            self.note_accepted(key.0, key.1);
        }
        *tried = Some((Instant::now(), outcome.clone()));
        outcome
    }

    /// Remembers that a good enrolment was accepted on this flow over this protocol.
    pub(super) fn note_accepted(&self, flow: Flow, protocol: Protocol) {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).insert((flow, protocol));
    }

    /// Whether a good enrolment was accepted on this flow over this protocol.
    pub(super) fn was_accepted(&self, flow: Flow, protocol: Protocol) -> bool {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner).contains(&(flow, protocol))
    }
}
