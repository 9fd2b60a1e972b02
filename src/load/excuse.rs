//! Excused findings: those that the owners of a target know of. The load does not know where this knowledge comes from.

use std::fmt;
use std::sync::Arc;

use super::draw::Draw;
use super::judge::PROFILE;
use crate::authenticator::Format;
use crate::outcome::load::LoadStep;
use crate::outcome::{CaseRecord, Finding};

/// Whether a record, as a run would have written it, is excused.
#[derive(Clone, Default)]
pub struct Excuses(Option<Arc<Excused>>);

type Excused = dyn Fn(&CaseRecord) -> bool + Send + Sync;

impl Excuses {
    /// By this function.
    pub fn new(excused: impl Fn(&CaseRecord) -> bool + Send + Sync + 'static) -> Excuses {
        Excuses(Some(Arc::new(excused)))
    }

    /// Whether a finding is excused in one of the cases in which a run would have met it. `observed` is what the answer was, such as
    /// `accepted`; only findings about an expectation are told by it.
    pub(super) fn excuse(&self, place: &Place<'_>, finding: &Finding, observed: &str) -> bool {
        let Some(excused) = &self.0 else { return false };
        place.records(finding, observed).iter().any(|record| excused(record))
    }
}

impl fmt::Debug for Excuses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Excuses").field(&self.0.is_some()).finish()
    }
}

/// Where a finding was made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) draw: Draw,
    pub(super) step: LoadStep,
    /// The case that a malformed attestation is from.
    pub(super) case: Option<&'a str>,
    pub(super) format: Format,
}

impl Place<'_> {
    /// The records of a run that would have the finding. A case of several formats has the format at the end of its name.
    fn records(&self, finding: &Finding, observed: &str) -> Vec<CaseRecord> {
        let cases: &[&str] = match (self.step, &self.case) {
            (LoadStep::Verify, Some(case)) => &[case],
            (LoadStep::Start, _) => &["enrolment/start", "enrolment/good"],
            (LoadStep::Cleanup, _) => &["enrolment/remove"],
            _ => &["enrolment/good"],
        };
        let (flow, protocol) = (self.draw.flow.slug(), self.draw.protocol.slug());
        let ids = cases.iter().flat_map(|case| {
            let id = format!("{flow}/{protocol}/{case}");
            [(*case, format!("{id}/{}", self.format.slug())), (*case, id)]
        });
        let record = |(case, id): (&str, String)| CaseRecord {
            flow: flow.to_owned(),
            protocol: protocol.to_owned(),
            clauses: vec![finding.clause.clone()],
            verdict: finding.verdict(PROFILE),
            reason: finding.reason,
            findings: vec![finding.clone()],
            observed: observed.to_owned(),
            ..CaseRecord::empty(&id, case)
        };
        ids.map(record).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cycle::tests::draw;
    use super::*;
    use crate::contract::Flow;
    use crate::outcome::load::Kind;
    use crate::outcome::{Reason, Verdict};

    #[test]
    fn a_finding_is_asked_for_in_the_cases_of_a_run() {
        let finding = Finding::new("no-server-error", "api/robustness", Reason::Crash, "a refusal", "HTTP 500");
        let seen = |step, case| {
            let place = Place { draw: draw(Flow::V2_U2F, Kind::Negative), step, case, format: Format::PackedSelf };
            place.records(&finding, "").into_iter().map(|record| record.id).collect::<Vec<_>>()
        };
        let malformed = ["v2/u2f/rest/cose/kty-missing/packed-self", "v2/u2f/rest/cose/kty-missing"];
        assert_eq!(seen(LoadStep::Verify, Some("cose/kty-missing")), malformed);
        assert_eq!(seen(LoadStep::Verify, None)[1], "v2/u2f/rest/enrolment/good");
        assert_eq!(seen(LoadStep::Start, Some("cose/kty-missing"))[1], "v2/u2f/rest/enrolment/start");
        assert_eq!(seen(LoadStep::Cleanup, None)[1], "v2/u2f/rest/enrolment/remove");
        let place =
            Place { draw: draw(Flow::V2_U2F, Kind::Good), step: LoadStep::Verify, case: None, format: Format::None };
        assert!(!Excuses::default().excuse(&place, &finding, ""), "nothing is known");
        let crashes = Excuses::new(|record| (record.verdict, record.reason) == (Verdict::Fail, Reason::Crash));
        assert!(crashes.excuse(&place, &finding, ""));
        assert!(!crashes.excuse(&place, &Finding { reason: Reason::Hang, ..finding }, ""));
    }
}
