//! The limits for a load run.
//!
//! A threshold is `FIGURE OPERATOR VALUE`, with or without spaces: `verify.p99<200ms`, `cycle.p99.9<1s`, `errors<0.1%`,
//! `cycles>50/s`, `nonconformant==0`, `cross-talk==0`, `achieved>=99%`, `lag.p99<5ms`, `start.growth<20%`. With `rest/`, `grpc/` or `grpc-web/`
//! before it, a figure of a step, `errors` or `cycles` is that of one protocol.

use std::fmt;
use std::str::FromStr;

use hdrhistogram::Histogram;

use super::histogram::BadHistogram;
use super::judged::{JudgedThreshold, Judgement};
use super::number::float;
use super::row::{LoadStep, Outcome};
use super::run::LoadRecord;

/// A percentile needs this many samples beyond it: of p99 10,000 samples, of p99.9 100,000.
const BEYOND: f64 = 100.0;

/// One limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The figure that it limits.
    pub figure: Figure,
    /// Slug of the protocol that the figure is of; all if `None`.
    pub protocol: Option<String>,
    /// On which side of the limit it has to be.
    pub operator: Operator,
    /// The limit: microseconds, a share, cycles a second, or a count.
    pub limit: f64,
    text: String,
}

/// A figure that can have a limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Figure {
    /// `STEP.pN`: the duration that N percent of the calls of ordinary cycles do not exceed. Calls without a reply count as
    /// longer than any. At least 100 samples have to lie beyond it, that is 100/(1-N/100) in all; with fewer it is
    /// inconclusive.
    Percentile(LoadStep, f64),
    /// `STEP.max`: the longest; none if a call had no reply.
    Max(LoadStep),
    /// `STEP.mean`: the mean of those that were answered.
    Mean(LoadStep),
    /// `STEP.growth`: by how much the step's median has certainly grown over the hold phase, as a share of its value at the beginning; of
    /// start, verify and cycle. With fewer than ten intervals it is inconclusive.
    Growth(LoadStep),
    /// `errors`: failed cycles as a share of all.
    Errors,
    /// `cycles`: good enrolments a second.
    Cycles,
    /// `achieved`: good cycles as a share of the arrivals that were offered.
    Achieved,
    /// `nonconformant`, `cross-talk`, `double-wins`, `lost`, `negatives-accepted`, `late`, `abandoned`: how many.
    Count(&'static str),
}

/// How a figure is compared with its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `==`
    Equal,
    /// `>=`
    AtLeast,
    /// `>`
    More,
}

/// A text that is not a threshold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("threshold `{text}`: {why}")]
pub struct ThresholdError {
    text: String,
    why: String,
}

const COUNTS: [&str; 7] =
    ["nonconformant", "cross-talk", "double-wins", "lost", "negatives-accepted", "late", "abandoned"];

const STEPS: [(&str, LoadStep); 8] = [
    ("lag", LoadStep::Lag),
    ("start", LoadStep::Start),
    ("attest", LoadStep::Attest),
    ("verify", LoadStep::Verify),
    ("lookup", LoadStep::Lookup),
    ("cleanup", LoadStep::Cleanup),
    ("service", LoadStep::Service),
    ("cycle", LoadStep::Cycle),
];

const PROTOCOLS: [&str; 3] = ["rest", "grpc", "grpc-web"];

impl LoadStep {
    /// `lag`, `start`, `attest`, `verify`, `lookup`, `cleanup`, `service` or `cycle`.
    pub fn name(self) -> &'static str {
        STEPS.iter().find(|(_, step)| *step == self).map_or("", |(name, _)| name)
    }
}

impl FromStr for Threshold {
    type Err = ThresholdError;

