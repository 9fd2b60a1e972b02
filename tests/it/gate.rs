//! Known deviations, shards and comparisons, as their users meet them.

mod diff;
mod reports;
mod round_trip;
mod shards;

use std::path::PathBuf;

use proofmark::gate::Known;
use tempfile::TempDir;

use crate::cli::{Output, command, finish, text};

/// A directory for the files of one test; the command runs in it.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("written")
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    /// The command with these words.
    fn proofmark(&self, words: &str) -> Output {
        let args: Vec<&str> = words.split_whitespace().collect();
        finish(command(&args).current_dir(self.0.path()))
    }
}

#[test]
fn the_example_of_the_documentation_is_valid() {
    let page = include_str!("../../docs/known-deviations.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let known = Known::parse("docs/known-deviations.md", example).expect("valid");
    assert_eq!(known.entries.len(), 2);
    for key in example.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key) {
        assert!(page.contains(&format!("`{key}`")), "{key} is in the table");
    }
}

#[test]
fn inputs_that_can_not_be_used_are_refused() {
    let place = Place::new();
    place.write("bad.toml", "[[known]]\ncase = \"x\"\n");
    place.write("no.ndjson", "{}\n");
    place.write("old.ndjson", &event("\"format\":1"));
    let ended = "{\"event\":\"run-finished\",\"interrupted\":false,\"duration_ms\":1}\n";
    place.write("fuzzed.ndjson", &(event("\"format\":3,\"fuzzed\":true") + ended));
    place.write("empty.ndjson", "");
    let table = [
        ("run enrolment/good --known none.toml", 3, "none.toml: "),
        ("run enrolment/good --known bad.toml", 3, "bad.toml:1:1: missing field"),
        ("known suggest --from none.ndjson", 3, "none.ndjson: "),
        ("known suggest --from no.ndjson", 3, "no.ndjson: line 1: "),
        (
            "known suggest --from old.ndjson",
            3,
            "old.ndjson: line 1: the stream has format 1, this proofmark reads formats 3 to 5; use the version that wrote it, 0.0.9",
        ),
        ("known suggest --from fuzzed.ndjson", 3, "fuzzed.ndjson: its cases were drawn by --fuzz"),
        ("known suggest --from empty.ndjson", 3, "empty.ndjson: line 1: it is empty"),
        ("known prune --from no.ndjson --known bad.toml", 3, "no.ndjson: line 1: "),
        ("diff empty.ndjson empty.ndjson", 3, "empty.ndjson: "),
        ("diff none.ndjson empty.ndjson", 3, "none.ndjson: "),
        ("merge empty.ndjson --known bad.toml", 3, "bad.toml:1:1: "),
        ("merge fuzzed.ndjson", 3, "fuzzed.ndjson: it is not a shard"),
        ("merge fuzzed.ndjson --report x=y", 2, "there is no report `x`"),
    ];
    for (words, code, message) in table {
        let output = place.proofmark(words).exits(code);
        output.says(&[message]);
    }
    let usage = [
        ("run --shard 1/2", "--seed <N>"),
        ("run --seed 1 --shard 0/2", "write M/N with M from 1 to N, such as 1/4"),
        ("run --seed 1 --shard hash:3/2", "write M/N"),
        ("run --seed 1 --shard 1/x", "write M/N"),
        ("run --seed 1 --shard 1/2 --fuzz 5", "cannot be used with"),
        ("run --known known.toml --fuzz 5", "cannot be used with"),
        ("known", "Usage: proofmark known"),
        ("known suggest", "EVENTS"),
        ("known suggest --from x --write", "--known <FILE>"),
        ("known prune --from x", "--known <FILE>"),
        ("diff x", "<AFTER>"),
        ("diff x y --format xml", "possible values: text, json"),
        ("merge", "<EVENTS>..."),
    ];
    for (words, message) in usage {
        let output = place.proofmark(words).exits(2);
        assert!(output.err.contains(message), "{words}: {}", output.err);
    }
}

/// A first event with these members in place of the form.
fn event(members: &str) -> String {
    format!(
        "{{\"event\":\"run-started\",{members},\"version\":\"0.0.9\",\"seed\":1,\"target\":\"t\",\"base_url\":\"\",\
         \"permutations\":0,\"available\":0,\"cases\":0,\"clauses\":0}}\n"
    )
}

#[test]
fn the_target_file_can_name_the_known_deviations() {
    let served = crate::cli::Served::with(&["--defect", "verification-skips-origin"]);
    let target = served.target();
    let written = std::fs::read_to_string(&target).expect("there");
    std::fs::write(&target, format!("known = \"ours.toml\"\n{written}")).expect("written");
    let case = "v2/u2f/rest/client-data/origin-other-site";
    let run = || finish(&mut command(&["run", case, "--seed", "1", "--target", &target]));
    run().exits(3).says(&["ours.toml: "]);
    let entry = "[[known]]\ncase = \"client-data\"\nverdict = \"fail\"\nreason = \"accepted-invalid\"\nwhy = \"w\"\n";
    std::fs::write(served.path("ours.toml"), entry).expect("written");
    let output = run().exits(0);
    assert!(output.out.contains("NON-CONFORMANT; the gate is green: 1 known"), "{}", output.out);
    std::fs::write(served.path("none.toml"), "").expect("written");
    let none = text(&served.path("none.toml"));
    finish(&mut command(&["run", case, "--seed", "1", "--target", &target, "--known", &none])).exits(1);
    // A load is held to the same file.
    std::fs::remove_file(served.path("ours.toml")).expect("there");
    finish(&mut command(&["load", "--duration", "1s", "--target", &target]))
        .exits(3)
        .says(&["target.toml:1: known: there is no file"]);
}
