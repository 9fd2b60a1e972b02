//! Names of places in the page.

/// The name of an id in a fragment. Ids are paths of slugs; any other character, from a foreign stream, becomes `~`.
pub(super) fn anchor(kind: &str, id: &str) -> String {
    let safe = |character: char| {
        if character.is_ascii_alphanumeric() || "-._/".contains(character) { character } else { '~' }
    };
    format!("{kind}-{}", id.chars().map(safe).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_has_nothing_that_ends_an_attribute() {
        assert_eq!(anchor("case", "a-b/c.d e\"<\u{202e}"), "case-a-b/c.d~e~~~");
    }
}
