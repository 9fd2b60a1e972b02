//! Controls: a negative is judged only if the same steps, unmutated, were accepted in this run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::player::Lines;
use super::{Shared, case};
use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::outcome::Reason;
use crate::webauthn::cose::CoseAlgorithm;

pub(super) type Key = (Flow, Protocol, Format, CoseAlgorithm);

/// What came of it, and when.
type Control = Arc<tokio::sync::Mutex<Option<(Instant, Result<(), Failed>)>>>;

/// A control that was not accepted.
#[derive(Debug, Clone)]
pub(super) struct Failed {
    /// The gravest of what was found.
    pub reason: Reason,
    /// What the target said, or why it was not asked.
    pub why: String,
    /// The shell lines of the call that decided, if there was one.
    pub lines: Lines,
}

/// One good enrolment per flow, protocol, format and algorithm, made when the first negative needs it.
#[derive(Debug, Default)]
pub(super) struct Controls(Mutex<HashMap<Key, Control>>);

impl Controls {
    /// Whether the control was accepted; otherwise why not. One that had no connection is tried again by the next who needs it: the
    /// target may be back. Who waited meanwhile takes what came.
    pub(super) async fn accepted(&self, shared: &Shared, key: Key) -> Result<(), Failed> {
        let asked = Instant::now();
        let control = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let mut tried = control.lock().await;
        if let Some((at, outcome)) = &*tried {
            let was_away = outcome.as_ref().is_err_and(|failed| failed.reason == Reason::TargetUnreachable);
            if !was_away || *at >= asked {
                return outcome.clone();
            }
        }
        let outcome = match case::enrol_once(shared, key).await {
            Ok(()) => Ok(()),
            // One bad moment of the target should not cost every negative of its kind.
            Err(_) => case::enrol_once(shared, key).await,
        };
        *tried = Some((Instant::now(), outcome.clone()));
        outcome
    }
}
