//! Wrong set-ups and wrong servers as a newcomer meets them. What is printed stands in `docs/triage.md`.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Output, Served, command, finish, proofmark};
use crate::hostile::tls;

/// Runs in the directory of a target file, with the seed that the page shows.
fn run(served: &Served, arguments: &[&str]) -> Output {
    let fixed = ["run", "--target", "target.toml", "--seed", "1", "-j", "1"];
    let mut command = command(&[&fixed[..], arguments].concat());
    finish(command.current_dir(served.directory.path()).env("HOSTNAME", "build-7"))
}

/// Replaces text in the target file or in the file of subjects.
fn edit(served: &Served, file: &str, change: impl Fn(String) -> String) {
    let path = served.path(file);
    let text = std::fs::read_to_string(&path).expect("there");
    let changed = change(text.clone());
    assert_ne!(changed, text, "{file} is not changed");
    std::fs::write(path, changed).expect("written");
}

/// The outputs of the page, by name, with their exit codes.
async fn outputs() -> BTreeMap<&'static str, String> {
    let mut outputs = BTreeMap::new();
    let mut keep = |name: &'static str, code: i32, output: Output| {
        let output = output.exits(code);
        assert!(!output.out.contains('\u{1b}') && !output.err.contains('\u{1b}'), "no colour");
        outputs.insert(name, settled(&format!("{}{}", without_forecast(&output.err), output.out), code));
    };
    wrong_files(&mut keep);
    let (base_url, _) = tls::serve("localhost", &[b"h2", b"http/1.1"]).await;
    let served = Served::with(&[]);
    edit(&served, "target.toml", |text| with_base_url(&text, &base_url));
    keep("untrusted-tls", 5, run(&served, &[]));
    let off = Served::with(&["--off", "v2/passkey"]);
    keep("flow-off", 5, run(&off, &[]));
    for (name, defect, patterns) in [
        ("defect-limit", "limit-token-name-201", &["limits/name-201-*", "limits/name-200-*"][..]),
        ("defect-origin", "verification-skips-origin", &["client-data/origin-o*"]),
        ("defect-rp-id", "options-rp-id-other", &["enrolment/start", "enrolment/good"]),
    ] {
        let served = Served::with(&["--defect", defect]);
        keep(name, 1, run(&served, &[patterns, &["--report", "ndjson=events.ndjson"]].concat()));
    }
    keep("dry-run", 0, proofmark(&["run", "--dry-run", "--seed", "1"]));
    outputs
}

fn wrong_files(keep: &mut impl FnMut(&'static str, i32, Output)) {
    let served = Served::with(&[]);
    let tokens = served.tokens();
    edit(&served, "target.subjects.json", |text| {
        tokens[..40].iter().fold(text, |text, token| text.replace(token, "a-token-of-last-year"))
    });
    keep("wrong-token", 5, run(&served, &[]));
    let served = Served::with(&[]);
    edit(&served, "target.subjects.json", |text| {
        tokens[2..40].iter().fold(text, |text, token| text.replace(token, "a-token-of-last-year"))
    });
    keep(
        "some-tokens",
        0,
        run(&served, &["client-data/origin-other-*", "limits/name-201-*", "--report", "ndjson=events.ndjson"]),
    );
    let served = Served::with(&["--host", "login.example"]);
    keep("wrong-host", 5, run(&served, &[]));
    let served = Served::with(&[]);
    edit(&served, "target.toml", |text| {
        text.replace("rp-id = \"localhost\"", "rp-id = \"example.org\"")
            .replace("https://localhost", "https://login.example.org")
    });
    keep("wrong-rp-id", 5, run(&served, &[]));
}

fn with_base_url(text: &str, url: &str) -> String {
    let line =
        |line: &str| if line.starts_with("base-url") { format!("base-url = \"{url}\"") } else { line.to_owned() };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Without what the run says about its length, which differs from one machine to the next.
fn without_forecast(notes: &str) -> String {
    let is_forecast = |line: &&str| {
        ["plan ", "subjects ", "calls ", "time ", "progress "].iter().any(|label| line.starts_with(label))
    };
    notes.lines().filter(|line| !is_forecast(line)).map(|line| format!("{line}\n")).collect()
}

/// The output with one port, one time and one duration, long lines cut, and its exit code.
fn settled(output: &str, code: i32) -> String {
    let line = |line: &str| {
        let line = with_one(line, "127.0.0.1:", "8080", |c| c.is_ascii_digit());
        let line = with_one(&line, "https://localhost:", "8443", |c| c.is_ascii_digit());
        let line = if line.contains("protocols in ") {
            with_one(&line, "protocols in ", "1.0", |c| c.is_ascii_digit() || c == '.')
        } else if let Some((_, rest)) = line.split_once(" on build-7").filter(|_| line.starts_with("started ")) {
            format!("started   2026-01-01T00:00:00Z on build-7{rest}")
        } else {
            line
        };
        match line.char_indices().nth(200) {
            Some((end, _)) => format!("{} ...", &line[..end]),
            None => line,
        }
    };
    let lines: Vec<String> = output.trim_end().lines().map(line).collect();
    format!("{}\n(exit code {code})", lines.join("\n"))
}

/// The text with what follows each `before` replaced.
fn with_one(text: &str, before: &str, with: &str, is_part: impl Fn(char) -> bool) -> String {
    let mut parts = text.split(before);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(&is_part);
        let with = if rest.len() == part.len() { "" } else { with };
        format!("{text}{before}{with}{rest}")
    })
}

