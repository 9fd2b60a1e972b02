//! Plays one test: its steps in order, then the state afterwards.

use std::sync::PoisonError;
use std::time::Instant;

use super::case_run::CaseRun;
use super::close::{self, close_what_is_open};
use super::control::accepted;
use super::ledger::Ended;
use super::make::good;
use super::others::look_for_others;
use super::state_check;
use super::steps::run_steps;
use super::watched::look_at_the_end;
use crate::authenticator::Format;
use crate::outcome::{CaseRecord, Finding, Reason, Verdict};
use crate::runner::judge::breaker;
use crate::runner::judge::played::Lines;
use crate::runner::judge::record::{self, record_of};
use crate::runner::memory::controls::Failed;
use crate::runner::state::Shared;
use crate::scenario::{Step, Test};
use crate::webauthn::cose::CoseAlgorithm;

/// The first of the tries that settle whether the target caused a result; their records have all calls.
pub(crate) const FIRST_OF_DOUBT: u8 = 32;

/// Plays a test; `attempt` is part of the seed, so that a retry makes other keys.
pub(crate) async fn play(shared: &Shared, test: &Test, attempt: u8) -> CaseRecord {
    let begun = Instant::now();
    let mut record = record_of(test);
    let profile = shared.target.profile;
    // The control comes before a subject is leased: it needs one too, and a small pool may have no other.
    let control = control(shared, test).await;
    let takes_used = close::can_do_with_used(shared, test);
    match shared.pool.lease_or_used(&test.case, takes_used).await {
        Ok(lease) => {
            let mut run = CaseRun::new(shared, test, lease, attempt);
            let of_control = control.as_ref().err().map(|failed| failed.lines.clone());
            // Why a case ended is in its findings.
            let _: Result<(), Ended> = play_all(&mut run, control).await;
            if !run.state.enrolled.is_empty() {
                shared.controls.note_accepted(test.flow, test.protocol);
            }
            look_for_others(&mut run, attempt).await;
            if run.ledger.gravest(profile).is_none_or(|worst| worst.verdict(profile) > Verdict::Skip) {
                run.lease.set_aside();
            }
            let own_masker = run.ledger.own_masker();
            fill(&mut record, run, attempt);
            if let Some(masker) = own_masker {
                record = record::masked(record, &masker);
            }
            // The case itself has sent nothing.
            if let Some(lines) = of_control {
                Lines { curl: record.curl, grpcurl: record.grpcurl } = lines;
            }
        }
        Err(why) => {
            let needed = format!("{} subjects", test.case.subjects());
            let finding = Finding::new("subjects", test.case.primary_clause(), Reason::Setup, needed, why);
            record.findings.push(finding);
        }
    }
    record.decide(profile);
    record.duration_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    record::masked(record, &shared.masker)
}

/// Writes the result of a case into a record. The first tries that pass may leave out their calls.
fn fill(record: &mut CaseRecord, run: CaseRun<'_>, attempt: u8) {
    let (profile, masker) = (run.shared.target.profile, &run.shared.masker);
    let reason = run.ledger.gravest(profile).map(|finding| finding.reason);
    let passed = reason.is_some_and(Reason::is_pass);
    let sent = run.ceremony.credential.as_ref().filter(|_| !passed);
    record.credential =
        sent.map(|made| record::credential(&made.created.text, good(&run, made).as_deref(), &made.recipe.mutations));
    let mut with_calls = true;
    if let Some(pace) = run.shared.pace.get() {
        run.ledger.tell_pace(&mut pace.lock().unwrap_or_else(PoisonError::into_inner));
        // What refusals mean is seen in those that nothing explains yet.
        with_calls = !passed || reason == Some(Reason::Unattributed) || attempt >= FIRST_OF_DOUBT;
    }
    if with_calls {
        Lines { curl: record.curl, grpcurl: record.grpcurl } = run.lines();
        record.exchanges = run.ledger.shown(masker);
    }
    run.ledger.into_record(record, run.test, profile);
}

/// Whether the control of a negative was accepted. A negative is a case with a mutation, with a call that should be
/// refused, or with one by another method; other cases need no control.
async fn control(shared: &Shared, test: &Test) -> Result<(), Failed> {
    let negative =
        |step: &Step| step.method.is_some() || step.expect.is_some_and(|expectation| expectation.must_refuse());
    let negative = |step: &Step| negative(step) || !step.also.is_empty();
    let case = &test.case;
    if !case.has_mutation() && case.watch.is_none() && !case.steps.iter().any(negative) {
        return Ok(());
    }
    let control = case.control_of(test.format);
    accepted(shared, (test.flow, test.protocol, control)).await
}

async fn play_all(run: &mut CaseRun<'_>, control: Result<(), Failed>) -> Result<(), Ended> {
    if let Err(Failed { reason, why, lost, .. }) = control {
        let expected = "the same enrolment with nothing wrong in it is accepted";
        // A refused token or a failed connection says nothing about what the target offers.
        let is_set_up = reason == Reason::Auth || reason.is_of_the_network();
        let (check, reason) = match lost {
            _ if is_set_up => ("control", reason),
            // A missing answer says nothing about what the target offers.
            Some(_) => (breaker::CONTROL_LOST, Reason::ControlFailed),
            None => ("control", failed_control(run, reason)),
        };
        return run.end(check, run.clause(), reason, expected, why);
    }
    close_what_is_open(run).await?;
    // Why the steps ended is in the findings; the state is examined if the steps leave one to examine.
    let ended: Result<(), Ended> = run_steps(run).await;
    if run.test.case.watch.is_none() {
        return state_check::settle(run).await;
    }
    ended?;
    look_at_the_end(run).await
}

/// What it means that the control was refused. If every target has to accept it, that is an error. The target may lack the feature if
/// the control has an algorithm other than ES256, an attestation format that the target file does not declare, or an attestation root
/// that the target file does not list. The same holds for fido-u2f, which has no user verification, if the options require it.
fn failed_control(run: &CaseRun<'_>, reason: Reason) -> Reason {
    let format = run.test.format;
    let algorithm = run.test.case.control_algorithm(format);
    let policy = &run.shared.target.policy;
    let accepts_root = policy.holds("trusted-or-untrusted-accepted") || policy.holds("trust-anchors");
    let declared = matches!(format, Format::None | Format::PackedSelf)
        || (accepts_root && policy.formats.iter().any(|declared| declared == format.identifier()));
    let usual = algorithm == CoseAlgorithm::ES256 && run.test.case.control_of(format).attester.is_none();
    let is_without_verification = format == Format::FidoU2f && reason == Reason::NotDeclared;
    if declared && usual && !is_without_verification { Reason::ControlFailed } else { Reason::NotDeclared }
}
