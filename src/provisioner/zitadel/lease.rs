//! Which run has the accounts of a prefix: a machine user that is there as long as the run, and whose description the run renews.
//! A name can be taken once, which decides between two that begin at one time. Whether somebody who has the name is still alive
//! shows by the description: one that changes is alive, one that stays the same for long enough has died.

use std::time::Instant;

use reqwest::Method;
use serde_json::json;
use tokio::sync::oneshot;

use super::random::draw;
use super::server::{Lease, PAUSE, Zitadel};
use crate::provisioner::account::{Account, Progress, Tell};
use crate::provisioner::error::ProvisionerError;
use crate::wire::percent::encode_component;

/// The name after the prefix. A sweep does not list it: its owner is checked, not removed.
const RUN: &str = "run";
/// The beginning of the description once it was renewed. If a server can't renew it, no run on it is known to be dead.
const RENEWED: &str = "held by a run of proofmark, renewed as ";
/// The description until then.
const MADE: &str = "held by a run of proofmark";
/// The number of renewals that may be missed.
const MISSED: u32 = 5;

/// The owner of the name.
struct Holder {
    account: Account,
    description: String,
    since: Instant,
}

impl Zitadel {
    /// Takes the name, unless a run that is alive has it.
    pub(super) async fn take_lease(&self, tell: Tell<'_>) -> Result<(), ProvisionerError> {
        if self.lease().is_some() {
            return Ok(());
        }
        let name = format!("{}-{RUN}", self.prefix);
        let over = self.renewal * MISSED;
        let begun = Instant::now();
        let mut seen: Option<Holder> = None;
        while begun.elapsed() < over * 3 {
            if let Some(user_id) = self.create_machine(&name, MADE).await? {
                let lease = self.renewing(Account { name, user_id });
                *self.lease() = Some(lease);
                return Ok(());
            }
            // The list lags behind: it may not yet have an owner that has just come, and still have one that has just gone.
            if let Some((account, description)) = self.described(&name).await? {
                match &seen {
                    None => {
                        tell(Progress::Waiting);
                        seen = Some(Holder { account, description, since: Instant::now() });
                    }
                    Some(before) if before.account != account || before.description != description => break,
                    Some(before) if before.since.elapsed() < over => {}
                    Some(before) if !before.description.starts_with(RENEWED) => break,
                    Some(before) => {
                        self.delete(&before.account).await?;
                        seen = None;
                    }
                }
            }
            tokio::time::sleep(PAUSE.min(self.renewal)).await;
        }
        Err(in_use(&self.prefix, &name))
    }

    /// Gives the name back.
    pub(super) async fn end_lease(&self) {
        let lease = self.lease().take();
        if let Some(lease) = lease {
            lease.end().await;
        }
    }

    fn renewing(&self, account: Account) -> Lease {
        let (client, admin, every) = (self.client.clone(), self.admin.clone(), self.renewal);
        let (ends, mut ended) = oneshot::channel();
        let task = tokio::spawn(async move {
            let user = encode_component(&account.user_id);
            let (renewed, removed) = (format!("/management/v1/users/{user}/machine"), format!("/v2/users/{user}"));
            loop {
                // If one is lost, the next one follows.
                if let Ok(mark) = draw() {
                    let body = json!({ "name": account.name, "description": format!("{RENEWED}{mark}") });
                    drop(client.once(&Method::PUT, &renewed, &admin, Some(&body)).await);
                }
                // Ours is dropped and never sent anything, which ends the wait with an error.
                if tokio::time::timeout(every, &mut ended).await.is_ok() {
                    break;
                }
            }
            drop(client.call(&Method::DELETE, &removed, &admin, None).await);
        });
        Lease { ends, task }
    }
}

fn in_use(prefix: &str, name: &str) -> ProvisionerError {
    ProvisionerError::new(
        format!("take the accounts of the prefix {prefix}"),
        "another run is using them",
        format!(
            "wait for its end, or write another prefix under accounts.provisioner; if there is no such run, remove the user {name}"
        ),
    )
}
