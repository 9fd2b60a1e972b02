//! The starts of a case by number, for steps that name the start that they are about.

use super::case_run::CaseRun;
use super::ceremony::{MadeCredential, Started};
use crate::contract::Operation;
use crate::scenario::{CredentialRef, Step};
use crate::transport::Reply;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

fn start_of<'r>(run: &'r CaseRun<'_>, number: Option<usize>) -> Option<&'r Started> {
    run.starts.get(number?.checked_sub(1)?)
}

/// The options that a step makes a credential from: those of the start that it names, or of the last one.
pub(crate) fn options_of(run: &CaseRun<'_>, step: &Step) -> Option<PublicKeyCredentialCreationOptions> {
    if step.of.is_none() {
        return run.ceremony.options.clone();
    }
    start_of(run, step.of)?.options.clone()
}

/// The id of the factor of the start that a step names.
pub(crate) fn factor_of(run: &CaseRun<'_>, step: &Step) -> Option<String> {
    start_of(run, step.of)?.factor_id.clone()
}

/// The credential that a step sends.
pub(crate) fn credential_of<'r>(run: &'r CaseRun<'_>, step: &Step) -> Option<&'r MadeCredential> {
    match step.credential {
        CredentialRef::Latest if step.of.is_some() => start_of(run, step.of)?.credential.as_ref(),
        CredentialRef::Latest => run.ceremony.credential.as_ref(),
        CredentialRef::First => run.ceremony.first_credential.as_ref(),
    }
}

/// The credential that a step repeats: that of the start that it names, or the one made last.
pub(crate) fn repeated<'r>(run: &'r CaseRun<'_>, step: &Step) -> Option<&'r MadeCredential> {
    if step.from.is_none() {
        return run.ceremony.credential.as_ref();
    }
    start_of(run, step.from)?.credential.as_ref()
}

/// Keeps the contents of an accepted start's answer, under its number.
pub(crate) fn remember_of_start(run: &mut CaseRun<'_>, operation: Operation, reply: &Reply) {
    if let (Operation::Start, Reply::Success(_), Some(start)) = (operation, reply, run.starts.last_mut()) {
        start.factor_id.clone_from(&run.ceremony.factor_id);
        start.options.clone_from(&run.ceremony.options);
    }
}

/// Keeps a credential under the number of its start.
pub(crate) fn remember_made(run: &mut CaseRun<'_>, step: &Step, made: &MadeCredential) {
    let Some(index) = step.of.and_then(|number| number.checked_sub(1)) else { return };
    if let Some(start) = run.starts.get_mut(index) {
        (start.credential, start.is_again) = (Some(made.clone()), step.from.is_some());
    }
    run.book.made(index, &made.created.credential_id);
}

/// Notes that the credential of a removed factor is not registered any more.
pub(crate) fn forget_removed(run: &mut CaseRun<'_>, step: &Step) {
    let Some(made) = credential_of(run, step) else { return };
    let id = made.created.credential_id.clone();
    run.state.elsewhere.retain(|known| *known != id);
    if run.state.enrolled.contains(&id) {
        run.state.enrolled.retain(|known| *known != id);
        run.state.absent.push((id, "api/remove"));
    }
}
