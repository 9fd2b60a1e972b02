//! What a record observed, as one stable text.

use crate::outcome::{CaseRecord, Reason};

/// How many characters are kept.
const MOST: usize = 300;

/// What was observed, without parts that differ from run to run: no times, challenges, ids of factors or messages. It is ASCII in
/// one line, whatever the target sent.
///
/// If an answer was compared with its expectation, it is the answer: `accepted`, or `refused with code 3 and id LIMIT-x`, also for
/// a refusal with a server error. For a comparison it is the answers over all protocols. For a finding of a check it is the check
/// and what it expected, since what it received is the target's text: `details-shape: expected details.sequence: ...`.
pub fn observation(record: &CaseRecord) -> String {
    let Some(finding) = record.findings.first() else { return plain(&record.observed) };
    if record.reason == Reason::TransportsDisagree {
        return plain(&finding.received);
    }
    // A refusal with a server error is an answer too: its code and id identify its cause, over every protocol.
    let is_refusal = record.reason == Reason::Crash && record.observed.starts_with("refused");
    if is_refusal || (finding.check == "expectation" && !record.observed.is_empty()) {
        return plain(&record.observed);
    }
    plain(&format!("{}: expected {}", finding.check, finding.expected))
}

/// Printable ASCII of bounded length.
pub(super) fn plain(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars().take(MOST) {
        if character.is_ascii_graphic() || character == ' ' {
            safe.push(character);
        } else {
            safe.extend(character.escape_unicode());
        }
    }
    safe
}
