//! Whether holds of one rate keep a rule, break it, or leave it open.
//!
//! Percentiles of `start`, `verify` and `cycle`, `errors` and `achieved` all ask the same question: is the share of bad ones at
//! most what is allowed? A percentile `p99<50ms` allows 1 % beyond 50 ms. The answer is an interval of 95 % confidence on either
//! side (Wilson's, z = 1.645). Calls in one moment are not independent, since one slow moment slows them all. So the intervals of
//! the run are taken as blocks: if the share varies more between them than chance would have it, the number of samples counts for
//! less in that proportion (Kish's design effect). The rule is kept when the whole interval is within what is allowed, broken when
//! the whole interval is beyond.
//!
//! `achieved` counts cycles that were served while the rate was held, not a backlog that is worked off afterwards. Cycles under way
//! when the hold began make up for those under way when it ends, so that a hold needs a warm-up. It is one block.
//!
//! All other rules (means, greatest values, counts, rates, other steps) are judged as a whole: kept if they are met in every hold,
//! broken if they are missed in every hold.

use std::fmt;

use crate::outcome::load::{
    Figure, Interval, Judgement, LoadRecord, LoadStep, Operator, PhaseName, Threshold, coarse, float,
};

/// Of the normal distribution: 95 % lie below.
const Z: f64 = 1.645;

/// What is known about a rule, or about a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is kept.
    Kept,
    /// It is broken.
    Broken,
    /// There are not enough measurements.
    Unclear,
}

impl Verdict {
    /// `pass`, `fail` or `inconclusive`.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Kept => "pass",
            Verdict::Broken => "fail",
            Verdict::Unclear => "inconclusive",
        }
    }
}

/// A rule with the measured value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleSeen {
    /// The rule as it was written.
    pub rule: String,
    /// The measured value, in words.
    pub text: String,
    /// What is known about it.
    pub verdict: Verdict,
}

impl fmt::Display for RuleSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.text)?;
        if self.verdict == Verdict::Kept { Ok(()) } else { write!(f, ", {}", self.verdict.name()) }
    }
}

/// Judges holds of one rate together.
pub(super) fn judge(objective: &[Threshold], records: &[LoadRecord]) -> (Verdict, Vec<RuleSeen>) {
    let mut rules: Vec<RuleSeen> = objective.iter().map(|rule| seen(rule, records)).collect();
    let wrong: u64 = records.iter().map(|record| record.correctness.wrong()).sum();
    if wrong > 0 {
        rules.push(RuleSeen { rule: "no wrong answer".to_owned(), text: wrong.to_string(), verdict: Verdict::Broken });
    }
    let is = |verdict| rules.iter().any(|rule| rule.verdict == verdict);
    let verdict = match () {
        () if is(Verdict::Broken) => Verdict::Broken,
        () if is(Verdict::Unclear) || rules.is_empty() => Verdict::Unclear,
        () => Verdict::Kept,
    };
    (verdict, rules)
}

fn seen(rule: &Threshold, records: &[LoadRecord]) -> RuleSeen {
    let (verdict, text) = match share(rule, records) {
        Some(share) => (share.verdict(), share.to_string()),
        None => whole(rule, records),
    };
    RuleSeen { rule: rule.to_string(), text, verdict }
}

/// A rule that is met or missed in each hold.
fn whole(rule: &Threshold, records: &[LoadRecord]) -> (Verdict, String) {
    let judged: Vec<_> = match records.iter().map(|record| rule.judge(record)).collect() {
        Ok(judged) => judged,
        Err(error) => return (Verdict::Unclear, error.to_string()),
    };
    let all = |judgement| judged.iter().all(|judged| judged.verdict == judgement);
    let verdict = match () {
        () if all(Judgement::Met) => Verdict::Kept,
        () if all(Judgement::Missed) => Verdict::Broken,
        () => Verdict::Unclear,
    };
    let texts: Vec<&str> = judged.iter().map(|judged| judged.text.as_str()).collect();
    (verdict, texts.join(", then "))
}

/// Bad ones among all, in blocks, and the share of them that is allowed.
struct Share {
    blocks: Vec<(f64, f64)>,
    allowed: f64,
}

/// The rule as a question about a share; `None` if it is not one.
fn share(rule: &Threshold, records: &[LoadRecord]) -> Option<Share> {
    let is_upper = matches!(rule.operator, Operator::Less | Operator::AtMost);
    let is_lower = matches!(rule.operator, Operator::More | Operator::AtLeast);
    let whole = |bad: fn(&Interval) -> (u64, u64)| -> Vec<(f64, f64)> {
        let counts = records.iter().flat_map(|record| during(record, true)).map(bad);
        counts.map(|(bad, all)| (float(bad), float(all))).collect()
    };
    let (blocks, allowed) = match rule.figure {
        Figure::Errors if is_upper && rule.protocol.is_none() => {
            (whole(|of| (of.failed, of.ok + of.failed)), rule.limit)
        }
        Figure::Achieved if is_lower => (records.iter().map(unserved).collect(), 1.0 - rule.limit),
        Figure::Percentile(step @ (LoadStep::Start | LoadStep::Verify | LoadStep::Cycle), percent) if is_upper => {
            let blocks: Option<Vec<_>> = records.iter().map(|record| slow(rule, step, record)).collect();
            (blocks?.into_iter().flatten().collect(), 1.0 - percent / 100.0)
        }
        _ => return None,
    };
    // A limit of zero has no share: it has happened or not.
    (allowed > 0.0).then_some(Share { blocks, allowed })
}

