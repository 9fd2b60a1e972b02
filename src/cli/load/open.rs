//! The target of a load, with the subjects that it may use.

use std::path::Path;
use std::sync::Arc;

use super::exit::failure;
use super::options::Options;
use crate::cli::accounts::Teller;
use crate::cli::args::LoadArguments;
use crate::cli::embedded::{self, Embedded};
use crate::cli::exit::{Exit, Failure};
use crate::cli::leases::{self, Asked};
use crate::contract::{Flow, Protocol};
use crate::load;
use crate::runner::target_file::{self, LoadTarget, Surroundings};

/// The target that is asked for. The reference server in this process lives as long as the value that is returned with it.
pub(super) async fn open(
    arguments: &LoadArguments,
    options: &Options,
) -> Result<(LoadTarget, Option<Embedded>), Failure> {
    let Some(path) = &arguments.target else {
        let embedded = embedded::start(options.subjects, options.seed, &arguments.defects, &[]).await?;
        let target = LoadTarget { target: embedded.target(), subjects_file: None, thresholds: Vec::new() };
        return Ok((target, Some(embedded)));
    };
    peek(path, arguments.allow_remote.as_deref())?;
    let needed = |_: &[Flow], _: &[Protocol]| options.workers.max(2);
    let teller = Teller::new(false);
    let surroundings = Surroundings {
        variable: &|name| std::env::var(name).ok(),
        subjects_needed: &needed,
        tell: &|progress| teller.tell(progress),
    };
    let mut target = target_file::load_for_attack(path, &surroundings).await.map_err(Failure::config)?;
    lease(&mut target, arguments, options).await?;
    Ok((target, None))
}

/// Takes all listed subjects that no other process uses. The shards of one load share the whole list: each uses a different part
/// of it.
async fn lease(target: &mut LoadTarget, arguments: &LoadArguments, options: &Options) -> Result<(), Failure> {
    let shards = options.shard.map(|shard| format!("{} shards of seed {}", shard.count, options.seed));
    let asked = Asked {
        what: "load",
        least: if shards.is_some() { usize::MAX } else { options.workers.max(2) },
        most: usize::MAX,
        patience: leases::patience(arguments.wait_subjects.as_deref())?,
        quiet: false,
        enough: usize::MAX,
        together: shards.as_deref(),
    };
    let accounts = &mut target.target.accounts;
    let Some(path) = &target.subjects_file else {
        leases::slice(accounts, arguments.subjects_slice)?;
        return leases::hold(accounts, &asked).await;
    };
    let census = load::census(path, arguments.subjects_slice).map_err(failure)?;
    accounts.lease = leases::wait(path, &census, &asked).await?.map(Arc::new);
    Ok(())
}

/// Refuses a remote target before its provisioning command could make users there. If the file can't be read, the target file's
/// own reader reports it; what only that reader finds is refused before the first request.
fn peek(path: &Path, allowed: Option<&str>) -> Result<(), Failure> {
    match target_file::base_url(path) {
        Some(url) if url.parse::<http::Uri>().is_ok() => {
            load::admit(&url, allowed).map_err(|error| Failure::new(Exit::Usage, error))
        }
        _ => Ok(()),
    }
}