/// The page with these outputs in its blocks.
fn filled(page: &str, outputs: &BTreeMap<&'static str, String>) -> String {
    outputs.iter().fold(page.to_owned(), |page, (name, output)| {
        let mark = format!("<!-- output: {name} -->\n```text\n");
        let begin = page.find(&mark).unwrap_or_else(|| panic!("docs/triage.md has no block {name}")) + mark.len();
        let end = begin + page[begin..].find("```").expect("a block ends");
        format!("{}{output}\n{}", &page[..begin], &page[end..])
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_what_is_printed() {
    let outputs = outputs().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/triage.md");
    let page = std::fs::read_to_string(&path).expect("there");
    assert_eq!(page.matches("<!-- output: ").count(), outputs.len(), "a block for each output");
    let filled = filled(&page, &outputs);
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        std::fs::write(&path, &filled).expect("written");
    }
    let fix = "PROOFMARK_WRITE_DOCS=1 cargo test triage writes it";
    let written = std::fs::read_to_string(&path).expect("there");
    for (written, now) in written.lines().zip(filled.lines()) {
        assert_eq!(written, now, "docs/triage.md is old; {fix}");
    }
    assert_eq!(written, filled, "docs/triage.md is old; {fix}");
    no_set_up_is_a_failure(&outputs);
}

/// A wrong set-up is reported as such, in one place, with the fix.
fn no_set_up_is_a_failure(outputs: &BTreeMap<&'static str, String>) {
    for (name, output) in outputs {
        let is_defect = name.starts_with("defect");
        if ["dry-run", "some-tokens"].contains(name) {
            continue;
        }
        assert_eq!(output.contains("CONFORMANCE: "), is_defect, "{name}: {output}");
        assert_eq!(output.contains("fix: "), !is_defect, "{name}: {output}");
        for line in ["promise", "source", "expected", "received", "replay", "show"] {
            assert!(!is_defect || output.contains(&format!("\n  {line} ")), "{name} has no {line}: {output}");
        }
    }
    // Who has a good token takes over from who has not.
    let some = &outputs["some-tokens"];
    assert!(some.contains(" flaky (at first 1 auth)") && !some.contains("CONFORMANCE: "), "{some}");
}

#[test]
fn prose_is_broken_at_the_width_and_commands_are_not() {
    let served = Served::with(&["--defect", "limit-token-name-201"]);
    for width in ["60", "80", "200"] {
        let columns: usize = width.parse().expect("a number");
        let fixed = ["run", "limits/name-201-ascii", "--target", "target.toml", "--seed", "1"];
        let mut command = command(&fixed);
        let output =
            finish(command.current_dir(served.directory.path()).env("COLUMNS", width).env("NO_COLOR", "1")).exits(1);
        let pasted = ["replay", "show", "all", "case", "also", "next", "fail ", "v1/", "v2/"];
        let prose = output.out.lines().filter(|line| !pasted.iter().any(|word| line.trim_start().starts_with(word)));
        for line in prose {
            assert!(line.chars().count() <= columns, "{width}: {line}");
        }
        let replay = output.out.lines().find(|line| line.contains("proofmark replay ")).expect("a command");
        assert!(replay.ends_with("--seed 1 --target target.toml"), "{replay}");
        assert!(!output.out.contains('\u{1b}'), "no colour");
    }
}

#[test]
fn what_the_summary_says_to_type_can_be_typed() {
    let served = Served::with(&["--defect", "limit-token-name-201"]);
    let output = run(&served, &["limits/name-201-*", "--report", "ndjson=events.ndjson"]).exits(1);
    let commands = output.out.lines().filter_map(|line| line.split_once(" proofmark ").map(|(_, rest)| rest));
    let mut typed = BTreeMap::new();
    for line in commands {
        let words: Vec<&str> = line.split_whitespace().map(|word| word.trim_matches('\'')).collect();
        let code = if words[0] == "replay" { 1 } else { 0 };
        let shown = finish(command(&words).current_dir(served.directory.path())).exits(code);
        typed.insert(words[0].to_owned() + if words.contains(&"--from") { " all" } else { "" }, shown.out);
    }
    let all = typed.get("show all").expect("one command lists all");
    let failed = output.out.lines().find(|line| line.starts_with("FAIL accepted-invalid")).expect("a cause");
    let count: usize =
        failed.split(" in ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok()).expect("a count");
    assert_eq!(all.lines().count(), count, "{failed}: {all}");
    assert!(typed["replay"].contains("accepted") && typed["show"].contains("promise"), "{typed:?}");
}