/// Arrivals of the hold phase that were not served in it, among all.
fn unserved(record: &LoadRecord) -> (f64, f64) {
    let sums = during(record, false).fold((0.0, 0.0), |sum, of| (sum.0 + float(of.offered), sum.1 + float(of.ok)));
    ((sums.0 - sums.1).max(0.0), sums.0)
}

/// The intervals of the hold phase, with those after it in which its last cycles end or without them.
fn during(record: &LoadRecord, to_the_end: bool) -> impl Iterator<Item = &Interval> {
    let phase = record.phases.iter().find(|phase| phase.name == PhaseName::Hold);
    let (begin, length) = phase.map_or((0, 0), |phase| (phase.begin_us, phase.length_us));
    let width = record.intervals.width_us.max(1);
    // One that has less than half of it in the phase does not belong to it.
    let nearest = |at: u64| usize::try_from(at.saturating_add(width / 2) / width).unwrap_or(usize::MAX);
    let (first, last) = (nearest(begin), nearest(begin + length));
    let last = if to_the_end { usize::MAX } else { last };
    record.intervals.list.iter().take(last).skip(first)
}

/// Answers beyond the limit, among all. Calls without a reply are beyond any limit, and a block of their own.
fn slow(rule: &Threshold, step: LoadStep, record: &LoadRecord) -> Option<Vec<(f64, f64)>> {
    let protocol = rule.protocol.as_deref();
    let mut blocks = Vec::new();
    for interval in during(record, true) {
        let (mut beyond, mut all) = (0, 0);
        let is_of = |of: &&crate::outcome::load::IntervalStep| {
            of.step == step && protocol.is_none_or(|protocol| protocol == of.protocol)
        };
        for of in interval.steps.iter().filter(is_of) {
            let mut times = coarse();
            times.add(of.histogram.unpack().ok()?).ok()?;
            let bins = times.iter_recorded().filter(|bin| float(bin.value_iterated_to()) > rule.limit);
            beyond += bins.map(|bin| bin.count_at_value()).sum::<u64>();
            all += times.len();
        }
        blocks.push((float(beyond), float(all)));
    }
    let lost = float(record.lost(step, protocol));
    blocks.push((lost, lost));
    Some(blocks)
}

impl Share {
    fn sums(&self) -> (f64, f64) {
        self.blocks.iter().fold((0.0, 0.0), |sum, (bad, all)| (sum.0 + bad, sum.1 + all))
    }

    /// The share that was seen, and the interval of the true one; `None` without samples.
    fn interval(&self) -> Option<(f64, f64, f64)> {
        let (bad, all) = self.sums();
        if all <= 0.0 {
            return None;
        }
        let share = (bad / all).min(1.0);
        let samples = all / self.design_effect(share, all);
        let middle = (share + Z * Z / (2.0 * samples)) / (1.0 + Z * Z / samples);
        let spread = (share * (1.0 - share) / samples + (Z / (2.0 * samples)).powi(2)).sqrt();
        let reach = Z * spread / (1.0 + Z * Z / samples);
        Some((share, (middle - reach).max(0.0), (middle + reach).min(1.0)))
    }

    /// How much more the share varies between blocks than between independent samples.
    fn design_effect(&self, share: f64, all: f64) -> f64 {
        let blocks: Vec<_> = self.blocks.iter().filter(|(_, all)| *all > 0.0).collect();
        let by_chance = share * (1.0 - share) / all;
        if blocks.len() < 2 || by_chance <= 0.0 {
            return 1.0;
        }
        let count = float(u64::try_from(blocks.len()).unwrap_or(u64::MAX));
        let squares: f64 = blocks.iter().map(|(bad, of)| (bad - share * of).powi(2)).sum();
        let seen = count / (count - 1.0) * squares / (all * all);
        (seen / by_chance).max(1.0)
    }

    fn verdict(&self) -> Verdict {
        match self.interval() {
            Some((_, _, high)) if high <= self.allowed => Verdict::Kept,
            Some((_, low, _)) if low > self.allowed => Verdict::Broken,
            _ => Verdict::Unclear,
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.2}%", share * 100.0);
        match self.interval() {
            None => f.write_str("nothing was measured"),
            Some((share, low, high)) => {
                let (share, allowed) = (percent(share), percent(self.allowed));
                write!(f, "{share} bad ({} to {}, {allowed} allowed)", percent(low), percent(high))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(blocks: &[(f64, f64)]) -> Share {
        Share { blocks: blocks.to_vec(), allowed: 0.01 }
    }

    #[test]
    fn few_samples_say_nothing_and_many_do() {
        for (bad, all, expected) in [
            (0.0, 0.0, Verdict::Unclear),
            (0.0, 200.0, Verdict::Unclear),
            (0.0, 300.0, Verdict::Kept),
            (5.0, 1_000.0, Verdict::Unclear),
            (50.0, 10_000.0, Verdict::Kept),
            (100.0, 10_000.0, Verdict::Unclear),
            (150.0, 10_000.0, Verdict::Broken),
            (3.0, 3.0, Verdict::Broken),
        ] {
            assert_eq!(share(&[(bad, all)]).verdict(), expected, "{bad} of {all}");
        }
    }

    #[test]
    fn one_slow_moment_counts_for_less_than_as_many_everywhere() {
        let even = share(&[(2.5, 500.0); 20]);
        let mut once = vec![(0.0, 500.0); 19];
        once.push((50.0, 500.0));
        let once = share(&once);
        assert_eq!(even.sums(), once.sums());
        assert_eq!((even.verdict(), once.verdict()), (Verdict::Kept, Verdict::Unclear));
        assert_eq!(even.to_string(), "0.50% bad (0.40% to 0.63%, 1.00% allowed)");
    }
}
