//! The starts of a case by their numbers, for steps that say which one they are about.

use super::model::Sent;
use super::player::{MadeCredential, Player};
use crate::contract::Operation;
use crate::scenario::{CredentialRef, Step};
use crate::transport::Reply;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// A start, and what was made of it. All empty where it was refused.
#[derive(Debug, Default)]
pub(super) struct Started {
    pub factor_id: Option<String>,
    pub options: Option<PublicKeyCredentialCreationOptions>,
    /// The credential made last from its options.
    pub credential: Option<MadeCredential>,
    /// Whether that is one that was enrolled before.
    pub is_again: bool,
}

impl Started {
    /// Which kind of credential a verify about it sends.
    pub(super) fn sent(&self) -> Sent {
        match &self.credential {
            Some(made) if !made.recipe.mutations.is_empty() => Sent::Spoiled,
            Some(_) if self.is_again => Sent::Removed,
            _ => Sent::Good,
        }
    }
}

impl Player<'_> {
    fn start_of(&self, number: Option<usize>) -> Option<&Started> {
        self.starts.get(number?.checked_sub(1)?)
    }

    /// The options that a step makes a credential from: those of the start that it names, or of the last one.
    pub(super) fn options_of(&self, step: &Step) -> Option<PublicKeyCredentialCreationOptions> {
        if step.of.is_none() {
            return self.options.clone();
        }
        self.start_of(step.of)?.options.clone()
    }

    /// The id of the factor of the start that a step names.
    pub(super) fn factor_of(&self, step: &Step) -> Option<String> {
        self.start_of(step.of)?.factor_id.clone()
    }

    /// The credential that a step sends.
    pub(super) fn credential_of(&self, step: &Step) -> Option<&MadeCredential> {
        match step.credential {
            CredentialRef::Latest if step.of.is_some() => self.start_of(step.of)?.credential.as_ref(),
            CredentialRef::Latest => self.credential.as_ref(),
            CredentialRef::First => self.first_credential.as_ref(),
        }
    }

    /// The credential that a step repeats: that of the start that it names, or the one made last.
    pub(super) fn repeated(&self, step: &Step) -> Option<&MadeCredential> {
        if step.from.is_none() {
            return self.credential.as_ref();
        }
        self.start_of(step.from)?.credential.as_ref()
    }

    /// Keeps what an accepted start said, under its number.
    pub(super) fn remember_of_start(&mut self, operation: Operation, reply: &Reply) {
        if let (Operation::Start, Reply::Success(_), Some(start)) = (operation, reply, self.starts.last_mut()) {
            start.factor_id.clone_from(&self.factor_id);
            start.options.clone_from(&self.options);
        }
    }

    /// Keeps a credential under the number of its start.
    pub(super) fn remember_made(&mut self, step: &Step, made: &MadeCredential) {
        let Some(index) = step.of.and_then(|number| number.checked_sub(1)) else { return };
        if let Some(start) = self.starts.get_mut(index) {
            (start.credential, start.is_again) = (Some(made.clone()), step.from.is_some());
        }
        self.book.made(index, &made.created.credential_id);
    }

    /// The credential of a removed factor is registered no more.
    pub(super) fn forget_removed(&mut self, step: &Step) {
        let Some(made) = self.credential_of(step) else { return };
        let id = made.created.credential_id.clone();
        self.state.elsewhere.retain(|known| *known != id);
        if self.state.enrolled.contains(&id) {
            self.state.enrolled.retain(|known| *known != id);
            self.state.absent.push((id, "api/remove"));
        }
    }
}
