//! Plays one permutation: its steps in order, then the state afterwards.

use super::call::call_step;
use super::carriers::learn_factor_of_latest;
use super::close::close_what_is_open;
use super::expiry::wait_for_expiry;
use super::hold::{hold_factor, see_untouched};
use super::make::{good, make_credential};
use super::model::watch::{leaves_out_make, look_at_the_end, watched_step};
use super::race::{race_verifies, together};
use super::stored::{learn_factor_id, look_before, read_back};
use super::traces::{look_for_others, look_once_more};
use super::twins::compare_twins;
use std::time::Instant;

use super::case_run::CaseRun;
use super::control::Failed;
use super::ledger::{Ended, Lines};
use super::{Shared, after, breaker, close, control, present};
use crate::authenticator::Format;
use crate::contract::Operation;
use crate::outcome::{CaseRecord, Finding, Reason, Verdict};
use crate::scenario::{Expectation, Made, OperationRef, Permutation, Step, When};
use crate::transport::Reply;
use crate::webauthn::cose::CoseAlgorithm;

/// Plays a permutation; `attempt` is part of the seed, so that a retry makes other keys.
pub(super) async fn play(shared: &Shared, permutation: &Permutation, attempt: u8) -> CaseRecord {
    let begun = Instant::now();
    let mut record = record_of(permutation);
    let profile = shared.target.profile;
    // Before a subject is leased: the control needs one too, and a small pool may have no other.
    let control = control(shared, permutation).await;
    let takes_used = close::can_do_with_used(shared, permutation);
    match shared.pool.lease_or_used(&permutation.case, takes_used).await {
        Ok(lease) => {
            let mut run = CaseRun::new(shared, permutation, lease, attempt);
            let of_control = control.as_ref().err().map(|failed| failed.lines.clone());
            // Why a case ended is in its findings.
            let _: Result<(), Ended> = play_all(&mut run, control).await;
            if !run.state.enrolled.is_empty() {
                shared.controls.note_accepted(permutation.flow, permutation.protocol);
            }
            look_for_others(&mut run, attempt).await;
            if run.ledger.gravest(profile).is_none_or(|worst| worst.verdict(profile) > Verdict::Skip) {
                run.lease.set_aside();
            }
            let own_masker = run.ledger.own_masker();
            fill(&mut record, run);
            if let Some(masker) = own_masker {
                record = present::masked(record, &masker);
            }
            // The case itself has sent nothing.
            if let Some(lines) = of_control {
                Lines { curl: record.curl, grpcurl: record.grpcurl } = lines;
            }
        }
        Err(why) => {
            let needed = format!("{} subjects", permutation.case.subjects());
            let finding = Finding::new("subjects", permutation.case.primary_clause(), Reason::Setup, needed, why);
            record.findings.push(finding);
        }
    }
    record.decide(profile);
    record.duration_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    present::masked(record, &shared.masker)
}

/// Writes into a record what a case came to.
fn fill(record: &mut CaseRecord, run: CaseRun<'_>) {
    let (profile, masker) = (run.shared.target.profile, &run.shared.masker);
    Lines { curl: record.curl, grpcurl: record.grpcurl } = run.lines();
    let passed = run.ledger.gravest(profile).is_some_and(|finding| finding.reason.is_pass());
    let sent = run.ceremony.credential.as_ref().filter(|_| !passed);
    record.credential = sent.map(|made| present::credential(made, good(&run, made)));
    run.ledger.into_record(record, run.permutation, profile, masker);
}

/// Whether the good enrolment beside a negative was accepted. A negative is a case with a mutation, with a call that should be
/// refused, or with one by another method; other cases need no control.
async fn control(shared: &Shared, permutation: &Permutation) -> Result<(), Failed> {
    let negative =
        |step: &Step| step.method.is_some() || step.expect.is_some_and(|expectation| expectation.must_refuse());
    let negative = |step: &Step| negative(step) || !step.also.is_empty();
    let case = &permutation.case;
    if !case.has_mutation() && case.watch.is_none() && !case.steps.iter().any(negative) {
        return Ok(());
    }
    let control = case.control_of(permutation.format);
    shared.controls.accepted(shared, (permutation.flow, permutation.protocol, control)).await
}