    fn from_str(text: &str) -> Result<Threshold, ThresholdError> {
        let error = |why: String| ThresholdError { text: text.to_owned(), why };
        let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let at = compact.find(['<', '>', '=']);
        let (name, rest) = at.and_then(|at| compact.split_at_checked(at)).ok_or_else(|| {
            error("write a figure, one of <, <=, ==, >=, >, and a limit, such as verify.p99<200ms".to_owned())
        })?;
        let (operator, value) = operator(rest).ok_or_else(|| error("write <, <=, ==, >= or >".to_owned()))?;
        let (protocol, figure) = measured(name).map_err(error)?;
        let limit = figure.limit(value).map_err(|such| error(format!("the limit of {name} is {such}")))?;
        Ok(Threshold { figure, protocol, operator, limit, text: text.trim().to_owned() })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The figure that a name such as `rest/verify.p99` means, with the slug of a protocol. `Err` says what to write.
pub(super) fn measured(name: &str) -> Result<(Option<String>, Figure), String> {
    let (protocol, name) = match name.split_once('/') {
        Some((protocol, name)) if PROTOCOLS.contains(&protocol) => (Some(protocol.to_owned()), name),
        Some((protocol, _)) => {
            return Err(format!("there is no protocol {protocol}; write one of {}", PROTOCOLS.join(", ")));
        }
        None => (None, name),
    };
    let figure = figure(name).ok_or_else(|| {
        let steps = STEPS.map(|(name, _)| name).join(", ");
        format!(
            "there is no figure {name}; write STEP.p50 to STEP.p99.99, STEP.max or STEP.mean with STEP one of {steps}, \
             start.growth, verify.growth, cycle.growth, or errors, cycles, achieved, {}",
            COUNTS.join(", ")
        )
    })?;
    if protocol.is_some() && matches!(figure, Figure::Achieved | Figure::Count(_)) {
        return Err(format!("{name} is counted over all protocols"));
    }
    Ok((protocol, figure))
}

fn operator(rest: &str) -> Option<(Operator, &str)> {
    let table = [
        ("<=", Operator::AtMost),
        (">=", Operator::AtLeast),
        ("==", Operator::Equal),
        ("<", Operator::Less),
        (">", Operator::More),
    ];
    table.into_iter().find_map(|(sign, operator)| Some((operator, rest.strip_prefix(sign)?)))
}

fn figure(name: &str) -> Option<Figure> {
    match name {
        "errors" => return Some(Figure::Errors),
        "cycles" => return Some(Figure::Cycles),
        "achieved" => return Some(Figure::Achieved),
        _ => {}
    }
    if let Some(count) = COUNTS.into_iter().find(|count| *count == name) {
        return Some(Figure::Count(count));
    }
    let (step, of) = name.split_once('.')?;
    let (_, step) = STEPS.into_iter().find(|(name, _)| *name == step)?;
    match of {
        "max" => Some(Figure::Max(step)),
        "mean" => Some(Figure::Mean(step)),
        "growth" => {
            matches!(step, LoadStep::Start | LoadStep::Verify | LoadStep::Cycle).then_some(Figure::Growth(step))
        }
        _ => {
            let percent = plain_number(of.strip_prefix('p')?)?;
            (percent > 0.0 && percent < 100.0).then_some(Figure::Percentile(step, percent))
        }
    }
}

/// Digits with at most one point.
fn plain_number(text: &str) -> Option<f64> {
    let is_plain =
        text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    text.parse().ok().filter(|_| is_plain)
}

impl Figure {
    /// The limit that a text gives; `Err` says what it should be.
    fn limit(self, text: &str) -> Result<f64, &'static str> {
        let with = |units: &[(&str, f64)]| {
            units.iter().find_map(|(unit, factor)| Some(plain_number(text.strip_suffix(unit)?)? * factor))
        };
        match self {
            Figure::Percentile(..) | Figure::Max(_) | Figure::Mean(_) => {
                with(&[("us", 1.0), ("ms", 1e3), ("s", 1e6)]).ok_or("a time such as 500us, 200ms or 1.5s")
            }
            Figure::Errors | Figure::Achieved => {
                with(&[("%", 0.01)]).filter(|share| *share <= 1.0).ok_or("a percentage from 0% to 100%, such as 0.1%")
            }
            Figure::Growth(_) => with(&[("%", 0.01)]).ok_or("a percentage, such as 20%"),
            Figure::Cycles => with(&[("/s", 1.0)]).ok_or("a rate such as 50/s"),
            Figure::Count(_) => plain_number(text).ok_or("a number such as 0"),
        }
    }

    fn show(self, value: f64) -> String {
        match self {
            Figure::Percentile(..) | Figure::Max(_) | Figure::Mean(_) => format!("{:.2} ms", value / 1e3),
            Figure::Errors | Figure::Achieved | Figure::Growth(_) => percent(value),
            Figure::Cycles => format!("{value:.1}/s"),
            Figure::Count(_) => format!("{value:.0}"),
        }
    }
}

/// Enough digits that a share that is not zero does not look like zero.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent >= 0.1 {
        let text = format!("{percent:.2}");
        return format!("{}%", text.trim_end_matches('0').trim_end_matches('.'));
    }
    format!("{percent:.2e}%")
}

/// A figure of a run.
enum Measured {
    Value(f64, String),
    /// It is greater than any limit, for this reason.
    Endless(String),
    Inconclusive(String),
}

