//! The faults of a target, in words. A reader should know them before any table.

use super::judged::Judgement;
use super::number::float;
use super::row::{Kind, LoadStep, Outcome, Row};
use super::run::{Arrivals, LoadErrorRecord, LoadRecord};
use super::scaling::Scaling;
use super::threshold::{Figure, Threshold};

/// A class of failures that is less than this share of all of them is not a cause of its own.
const WORTH: f64 = 0.2;

/// A step takes the time of a cycle if it takes at least this share of it.
const MOST: f64 = 0.5;

/// Arrivals queue if more than this share of them found no free worker.
const QUEUE: f64 = 0.5;

impl LoadRecord {
    /// The faults, one sentence each, the most severe first; empty if everything is as it should be. Nothing in it comes
    /// from the target.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = self.interference().into_iter().collect();
        causes.extend(self.wrong_answers());
        causes.extend(self.failures());
        let missed = self.thresholds.iter().filter(|judged| judged.verdict == Judgement::Missed);
        let figures = missed.filter_map(|judged| Some((judged.rule.parse::<Threshold>().ok()?.figure, &judged.text)));
        let (mut is_slow, mut grows) = (false, false);
        for (figure, text) in figures {
            match figure {
                Figure::Growth(step) => {
                    grows = true;
                    causes.push(format!("{} grows slower while the load stays the same: {text}", step.name()));
                }
                Figure::Percentile(..) | Figure::Max(_) | Figure::Mean(_) => is_slow = true,
                _ => {}
            }
        }
        // If arrivals queue, the queue takes the time.
        let queues = |of: &&Arrivals| of.offered > 0 && float(of.waited) > QUEUE * float(of.offered);
        let queue = |of: &Arrivals| {
            let Arrivals { waited, offered, .. } = of;
            format!(
                "it does not keep up with the requested rate: {waited} of {offered} cycles were due while all workers waited for it"
            )
        };
        if is_slow {
            causes.extend(self.arrivals.as_ref().filter(queues).map(queue).or_else(|| self.slowest()));
        }
        // A target that becomes slower meanwhile also completes fewer cycles with more workers.
        causes.extend(self.scaling.as_ref().filter(|_| !grows).and_then(Scaling::flat));
        causes
    }

    fn interference(&self) -> Option<String> {
        let starts = self.correctness.interfered;
        let is_red = !self.is_correct() || !self.is_met();
        let doubt = if is_red { ", so they may have caused the failures" } else { "" };
        (starts > 0).then(|| {
            format!(
                "others use the same subjects{doubt}: {starts} starts showed registrations that this load did not make; give each run \
                 a list of its own, or a part of one (--subjects-slice)"
            )
        })
    }

    fn wrong_answers(&self) -> Vec<String> {
        let of = &self.correctness;
        let table = [
            (
                of.crossed,
                format!("answers are crossed between users: {} starts had the data of another user", of.crossed),
            ),
            (
                of.double_wins,
                format!(
                    "one challenge is accepted twice: in {} of {} races both verifies won",
                    of.double_wins, of.races
                ),
            ),
            (
                of.lost,
                format!(
                    "confirmed registrations are lost: {} of {} that were looked up were not there",
                    of.lost, of.lookups
                ),
            ),
            (
                of.negatives_accepted,
                format!("malformed attestations are accepted: {} of {}", of.negatives_accepted, of.negatives),
            ),
            (of.nonconformant, format!("answers break the contract: {} of {} judged", of.nonconformant, of.judged)),
        ];
        table.into_iter().filter(|(count, _)| *count > 0).map(|(_, text)| text).collect()
    }

    /// Refusals and calls without a reply, by how often they come.
    fn failures(&self) -> Vec<String> {
        let cycles: u64 = self.phases.iter().map(|phase| phase.ok + phase.failed).sum();
        let fails = |error: &&LoadErrorRecord| {
            let is_wrong = matches!(error.outcome, Outcome::Ok | Outcome::Nonconformant | Outcome::CrossTalk);
            !is_wrong && error.network().is_none()
        };
        let all: u64 = self.errors.iter().filter(fails).map(|error| error.count).sum();
        let is_cause = |error: &&LoadErrorRecord| float(error.count) >= WORTH * float(all);
        let say = |error: &LoadErrorRecord| {
            let often = match float(cycles) / float(error.count.max(1)) {
                rarely if rarely >= 1.5 => format!("one cycle in {rarely:.0}"),
                _ => "nearly every cycle".to_owned(),
            };
            if error.outcome == Outcome::Abandoned {
                return format!("the target does not keep up: {often} was due and never began");
            }
            format!("{often} fails with {}", error.class)
        };
        let of_the_network = self.network_words().map(|words| {
            format!("cycles failed because of the network or a gateway, which says nothing about the target's answers: {words}")
        });
        self.errors.iter().filter(fails).filter(is_cause).map(say).chain(of_the_network).collect()
    }

    /// The step that takes most of the cycle.
    fn slowest(&self) -> Option<String> {
        let sum = |step: LoadStep| -> f64 {
            let takes = |row: &&Row| row.step == step && row.kind == Kind::Good && row.outcome == Outcome::Ok;
            float(self.rows.iter().filter(takes).map(|row| row.sum_us).sum())
        };
        let cycle = sum(LoadStep::Service).max(sum(LoadStep::Start) + sum(LoadStep::Attest) + sum(LoadStep::Verify));
        let steps = [LoadStep::Start, LoadStep::Attest, LoadStep::Verify];
        let (step, share) =
            steps.map(|step| (step, sum(step) / cycle)).into_iter().find(|(_, share)| *share >= MOST)?;
        Some(format!(
            "the time is spent in {}: {:.0}% of start, attest and verify together",
            step.name(),
            share * 100.0
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{row, sample};
    use super::super::{Correctness, JudgedThreshold, ScalingStep};
    use super::*;

    #[test]
    fn a_good_run_has_no_cause() {
        assert!(sample().causes().is_empty());
    }

    #[test]
    fn a_target_that_becomes_slower_is_not_said_to_work_on_one_call_at_a_time() {
        let step = |workers| ScalingStep { workers, ok: 100, took_us: 1_000_000 };
        let mut record = sample();
        record.scaling = Some(Scaling { steps: vec![step(1), step(4)], busy: false });
        assert!(record.causes()[0].contains("works on one call at a time"), "{:?}", record.causes());
        let (rule, text) = ("start.growth<=100%".to_owned(), "at least 300%".to_owned());
        record.thresholds.push(JudgedThreshold { rule, measured: None, text, verdict: Judgement::Missed });
        assert_eq!(record.causes(), ["start grows slower while the load stays the same: at least 300%"]);
    }

    #[test]
    fn what_is_wrong_is_said_in_words_the_gravest_first() {
        let mut record = sample();
        record.correctness = Correctness { crossed: 3, double_wins: 1, races: 7, ..record.correctness };
        let error = |class: &str, outcome, count| LoadErrorRecord {
            class: class.to_owned(),
            outcome,
            count,
            measured: count,
            first_us: 0,
            example: "x".to_owned(),
            exchanges: Vec::new(),
        };
        record.errors = vec![
            error("verify/refused/400/3", Outcome::Refused, 2_010),
            error("start/refused/429/8", Outcome::Refused, 4),
            error("cleanup/left-behind", Outcome::Ok, 5_000),
        ];
        let judged = |rule: &str| JudgedThreshold {
            rule: rule.to_owned(),
            measured: None,
            text: "at least 300%".to_owned(),
            verdict: Judgement::Missed,
        };
        record.rows.push(row("rest", LoadStep::Verify, Outcome::Ok, 10_000, 900));
        record.thresholds = vec![judged("verify.p99<1ms"), judged("cycle.p99<1ms"), judged("start.growth<=100%")];
        let causes = record.causes();
        let expected = [
            "answers are crossed between users: 3 starts had the data of another user",
            "one challenge is accepted twice: in 1 of 7 races both verifies won",
            "one cycle in 10 fails with verify/refused/400/3",
            "start grows slower while the load stays the same: at least 300%",
            "the time is spent in verify: 98% of start, attest and verify together",
        ];
        assert_eq!(causes, expected);
        record.arrivals = Some(Arrivals { offered: 100, waited: 51, ..Arrivals::default() });
        let last = record.causes().pop().expect("the last one");
        assert!(last.contains("does not keep up") && last.contains("51 of 100"), "{last}");
        // Also where no step takes most of the time.
        record.rows.clear();
        assert_eq!(record.causes().pop(), Some(last));
    }
}
