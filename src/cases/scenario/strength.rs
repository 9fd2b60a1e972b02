//! How strong a case's expectation may be: as strong as its basis, and no stronger.

use super::entry::CaseEntry;
use super::expectation::Expectation;
use super::model::Case;
use crate::contract::clause::{self, Basis};
use crate::outcome::Reason;

/// The strength of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// `must-accept`, `must-reject`, and refusals of a documented kind.
    Must,
    /// `should-accept` and `should-reject`.
    Should,
    /// All other expectations: no answer breaks a promise.
    Open,
}

fn strength(expectation: Expectation) -> Strength {
    match (expectation.accepted, expectation.refused) {
        (Reason::AcceptedInvalid, _) | (_, Reason::RejectedValid) => Strength::Must,
        (Reason::ShouldUnmet, _) | (_, Reason::ShouldUnmet) => Strength::Should,
        _ => Strength::Open,
    }
}

impl Case {
    /// The basis of the case: the one that it states; `may` if it takes either answer in the end; else that of its primary clause.
    pub fn basis(&self) -> Basis {
        let of_clause = clause::find(self.primary_clause()).map_or(Basis::May, |clause| clause.basis);
        let is_open = self.expectation().is_none_or(|expectation| expectation == Expectation::EITHER);
        self.basis.unwrap_or(if is_open { Basis::May } else { of_clause })
    }

    /// The text of the case's basis: the source that it states, else that of its primary clause.
    pub fn source(&self) -> &str {
        let of_clause = || clause::find(self.primary_clause()).map_or("", |clause| clause.source);
        self.source.as_deref().unwrap_or_else(of_clause)
    }
}

/// Whether the strength of the expectations fits the case's basis.
pub(super) fn check(entry: &CaseEntry, case: &Case) -> Result<(), String> {
    let primary = clause::find(case.primary_clause());
    if entry.basis.is_some_and(|basis| primary.is_some_and(|clause| clause.basis != basis)) && entry.source.is_none() {
        return Err(
            "its basis differs from that of its clause; write `source: ..`, the text that it rests on".to_owned()
        );
    }
    let expected: Vec<Expectation> = case.steps.iter().filter_map(|step| step.expect).collect();
    let strengths: Vec<Strength> = expected.iter().copied().map(strength).collect();
    let basis = case.basis();
    let name = basis.name();
    match (basis, strengths.contains(&Strength::Should), strengths.last()) {
        (Basis::May, true, _) | (Basis::May, false, Some(Strength::Must)) => Err(format!(
            "it rests on {name}, which demands nothing; write `expect: may`, or `basis: ..` with its `source`"
        )),
        (_, true, _) if basis.binds() => {
            Err(format!("it rests on {name}, which is not a recommendation; write must-accept or must-reject"))
        }
        // In a case of several steps the good calls are promises all the same, and are not about its clause.
        (_, _, Some(Strength::Must)) if expected.last() == Some(&Expectation::ACCEPT) && !entry.steps.is_empty() => {
            Ok(())
        }
        (_, _, Some(Strength::Must)) if !basis.binds() => {
            Err(format!("it rests on {name}, which is not a MUST; write should-accept or should-reject"))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::contract::clause::{self, Basis};
    use crate::scenario::{embedded, parse_suite};

    const ORIGIN: &str = "webauthn/7.1/origin";
    const LENGTH: &str = "webauthn/7.1/credential-id-length";

    fn read(clause: &str, rest: &str) -> Result<(Basis, String), String> {
        let text = format!("suite: s\ncases:\n- {{ id: s/a, title: t, clauses: [{clause}], {rest} }}\n");
        let cases = parse_suite("own.yaml", &text).map_err(|error| error.to_string())?;
        Ok((cases[0].basis(), cases[0].source().to_owned()))
    }

    #[test]
    fn a_case_rests_on_what_its_clause_rests_on_unless_it_says_otherwise() {
        let source = |id| clause::find(id).expect("listed").source.to_owned();
        assert_eq!(read(ORIGIN, "expect: must-reject"), Ok((Basis::SpecMust, source(ORIGIN))));
        assert_eq!(read(LENGTH, "expect: should-reject"), Ok((Basis::SpecShould, source(LENGTH))));
        assert_eq!(read(ORIGIN, "expect: may"), Ok((Basis::May, source(ORIGIN))), "it claims nothing");
        let stated = read(ORIGIN, "basis: fido, source: FIDO F-1, expect: should-reject");
        assert_eq!(stated, Ok((Basis::Fido, "FIDO F-1".to_owned())));
        let cited = read(ORIGIN, "source: RFC 6454, expect: must-reject");
        assert_eq!(cited, Ok((Basis::SpecMust, "RFC 6454".to_owned())), "a citation that fits better");
    }

    #[test]
    fn words_are_no_stronger_and_no_weaker_than_the_basis() {
        for (clause, rest, words) in [
            (ORIGIN, "expect: should-reject", "it rests on spec-must, which is not a recommendation"),
            (
                LENGTH,
                "expect: must-reject",
                "it rests on spec-should, which is not a MUST; write should-accept or should-reject",
            ),
            (ORIGIN, "basis: security, source: s, expect: must-accept", "it rests on security, which is not a MUST"),
            (ORIGIN, "basis: security, expect: should-reject", "write `source: ..`, the text that it rests on"),
            (ORIGIN, "basis: may, source: s, expect: must-reject", "it rests on may, which demands nothing"),
            ("webauthn/8.6/knowledge", "expect: should-accept", "it rests on may, which demands nothing"),
            (ORIGIN, "basis: must, expect: must-reject", "must"),
        ] {
            let error = read(clause, rest).expect_err(rest);
            assert!(error.contains(words), "{rest}: {error}");
        }
    }

    /// The good enrolment before a recommendation is a promise all the same.
    #[test]
    fn steps_before_the_last_may_say_more() {
        let steps = "steps: [{ call: start }, { make: credential }, { call: verify, expect: must-accept }, { call: start }, \
                     { make: same-credential-id }, { call: verify, expect: should-reject }]";
        assert_eq!(read("webauthn/7.1/credential-id-unique", steps).map(|(basis, _)| basis), Ok(Basis::SpecShould));
    }

    #[test]
    fn every_case_of_the_product_has_a_citation() {
        for case in embedded().expect("valid suites") {
            assert!(!case.source().is_empty(), "{}", case.id);
        }
    }
}
