//! Controls: a negative is judged only if the same steps, unmutated, were accepted in this run.

use std::collections::HashMap;

use tokio::sync::OnceCell;

use super::{Shared, case};
use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::scenario::Plan;
use crate::webauthn::cose::CoseAlgorithm;

pub(super) type Key = (Flow, Protocol, Format, CoseAlgorithm);

/// One good enrolment per flow, protocol, format and algorithm, made when the first negative needs it.
#[derive(Debug, Default)]
pub(super) struct Controls(HashMap<Key, OnceCell<Result<(), String>>>);

impl Controls {
    /// Room for the controls that a plan can need.
    pub(super) fn new(plan: &Plan) -> Controls {
        Controls(plan.controls().into_iter().map(|key| (key, OnceCell::new())).collect())
    }

    /// Whether the control was accepted; otherwise why not.
    pub(super) async fn accepted(&self, shared: &Shared, key: Key) -> Result<(), String> {
        let Some(cell) = self.0.get(&key) else { return Err("there is no control of this kind".to_owned()) };
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
