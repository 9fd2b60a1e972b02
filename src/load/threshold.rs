//! What the result is held to.

use std::time::Duration;

use super::record::Summary;
use super::table::milliseconds;

/// The limits of an attack.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Greatest share of failed cycles, 0 to 1.
    pub max_error_rate: f64,
    /// Greatest 99th percentile of start and of verify, calls without a reply included.
    pub p99: Option<Duration>,
}

/// A limit beside what was measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// In one line, such as `p99 of verify 12.3 ms, at most 200.0 ms`.
    pub text: String,
    /// Whether it was kept.
    pub met: bool,
}

impl Thresholds {
    /// Judges a result. Where nothing was measured, nothing was met.
    pub fn judge(&self, summary: &Summary) -> Vec<Judged> {
        let rate = summary.error_rate();
        let measured = rate.map_or("of no cycle".to_owned(), percent);
        let mut judged = vec![Judged {
            text: format!("error rate {measured}, at most {}", percent(self.max_error_rate)),
            met: rate.is_some_and(|rate| rate <= self.max_error_rate),
        }];
        let Some(limit) = self.p99 else { return judged };
        let [start, _, verify, _] = &summary.steps;
        judged.extend([start, verify].map(|step| {
            let measured = match (step.p99_of_all, step.count + step.lost) {
                (Some(p99), _) => format!("{} ms", milliseconds(p99)),
                (None, 0) => "of no call".to_owned(),
                (None, calls) => format!("is a call without a reply ({} of {calls})", step.lost),
            };
            Judged {
                text: format!("p99 of {} {measured}, at most {} ms", step.name, milliseconds(limit)),
                met: step.p99_of_all.is_some_and(|p99| p99 <= limit),
            }
        }));
        judged
    }
}

/// Enough digits that a rate that is not zero does not look like zero.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent == 0.0 || percent >= 0.1 {
        let text = format!("{percent:.2}");
        return format!("{}%", text.trim_end_matches('0').trim_end_matches('.'));
    }
    format!("{percent:.2e}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_readable() {
        for (share, text) in [(0.0, "0%"), (0.001, "0.1%"), (1.0, "100%"), (0.0234, "2.34%"), (0.00002, "2.00e-3%")] {
            assert_eq!(percent(share), text);
        }
    }
}
