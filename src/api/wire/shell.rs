//! Words of a POSIX shell.

/// A text as one word: as it is if it has only letters, digits and characters of `plain`, otherwise in single quotes, in which a shell
/// leaves everything alone.
pub fn word(text: &str, plain: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || plain.contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn only_plain_words_are_left_without_quotes() {
        assert_eq!(word("a/b-1", "/-"), "a/b-1");
        assert_eq!(word("a/b", "-"), "'a/b'");
        assert_eq!(word("", "/"), "''");
        assert_eq!(word("it's $HOME", ""), r"'it'\''s $HOME'");
    }
}
