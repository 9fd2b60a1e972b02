//! Runs that are ended at moments that a seed draws: what was found is there, nothing else is left, and the next run is as good.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, ChildStdout, Command};

use proofmark::outcome::RunRecord;
use proofmark::report;

use super::{Running, Served, command, proofmark, text};

/// Draws the moments.
const SEED: u64 = 20_261_124;

/// Lines of results after which a run is ended, all within one run.
fn moments<const N: usize>() -> [usize; N] {
    let mut state = SEED;
    std::array::from_fn(|_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % 90 + 1
    })
}

/// A run with many cases, and its standard output.
pub(super) struct Started {
    child: Running,
    out: BufReader<ChildStdout>,
    pub(super) lines: Vec<String>,
}

impl Started {
    fn with(target: &str, reports: &[String]) -> Started {
        Started::beside(target, reports, &[])
    }

    pub(super) fn beside(target: &str, reports: &[String], more: &[&str]) -> Started {
        let mut command =
            command(&["run", "client-data/*", "auth-data/*", "--seed", "3", "-j", "4", "--target", target]);
        command.args(more).arg("--verbose");
        for report in reports {
            command.args(["--report", report.as_str()]);
        }
        let mut child = Running(command.spawn().expect("started"));
        let out = BufReader::new(child.0.stdout.take().expect("piped"));
        Started { child, out, lines: Vec::new() }
    }

    /// Reads lines until so many of results have come.
    pub(super) fn after(mut self, results: usize) -> Started {
        while self.results().len() < results {
            assert!(self.line(), "the run ended after {} lines", self.lines.len());
        }
        self
    }

    fn line(&mut self) -> bool {
        let mut line = String::new();
        let more = self.out.read_line(&mut line).expect("UTF-8") > 0;
        self.lines.push(line);
        more
    }

    /// Ids of the results that were printed.
    fn results(&self) -> BTreeSet<&str> {
        let words = self.lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>());
        words.filter_map(|words| words.get(1).copied().filter(|id| id.starts_with('v') && id.contains("/"))).collect()
    }

    /// Reads to the end, and gives the exit code and standard error.
    pub(super) fn end(&mut self) -> (Option<i32>, String) {
        while self.line() {}
        let status = self.child.0.wait().expect("ended");
        let mut err = String::new();
        self.child.0.stderr.take().expect("piped").read_to_string(&mut err).expect("UTF-8");
        (status.code(), err)
    }
}

pub(super) fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().expect("kill is there");
    assert!(sent.success());
}

pub(super) fn stream(path: &Path) -> RunRecord {
    report::read_run(BufReader::new(std::fs::File::open(path).expect("written"))).expect("a stream").run
}

fn ids(run: &RunRecord) -> BTreeSet<&str> {
    run.cases.iter().map(|record| record.id.as_str()).collect()
}

fn half_written(directory: &Path) -> Vec<String> {
    let names = std::fs::read_dir(directory).expect("readable").flatten().map(|entry| entry.file_name());
    names.filter_map(|name| name.into_string().ok()).filter(|name| name.ends_with(".part")).collect()
}

#[test]
fn an_interrupt_at_any_moment_keeps_every_result() {
    let served = Served::with(&[]);
    let (ndjson, junit, html) = (served.path("run.ndjson"), served.path("run.xml"), served.path("run.html"));
    let reports =
        [("ndjson", &ndjson), ("junit", &junit), ("html", &html)].map(|(name, path)| format!("{name}={}", text(path)));
    for (moment, name) in moments::<6>().into_iter().zip(["INT", "TERM"].into_iter().cycle()) {
        let mut run = Started::with(&served.target(), &reports).after(moment);
        signal(&run.child.0, name);
        let (code, err) = run.end();
        let about = format!("{name} after {moment} results (seed {SEED}): {err}");
        assert_eq!(code, Some(130), "{about}");
        assert!(err.contains("interrupted: writing the results so far"), "{about}");
        assert!(run.lines.concat().contains("partial"), "{about}");
        let recorded = stream(&ndjson);
        assert!(recorded.finished.expect("a last event").interrupted, "{about}");
        assert_eq!(ids(&recorded), run.results(), "{about}");
        assert!(recorded.cases.len() >= moment, "{about}");
        for (path, end) in [(&junit, "</testsuites>"), (&html, "</html>")] {
            let written = std::fs::read_to_string(path).expect("written");
            assert!(written.trim_end().ends_with(end), "{about}");
        }
        assert_eq!(half_written(served.directory.path()), [""; 0], "{about}");
    }
    let first = stream(&ndjson).cases[0].id.clone();
    let shown = proofmark(&["show", &first, "--from", &text(&ndjson)]).exits(0);
    assert!(shown.out.contains(&first), "{}", shown.out);
    // What the ended runs left on the target does not matter to the next.
    let next =
        proofmark(&["run", "enrolment/good", "client-data/origin*", "--seed", "4", "--target", &served.target()]);
    next.exits(0);
}

