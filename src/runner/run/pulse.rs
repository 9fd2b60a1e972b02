//! Whether a target is still there: one good enrolment over each protocol, in a short time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::outcome::{Reason, StopCause};
use crate::runner::memory::controls::{Controls, Failed};
use crate::runner::play::control::enrol_once;
use crate::runner::sending::attempts::{Attempts, Line};
use crate::runner::state::Shared;
use crate::runner::target::resending::Resending;
use crate::scenario::Control;
use crate::transport::{self, Limits};
use crate::webauthn::cose::CoseAlgorithm;

/// The longest time for a call of the enrolment.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The longest time for all of it; it may have to wait for a subject.
const PATIENCE: Duration = Duration::from_secs(30);
/// Enrolments that are tried if there is no answer: one may have come at a bad moment.
const TRIES: usize = 2;
/// Subjects that are tried if a token is refused: a single one may be locked or removed.
const SUBJECTS: usize = 3;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pulse {
    /// The target answers, or nothing can be said.
    There,
    /// The target does not answer.
    Gone(StopCause),
}

/// Enrols once over each protocol, with separate connections. Any answer shows that the target is there. If an enrolment was accepted
/// before in this run, every call has to be answered, and the token has to be accepted.
pub(crate) async fn feel(shared: Arc<Shared>, flows: Vec<Flow>) -> Pulse {
    let Some(alone) = alone(&shared) else { return Pulse::There };
    let over = alone.target.protocols.iter().map(|protocol| over(&alone, &shared.controls, &flows, *protocol));
    let Ok(found) = tokio::time::timeout(PATIENCE, join_all(over)).await else { return Pulse::There };
    let is_there = found.contains(&Pulse::There);
    found.into_iter().find(|_| !is_there).unwrap_or(Pulse::There)
}

/// The same target and subjects, with new connections. Their addresses were good before.
fn alone(shared: &Shared) -> Option<Shared> {
    let mut target = shared.target.clone();
    let Limits { timeout, connect_timeout, .. } = target.limits;
    // A token that is refused now was renewed before, if it can be renewed.
    (target.accounts.refresh, target.accounts.provisioner) = (Vec::new(), None);
    target.limits =
        Limits { timeout: timeout.min(TIMEOUT), connect_timeout: connect_timeout.min(TIMEOUT), ..target.limits };
    // These calls are neither paced nor counted.
    let attempts = Arc::new(Attempts::new(Resending { rate: None, ..target.resending }, shared.settings.seed));
    let connect = |protocol: &Protocol| {
        let transport = transport::connect(*protocol, target.address(*protocol), &target.limits).ok()?;
        Some((*protocol, Arc::new(Line::new(transport, Arc::clone(&attempts)))))
    };
    let transports = target.protocols.iter().map(connect).collect::<Option<_>>()?;
    Some(Shared {
        masker: shared.masker.clone(),
        tokens: Arc::clone(&shared.tokens),
        canaries: Arc::clone(&shared.canaries),
        traces: Arc::clone(&shared.traces),
        ..Shared::new(target, shared.settings, shared.pool.clone(), attempts, transports)
    })
}

async fn over(alone: &Shared, controls: &Controls, flows: &[Flow], protocol: Protocol) -> Pulse {
    let known = flows.iter().find(|flow| controls.was_accepted(**flow, protocol));
    // A second factor would lock the subject's token on some targets.
    let Some(flow) = known.or_else(|| flows.iter().find(|flow| !flow.is_u2f())).or(flows.first()) else {
        return Pulse::There;
    };
    let mut pulse = Pulse::There;
    for tried in 1..=SUBJECTS {
        let control = Control::new(Format::None, CoseAlgorithm::ES256);
        let enrolled = enrol_once(alone, (*flow, protocol, control), 1).await;
        pulse = meaning(enrolled, known.is_some());
        let is_known = match pulse {
            Pulse::There => true,
            Pulse::Gone(StopCause::TokenRefused) => tried == SUBJECTS,
            Pulse::Gone(_) => tried >= TRIES,
        };
        if is_known {
            break;
        }
    }
    pulse
}

fn meaning(enrolled: Result<(), Failed>, was_accepted: bool) -> Pulse {
    let Err(failed) = enrolled else { return Pulse::There };
    match failed.lost {
        _ if failed.reason == Reason::Auth && was_accepted => Pulse::Gone(StopCause::TokenRefused),
        Some(cause) if was_accepted || !failed.answered => Pulse::Gone(cause),
        _ => Pulse::There,
    }
}
