//! The words that the glossary retires are in no text that somebody reads.

use std::path::Path;

use crate::architecture::source::files;

/// Beginnings of words, as the glossary has them.
const RETIRED: [&str; 4] = ["permutation", "latitude", "mend", "at the begin"];
/// Published names that stay.
const PUBLISHED: [&str; 2] = ["\"permutations\"", "\"mend\""];
/// Where people read, and the kinds of files.
const PLACES: [&str; 10] = [
    "src",
    "docs",
    "scenarios",
    "deploy",
    "tests/it",
    "reports/schemas",
    "packaging",
    "action",
    "templates",
    ".github",
];
const KINDS: [&str; 8] = ["rs", "md", "yaml", "yml", "sh", "html", "js", "json"];
/// Files that name the words to retire them.
const ABOUT_THEM: [&str; 2] = ["docs/glossary.md", "tests/it/english.rs"];

/// Retired words in a line.
fn retired(line: &str) -> Vec<&'static str> {
    let mut line = line.to_lowercase().replace("\\\"", "\"");
    PUBLISHED.iter().for_each(|name| line = line.replace(name, ""));
    let begins = |at: usize| !line[..at].ends_with(|before: char| before.is_alphanumeric());
    // The beginning of `beginning` is not the word.
    let ends = |word: &str, at: usize| word != "at the begin" || !line[at + word.len()..].starts_with("ning");
    let mut found: Vec<&str> = RETIRED
        .into_iter()
        .filter(|word| line.match_indices(word).any(|(at, _)| begins(at) && ends(word, at)))
        .collect();
    if [" is no ", " are no ", " was no ", " were no "].iter().any(|words| is_denied(&line, words)) {
        found.push("is no X");
    }
    found
}

/// Whether a line denies that something is a thing; that there is none of it is another statement, and so is a comparison.
fn is_denied(line: &str, words: &str) -> bool {
    let allowed = |after: &str| ["longer", "more than", "less", "fewer"].iter().any(|word| after.starts_with(word));
    let found = |(at, _): (usize, &str)| !line[..at].ends_with("there") && !allowed(&line[at + words.len()..]);
    line.match_indices(words).any(found)
}

#[test]
fn retired_words_are_not_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let named = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"].map(|name| root.join(name));
    let mut wrong = Vec::new();
    for path in PLACES.iter().flat_map(|place| files(&root.join(place))).chain(named) {
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        let is_read = KINDS.iter().any(|kind| path.extension().is_some_and(|extension| extension == *kind));
        if !is_read || ABOUT_THEM.contains(&name.as_str()) {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("text");
        for (line, number) in text.lines().zip(1..) {
            wrong.extend(retired(line).into_iter().map(|word| format!("{name}:{number}: `{word}`")));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_glossary_names_them() {
    let glossary = include_str!("../../docs/glossary.md");
    for word in RETIRED.iter().chain(&["is no X"]) {
        assert!(glossary.contains(&format!("\n| {word} | ")), "docs/glossary.md does not retire `{word}`");
    }
}

#[test]
fn words_are_told_apart() {
    for (line, words) in [
        ("9 permutations of 3 cases", &["permutation"][..]),
        ("a Latitude; mended at the begin", &["latitude", "mend", "at the begin"]),
        ("this is no pass", &["is no X"]),
        ("there is no list, it is no longer read, at the beginning an amendment is recommended", &[]),
        ("{ \"permutations\": 1, \"mend\": \"x\" }", &[]),
    ] {
        assert_eq!(retired(line), words, "{line}");
    }
}
