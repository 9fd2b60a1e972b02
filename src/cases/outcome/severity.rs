//! How severe what a test found is: by the registration catalogue where the case is one of its cases, otherwise by the clause.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::finding::Finding;
use super::reason::Reason;
use super::record::CaseRecord;
use super::verdict::Verdict;
use crate::contract::clause::{self, Severity};

/// A case of the catalogue, as far as it is read here.
#[derive(Deserialize)]
struct Entry {
    id: &'static str,
    severity: Severity,
}

/// The severity that the registration catalogue gives to a case; `None` for a case that is not in it.
pub fn catalogued(case: &str) -> Option<Severity> {
    static BY_CASE: LazyLock<HashMap<&str, Severity>> = LazyLock::new(|| {
        // A test reads the file. Without it every case would have the severity of its clause.
        let entries: Vec<Entry> = serde_json::from_str(proofmark_fixtures::CATALOGUE).unwrap_or_default();
        entries.into_iter().map(|entry| (entry.id, entry.severity)).collect()
    });
    BY_CASE.get(case).copied()
}

impl CaseRecord {
    /// How severe its deciding finding is; `None` where no statement about the target is broken: for passes, skips and errors.
    pub fn severity(&self) -> Option<Severity> {
        if !matches!(self.verdict, Verdict::Fail | Verdict::Deviation) {
            return None;
        }
        let finding = self.findings.first()?;
        let is_own = |finding: &Finding| self.clauses.iter().any(|id| clause::includes(id, &finding.clause));
        let of_case = catalogued(&self.case).filter(|_| self.suite.is_none() && is_own(finding));
        let severity = of_case.or_else(|| clause::severity(&finding.clause)).unwrap_or(Severity::Medium);
        Some(severity.max(finding.reason.most_severe()))
    }
}

impl Reason {
    /// The gravest that a finding with this reason can be, whatever its clause is: a refusal in the wrong words lets nobody in.
    pub const fn most_severe(self) -> Severity {
        use Reason as R;
        match self {
            R::RejectedValid | R::Hang => Severity::High,
            R::Crash | R::WrongStatus | R::WrongShape | R::WrongReason | R::FidoUnmet => Severity::Medium,
            R::WrongContentType | R::DocVsServer | R::AlsoAllowed => Severity::Low,
            _ => Severity::Critical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Profile;

    fn severity(case: &str, clauses: &[&str], clause: &str, reason: Reason) -> Option<Severity> {
        let mut record = CaseRecord::empty("v2/u2f/rest/x", case);
        record.clauses = clauses.iter().map(|id| (*id).to_owned()).collect();
        record.findings = vec![Finding { reason, ..Finding::new("c", clause, reason, "", "") }];
        record.decide(Profile::Webauthn);
        record.severity()
    }

    #[test]
    fn a_case_of_the_catalogue_has_its_severity_and_any_other_that_of_its_clause() {
        let object = "webauthn/7.1/attestation-object";
        assert_eq!(catalogued("att-obj/trailing-byte"), Some(Severity::Low));
        let of_case = severity("att-obj/trailing-byte", &[object], object, Reason::AcceptedInvalid);
        assert_eq!(of_case, Some(Severity::Low));
        assert_eq!(severity("own/case", &[object], object, Reason::AcceptedInvalid), Some(Severity::High));
        // Another clause than the case is about.
        let token = "api/no-leak/token";
        let leak = severity("att-obj/trailing-byte", &[object], token, Reason::Leak);
        assert_eq!(leak, Some(Severity::Critical));
        assert_eq!(severity("own/case", &[], "own/clause", Reason::AcceptedInvalid), Some(Severity::Medium));
    }

    #[test]
    fn a_refusal_is_never_as_severe_as_an_acceptance() {
        let origin = "webauthn/7.1/origin";
        let of = |reason| severity("own/case", &[origin], origin, reason);
        assert_eq!(of(Reason::AcceptedInvalid), Some(Severity::Critical));
        assert_eq!(of(Reason::Crash), Some(Severity::Medium));
        assert_eq!(of(Reason::RejectedValid), Some(Severity::High));
        for reason in [Reason::Met, Reason::Setup, Reason::NotDeclared] {
            assert_eq!(of(reason), None, "{reason:?}");
        }
    }
}
