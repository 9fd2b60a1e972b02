//! `report`: rendering offline, and what GitHub Actions is told.

use serde_json::Value;

use super::{Served, command, fed, finish, proofmark, text};
use crate::reports::json::{assert_valid, schema};

#[test]
fn a_stream_is_rendered_later_as_it_was_at_once() {
    let served = Served::with(&["--defect", "limit-token-name-201"]);
    let names: Vec<&str> = proofmark::report::REPORTS.iter().map(|report| report.name).collect();
    let path = |when: &str, name: &str| text(&served.path(&format!("{when}.{name}")));
    let options = |flag: &str, when: &str| -> Vec<String> {
        names.iter().flat_map(|name| [flag.to_owned(), format!("{name}={}", path(when, name))]).collect()
    };
    let target = served.target();
    let mut args = vec!["run", "v1/u2f/*/limits/name-20*-ascii", "--target", &target, "--seed", "7"];
    let now = options("--report", "now");
    args.extend(now.iter().map(String::as_str));
    let direct = proofmark(&args).exits(1);
    let from = path("now", "ndjson");
    let later = options("--to", "later");
    let mut args = vec!["report", "--from", &from];
    args.extend(later.iter().map(String::as_str));
    let output = proofmark(&args).exits(0);
    assert_eq!((output.out.as_str(), output.err.lines().count()), ("", names.len()), "{}", output.err);
    for name in &names {
        let read = |when| std::fs::read(path(when, name)).expect("written");
        assert!(read("now") == read("later"), "{name} differs");
    }
    let stream = std::fs::read(&from).expect("written");
    assert!(direct.out.contains(&format!(" --target {target}\n")), "{}", direct.out);
    let rendered = fed(&["report", "--from", "-"], &stream).exits(0).out;
    // Only the name of the stream differs.
    let rendered = rendered.replace("proofmark diagnose -\n", &format!("proofmark diagnose {from}\n"));
    assert!(direct.out.ends_with(&rendered) && rendered.contains("\nresult "), "{rendered}\n{}", direct.out);
    let document: Value =
        serde_json::from_slice(&std::fs::read(path("later", "json")).expect("written")).expect("JSON");
    assert_valid(&schema("report").1, &document);
    let lines = String::from_utf8(stream).expect("UTF-8");
    lines.lines().for_each(|line| assert_valid(&schema("events").1, &serde_json::from_str(line).expect("JSON")));
}

#[test]
fn a_run_that_died_is_rendered_with_a_word() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("run.ndjson");
    let report = format!("ndjson={}", text(&path));
    proofmark(&["run", "v1/u2f/rest/enrolment/*", "--seed", "1", "--report", &report]).exits(0);
    let stream = std::fs::read(&path).expect("written");
    let output = fed(&["report", "--from", "-"], &stream[..stream.len() / 2]).exits(0);
    assert!(output.out.contains("partial: not everything ran"), "{}", output.out);
    let words = "is cut off and left out, and the run did not come to its end: ";
    assert!(output.err.starts_with("report -: line ") && output.err.contains(words), "{}", output.err);
    let cut = stream.iter().rposition(|byte| *byte == b'{').expect("the last line");
    std::fs::write(&path, &stream[..cut]).expect("written");
    let junit = format!("junit={}", text(&directory.path().join("run.xml")));
    let output = proofmark(&["report", "--from", &text(&path), "--to", &junit]).exits(0);
    assert!(output.err.contains("run.ndjson: the run did not come to its end: "), "{}", output.err);
    assert!(!output.err.contains("cut off") && output.err.contains("wrote "), "{}", output.err);
}

