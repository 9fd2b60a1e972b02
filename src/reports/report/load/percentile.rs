//! Percentiles, as every report gives them.

use hdrhistogram::Histogram;

/// Name, percent, and the decimal share that Prometheus has in its label.
pub(super) const PERCENTILES: [(&str, f64, &str); 7] = [
    ("p50", 50.0, "0.5"),
    ("p75", 75.0, "0.75"),
    ("p90", 90.0, "0.9"),
    ("p95", 95.0, "0.95"),
    ("p99", 99.0, "0.99"),
    ("p99.9", 99.9, "0.999"),
    ("p99.99", 99.99, "0.9999"),
];

/// The duration that this percentage of calls does not exceed, in microseconds. A histogram gives the end of a bucket, which may
/// be above the longest duration.
pub(super) fn at(histogram: &Histogram<u64>, percent: f64, max_us: u64) -> u64 {
    histogram.value_at_percentile(percent).min(max_us)
}

/// How many of them lie beyond a percentile.
pub(super) fn beyond(count: u64, percent: f64) -> f64 {
    crate::outcome::load::float(count) * (1.0 - percent / 100.0)
}
