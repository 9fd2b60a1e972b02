//! The plan that follows from the options and the target.

use std::path::PathBuf;

use proofmark_support::words::hex;
use sha2::{Digest as _, Sha256};

use super::options::Options;
use crate::cli::args::LoadArguments;
use crate::cli::exit::{Exit, Failure};
use crate::cli::gate;
use crate::gate::Standing;
use crate::load::{Excuses, Kept, LoadUser, Plan, Subjects};
use crate::outcome::load::{Cleanup, Figure, Threshold, ThresholdError};
use crate::runner::target::{Accounts, Subject, Target};
use crate::runner::target_file::{self, LoadTarget};
use crate::wire::secret::Secret;

impl Options {
    pub(super) fn plan(self, target: LoadTarget, arguments: &LoadArguments) -> Result<Plan, Failure> {
        let LoadTarget { target, subjects_file, thresholds } = target;
        self.offered(&target)?;
        let Target { name, web, grpc, rp_id, origin, accounts, mut limits, .. } = target;
        limits.timeout = self.timeout.unwrap_or(limits.timeout);
        let known_file = known_file(arguments);
        let rules = gate::rules(known_file.as_deref(), &[])?;
        let driver = self.driver(&accounts, subjects_file.is_some())?;
        let user =
            |subject: Subject| LoadUser { user_id: subject.user_id, token: driver.clone().unwrap_or(subject.token) };
        let subjects = match subjects_file {
            Some(path) => Subjects::FilePart(path, Kept { slice: arguments.subjects_slice, lease: accounts.lease }),
            None => Subjects::Listed(accounts.subjects.into_iter().map(user).collect()),
        };
        Ok(Plan {
            name,
            web,
            grpc,
            allowed_host: arguments.allow_remote.clone(),
            limits,
            rp_id,
            origin,
            flows: self.flows,
            protocols: self.protocols,
            format: self.format,
            fresh_keys: arguments.fresh_keys,
            model: self.model,
            stages: self.stages,
            shares: self.shares,
            subjects,
            think: self.think,
            cleanup: if arguments.keep { Cleanup::Keep } else { Cleanup::Remove },
            seed: self.seed,
            thresholds: complete(thresholds.into_iter().chain(self.thresholds).collect())?,
            excuses: Excuses::new(move |record| matches!(rules.standing(record), Standing::Known(_))),
            known_file,
            preflight: true,
            give_up: self.give_up,
            shard: self.shard,
            start_at: self.start_at,
            ceilings: self.ceilings,
            tolerance: self.tolerance,
            attesters: arguments.crypto_threads.map(usize::from),
            embedded: arguments.target.is_none(),
            defects: arguments.defects.clone(),
            target_file: arguments.target.clone(),
            build: if arguments.reports.is_empty() { String::new() } else { build() },
            dashboard: None,
        })
    }

    /// Whose token is sent for every subject if a U2F enrolment locks the subject's own token: the administrator's, which v2 accepts.
    fn driver(&self, accounts: &Accounts, has_file: bool) -> Result<Option<Secret>, Failure> {
        if !accounts.u2f_locks_tokens || !self.flows.iter().any(|(flow, _)| flow.is_u2f()) {
            return Ok(None);
        }
        let can_be_named = self.flows.iter().all(|(flow, _)| flow.names_user());
        if accounts.admin.is_none() || has_file || !can_be_named {
            let message = "--flow: the target refuses a user's token once the user has a U2F factor, so that no cycle could \
                           end; choose v2/u2f, for which the administrator's token is sent, or a passkey flow";
            return Err(Failure::text(Exit::Config, message));
        }
        Ok(accounts.admin.clone())
    }

    fn offered(&self, target: &Target) -> Result<(), Failure> {
        let config = |text: String| Err(Failure::text(Exit::Config, text));
        if let Some((flow, _)) = self.flows.iter().find(|(flow, _)| !target.flows.contains(flow)) {
            return config(format!(
                "{} does not offer {flow}: add it to `flows`, or choose another --flow",
                target.name
            ));
        }
        if let Some((protocol, _)) = self.protocols.iter().find(|(protocol, _)| !target.protocols.contains(protocol)) {
            let advice = "add it to `protocols`, or choose another --protocol";
            return config(format!("{} does not offer {protocol}: {advice}", target.name));
        }
        Ok(())
    }
}

/// The known-deviations file: that of the command line, otherwise that of the target file.
fn known_file(arguments: &LoadArguments) -> Option<PathBuf> {
    arguments.known.clone().or_else(|| target_file::known(arguments.target.as_deref()?))
}

/// With a rule about errors.
fn complete(mut thresholds: Vec<Threshold>) -> Result<Vec<Threshold>, Failure> {
    if !thresholds.iter().any(|threshold| threshold.figure == Figure::Errors) {
        let none: Result<Threshold, ThresholdError> = "errors<=0%".parse();
        thresholds.push(none.map_err(Failure::internal)?);
    }
    Ok(thresholds)
}

/// SHA-256 of the program; empty where it can't be read.
fn build() -> String {
    let program = std::env::current_exe().and_then(std::fs::read).unwrap_or_default();
    if program.is_empty() {
        return String::new();
    }
    hex(&Sha256::digest(&program))
}
