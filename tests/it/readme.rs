//! The README: what it shows is what the program prints, what it links exists, and it stays short.

use std::path::Path;

use crate::cli::{Served, command, finish};

const README: &str = include_str!("../../README.md");
/// `PROOFMARK_WRITE_DOCS=1` writes the blocks again.
const FIX: &str = "`PROOFMARK_WRITE_DOCS=1 cargo test --test it readme` writes it again";

/// Where the block that begins with a word starts and ends in the text.
fn block(text: &str, word: &str) -> (usize, usize) {
    let start = text.find(&format!("```text\n{word}")).expect("the block") + "```text\n".len();
    (start, start + text[start..].find("```").expect("its end"))
}

/// The lines without what differs from one run and one machine to the next.
fn settled(text: &str) -> String {
    let word = |word: &str| {
        let is_time = word.starts_with("20") && word.trim_end_matches(',').ends_with('Z')
            || word.parse::<f64>().is_ok_and(|_| word.contains('.'));
        let is_place = word.starts_with("http://127.0.0.1:");
        if is_time || is_place { "..".to_owned() } else { word.to_owned() }
    };
    let line = |line: &str| line.split(' ').map(word).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

fn assert_shows(word: &str, printed: &str) {
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let text = std::fs::read_to_string(&path).expect("text");
        let (start, end) = block(&text, word);
        if settled(&text[start..end]) != settled(printed) {
            std::fs::write(path, format!("{}{printed}{}", &text[..start], &text[end..])).expect("written");
        }
        return;
    }
    let (start, end) = block(README, word);
    // A busy machine may have more to say, such as which calls were slow.
    let printed = settled(printed);
    for line in settled(&README[start..end]).lines() {
        assert!(printed.lines().any(|shown| shown == line), "`{line}` is not in\n{printed}\n{FIX}");
    }
}

/// One test writes both blocks, so that none overwrites what another wrote.
#[test]
fn what_is_shown_is_what_is_printed() {
    let run = |args: &[&str], directory: &Path| {
        finish(command(args).current_dir(directory).env("HOSTNAME", "build-7").env("COLUMNS", "80"))
    };
    let directory = tempfile::tempdir().expect("a directory");
    let green = run(&["run", "--seed", "1"], directory.path()).exits(0).out;
    assert_shows("target", &green);
    let served = Served::with(&["--defect", "limit-token-name-201"]);
    let red = ["run", "--target", "target.toml", "--seed", "4", "limits", "--report", "ndjson=events.ndjson"];
    let red = run(&red, served.directory.path()).exits(1).out;
    let start = red.find("FAIL accepted-invalid").expect("in full");
    let end = start + red[start..].find("\n\n").map_or(red.len() - start, |end| end + 1);
    assert_shows("FAIL", &red[start..end]);
}

#[test]
fn what_is_linked_exists_and_every_page_is_in_the_index() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages: Vec<(String, String)> = vec![("README.md".to_owned(), README.to_owned())];
    for entry in std::fs::read_dir(root.join("docs")).expect("there").map(|entry| entry.expect("readable").path()) {
        if entry.extension().is_some_and(|extension| extension == "md") {
            let name = format!("docs/{}", entry.file_name().expect("a name").to_string_lossy());
            assert!(README.contains(&format!("({name})")), "the index of README.md does not name {name}");
            pages.push((name, std::fs::read_to_string(&entry).expect("text")));
        }
    }
    for (name, text) in pages {
        let directory = root.join(&name).parent().expect("a directory").to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let is_local = !path.is_empty() && !link.contains("://") && !link.contains(' ');
            assert!(!is_local || directory.join(path).exists(), "{name} links {link}");
        }
    }
}

#[test]
fn the_first_result_is_on_the_first_screen() {
    let first = README.lines().position(|line| line.starts_with("result ")).expect("a result");
    assert!(first < 40, "line {first}");
    assert!(README.lines().count() <= 110, "{} lines; the rest belongs into docs/", README.lines().count());
}