/// A control: one good enrolment on a subject of its own; `attempt` is 0 for the first.
pub(super) async fn enrol_once(
    shared: &Shared,
    (flow, protocol, control): control::Key,
    attempt: u8,
) -> Result<(), Failed> {
    let call = |operation, expect| Step { call: Some(operation), expect: Some(expect), ..Step::default() };
    let steps = vec![
        call(OperationRef::Start, Expectation::ACCEPT),
        Step { make: Some(Made::Credential), ..Step::default() },
        call(OperationRef::Verify, Expectation::ACCEPT),
    ];
    let permutation = Permutation::single(control.case(steps), flow, protocol, control.format);
    let none = |why: String| {
        let why = format!("there is no subject for it: {why}");
        Failed { reason: Reason::Setup, why, lines: Lines::default(), lost: None, answered: false }
    };
    let lease = shared.pool.lease(&permutation.case).await.map_err(none)?;
    let mut run = CaseRun::new(shared, &permutation, lease, attempt);
    let ended = run_steps(&mut run).await;
    let accepted = run.ledger.is_accepted() && ended.is_ok();
    if accepted {
        return Ok(());
    }
    run.lease.set_aside();
    look_once_more(&mut run).await;
    let why = run.ledger.findings().last().map_or_else(String::new, |finding| finding.received.clone());
    let reason = run.ledger.gravest(shared.target.profile).map_or(Reason::ControlFailed, |finding| finding.reason);
    let last = run.ledger.findings().last().filter(|finding| finding.check == breaker::TRANSPORT);
    let lost = last.and_then(|finding| breaker::lost_by(finding.reason));
    let answered = run.ledger.exchanges().iter().any(|played| played.context.is_some());
    Err(Failed { reason, why, lines: run.lines(), lost, answered })
}

/// The record of a permutation, without findings yet.
pub(super) fn record_of(permutation: &Permutation) -> CaseRecord {
    let mut record = CaseRecord::empty(&permutation.id, &permutation.case.id);
    record.title.clone_from(&permutation.case.title);
    record.flow = permutation.flow.slug().to_owned();
    record.protocol = permutation.protocol.slug().to_owned();
    record.clauses.clone_from(&permutation.case.clauses);
    record.suite.clone_from(&permutation.case.file);
    record.basis = Some(permutation.case.basis());
    record.source.clone_from(&permutation.case.source);
    record
}

/// The record of what panicked: a fault of ours.
pub(super) fn of_bug(id: &str, error: &tokio::task::JoinError) -> CaseRecord {
    let mut record = CaseRecord::empty(id, id);
    record.findings = vec![Finding::new("runner", "", Reason::HarnessBug, "no panic", error.to_string())];
    record.decide(crate::outcome::Profile::default());
    record
}

async fn play_all(run: &mut CaseRun<'_>, control: Result<(), Failed>) -> Result<(), Ended> {
    if let Err(Failed { reason, why, lost, .. }) = control {
        let expected = "the same enrolment with nothing wrong in it is accepted";
        // A token or a connection that fails the control says nothing about what the target has.
        let is_set_up = reason == Reason::Auth || reason.is_of_the_network();
        let (check, reason) = match lost {
            _ if is_set_up => ("control", reason),
            // What is not answered says nothing about what the target has.
            Some(_) => (breaker::CONTROL_LOST, Reason::ControlFailed),
            None => ("control", failed_control(run, reason)),
        };
        return run.end(check, run.clause(), reason, expected, why);
    }
    close_what_is_open(run).await?;
    // Why the steps ended is in the findings; the state is looked at where they leave one to look at.
    let ended: Result<(), Ended> = run_steps(run).await;
    if run.permutation.case.watch.is_none() {
        return after::settle(run).await;
    }
    ended?;
    look_at_the_end(run).await
}

