//! `sweep`: removes the accounts that interrupted runs left on a server.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;

use super::accounts::WAITING;
use super::args::SweepArguments;
use super::exit::{Exit, Failure};
use super::output;
use crate::provisioner::{Account, CONCURRENCY, Provisioner, ProvisionerError};
use crate::report::printable;
use crate::runner::target_file::{self, Surroundings};

/// A server's list can lag behind. So it counts as empty only if it is empty twice, this far apart.
const PAUSE: Duration = Duration::from_millis(500);
/// The greatest number of times that the list is read.
const ROUNDS: usize = 20;

/// Lists what is there, and removes it unless this is a dry run.
pub async fn sweep(arguments: SweepArguments) -> Result<Exit, Failure> {
    let surroundings =
        Surroundings { variable: &|name| std::env::var(name).ok(), subjects_needed: &|_, _| 0, tell: &|_| () };
    let provisioner = target_file::provisioner(&arguments.target, &surroundings).map_err(Failure::config)?;
    if arguments.dry_run {
        let found = provisioner.found().await.map_err(failed)?;
        found.iter().for_each(|account| output::line(&format!("would remove {}", shown(account))));
        output::line(&format!("{} accounts, none removed (--dry-run)", found.len()));
        return Ok(Exit::Green);
    }
    // Nothing of a run that is under way is removed.
    provisioner.hold(&|_| output::note(WAITING)).await.map_err(failed)?;
    let removed = remove(&provisioner).await;
    provisioner.release().await;
    output::line(&format!("{} accounts removed", removed?));
    Ok(Exit::Green)
}

async fn remove(provisioner: &Arc<dyn Provisioner>) -> Result<usize, Failure> {
    let mut gone = BTreeSet::new();
    let (mut removed, mut was_empty) = (0, false);
    for _ in 0..ROUNDS {
        let mut found = provisioner.found().await.map_err(failed)?;
        // The list may still show removed accounts for a while.
        found.retain(|account| !gone.contains(account));
        if found.is_empty() && was_empty {
            break;
        }
        was_empty = found.is_empty();
        let mut removals = stream::iter(found)
            .map(|account| async move { (provisioner.remove_one(&account).await, account) })
            .buffer_unordered(CONCURRENCY);
        while let Some((was_there, account)) = removals.next().await {
            if was_there.map_err(failed)? {
                output::line(&format!("removed {}", shown(&account)));
                removed += 1;
            }
            gone.insert(account);
        }
        drop(removals);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(removed)
}

fn shown(account: &Account) -> String {
    format!("{} ({})", printable(&account.name), printable(&account.user_id))
}

fn failed(error: ProvisionerError) -> Failure {
    Failure::config(error)
}
