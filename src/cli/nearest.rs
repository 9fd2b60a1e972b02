//! What somebody may have meant who wrote a name that does not exist.

use std::path::Path;

use crate::contract::clause;
use crate::scenario;

/// From this likeness on (0 to 1) a name is proposed.
const ALIKE: f64 = 0.8;
/// The likeness of a name that has the text in it: if there are some, no others are proposed.
const WITHIN: f64 = 2.0;
/// The most names that are proposed.
const MOST: usize = 3;

/// The names most like a text, as `; did you mean a, b?`; nothing if none is like it.
pub fn meant<'n>(text: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let likeness = |name: &str| if name.contains(text) { WITHIN } else { strsim::jaro_winkler(text, name) };
    let mut near: Vec<(f64, &str)> = names.into_iter().map(|name| (likeness(name), name)).collect();
    let least = if near.iter().any(|(likeness, _)| *likeness == WITHIN) { WITHIN } else { ALIKE };
    near.retain(|(likeness, _)| *likeness >= least);
    near.sort_by(|(a, short), (b, long)| b.total_cmp(a).then_with(|| short.len().cmp(&long.len())));
    near.dedup_by(|(_, a), (_, b)| a == b);
    let near: Vec<&str> = near.into_iter().take(MOST).map(|(_, name)| name).collect();
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) }
}

/// What to write in place of a pattern that names no test.
pub fn hint(pattern: &str) -> String {
    if Path::new(pattern).is_file() {
        return format!("it is a file: did you mean --target {pattern}, or --suite {pattern}?");
    }
    if let Some(found) = clause::find(pattern) {
        return format!("no case is about the clause {} alone: every answer is held to it", found.id);
    }
    let cases = scenario::embedded().unwrap_or_default();
    let suites = cases.iter().filter_map(|case| case.id.split('/').next());
    let clauses = clause::all().map(|clause| clause.id);
    let names = cases.iter().map(|case| case.id.as_str()).chain(suites).chain(clauses);
    format!("`proofmark list tests` shows all{}", meant(pattern, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_understood_and_nonsense_is_not() {
        assert_eq!(meant("limist", ["limits", "wire"]), "; did you mean limits?");
        assert_eq!(
            meant("name", ["limits/name-1", "limits/name", "wire"]),
            "; did you mean limits/name, limits/name-1?"
        );
        assert_eq!(meant("zzzz", ["limits", "wire"]), "");
        assert!(hint("enrolmnt").contains("did you mean enrolment"), "{}", hint("enrolmnt"));
        assert!(hint("api/no-leak").contains("every answer is held to it"), "{}", hint("api/no-leak"));
    }
}
