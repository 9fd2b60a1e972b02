//! The mutations of one creation, each applied when its part is made, and what each of them did.

use std::cell::RefCell;

use super::args::Args;
use super::given::Given;
use super::stage::{Change, Mutation, Stage};
use crate::authenticator::error::{ClientError, MutationError};
use crate::authenticator::keys::KeyPair;
use crate::authenticator::parts::Part;

/// What a mutation has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Done {
    /// Its part was not made yet.
    Nothing,
    /// Its part was made, and left as it was.
    Met,
    /// Its part is another than before.
    Changed,
}

/// The mutations of one creation, in order.
pub(in crate::authenticator) struct Applied<'a> {
    pub(in crate::authenticator) mutations: &'a [(&'static Mutation, Args)],
    pub(in crate::authenticator) origin: &'a str,
    pub(in crate::authenticator) rp_id: &'a str,
    pub(in crate::authenticator) challenge: &'a [u8],
    pub(in crate::authenticator) seed: &'a [u8; 32],
    pub(in crate::authenticator) key: &'a KeyPair,
    /// By the place of the mutation.
    done: RefCell<Vec<Done>>,
}

impl<'a> Applied<'a> {
    pub(in crate::authenticator) fn new(
        mutations: &'a [(&'static Mutation, Args)],
        (origin, rp_id, challenge): (&'a str, &'a str, &'a [u8]),
        seed: &'a [u8; 32],
        key: &'a KeyPair,
    ) -> Applied<'a> {
        let done = RefCell::new(vec![Done::Nothing; mutations.len()]);
        Applied { mutations, origin, rp_id, challenge, seed, key, done }
    }

    /// Changes a part by the mutations that `own` names for it.
    pub(in crate::authenticator) fn change<T: Clone + PartialEq>(
        &self,
        part: &mut T,
        own: impl Fn(&Stage) -> Option<Change<T>>,
    ) -> Result<(), ClientError> {
        self.each(|stage, given| {
            let Some(change) = own(stage) else { return Ok(Done::Nothing) };
            let before = part.clone();
            change(part, given)?;
            Ok(if *part == before { Done::Met } else { Done::Changed })
        })
    }

    /// Hands a part of the statement to the mutations of [`Stage::Attesting`].
    pub(in crate::authenticator) fn attesting(&self, part: &mut Part<'_>) -> Result<(), ClientError> {
        self.each(|stage, given| {
            let Stage::Attesting(change) = stage else { return Ok(Done::Nothing) };
            let before = part.state();
            let is_own = change(part, given)?;
            Ok(match is_own {
                false => Done::Nothing,
                true if part.state() == before => Done::Met,
                true => Done::Changed,
            })
        })
    }

    fn each(
        &self,
        mut apply: impl FnMut(&Stage, &Given<'_>) -> Result<Done, MutationError>,
    ) -> Result<(), ClientError> {
        for (index, (mutation, args)) in self.mutations.iter().enumerate() {
            let Applied { origin, rp_id, challenge, seed, key, .. } = *self;
            let given = Given { args, origin, rp_id, challenge, seed, key };
            let done =
                apply(&mutation.stage, &given).map_err(|source| ClientError::Mutation { id: mutation.id, source })?;
            if let Some(known) = self.done.borrow_mut().get_mut(index) {
                *known = done.max(*known);
            }
        }
        Ok(())
    }

    /// Refuses mutations that are about parts of the statement which the format did not have.
    pub(in crate::authenticator) fn require_met(&self, format: &'static str) -> Result<(), ClientError> {
        let is_foreign =
            |mutation: &Mutation, done| matches!(mutation.stage, Stage::Attesting(_)) && done == Done::Nothing;
        self.refuse(is_foreign, MutationError::Format(format))
    }

    /// Refuses a chain of mutations in which one has changed nothing: the result of the others would be attributed to it too. A
    /// single mutation may find the response as it would make it.
    pub(in crate::authenticator) fn require_changed(&self) -> Result<(), ClientError> {
        let is_idle = |_mutation: &Mutation, done| done != Done::Changed && self.mutations.len() > 1;
        self.refuse(is_idle, MutationError::Nothing)
    }

    fn refuse(&self, which: impl Fn(&Mutation, Done) -> bool, source: MutationError) -> Result<(), ClientError> {
        let done = self.done.borrow();
        let found = self.mutations.iter().zip(done.iter()).find(|((mutation, _), done)| which(mutation, **done));
        found.map_or(Ok(()), |((mutation, _), _)| Err(ClientError::Mutation { id: mutation.id, source }))
    }
}