#[test]
fn what_can_not_be_rendered_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = text(&directory.path().join("no.ndjson"));
    proofmark(&["report", "--from", &path]).exits(3).says(&["no.ndjson: "]);
    std::fs::write(&path, "{\"event\": \"run-started\", \"format\": 99, \"version\": \"7\\u001b[31m\"}\n")
        .expect("written");
    let output = proofmark(&["report", "--from", &path]).exits(3);
    output.says(&["no.ndjson: line 1: the stream has format 99", "use the version that wrote it, 7"]);
    assert!(!output.err.contains('\u{1b}'));
    fed(&["report", "--from", "-"], b"nonsense").exits(3).says(&["report -: line 1: this does not start a run"]);
    let output = proofmark(&["report", "--from", &path, "--to", "soap=x"]).exits(2);
    output.says(&["--report soap=x: there is no report `soap`; there are ndjson, json"]);
}

#[test]
fn the_help_and_the_list_name_every_report() {
    let (run, report) = (proofmark(&["run", "--help"]).exits(0), proofmark(&["report", "--help"]).exits(0));
    let list = proofmark(&["list", "reports"]).exits(0);
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let names: Vec<&str> = proofmark::report::REPORTS.iter().map(|report| report.name).collect();
    for output in [run, report] {
        assert!(flat(&output.out).contains(&format!("NAME one of {};", names.join(", "))), "{}", output.out);
    }
    for report in proofmark::report::REPORTS {
        assert!(flat(&list.out).contains(&format!("{} {}", report.name, report.summary)), "{}", list.out);
    }
}

#[test]
fn github_is_told_after_the_run_and_the_target_has_no_say() {
    let args = ["run", "v1/u2f/rest/limits/name-201-ascii", "--defect", "limit-token-name-201", "--seed", "1"];
    let output = finish(command(&args).env("GITHUB_ACTIONS", "true")).exits(1);
    let lines: Vec<&str> = output.out.lines().collect();
    let token = lines[0].strip_prefix("::stop-commands::").expect("the first line");
    assert!(token.len() > 20, "{token}");
    let on = format!("::{token}::");
    let resumed = lines.iter().rposition(|line| *line == on).expect("commands are on again");
    assert!(lines[..resumed].iter().any(|line| line.starts_with("result ")), "{lines:#?}");
    let title = "::error title=medium fail accepted-invalid%3A api/limit/token-name/v1::v1/u2f/rest/";
    assert!(lines[resumed + 1].starts_with(title), "{}", lines[resumed + 1]);
    // Before that they are on for one line at a time, and this line is ours.
    let off = format!("::stop-commands::{token}");
    let groups: Vec<&str> = (1..resumed)
        .filter(|at| lines[*at] == on)
        .map(|at| {
            assert_eq!(lines[at + 2], off);
            lines[at + 1]
        })
        .collect();
    let (live, full) = ("::group::failures as they happen", "::group::causes in full");
    assert_eq!(groups, [live, "::endgroup::", full, "::endgroup::"]);
    assert_eq!(lines.len(), resumed + 2);
    let again = finish(command(&args).env("GITHUB_ACTIONS", "true")).exits(1);
    assert_ne!(again.out.lines().next(), Some(lines[0]), "the seed does not tell the token");
    assert!(!proofmark(&args).exits(1).out.contains("\n::"), "not elsewhere");
}

#[test]
fn what_fuzzing_writes_fits_the_schemas_too() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| text(&directory.path().join(name));
    let (ndjson, json) = (format!("ndjson={}", path("run.ndjson")), format!("json={}", path("run.json")));
    let findings = path("findings");
    let args = ["run", "client-data", "--fuzz", "60", "--findings", &findings, "--seed", "3", "--quiet"];
    let defect = ["--defect", "verification-skips-origin", "--report", &ndjson, "--report", &json];
    proofmark(&[&args[..], &defect].concat()).exits(1);
    let document: Value = serde_json::from_slice(&std::fs::read(path("run.json")).expect("written")).expect("JSON");
    assert_eq!(document["run"]["fuzzed"], true);
    assert_valid(&schema("report").1, &document);
    let lines = std::fs::read_to_string(path("run.ndjson")).expect("written");
    lines.lines().for_each(|line| assert_valid(&schema("events").1, &serde_json::from_str(line).expect("JSON")));
}
