//! One verify, and what it names.

use serde_json::Value;

use super::caller::Caller;
use super::credential::credential_of;
use super::refusal::Refused;
use super::site::Site;
use super::store::{Kind, Pending, User};
use crate::contract::{Endpoint, What};

/// One verify of a user that may be acted on.
pub(super) struct Attempt<'a> {
    pub site: &'a Site,
    pub endpoint: &'a Endpoint,
    pub message: &'a Value,
    pub user: &'a User,
    pub caller: &'a Caller,
    /// The registration as it was before other calls could take it; only a defect looks at it.
    pub early: Option<Pending>,
}

impl Attempt<'_> {
    /// The credential that was sent.
    pub(super) fn credential(&self) -> Result<Value, Refused> {
        credential_of(self.endpoint, self.message)
    }

    /// The name that the factor gets.
    pub(super) fn name(&self) -> &str {
        let name = self.endpoint.asks(What::FactorName).and_then(|slot| slot.of(self.message));
        name.and_then(Value::as_str).unwrap_or_default()
    }

    /// Credential ids of the user.
    pub(super) fn owned(&self) -> Vec<Vec<u8>> {
        let mut state = self.user.state();
        let factors = state.of(Kind::of(self.endpoint.flow)).factors.iter();
        factors.map(|factor| factor.credential_id.clone()).collect()
    }
}
