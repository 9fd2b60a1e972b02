//! The part of a load that this machine plays, and when it starts.

use std::time::{Duration, SystemTime};

use crate::cli::args::LoadArguments;
use crate::cli::exit::{Exit, Failure};
use crate::load::LoadError;
use crate::load::shard::{self, ShardError};
use crate::outcome::Shard;

/// Where Kubernetes tells a pod of an indexed job which one it is.
const INDEX: &str = "JOB_COMPLETION_INDEX";

/// The shard of `--shard`, or of `--shards` and the environment.
pub(super) fn shard(arguments: &LoadArguments) -> Result<Option<Shard>, Failure> {
    let usage = |error: ShardError| Failure::new(Exit::Usage, error);
    if let Some(text) = &arguments.shard {
        return shard::parse(text).map(Some).map_err(usage);
    }
    let Some(count) = arguments.shards else { return Ok(None) };
    let index = std::env::var(INDEX).map_err(|_| {
        Failure::text(Exit::Usage, format!("--shards {count}: {INDEX} is not set; write --shard M/{count} instead"))
    })?;
    shard::of_index(&index, count).map(Some).map_err(usage)
}

/// The common start; `None` means at once.
pub(super) fn start_at(arguments: &LoadArguments) -> Result<Option<SystemTime>, Failure> {
    let Some(text) = &arguments.start_at else { return Ok(None) };
    let timestamp: jiff::Timestamp = text.parse().map_err(|_| {
        Failure::text(
            Exit::Usage,
            format!("--start-at {text}: write a time with its zone, such as 2026-11-24T10:30:00Z"),
        )
    })?;
    // A time before 1970 is as late as 1970.
    let since = u64::try_from(timestamp.as_millisecond()).unwrap_or_default();
    let start = SystemTime::UNIX_EPOCH + Duration::from_millis(since);
    match shard::until(start, SystemTime::now(), arguments.join) {
        Ok(Duration::ZERO) => Ok(None),
        Ok(_) => Ok(Some(start)),
        Err(ago) => Err(Failure::new(Exit::Preflight, LoadError::Late(ago))),
    }
}
