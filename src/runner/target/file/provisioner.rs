//! `accounts.provisioner` of a target file: accounts that are made for a run, on a kind of server that proofmark knows.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::place::{Source, TargetFileError};
use crate::provisioner::{self, Connection, KINDS, Kind, Provisioner};
use crate::transport::Address;
use crate::wire::secret::Secret;

const MOST_SUBJECTS: usize = 100_000;
const MOST_AT_A_TIME: usize = 64;
/// The longest patience in seconds.
const LONGEST: usize = 3600;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ProvisionerTable {
    kind: Spanned<String>,
    prefix: Option<Spanned<String>>,
    subjects: Option<Spanned<usize>>,
    concurrency: Option<Spanned<usize>>,
    patience_seconds: Option<Spanned<usize>>,
}

/// A checked table.
#[derive(Debug)]
pub(crate) struct Ordered {
    kind: &'static Kind,
    prefix: String,
    subjects: Option<usize>,
    concurrency: usize,
    patience: Duration,
}

impl ProvisionerTable {
    /// Checks what can be checked without the server.
    pub(crate) fn check(&self, source: &Source) -> Result<Ordered, TargetFileError> {
        let kind = provisioner::find(self.kind.get_ref()).ok_or_else(|| {
            let names = KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
            let message = format!(
                "there is no provisioner `{}`; write {names}, or a command of your own: provision = [\"command\"]",
                self.kind.get_ref()
            );
            source.error(self.kind.span().start, message)
        })?;
        let prefix = self.prefix.as_ref().map_or(provisioner::PREFIX, |prefix| prefix.get_ref());
        if let (Some(wrong), Some(written)) = (provisioner::wrong_prefix(prefix), &self.prefix) {
            return Err(source.error(written.span().start, format!("accounts.provisioner.prefix `{prefix}`: {wrong}")));
        }
        let within = |name: &str, written: &Option<Spanned<usize>>, (least, most): (usize, usize)| {
            let Some(written) = written else { return Ok(None) };
            let number = *written.get_ref();
            let message = format!("accounts.provisioner.{name} has to be a number from {least} to {most}");
            (least..=most)
                .contains(&number)
                .then_some(Some(number))
                .ok_or_else(|| source.error(written.span().start, message))
        };
        let subjects = within("subjects", &self.subjects, (2, MOST_SUBJECTS))?;
        let concurrency = within("concurrency", &self.concurrency, (1, MOST_AT_A_TIME))?;
        let concurrency = concurrency.unwrap_or(provisioner::CONCURRENCY);
        let seconds = within("patience-seconds", &self.patience_seconds, (1, LONGEST))?;
        let seconds = seconds.and_then(|seconds| u64::try_from(seconds).ok());
        let patience = seconds.map_or(provisioner::PATIENCE, Duration::from_secs);
        Ok(Ordered { kind, prefix: prefix.to_owned(), subjects, concurrency, patience })
    }
}

impl Ordered {
    /// How many subjects to make, if so many are needed.
    pub(crate) fn subjects(&self, needed: usize) -> usize {
        needed.min(self.subjects.unwrap_or(MOST_SUBJECTS)).max(2)
    }

    /// Prepares the provisioner; nothing is sent.
    pub(crate) fn connect(
        self,
        (address, timeout): (Address, Duration),
        admin: Secret,
    ) -> Result<Arc<dyn Provisioner>, provisioner::ProvisionerError> {
        let Ordered { kind, prefix, concurrency, patience, .. } = self;
        let renewal = provisioner::RENEWAL;
        (kind.connect)(Connection { address, timeout, admin, prefix, concurrency, patience, renewal })
    }
}
