//! The words of a diagnosis, the same in every report.

use std::collections::BTreeSet;

use crate::diagnosis::{Cause, Diagnosis};
use crate::words::plural;

/// How many cases are named.
const NAMED: usize = 3;

/// What was found, in one sentence.
pub(super) fn head(diagnosis: &Diagnosis) -> String {
    let failed = count(diagnosis.failed, "test");
    let explained = diagnosis.failed.saturating_sub(diagnosis.unexplained);
    match diagnosis.causes.len() {
        0 => {
            format!("{failed} {} because of the target, and this is not like any known defect", fail(diagnosis.failed))
        }
        1 => format!("One known defect would explain {explained} of the {failed} that fail because of the target"),
        causes => format!(
            "{causes} known defects together would explain {explained} of the {failed} that fail because of the target"
        ),
    }
}

const fn fail(tests: u32) -> &'static str {
    if tests == 1 { "fails" } else { "fail" }
}

fn count(count: u32, thing: &str) -> String {
    plural(usize::try_from(count).unwrap_or(usize::MAX), thing)
}

/// What the server would do wrong, as a sentence. A name, such as `rp.id`, is left as it is.
pub(super) fn wrong(cause: &Cause) -> String {
    let is_word =
        cause.wrong.split(' ').next().is_some_and(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == ','));
    let (first, rest) = cause.wrong.split_at(usize::from(is_word).min(cause.wrong.len()));
    format!("{}{rest}.", first.to_uppercase())
}

/// How much a cause explains.
pub(super) fn explains(cause: &Cause) -> String {
    let further = match (cause.explains, cause.further) {
        (_, 0) => String::new(),
        (0, more) => count(more, "further finding"),
        (_, more) => format!(" and {}", count(more, "further finding")),
    };
    let tests = if cause.explains == 0 { String::new() } else { count(cause.explains, "test") };
    format!("{tests}{further} of {}", cases(&cause.cases))
}

/// How many cases, and some of them.
fn cases(cases: &BTreeSet<String>) -> String {
    let named = cases.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    match cases.len() {
        0..=NAMED => format!("{}: {named}", plural(cases.len(), "case")),
        all => format!("{all} cases, such as {named}"),
    }
}

/// What a server with this defect alone would also show; `None` if there is nothing.
pub(super) fn missing(cause: &Cause) -> Option<String> {
    (!cause.missing.is_empty()).then(|| format!("{} that would fail too", cases(&cause.missing)))
}

/// Other defects that this run can't tell from it; `None` if there is none.
pub(super) fn same(cause: &Cause) -> Option<String> {
    (!cause.same.is_empty()).then(|| cause.same.join(", "))
}

/// What stays unexplained; `None` if nothing does.
pub(super) fn unexplained(diagnosis: &Diagnosis) -> Option<String> {
    let tests = count(diagnosis.unexplained, "test");
    let is_like = if diagnosis.unexplained == 1 { "is" } else { "are" };
    let about = cases(&diagnosis.cases);
    (diagnosis.unexplained > 0).then(|| format!("{tests} {is_like} not like any known defect ({about})"))
}

/// The defect that is most like what stays unexplained; `None` if none is.
pub(super) fn nearest(diagnosis: &Diagnosis) -> Option<String> {
    let near = diagnosis.nearest.as_ref().filter(|_| diagnosis.unexplained > 0)?;
    let missing = match near.missing {
        0 => String::new(),
        count => format!(", and with it {} would fail that did not", plural(count, "case")),
    };
    Some(format!(
        "{} ({}): it would explain {} of them{missing}. It is the nearest, not the cause",
        near.defect, near.wrong, near.explains
    ))
}
