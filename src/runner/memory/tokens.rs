//! Tokens that expire while a run goes on: each is renewed by the command of the target file, or by the provisioner that made it.

use std::collections::HashMap;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};

use crate::wire::secret::Secret;

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// The subject of a case (`true`), or the other one.
    Subject(bool),
    Admin,
    NoRights,
    ReadOnly,
}

impl Holder {
    /// The word for it in the arguments of a `refresh` command.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Holder::Subject(_) => "subject",
            Holder::Admin => "admin",
            Holder::NoRights => "no-rights",
            Holder::ReadOnly => "read-only",
        }
    }
}

/// The renewed tokens of callers that all tests share. The tokens of subjects are kept with the subjects.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    renewed: Mutex<HashMap<Holder, Secret>>,
    /// One renewal of a shared token at a time.
    pub(crate) flight: tokio::sync::Mutex<()>,
    pub(crate) failed: AtomicUsize,
}

impl Tokens {
    /// The current token of a shared caller.
    pub(crate) fn current(&self, holder: Holder, first: &Secret) -> Secret {
        let renewed = self.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        renewed.get(&holder).unwrap_or(first).clone()
    }

    pub(crate) fn renew(&self, holder: Holder, token: &Secret) {
        self.renewed.lock().unwrap_or_else(PoisonError::into_inner).insert(holder, token.clone());
    }
}
