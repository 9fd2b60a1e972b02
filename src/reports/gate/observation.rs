//! What a record observed, as one stable text.

use crate::outcome::{CaseRecord, Reason};

/// Characters that are kept.
const MOST: usize = 300;

/// What was observed, without what differs from run to run: no times, challenges, ids of factors or messages. ASCII in one
/// line, whatever the target sent.
///
/// Where an answer was set against its expectation it is the answer: `accepted`, or `refused with code 3 and id LIMIT-x`, also of
/// a refusal by a server error; of a comparison the answers over all protocols. What a check found is told by the check and by what it had expected, since what
/// it received is the target's text: `details-shape: expected details.sequence: ...`.
pub fn observation(record: &CaseRecord) -> String {
    let Some(finding) = record.findings.first() else { return plain(&record.observed) };
    if record.reason == Reason::TransportsDisagree {
        return plain(&finding.received);
    }
    // A refusal by a server error is an answer too: its code and id tell one cause from another, over every protocol.
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
