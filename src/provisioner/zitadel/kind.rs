//! This kind.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};

use super::make;
use super::random::password;
use super::server::Zitadel;
use crate::provisioner::account::{Account, Progress, Provided, ProvidedSubject, Removed, Tell};
use crate::provisioner::connection::Connection;
use crate::provisioner::error::ProvisionerError;
use crate::provisioner::kind::{Kind, Provisioner};
use crate::wire::secret::Secret;

/// This kind.
pub(in crate::provisioner) const KIND: Kind =
    Kind { name: "zitadel", paths: &["/v2/users/human", "/v2/sessions", "/management/v1/users/machine"], connect };

/// So long after an enrolment the server may not yet know of the factor.
const SETTLES: Duration = Duration::from_secs(1);

fn connect(connection: Connection) -> Result<Arc<dyn Provisioner>, ProvisionerError> {
    Ok(Arc::new(Zitadel::new(connection)?))
}

#[async_trait]
impl Provisioner for Zitadel {
    async fn hold(&self, tell: Tell<'_>) -> Result<(), ProvisionerError> {
        self.take_lease(tell).await
    }

    async fn release(&self) {
        self.end_lease().await;
    }

    async fn provide(&self, subjects: usize, tell: Tell<'_>) -> Result<Provided, ProvisionerError> {
        self.client.patience.begin();
        self.hold(tell).await?;
        let failed = match self.make(subjects, tell).await {
            Ok(provided) => return Ok(provided),
            Err(failed) => failed,
        };
        self.client.patience.begin();
        let Removed { left, why, .. } = self.remove(tell).await;
        let why = why.unwrap_or_default();
        Err(match left {
            0 => failed,
            // Why they could not be removed says less than the first error.
            _ => ProvisionerError {
                answer: format!("{}; {left} accounts that were made could not be removed ({why})", failed.answer),
                ..failed
            },
        })
    }

    fn u2f_locks_tokens(&self) -> bool {
        true
    }

    async fn unlock(&self, subject: &ProvidedSubject) -> Result<(), ProvisionerError> {
        // A list that lags has been seen to.
        self.without_u2f(subject, SETTLES.max(self.client.patience.usual(make::FACTORS))).await
    }

    async fn renew(&self, subject: &ProvidedSubject) -> Result<Secret, ProvisionerError> {
        // Nobody knows the first one any more.
        let password = password()?;
        let doing = format!("renew the token of user {}", subject.user_id);
        if !self.set_password(&subject.user_id, &password).await? {
            let fix = "find out who removes users during a run";
            let gone = ProvisionerError::new(doing, "the user is not there any more", fix);
            return Err(ProvisionerError { is_of_one: true, ..gone });
        }
        self.session(&doing, &subject.user_id, &password).await
    }

    async fn remove(&self, tell: Tell<'_>) -> Removed {
        let accounts = std::mem::take(&mut *self.made());
        let (all, mut removed) = (accounts.len(), Removed::default());
        let removal = |account: Account| async move { self.delete(&account).await };
        let mut removals = stream::iter(accounts).map(removal).buffer_unordered(self.concurrency);
        while let Some(outcome) = removals.next().await {
            match outcome {
                Ok(_) => removed.count += 1,
                Err(error) => {
                    removed.left += 1;
                    if !error.is_of_one {
                        // The server does not answer, or the token is not valid any more: the other calls would fail in the same way.
                        self.client.patience.end();
                    }
                    removed.why.get_or_insert(error.answer);
                }
            }
            tell(Progress::Removing(removed.count + removed.left, all));
        }
        // Last: until here they were ours.
        self.release().await;
        removed
    }

    async fn found(&self) -> Result<Vec<Account>, ProvisionerError> {
        let mut accounts = self.search(&format!("{}-", self.prefix), "TEXT_QUERY_METHOD_STARTS_WITH").await?;
        accounts.retain(|account| self.is_ours(&account.name));
        accounts.sort();
        Ok(accounts)
    }

    async fn remove_one(&self, account: &Account) -> Result<bool, ProvisionerError> {
        self.delete(account).await
    }
}