#[test]
fn a_run_that_is_killed_leaves_its_stream() {
    let served = Served::with(&[]);
    let (ndjson, junit) = (served.path("run.ndjson"), served.path("run.xml"));
    std::fs::write(&junit, "of an earlier run").expect("written");
    let reports = [("ndjson", &ndjson), ("junit", &junit)].map(|(name, path)| format!("{name}={}", text(path)));
    let [moment] = moments();
    let mut run = Started::with(&served.target(), &reports).after(moment);
    signal(&run.child.0, "KILL");
    run.end();
    assert!(!ndjson.exists());
    assert_eq!(std::fs::read_to_string(&junit).expect("untouched"), "of an earlier run");
    let left = half_written(served.directory.path());
    let left = left.iter().find(|name| name.starts_with("run.ndjson.")).expect("what was written of the stream");
    let recorded = stream(&served.path(left));
    assert!(run.results().is_subset(&ids(&recorded)), "{} results were printed", run.results().len());
    let read = proofmark(&["report", "--from", &text(&served.path(left))]).exits(0);
    assert!(read.err.contains("the run did not come to its end") && read.out.contains("partial"), "{}", read.err);
}

#[cfg(unix)]
#[test]
fn a_second_interrupt_ends_at_once() {
    let served = Served::with(&[]);
    let (pipe, ndjson, junit) = (served.path("pipe"), served.path("run.ndjson"), served.path("run.xml"));
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there").success());
    // Somebody opens the pipe and does not read it: the page does not fit into it.
    let opened = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::File::open(pipe).expect("a pipe")
    });
    let reports =
        [("html", &pipe), ("ndjson", &ndjson), ("junit", &junit)].map(|(name, path)| format!("{name}={}", text(path)));
    let [moment] = moments();
    let mut run = Started::with(&served.target(), &reports).after(moment);
    let reader = opened.join().expect("opened");
    signal(&run.child.0, "TERM");
    while !run.lines.last().is_some_and(|line| line.starts_with("result")) {
        assert!(run.line(), "the run ended before it was asked twice");
    }
    signal(&run.child.0, "INT");
    let (code, err) = run.end();
    drop(reader);
    assert_eq!(code, Some(130), "{err}");
    assert_eq!(ids(&stream(&ndjson)), run.results());
    assert!(!junit.exists());
    assert_eq!(half_written(served.directory.path()), [""; 0]);
}

#[test]
fn load_ends_on_both_signals() {
    for name in ["INT", "TERM"] {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("load.json");
        let report = format!("json={}", text(&path));
        let args =
            ["load", "--users", "4", "--duration", "50s", "--seed", "1", "--generator-lag", "10s", "--report", &report];
        let mut child = Running(command(&args).spawn().expect("started"));
        let mut out = BufReader::new(child.0.stdout.take().expect("piped"));
        let mut header = String::new();
        out.read_line(&mut header).expect("UTF-8");
        signal(&child.0, name);
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("UTF-8");
        let status = child.0.wait().expect("ended");
        assert_eq!(status.code(), Some(130), "{name}: {header}{rest}");
        let record: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).expect("written")).expect("JSON");
        assert_eq!(record["interrupted"], true, "{name}");
        assert_eq!(half_written(directory.path()), [""; 0]);
    }
}
