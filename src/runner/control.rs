//! Controls: a negative is judged only if the same steps, unmutated, were accepted in this run.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::player::Lines;
use super::{Shared, case};
use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::outcome::Reason;
use crate::webauthn::cose::CoseAlgorithm;

pub(super) type Key = (Flow, Protocol, Format, CoseAlgorithm);

type Control = Arc<OnceCell<Result<(), Failed>>>;

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
    /// Whether the control was accepted; otherwise why not.
    pub(super) async fn accepted(&self, shared: &Shared, key: Key) -> Result<(), Failed> {
        let cell = Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
        let control = || async {
            match case::enrol_once(shared, key).await {
                Ok(()) => Ok(()),
                // One bad moment of the target should not cost every negative of its kind.
                Err(_) => case::enrol_once(shared, key).await,
            }
        };
        cell.get_or_init(control).await.clone()
    }
}