impl Threshold {
    /// Judges a run. If nothing was measured, or too little for a percentile, a threshold is not met.
    ///
    /// # Errors
    /// [`BadHistogram`] for a record whose histograms can't be read.
    pub fn judge(&self, record: &LoadRecord) -> Result<JudgedThreshold, BadHistogram> {
        let (measured, text, verdict) = match self.measure(record)? {
            Measured::Value(value, text) => (Some(value), text, self.verdict(value)),
            Measured::Endless(text) => (None, text, self.verdict(f64::INFINITY)),
            Measured::Inconclusive(text) => (None, text, Judgement::Inconclusive),
        };
        Ok(JudgedThreshold { rule: self.text.clone(), measured, text, verdict })
    }

    fn verdict(&self, value: f64) -> Judgement {
        let kept = match self.operator {
            Operator::Less => value < self.limit,
            Operator::AtMost => value <= self.limit,
            Operator::Equal => value == self.limit,
            Operator::AtLeast => value >= self.limit,
            Operator::More => value > self.limit,
        };
        if kept { Judgement::Met } else { Judgement::Missed }
    }

    fn measure(&self, record: &LoadRecord) -> Result<Measured, BadHistogram> {
        let protocol = self.protocol.as_deref();
        let value = |value: Option<f64>| match value {
            Some(value) => Measured::Value(value, self.figure.show(value)),
            None => Measured::Inconclusive("there was no cycle".to_owned()),
        };
        Ok(match self.figure {
            Figure::Errors => value(record.error_share(protocol)),
            Figure::Achieved => value(record.achieved()),
            Figure::Cycles => value((record.measured_us > 0).then(|| record.rate(protocol))),
            Figure::Count(name) => value(Some(float(count(record, name)))),
            Figure::Growth(step) => match record.growth(step, protocol)? {
                Some(growth) => Measured::Value(growth.sure, growth.to_string()),
                None => Measured::Inconclusive("too few intervals with an answer; ten are needed".to_owned()),
            },
            Figure::Percentile(step, percent) => {
                let (times, lost) = self.times(record, step)?;
                self.percentile(&times, lost, percent)
            }
            Figure::Max(step) | Figure::Mean(step) => {
                let (times, lost) = self.times(record, step)?;
                match self.figure {
                    _ if times.is_empty() && lost == 0 => Measured::Inconclusive("there was no call".to_owned()),
                    Figure::Max(_) if lost > 0 => Measured::Endless(format!("{lost} calls had no reply")),
                    Figure::Max(_) => value(Some(float(self.longest(record, step)))),
                    _ if times.is_empty() => Measured::Inconclusive("no call was answered".to_owned()),
                    _ => value(Some(times.mean())),
                }
            }
        })
    }

    fn times(&self, record: &LoadRecord, step: LoadStep) -> Result<(Histogram<u64>, u64), BadHistogram> {
        let protocol = self.protocol.as_deref();
        Ok((record.good(step, protocol)?, record.lost(step, protocol)))
    }

    fn longest(&self, record: &LoadRecord, step: LoadStep) -> u64 {
        let rows = record.rows.iter().filter(|row| row.is_good(step, self.protocol.as_deref()));
        rows.map(|row| row.max_us).max().unwrap_or_default()
    }

    fn percentile(&self, times: &Histogram<u64>, lost: u64, percent: f64) -> Measured {
        let answered = float(times.len());
        let all = answered + float(lost);
        // With a grain of tolerance, since 100 - 99.9 is not exactly 0.1.
        let needed = (BEYOND / (1.0 - percent / 100.0) - 1e-6).ceil();
        if all < needed {
            return Measured::Inconclusive(format!("{all:.0} samples, and {needed:.0} are needed"));
        }
        let rank = (all * percent / 100.0 - 1e-6).ceil();
        if rank > answered {
            return Measured::Endless(format!("a call without a reply ({lost} of {all:.0})"));
        }
        let value = float(times.value_at_quantile(rank / answered));
        Measured::Value(value, format!("{} of {all:.0}", self.figure.show(value)))
    }
}

fn count(record: &LoadRecord, name: &str) -> u64 {
    let correctness = &record.correctness;
    let arrivals = record.arrivals.unwrap_or_default();
    match name {
        "nonconformant" => correctness.nonconformant,
        "cross-talk" => correctness.crossed,
        "double-wins" => correctness.double_wins,
        "lost" => correctness.lost,
        "negatives-accepted" => correctness.negatives_accepted,
        "late" => arrivals.late,
        _ => record.count(|row| row.step == LoadStep::Cycle && row.outcome == Outcome::Abandoned),
    }
}

#[cfg(test)]
mod tests;
