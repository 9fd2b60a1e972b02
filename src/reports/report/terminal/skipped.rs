//! What was skipped, in one line.

use std::collections::BTreeSet;

use crate::outcome::{CaseRecord, RunRecord, Verdict};
use crate::report::text::printable;
use crate::webauthn::cose::CoseAlgorithm;
use crate::words::{beginning, plural};

/// How many skips there are, and what the target would need: `67 tests: algorithms that the target does not offer (ESP256, RS1), ...`,
/// in one line of a width. `None` if there are none.
pub(super) fn words(run: &RunRecord, width: usize) -> Option<String> {
    let skips: Vec<&CaseRecord> = run.cases.iter().filter(|record| record.verdict == Verdict::Skip).collect();
    if skips.is_empty() {
        return None;
    }
    let (mut algorithms, mut named, mut others) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for record in &skips {
        match (algorithm(record), requirement(record)) {
            (Some(name), _) => drop(algorithms.insert(name)),
            (None, Some(name)) => drop(named.insert(name)),
            (None, None) => drop(others.insert(received(record))),
        }
    }
    let mut needs = Vec::new();
    if !algorithms.is_empty() {
        needs.push(format!("no offer of {}", algorithms.into_iter().collect::<Vec<_>>().join(", ")));
    }
    needs.extend(named);
    // An answer says less than a name.
    if needs.is_empty() {
        needs.extend(others);
    }
    let text = printable(&format!("{}: {}", plural(skips.len(), "test"), needs.join("; ")));
    Some(if text.chars().count() <= width { text } else { cut(&text, width) })
}

/// The beginning, up to the last whole word before the width.
fn cut(text: &str, width: usize) -> String {
    let head = beginning(text, width.saturating_sub(5));
    let is_whole = text[head.len()..].starts_with(' ');
    let end = if is_whole { head.len() } else { head.rfind(' ').unwrap_or(head.len()) };
    format!("{}, ...", head[..end].trim_end_matches([',', ';', ' ']))
}

/// The algorithm that the options do not offer, if that is why.
fn algorithm(record: &CaseRecord) -> Option<String> {
    let finding = record.findings.first()?;
    let of_number = |text: &str| {
        let number = text.rsplit([' ', ':', '(']).next()?.trim_end_matches(')').parse().ok()?;
        Some(CoseAlgorithm(number).name().map_or_else(|| format!("algorithm {number}"), str::to_owned))
    };
    if finding.expected.contains("(alg:") || finding.expected.contains("offer algorithm ") {
        return of_number(&finding.expected);
    }
    // A test of one of several algorithms: its id ends with the name.
    let axis = record.id.rsplit('/').next().filter(|axis| CoseAlgorithm::from_name(axis).is_some());
    axis.filter(|_| finding.received.starts_with("the options offer [")).map(str::to_owned)
}

/// What else is missing: the name of a requirement, which is in brackets.
fn requirement(record: &CaseRecord) -> Option<String> {
    let expected = record.findings.first()?.expected.strip_suffix(')')?;
    expected.rsplit_once('(').map(|(_, name)| name.to_owned())
}

fn received(record: &CaseRecord) -> String {
    record.findings.first().map(|finding| finding.received.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Finding, Profile, Reason};

    fn skip(id: &str, expected: &str, received: &str) -> CaseRecord {
        let mut record = CaseRecord::empty(id, "suite/case");
        record.findings =
            vec![Finding::new("requirement", "webauthn/7.1/accept", Reason::NotDeclared, expected, received)];
        record.decide(Profile::default());
        record
    }

    #[test]
    fn needs_are_named_once() {
        let offer = "the options offer [-7, -257]";
        let records = [
            skip("a/rest/s/x/ES384", "the same enrolment with nothing wrong in it is accepted", offer),
            skip("a/rest/s/y", "creation options that offer this algorithm (alg:-35)", "the options do not offer it"),
            skip("a/rest/s/z", "options that offer algorithm -65000", offer),
            skip("a/rest/s/uv", "creation options that require user verification (uv-required)", "they do not"),
            skip("a/rest/s/code", "a registration code", "none declared"),
        ];
        assert_eq!(algorithm(&records[0]).as_deref(), Some("ES384"));
        assert_eq!(algorithm(&records[1]).as_deref(), Some("ES384"));
        assert_eq!(algorithm(&records[2]).as_deref(), Some("algorithm -65000"));
        assert_eq!((requirement(&records[3]).as_deref(), requirement(&records[4])), (Some("uv-required"), None));
        assert_eq!(received(&records[4]), "none declared");
        assert_eq!(cut("67 tests: no offer of ESP256, RS1", 32), "67 tests: no offer of, ...");
        assert_eq!(cut("67 tests: no offer of ESP256, RS1", 34), "67 tests: no offer of ESP256, ...");
    }
}
