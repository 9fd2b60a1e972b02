//! Zitadel: subjects are human users with a session of their password, the callers without rights machine users with a token.
//!
//! Once a user has a U2F factor, a session of the password alone is refused ("mfa required"), a new one too. What this kind does
//! about it: within a case the runner goes on with the administrator's token where it can, and before the subject is used again
//! the administrator removes the factor, with which the old session is good again. Nothing has to be made anew.

mod calls;
mod lease;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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
pub(super) const KIND: Kind = Kind { name: "zitadel", connect };

/// The role of the caller that may only read.
const READ_ONLY_ROLE: &str = "ORG_OWNER_VIEWER";
/// The description of the callers that are refused.
const FOR_DENIALS: &str = "made by proofmark for the 403 cases";
/// Names of accounts after the prefix.
const NO_RIGHTS: &str = "no-rights";
const READ_ONLY: &str = "read-only";
const SUBJECT: &str = "subject-";
/// Tries of what depends on the server's own lists, which lag behind.
const TRIES: u32 = 12;
/// Between two of them.
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
}

impl fmt::Debug for Zitadel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zitadel").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

fn connect(connection: Connection) -> Result<Arc<dyn Provisioner>, ProvisionerError> {
    let client = JsonClient::new(&connection).map_err(|error| ProvisionerError {
        doing: "set up the connection".to_owned(),
        answer: error.to_string(),
        mend: "correct base-url and [tls]".to_owned(),
    })?;
    let Connection { admin, prefix, concurrency, renewal, .. } = connection;
    let concurrency = concurrency.max(1);
    let (lease, made) = (Mutex::default(), Mutex::default());
    Ok(Arc::new(Zitadel { client, admin, prefix, concurrency, renewal, lease, made }))
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
        self.hold(tell).await?;
        let provided = self.make(subjects, tell).await;
        if provided.is_err() {
            // Its own failure would say less than the first one; `sweep` finds what is left.
            self.remove(tell).await;
        }
        provided
    }

    fn u2f_locks_tokens(&self) -> bool {
        true
    }

    async fn unlock(&self, subject: &ProvidedSubject) -> Result<(), ProvisionerError> {
        self.without_u2f(subject, SETTLES).await
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
    /// The callers first: what is missing in rights shows there, before a password was hashed.
    async fn make(&self, count: usize, tell: Tell<'_>) -> Result<Provided, ProvisionerError> {
        tell(Progress::Making(0, count));
        let no_rights = self.machine(NO_RIGHTS, None).await?;
        let read_only = self.machine(READ_ONLY, Some(READ_ONLY_ROLE)).await?;
        let mut subjects = Vec::with_capacity(count);
        let numbered = |number| async move { self.subject(number).await.map(|subject| (number, subject)) };
        let mut making = stream::iter(1..=count).map(numbered).buffer_unordered(self.concurrency);
        while let Some(made) = making.next().await {
            subjects.push(made?);
            tell(Progress::Making(subjects.len(), count));
        }
        subjects.sort_by_key(|(number, _)| *number);
        let subjects = subjects.into_iter().map(|(_, subject)| subject).collect();
        Ok(Provided { subjects, no_rights: Some(no_rights), read_only: Some(read_only) })
    }

    async fn machine(&self, name: &str, role: Option<&str>) -> Result<Secret, ProvisionerError> {
        let name = format!("{}-{name}", self.prefix);
        let user_id = self.created_or_found(&name, || self.create_machine(&name, FOR_DENIALS)).await?.user_id;
        if let Some(role) = role {
            self.make_member(&user_id, role).await?;
        }
        self.create_token(&user_id).await
    }

    async fn subject(&self, number: usize) -> Result<ProvidedSubject, ProvisionerError> {
        let name = format!("{}-{SUBJECT}{number:04}", self.prefix);
        let password = password()?;
        let made = self.created_or_found(&name, || self.create_human(&name, &password)).await?;
        let user_id = made.user_id;
        if made.is_reused {
            // Nobody knows the password of an earlier run.
            self.set_password(&user_id, &password).await?;
        }
        let token = self.create_session(&user_id, &password).await?;
        let subject = ProvidedSubject { user_id, token };
        if made.is_reused {
            // What an earlier run enrolled has long been known.
            self.without_u2f(&subject, Duration::ZERO).await?;
        }
        Ok(subject)
    }

    /// Removes the factors that lock a session, until it is good. Where there was none, that is believed after this time: a list
    /// that does not have the factor yet, and a session that is not locked yet, look as if nothing were wrong.
    async fn without_u2f(&self, subject: &ProvidedSubject, settles: Duration) -> Result<(), ProvisionerError> {
        let begun = Instant::now();
        let mut removed = 0;
        for _ in 0..TRIES {
            removed += self.remove_u2f(&subject.user_id).await?;
            let is_good = self.is_good(&subject.token).await?;
            if is_good && (removed > 0 || begun.elapsed() >= settles) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(calls::stale(format!("make the session of user {} good again", subject.user_id)))
    }

    /// Makes an account; if there is one of that name, takes that. The server's list lags behind: an account that was just made
    /// may not be in it yet, and one that was just removed may still be.
    async fn created_or_found<F>(&self, name: &str, create: impl Fn() -> F + Send) -> Result<Taken, ProvisionerError>
    where
        F: Future<Output = Result<Option<String>, ProvisionerError>> + Send,
    {
        for _ in 0..TRIES {
            if let Some(user_id) = create().await? {
                return Ok(self.take(name, user_id, false));
            }
            let found = self.search(name, "TEXT_QUERY_METHOD_EQUALS").await?;
            if let Some(account) = found.into_iter().find(|account| account.name == name) {
                return Ok(self.take(name, account.user_id, true));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(ProvisionerError {
            doing: format!("make the user {name}"),
            answer: "the name is taken, but the administrator can't see by whom".to_owned(),
            mend: "write another prefix under accounts.provisioner".to_owned(),
        })
    }

    fn take(&self, name: &str, user_id: String, is_reused: bool) -> Taken {
        self.made().push(Account { name: name.to_owned(), user_id: user_id.clone() });
        Taken { user_id, is_reused }
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

/// An account that a run uses.
struct Taken {
    user_id: String,
    /// Whether it was there before.
    is_reused: bool,
}

/// A password of the operating system's randomness, with every class of characters that a policy may ask for.
fn password() -> Result<Secret, ProvisionerError> {
    Ok(Secret::new(format!("{}-Aa1", draw()?)))
}

/// 24 bytes of the operating system's randomness, as text.
fn draw() -> Result<String, ProvisionerError> {
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|error| ProvisionerError {
        doing: "draw a password".to_owned(),
        answer: error.to_string(),
        mend: "run where the operating system has randomness".to_owned(),
    })?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Address;

    #[test]
    fn only_names_of_our_own_form_are_swept() {
        let kind = Zitadel {
            client: JsonClient::new(&connection()).expect("usable"),
            admin: Secret::new("a-token-of-the-administrator"),
            prefix: "proofmark".to_owned(),
            concurrency: 1,
            renewal: super::super::RENEWAL,
            lease: Mutex::default(),
            made: Mutex::default(),
        };
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
            renewal: super::super::RENEWAL,
        }
    }
}
