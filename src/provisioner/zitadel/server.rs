//! One server of this kind, and which of its accounts are ours.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::provisioner::account::Account;
use crate::provisioner::connection::Connection;
use crate::provisioner::error::ProvisionerError;
use crate::provisioner::http::JsonClient;
use crate::wire::secret::Secret;

/// Names of accounts after the prefix.
pub(super) const NO_RIGHTS: &str = "no-rights";

pub(super) const READ_ONLY: &str = "read-only";

pub(super) const SUBJECT: &str = "subject-";

/// Between two looks at data that may still change.
pub(super) const PAUSE: Duration = Duration::from_millis(250);

/// The accounts are ours until this is dropped; then the name is given back, as long as the runtime is there.
pub(super) struct Lease {
    pub(super) ends: oneshot::Sender<()>,
    pub(super) task: JoinHandle<()>,
}

impl Lease {
    pub(super) async fn end(self) {
        drop(self.ends);
        // A panic there leaves the name taken; the next run finds out.
        drop(self.task.await);
    }
}

pub(super) struct Zitadel {
    pub(super) client: JsonClient,
    pub(super) admin: Secret,
    pub(super) prefix: String,
    pub(super) concurrency: usize,
    pub(super) renewal: Duration,
    pub(super) lease: Mutex<Option<Lease>>,
    /// The accounts that `provide` made, or took over.
    pub(super) made: Mutex<Vec<Account>>,
    /// Whether the server has done something for the administrator.
    pub(super) is_served: AtomicBool,
}

impl fmt::Debug for Zitadel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zitadel").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Zitadel {
    pub(super) fn new(connection: Connection) -> Result<Zitadel, ProvisionerError> {
        let client = JsonClient::new(&connection).map_err(|error| {
            ProvisionerError::new("set up the connection", error.to_string(), "correct base-url and [tls]")
        })?;
        let Connection { admin, prefix, concurrency, renewal, .. } = connection;
        let (lease, made, is_served) = (Mutex::default(), Mutex::default(), AtomicBool::new(false));
        Ok(Zitadel { client, admin, prefix, concurrency: concurrency.max(1), renewal, lease, made, is_served })
    }

    pub(super) fn lease(&self) -> std::sync::MutexGuard<'_, Option<Lease>> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn made(&self) -> std::sync::MutexGuard<'_, Vec<Account>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a name has exactly the form of the ones that are made here.
    pub(super) fn is_ours(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.prefix).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|rest| {
            let number = rest.strip_prefix(SUBJECT).unwrap_or_default();
            [NO_RIGHTS, READ_ONLY].contains(&rest) || (number.len() >= 4 && number.bytes().all(|b| b.is_ascii_digit()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provisioner::connection::{PATIENCE, RENEWAL};
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

    fn connection() -> Connection {
        Connection {
            address: Address::new("http://127.0.0.1:1"),
            timeout: Duration::from_secs(1),
            admin: Secret::new("a-token-of-the-administrator"),
            prefix: "proofmark".to_owned(),
            concurrency: 1,
            patience: PATIENCE,
            renewal: RENEWAL,
        }
    }
}
