//! What a case presupposes of its subject is made true: that no registration is open.
//!
//! v1 names no registration, so that a verify without a start is answered otherwise where an earlier case, or an earlier run, has left
//! one open. A good enrolment ends it: its start replaces what is open, or joins it, and its verify finishes it.

use super::Shared;
use super::player::{Ended, Player};
use crate::contract::Operation;
use crate::scenario::{Made, Permutation, Sharing, Step};

/// Whether a subject that others used is as good as one that nobody used: in v2 the case names a registration that nobody has, and in
/// v1 what is open can be finished. Not where the enrolment would lock the token that the case needs.
pub(super) fn can_do_with_used(shared: &Shared, permutation: &Permutation) -> bool {
    !permutation.flow.locks_token() || !shared.target.accounts.u2f_locks_tokens
}

impl Player<'_> {
    /// Finishes what others may have left open for the subject, if the case presupposes that nothing is.
    pub(super) async fn close_what_is_open(&mut self) -> Result<(), Ended> {
        let Permutation { flow, protocol, format, .. } = *self.permutation;
        let presupposes = self.permutation.case.sharing() == Sharing::Fresh && !flow.names_registration();
        if !presupposes || self.lease.is_new() || !can_do_with_used(self.shared, self.permutation) {
            return Ok(());
        }
        let own = (format, self.permutation.case.control_algorithm(format));
        self.good_form = self.shared.controls.known_form((flow, protocol), own);
        let step = Step::default();
        self.call_step(Operation::Start, &step).await?;
        self.make(&step, Made::Good, &[])?;
        self.call_step(Operation::Verify, &step).await?;
        // The case begins with nothing.
        self.good_form = None;
        (self.options, self.credential, self.first_credential) = (None, None, None);
        (self.factor_id, self.first_factor_id) = (None, None);
        self.starts.clear();
        Ok(())
    }
}
