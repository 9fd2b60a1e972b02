//! Where a finding is shown in the user's checkout, and how it is recognised in another run.

use std::path::{Component, Path};

use crate::outcome::{CaseRecord, Finding, RunStarted};
use crate::webauthn::hash::Hash;
use crate::words::hex;

/// A file of the user that a record belongs to: the own suite that has the case, otherwise the target file. Only a file that is there, below
/// the present directory: other programs look for it in the user's checkout. `None` if there is no such file.
pub(super) fn file<'a>(started: &'a RunStarted, record: &'a CaseRecord) -> Option<&'a str> {
    let target = started.made_with.as_deref().and_then(|with| with.target_file.as_deref());
    [record.suite.as_deref(), target]
        .into_iter()
        .flatten()
        .find(|path| is_below(Path::new(path)) && Path::new(path).is_file())
}

fn is_below(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// A fingerprint that stays the same from run to run: without seed, time and the target's text.
pub(super) fn fingerprint(record: &CaseRecord, finding: &Finding) -> String {
    let reason = record.reason.name();
    let parts = [&record.id, &record.case, &record.flow, &record.protocol, &finding.clause, &reason];
    let text = parts.map(|part| part.replace('\n', " ")).join("\n");
    hex(&Hash::Sha256.digest(text.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_outside_the_checkout_are_not_shown() {
        for (path, expected) in
            [("a/b.yaml", true), ("./a", true), ("../a", false), ("/a", false), ("a/../../b", false)]
        {
            assert_eq!(is_below(Path::new(path)), expected, "{path}");
        }
    }
}
