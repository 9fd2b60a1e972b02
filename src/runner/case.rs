//! Plays one permutation: its steps in order, then the state afterwards.

use std::time::Instant;

use super::control::Failed;
use super::player::{Ended, Lines, Player};
use super::{Shared, after, breaker, close, control, judge, present};
use crate::authenticator::Format;
use crate::contract::Operation;
use crate::outcome::{CaseRecord, Finding, Reason, Verdict, gravest};
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
            let mut player = Player::new(shared, permutation, lease, attempt);
            let of_control = control.as_ref().err().map(|failed| failed.lines.clone());
            // Why a case ended is in its findings.
            let _: Result<(), Ended> = player.play_all(control).await;
            if !player.state.enrolled.is_empty() {
                shared.controls.note_accepted(permutation.flow, permutation.protocol);
            }
            player.look_for_others(attempt).await;
            if gravest(&player.findings, profile).is_none_or(|worst| worst.verdict(profile) > Verdict::Skip) {
                player.lease.set_aside();
            }
            let own_masker = player.own_masker();
            player.into_record(&mut record);
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
    let mut player = Player::new(shared, &permutation, lease, attempt);
    let ended = player.run_steps().await;
    let accepted = player.observed == judge::ACCEPTED && ended.is_ok();
    if accepted {
        return Ok(());
    }
    player.lease.set_aside();
    player.look_once_more().await;
    let why = player.findings.last().map_or_else(String::new, |finding| finding.received.clone());
    let reason =
        gravest(&player.findings, shared.target.profile).map_or(Reason::ControlFailed, |finding| finding.reason);
    let last = player.findings.last().filter(|finding| finding.check == breaker::TRANSPORT);
    let lost = last.and_then(|finding| breaker::lost_by(finding.reason));
    let answered = player.exchanges.iter().any(|played| played.context.is_some());
    Err(Failed { reason, why, lines: player.lines(), lost, answered })
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

impl Player<'_> {
    async fn play_all(&mut self, control: Result<(), Failed>) -> Result<(), Ended> {
        if let Err(Failed { reason, why, lost, .. }) = control {
            let expected = "the same enrolment with nothing wrong in it is accepted";
            // A token or a connection that fails the control says nothing about what the target has.
            let is_set_up = reason == Reason::Auth || reason.is_of_the_network();
            let (check, reason) = match lost {
                _ if is_set_up => ("control", reason),
                // What is not answered says nothing about what the target has.
                Some(_) => (breaker::CONTROL_LOST, Reason::ControlFailed),
                None => ("control", self.failed_control(reason)),
            };
            return self.end(check, self.clause(), reason, expected, why);
        }
        self.close_what_is_open().await?;
        // Why the steps ended is in the findings; the state is looked at where they leave one to look at.
        let ended: Result<(), Ended> = self.run_steps().await;
        if self.permutation.case.watch.is_none() {
            return after::settle(self).await;
        }
        ended?;
        self.look_at_the_end().await
    }

    /// What it means that the control was refused: of what every target has to take an error; of an algorithm other than ES256,
    /// of an attestation format that the target file does not declare, or of attestation whose root it is not said to accept,
    /// that the target does not have it. So it is where fido-u2f, which has no user verification, meets options that require it.
    fn failed_control(&self, reason: Reason) -> Reason {
        let format = self.permutation.format;
        let algorithm = self.permutation.case.control_algorithm(format);
        let policy = &self.shared.target.policy;
        let accepts_root = policy.holds("trusted-or-untrusted-accepted") || policy.holds("trust-anchors");
        let declared = matches!(format, Format::None | Format::PackedSelf)
            || (accepts_root && policy.formats.iter().any(|declared| declared == format.identifier()));
        let usual = algorithm == CoseAlgorithm::ES256 && self.permutation.case.control_of(format).attester.is_none();
        let is_without_verification = format == Format::FidoU2f && reason == Reason::NotDeclared;
        if declared && usual && !is_without_verification { Reason::ControlFailed } else { Reason::NotDeclared }
    }

    async fn run_steps(&mut self) -> Result<(), Ended> {
        let permutation = self.permutation;
        self.look_before().await?;
        let mut following = permutation.case.steps.as_slice();
        for group in following.split_inclusive(|step| !step.with_next) {
            following = &following[group.len()..];
            let [step] = group else {
                self.together(group).await?;
                continue;
            };
            if step.when == When::Accepted && self.observed != judge::ACCEPTED {
                continue;
            }
            for _ in 0..step.times {
                if let Some(operation) = step.prepare {
                    self.prepare(permutation.operation(operation)).await?;
                } else if step.make.is_some() && self.leaves_out_make(step) {
                    continue;
                } else if let Some(made) = step.make {
                    loop {
                        let before = self.unlucky;
                        self.make(step, made, following)?;
                        if self.unlucky == before {
                            break;
                        }
                        self.call_step(Operation::Start, &Step::default()).await?;
                    }
                } else if let Some(whom) = step.hold {
                    self.hold(whom).await?;
                } else if let Some(whom) = step.untouched {
                    self.see_untouched(whom).await?;
                } else if step.wait.is_some() {
                    self.wait_for_expiry().await?;
                } else if let Some(race) = step.race {
                    self.race(race, step).await?;
                } else if step.call == Some(OperationRef::List) && permutation.case.watch.is_none() {
                    self.read_back(step).await?;
                } else if let (Some(_), Some(operation)) = (step.twin, step.call) {
                    self.twins(permutation.operation(operation), step).await?;
                } else if let Some(operation) = step.call {
                    let operation = permutation.operation(operation);
                    if permutation.case.watch.is_some() {
                        self.watched_step(operation, step).await?;
                    } else {
                        self.call_step(operation, step).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn prepare(&mut self, operation: Operation) -> Result<(), Ended> {
        if operation == Operation::Start {
            return Ok(());
        }
        // The subject may have factors of earlier cases.
        let setup = Step::default();
        let before = if operation == Operation::Remove { self.listed(&setup).await? } else { Vec::new() };
        self.call_step(Operation::Start, &setup).await?;
        self.make(&setup, Made::Good, &[])?;
        if operation == Operation::Remove {
            self.call_step(Operation::Verify, &setup).await?;
            self.learn_factor_id(&before, &setup).await?;
            self.learn_factor_of_latest();
        }
        Ok(())
    }

    /// Ids of a subject's factors, where a start does not say them; none elsewhere.
    pub(super) async fn listed(&mut self, step: &Step) -> Result<Vec<String>, Ended> {
        let flow = self.permutation.flow;
        let Some(list) = flow.endpoint(Operation::List).filter(|_| !flow.names_registration()) else {
            return Ok(Vec::new());
        };
        let reply = self.call_step(list.operation, step).await?;
        let Reply::Success(body) = &reply else { return Ok(Vec::new()) };
        Ok(list.entries(body).filter_map(|entry| entry.id).map(str::to_owned).collect())
    }
}
