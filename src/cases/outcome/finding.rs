//! One observation, and which of several observations decides.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::profile::Profile;
use super::reason::Reason;
use super::verdict::Verdict;
use crate::contract::clause::{self, Basis};

/// One observation of one check or expectation, good or bad.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the check, or `expectation`, `after-state`, `oracle`, `transport`.
    pub check: String,
    /// Id of the clause that it is about.
    pub clause: String,
    /// Why; the verdict follows from it and from the run's profile.
    pub reason: Reason,
    /// The basis of the statement; `None` if it is not about a clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The citation, if it is not the clause's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What was expected, in one line.
    pub expected: String,
    /// What was received, in one line.
    pub received: String,
    /// Index of the exchange that it is about, among those that the record keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<usize>,
}

impl Finding {
    /// A finding of a check about a clause, with the basis of the clause. The finding is not stronger than this basis allows.
    pub fn new(
        check: &str,
        clause: &str,
        reason: Reason,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) -> Self {
        let basis = clause::find(clause).map(|clause| clause.basis);
        Self {
            check: check.to_owned(),
            clause: clause.to_owned(),
            reason: basis.map_or(reason, |basis| reason.resting_on(basis)),
            basis,
            source: None,
            expected: expected.into(),
            received: received.into(),
            exchange: None,
        }
    }

    /// The same about a statement that rests on something else than its clause. The reason is given as it was before, since the
    /// clause may have made a weaker one of it.
    #[must_use]
    pub fn resting_on(self, reason: Reason, basis: Basis, source: Option<String>) -> Self {
        Self { reason: reason.resting_on(basis), basis: Some(basis), source, ..self }
    }

    /// The verdict under a profile.
    pub fn verdict(&self, profile: Profile) -> Verdict {
        self.reason.verdict(profile)
    }

    /// The statement that it is about; `None` if it is not about a clause of this version.
    pub fn promise(&self) -> Option<Promise<'_>> {
        let clause = clause::find(&self.clause)?;
        let (basis, source) = (self.basis.unwrap_or(clause.basis), self.source.as_deref().unwrap_or(clause.source));
        Some(Promise { basis, text: clause.text, source })
    }
}

/// A statement, its basis, and where that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise<'a> {
    /// Its basis.
    pub basis: Basis,
    /// The clause's words.
    pub text: &'static str,
    /// The citation.
    pub source: &'a str,
}

impl fmt::Display for Promise<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.basis.word(), self.text)
    }
}

/// The most severe of some findings under a profile; if several are equally severe, the first of them. If all are passes, the weakest
/// one, so that a weak one is not hidden behind the steps before it.
pub fn gravest(findings: &[Finding], profile: Profile) -> Option<&Finding> {
    let weight = |finding: &Finding| {
        let weakness = match finding.reason {
            Reason::Unattributed | Reason::LeftOpen => 2,
            Reason::RightReason => 1,
            _ => 0,
        };
        (finding.verdict(profile), weakness)
    };
    findings.iter().reduce(|worst, finding| if weight(finding) > weight(worst) { finding } else { worst })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_finding_decides_and_the_first_of_equals() {
        let finding = |reason, clause: &str| Finding::new("c", clause, reason, "", "");
        let findings = [
            finding(Reason::Met, "a"),
            finding(Reason::Setup, "b"),
            finding(Reason::WrongShape, "c"),
            finding(Reason::Leak, "d"),
            finding(Reason::DocVsServer, "e"),
        ];
        assert_eq!(gravest(&findings, Profile::Webauthn).map(|f| f.clause.as_str()), Some("c"));
        assert_eq!(gravest(&[], Profile::Webauthn), None);
        let passes = [finding(Reason::Met, "a"), finding(Reason::Unattributed, "b"), finding(Reason::RightReason, "c")];
        assert_eq!(gravest(&passes, Profile::Webauthn).map(|f| f.clause.as_str()), Some("b"));
        let skipped = [finding(Reason::Met, "a"), finding(Reason::NotDeclared, "b")];
        assert_eq!(
            gravest(&skipped, Profile::Webauthn).map(|f| f.clause.as_str()),
            Some("b"),
            "a skip is not hidden behind a pass"
        );
        assert_eq!(Reason::AcceptedInvalid.name(), "accepted-invalid");
    }
    #[test]
    fn a_finding_is_no_stronger_than_its_basis() {
        let of_clause = |clause| Finding::new("c", clause, Reason::WrongShape, "", "");
        let recommended = of_clause("webauthn/13.4.3/challenge-length");
        assert_eq!((recommended.reason, recommended.basis), (Reason::ShouldUnmet, Some(Basis::SpecShould)));
        let documented = of_clause("api/status/ok");
        assert_eq!((documented.reason, documented.basis), (Reason::WrongShape, Some(Basis::ApiDoc)));
        assert_eq!(of_clause("").basis, None);
        let demanded = documented.resting_on(Reason::AcceptedInvalid, Basis::Fido, Some("FIDO".to_owned()));
        assert_eq!((demanded.reason, demanded.basis), (Reason::FidoUnmet, Some(Basis::Fido)));
        // Under the strict profile it outweighs a finding that is a deviation there too.
        let findings = [Finding::new("c", "", Reason::DocVsServer, "", ""), demanded];
        let decides = |profile| gravest(&findings, profile).map(|finding| finding.reason);
        assert_eq!(decides(Profile::Webauthn), Some(Reason::DocVsServer));
        assert_eq!(decides(Profile::Fido), Some(Reason::FidoUnmet));
    }
}
