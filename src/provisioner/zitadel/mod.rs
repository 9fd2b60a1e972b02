//! Zitadel: subjects are human users with a session of their password, the callers without rights machine users with a token.
//!
//! Once a user has a U2F factor, a session of the password alone is refused ("mfa required"), a new one too. What this kind does
//! about it: within a case the runner goes on with the administrator's token where it can, and before the subject is used again
//! the administrator removes the factor, with which the old session is good again. Nothing has to be made anew.

mod calls;
mod lease;
mod make;

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::StreamExt as _;
use futures_util::stream;

use super::http::JsonClient;
use super::{
    Account, Connection, Kind, Progress, Provided, ProvidedSubject, Provisioner, ProvisionerError, Removed, Tell,
};
use crate::wire::secret::Secret;
use lease::Lease;

/// This kind.
pub(super) const KIND: Kind =
    Kind { name: "zitadel", paths: &["/v2/users/human", "/v2/sessions", "/management/v1/users/machine"], connect };

/// Names of accounts after the prefix.
const NO_RIGHTS: &str = "no-rights";
const READ_ONLY: &str = "read-only";
const SUBJECT: &str = "subject-";
/// Between two looks at what may yet change.
const PAUSE: Duration = Duration::from_millis(250);
/// So long after an enrolment the server may not yet know of the factor.
const SETTLES: Duration = Duration::from_secs(1);

struct Zitadel {
    client: JsonClient,
    admin: Secret,
    prefix: String,
    concurrency: usize,
    renewal: Duration,
    lease: Mutex<Option<Lease>>,
    /// What `provide` made, or took over.
    made: Mutex<Vec<Account>>,
    /// Whether the server has done something for the administrator.
    is_served: AtomicBool,
}

impl fmt::Debug for Zitadel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zitadel").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

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
            // What keeps them there says less than what came first.
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
            let mend = "look who removes users while a run goes on";
            let gone = ProvisionerError::new(doing, "the user is not there any more", mend);
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
                        // Nobody answers, or the token is good for nothing any more: the others would say the same.
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

impl Zitadel {
    fn new(connection: Connection) -> Result<Zitadel, ProvisionerError> {
        let client = JsonClient::new(&connection).map_err(|error| {
            ProvisionerError::new("set up the connection", error.to_string(), "correct base-url and [tls]")
        })?;
        let Connection { admin, prefix, concurrency, renewal, .. } = connection;
        let (lease, made, is_served) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        Ok(Zitadel { client, admin, prefix, concurrency: concurrency.max(1), renewal, lease, made, is_served })
    }

    fn lease(&self) -> std::sync::MutexGuard<'_, Option<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Vec<Account>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a name has exactly the form of the ones that are made here.
    fn is_ours(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|rest| {
            let number = rest.strip_prefix(SUBJECT).unwrap_or_default();
            [NO_RIGHTS, READ_ONLY].contains(&rest) || (number.len() >= 4 && number.bytes().all(|b| b.is_ascii_digit()))
        })
    }
}

/// A password of the operating system's randomness, with every class of characters that a policy may ask for.
fn password() -> Result<Secret, ProvisionerError> {
    Ok(Secret::new(format!("{}-Aa1", draw()?)))
}

/// 24 bytes of the operating system's randomness, as text.
fn draw() -> Result<String, ProvisionerError> {
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|error| {
        ProvisionerError::new("draw a password", error.to_string(), "run where the operating system has randomness")
    })?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Address;

    #[test]
    fn only_names_of_our_own_form_are_swept() {
        let kind = Zitadel::new(connection()).expect("usable");
        for name in ["proofmark-no-rights", "proofmark-read-only", "proofmark-subject-0001", "proofmark-subject-12345"]
        {
            assert!(kind.is_ours(name), "{name}");
        }
        for name in [
            "proofmark",
            "proofmark-admin",
            "proofmark-run",
            "proofmark-subject-",
            "proofmark-subject-1",
            "proofmark-subject-000x",
            "proofmark-ci-subject-0001",
            "xproofmark-subject-0001",
            "proofmark-no-rights-2",
        ] {
            assert!(!kind.is_ours(name), "{name}");
        }
        assert!(!format!("{kind:?}").contains("a-token"));
    }

    #[test]
    fn passwords_differ_and_have_every_class() {
        let (one, other) = (password().expect("randomness"), password().expect("randomness"));
        assert_ne!(one, other);
        let has = |class: fn(char) -> bool| one.expose().chars().any(class);
        assert!(one.expose().len() >= 32 && has(|c| c.is_ascii_uppercase()) && has(|c| c.is_ascii_lowercase()));
        assert!(has(|c| c.is_ascii_digit()) && has(|c| c == '-'));
    }

    fn connection() -> Connection {
        Connection {
            address: Address::new("http://127.0.0.1:1"),
            timeout: Duration::from_secs(1),
            admin: Secret::new("a-token-of-the-administrator"),
            prefix: "proofmark".to_owned(),
            concurrency: 1,
            patience: super::super::PATIENCE,
            renewal: super::super::RENEWAL,
        }
    }
}
