//! The result as text for people.

use std::fmt::Write as _;
use std::time::Duration;

use super::Plan;
use super::record::Summary;
use super::threshold::{Judged, percent};

/// What is about to be done, in one line.
pub fn header(plan: &Plan) -> String {
    let url = &plan.address.base_url;
    let target = if plan.name == *url { url.clone() } else { format!("{} at {url}", plan.name) };
    format!(
        "load on {target}: {} over REST, attestation {}, {} users, {:?}, seed {}",
        plan.flow,
        plan.format.identifier(),
        plan.users.len(),
        plan.duration,
        plan.seed
    )
}

/// The table of steps, the rates, the failures and the thresholds. Ends with a line break.
pub fn render(summary: &Summary, judged: &[Judged]) -> String {
    let mut text = String::new();
    // Writing to a `String` can't fail.
    write_steps(&mut text, summary).unwrap_or_default();
    write_failures(&mut text, summary).unwrap_or_default();
    for threshold in judged {
        writeln!(text, "{:<7} {}", if threshold.met { "met" } else { "MISSED" }, threshold.text).unwrap_or_default();
    }
    if summary.interrupted {
        text.push_str("interrupted: this is a part of what was asked for\n");
    }
    text
}

fn write_steps(text: &mut String, summary: &Summary) -> std::fmt::Result {
    writeln!(text, "{:<8}{:>10}{:>11}{:>11}{:>11}{:>11}  ms", "step", "count", "p50", "p95", "p99", "max")?;
    for step in &summary.steps {
        let [p50, p95, p99, max] = match step.count {
            0 => [const { String::new() }; 4].map(|_| "-".to_owned()),
            _ => [step.p50, step.p95, step.p99, step.max].map(milliseconds),
        };
        writeln!(text, "{:<8}{:>10}{p50:>11}{p95:>11}{p99:>11}{max:>11}", step.name, step.count)?;
    }
    let seconds = summary.elapsed.as_secs_f64();
    writeln!(text, "{:.1} cycles/s: {} cycles in {seconds:.2} s", summary.rate(), summary.cycles)
}

fn write_failures(text: &mut String, summary: &Summary) -> std::fmt::Result {
    let rate = summary.error_rate().map(|rate| format!(" ({})", percent(rate))).unwrap_or_default();
    writeln!(text, "errors {} of {} cycles{rate}", summary.failed, summary.cycles + summary.failed)?;
    for error in &summary.errors {
        writeln!(text, "{:>10}  {}: {}", error.count, error.class, error.example)?;
    }
    match &summary.left_behind {
        None => writeln!(text, "clean-ups that failed: 0"),
        Some(failed) => writeln!(text, "clean-ups that failed: {}, the first: {}", failed.count, failed.example),
    }
}

/// With a digit more than is steady.
pub(super) fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1000.0)
}