/// What it means that the control was refused: of what every target has to take an error; of an algorithm other than ES256,
/// of an attestation format that the target file does not declare, or of attestation whose root it is not said to accept,
/// that the target does not have it. So it is where fido-u2f, which has no user verification, meets options that require it.
fn failed_control(run: &CaseRun<'_>, reason: Reason) -> Reason {
    let format = run.permutation.format;
    let algorithm = run.permutation.case.control_algorithm(format);
    let policy = &run.shared.target.policy;
    let accepts_root = policy.holds("trusted-or-untrusted-accepted") || policy.holds("trust-anchors");
    let declared = matches!(format, Format::None | Format::PackedSelf)
        || (accepts_root && policy.formats.iter().any(|declared| declared == format.identifier()));
    let usual = algorithm == CoseAlgorithm::ES256 && run.permutation.case.control_of(format).attester.is_none();
    let is_without_verification = format == Format::FidoU2f && reason == Reason::NotDeclared;
    if declared && usual && !is_without_verification { Reason::ControlFailed } else { Reason::NotDeclared }
}

async fn run_steps(run: &mut CaseRun<'_>) -> Result<(), Ended> {
    let permutation = run.permutation;
    look_before(run).await?;
    let mut following = permutation.case.steps.as_slice();
    for group in following.split_inclusive(|step| !step.with_next) {
        following = &following[group.len()..];
        let [step] = group else {
            together(run, group).await?;
            continue;
        };
        if step.when == When::Accepted && !run.ledger.is_accepted() {
            continue;
        }
        for _ in 0..step.times {
            if let Some(operation) = step.prepare {
                prepare(run, permutation.operation(operation)).await?;
            } else if step.make.is_some() && leaves_out_make(run, step) {
                continue;
            } else if let Some(made) = step.make {
                loop {
                    let before = run.unlucky;
                    make_credential(run, step, made, following)?;
                    if run.unlucky == before {
                        break;
                    }
                    call_step(run, Operation::Start, &Step::default()).await?;
                }
            } else if let Some(whom) = step.hold {
                hold_factor(run, whom).await?;
            } else if let Some(whom) = step.untouched {
                see_untouched(run, whom).await?;
            } else if step.wait.is_some() {
                wait_for_expiry(run).await?;
            } else if let Some(race) = step.race {
                race_verifies(run, race, step).await?;
            } else if step.call == Some(OperationRef::List) && permutation.case.watch.is_none() {
                read_back(run, step).await?;
            } else if let (Some(_), Some(operation)) = (step.twin, step.call) {
                compare_twins(run, permutation.operation(operation), step).await?;
            } else if let Some(operation) = step.call {
                let operation = permutation.operation(operation);
                if permutation.case.watch.is_some() {
                    watched_step(run, operation, step).await?;
                } else {
                    call_step(run, operation, step).await?;
                }
            }
        }
    }
    Ok(())
}

async fn prepare(run: &mut CaseRun<'_>, operation: Operation) -> Result<(), Ended> {
    if operation == Operation::Start {
        return Ok(());
    }
    // The subject may have factors of earlier cases.
    let setup = Step::default();
    let before = if operation == Operation::Remove { listed(run, &setup).await? } else { Vec::new() };
    call_step(run, Operation::Start, &setup).await?;
    make_credential(run, &setup, Made::Good, &[])?;
    if operation == Operation::Remove {
        call_step(run, Operation::Verify, &setup).await?;
        learn_factor_id(run, &before, &setup).await?;
        learn_factor_of_latest(run);
    }
    Ok(())
}

/// Ids of a subject's factors, where a start does not say them; none elsewhere.
pub(super) async fn listed(run: &mut CaseRun<'_>, step: &Step) -> Result<Vec<String>, Ended> {
    let flow = run.permutation.flow;
    let Some(list) = flow.endpoint(Operation::List).filter(|_| !flow.names_registration()) else {
        return Ok(Vec::new());
    };
    let reply = call_step(run, list.operation, step).await?;
    let Reply::Success(body) = &reply else { return Ok(Vec::new()) };
    Ok(list.entries(body).filter_map(|entry| entry.id).map(str::to_owned).collect())
}
