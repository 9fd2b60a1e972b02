//! All causes in a table: what, how severe, and in how many tests over each protocol.

use serde::Serialize;

use super::detail::cut;
use super::escape::anchor;
use super::sign::sign;
use crate::contract::Protocol;
use crate::gate::Judged;
use crate::report::causes::ordered;

/// The most rows.
const ROWS: usize = 500;
/// How many characters of a name are shown.
const NAME: usize = 300;

/// The protocols, then the comparisons of protocols: as records and as readers name them.
pub(super) const PLACES: [(&str, &str); 4] = [
    (Protocol::Rest.slug(), "rest"),
    (Protocol::Grpc.slug(), "grpc"),
    (Protocol::GrpcWeb.slug(), "grpc-web"),
    ("all", "comparisons"),
];

#[derive(Serialize)]
pub(super) struct Glance {
    severity: &'static str,
    verdict: &'static str,
    sign: &'static str,
    name: String,
    /// Where its first record is shown.
    anchor: String,
    counts: Vec<usize>,
}

/// A row for each cause, in the order in which to look at them.
pub(super) fn of(judged: &Judged) -> Vec<Glance> {
    let causes = ordered(judged);
    let row = |cause: &crate::report::causes::Cause<'_>| Glance {
        severity: cause.severity_word(),
        verdict: cause.verdict().name(),
        sign: sign(cause.verdict()),
        name: cut(&cause.name_among_others(), NAME),
        anchor: cause.records.first().map(|record| anchor("run", &record.id)).unwrap_or_default(),
        counts: PLACES.map(|(place, _)| cause.over(place)).to_vec(),
    };
    causes.iter().take(ROWS).map(row).collect()
}
