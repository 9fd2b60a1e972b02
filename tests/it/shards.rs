//! Several machines, one load: what `load merge` makes of the shards is what the server counted.

mod machines;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};

use proofmark::outcome::Shard;
use proofmark::outcome::load::{LoadRecord, PhaseRecord};
use tempfile::TempDir;

use crate::cli::{Output, command, finish, proofmark, text};
use machines::{Machines, SERVER, address};

const SHARDS: usize = 3;

/// A server that is interrupted at the end of the test, whatever comes.
pub struct Serving(Option<Child>);

impl Serving {
    /// Starts a server on this machine and waits for its target file.
    pub fn start(target: &Path, users: &str) -> Serving {
        Self::wait(&mut serve(target, "127.0.0.1:0", users), target)
    }

    fn wait(command: &mut Command, target: &Path) -> Serving {
        let serving = Serving(Some(command.spawn().expect("started")));
        let written = || std::fs::read_to_string(target).is_ok_and(|text| text.contains("[policy]"));
        for _ in 0..500 {
            if written() {
                return serving;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("no target file");
    }

    /// Stops it: the three numbers of its last line, `registrations started 1, verified 2, removed 3`.
    pub fn counted(mut self) -> [u64; 3] {
        let child = self.0.take().expect("running");
        let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
        assert!(sent.success());
        let output = child.wait_with_output().expect("ended");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(130), "{text}");
        let last = text.lines().last().unwrap_or_default();
        let numbers: Vec<u64> = last.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
        numbers.try_into().unwrap_or_else(|_| panic!("{text}"))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            child.kill().unwrap_or_default();
            child.wait().map(|_| ()).unwrap_or_default();
        }
    }
}

fn serve(target: &Path, listen: &str, users: &str) -> Command {
    let path = text(target);
    command(&["serve", "--listen", listen, "--users", users, "--stop-after", "60s", "--target-out", &path])
}

/// A time to come, as `--start-at` takes it.
pub fn in_rfc_3339(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let millis = i64::try_from(since.as_millis()).expect("before the year 292,278,994");
    jiff::Timestamp::from_millisecond(millis).expect("in range").to_string()
}

pub fn record(path: &Path) -> LoadRecord {
    serde_json::from_slice(&std::fs::read(path).expect("a record")).expect("a record")
}

/// Waits for the end of shards. On a machine that is busy otherwise a generator says that it was the limit (9); the counts hold
/// all the same.
fn ended(children: Vec<Child>) {
    for child in children {
        let output = child.wait_with_output().expect("ended");
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(0 | 9)), "{said}");
    }
}

/// What the merge of records says, as a stranger does it.
pub fn merged(records: &[String], into: &Path) -> LoadRecord {
    let report = format!("json={}", text(into));
    let files: Vec<&str> = records.iter().map(String::as_str).collect();
    let output = proofmark(&[&["load", "merge"], files.as_slice(), &["--report", &report]].concat());
    assert!(matches!(output.code, Some(0 | 9)), "{}{}", output.out, output.err);
    record(into)
}

/// Holds a merged record to what the server counted.
pub fn agrees(merged: &LoadRecord, [started, verified, removed]: [u64; 3]) {
    let phases = |of: fn(&PhaseRecord) -> u64| merged.phases.iter().map(of).sum::<u64>();
    let correctness = &merged.correctness;
    assert!(verified > 0 && correctness.wrong() == 0, "{correctness:?}");
    // A lookup of a flow without a list is a start; no flow of these tests lacks it.
    let before = merged.preflight.expect("each shard looked at the target before");
    assert_eq!(phases(|phase| phase.starts) + before.starts, started, "starts");
    assert_eq!(correctness.confirmed + before.confirmed, verified, "registrations");
    assert_eq!(removed + correctness.left_behind + before.left_behind, verified, "removals");
    // Beside them the server refused the malformed ones, and one of each race.
    let refused = correctness.negatives + correctness.races;
    let verifies = phases(|phase| phase.verifies) + before.verifies;
    assert_eq!(verifies, verified + refused, "verifies: {correctness:?}");
}

/// The arguments of every shard of one load.
fn arguments<'a>(target: &'a str, start: &'a str, report: &'a str) -> Vec<&'a str> {
    let mut args = vec!["load", "--target", target, "--rate", "90/s", "--duration", "2s", "--users", "24"];
    args.extend(["--seed", "7", "--flow", "v2/passkey=1,v1/u2f=1", "--protocol", "rest=1,grpc=1,grpc-web=1"]);
    args.extend(["--negatives", "10%", "--races", "10%", "--lookups", "10%", "--start-at", start, "--report", report]);
    args.extend(["--allow-remote", SERVER]);
    args
}

/// Three processes from a common instant, each told otherwise which it is; on machines of their own if there are any.
fn play(directory: &TempDir, target: &Path, start: &str, machines: Option<&Machines>) -> Vec<String> {
    let paths: Vec<PathBuf> = (1..=SHARDS).map(|number| directory.path().join(format!("{number}.json"))).collect();
    let spawn = |(number, path): (usize, &PathBuf)| {
        let (target, report) = (text(target), format!("json={}", text(path)));
        let mut args = arguments(&target, start, &report);
        let written = format!("{number}/{SHARDS}");
        match number {
            1 => args.extend(["--shards", "3"]),
            _ => args.extend(["--shard", &written]),
        }
        let mut here = command(&args);
        here.env("JOB_COMPLETION_INDEX", "0");
        let there = machines.map(|machines| machines.on(number, &here));
        there.unwrap_or(here).spawn().expect("started")
    };
    let mut children: Vec<Child> = (1..).zip(&paths).map(spawn).collect();
    if let Some(machines) = machines {
        let expected: BTreeSet<String> = (1..=SHARDS).map(address).collect();
        let mut seen = BTreeSet::new();
        while children.iter_mut().any(|child| child.try_wait().expect("a child").is_none()) {
            seen.extend(machines.peers());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert_eq!(seen, expected, "each shard has an address of its own");
    }
    ended(children);
    paths.iter().map(|path| text(path)).collect()
}

#[test]
fn shards_merge_into_what_the_server_counted() {
    let directory = TempDir::new().expect("a directory");
    let target = directory.path().join("target.toml");
    let machines = Machines::of(SHARDS);
    let serving = match &machines {
        None => Serving::start(&target, "24"),
        Some(machines) => {
            let listen = format!("{SERVER}:0");
            Serving::wait(&mut machines.on(0, &serve(&target, &listen, "24")), &target)
        }
    };
    let start = in_rfc_3339(SystemTime::now() + Duration::from_secs(4));
    let paths = play(&directory, &target, &start, machines.as_ref());
    let merged = merged(&paths, &directory.path().join("merged.json"));
    agrees(&merged, serving.counted());
    assert_eq!(merged.plan.shard, None);
    assert_eq!(merged.arrivals.expect("an open model").offered, 180, "90/s in 2 s");
    assert_eq!(merged.generators.len(), SHARDS);
    let records: Vec<LoadRecord> = paths.iter().map(|path| record(Path::new(path))).collect();
    for (index, record) in (1..).zip(&records) {
        assert_eq!(record.plan.shard, Some(Shard { index, count: 3 }));
        assert_eq!(record.arrivals.expect("an open model").offered, 60, "every third of 180");
        let begin: jiff::Timestamp = record.started.parse().expect("a time");
        let common: jiff::Timestamp = start.parse().expect("a time");
        // On a busy machine one may not be ready by then, but none begins before.
        assert!(begin + jiff::SignedDuration::from_millis(50) >= common, "{begin} is before {start}");
    }
}

/// A program that does the same and is another build.
fn other_build(directory: &TempDir) -> PathBuf {
    let path = directory.path().join("other");
    std::fs::copy(env!("CARGO_BIN_EXE_proofmark"), &path).expect("copied");
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("writable");
    // Behind the last section: nothing is loaded of it.
    std::io::Write::write_all(&mut file, b"another build").expect("writable");
    path
}

#[test]
fn what_is_no_whole_is_not_merged() {
    let directory = TempDir::new().expect("a directory");
    let target = directory.path().join("target.toml");
    let serving = Serving::start(&target, "6");
    let other = other_build(&directory);
    let path = |name: &str| text(&directory.path().join(name));
    let spawn = |name: &str, program: &Path, shard: &str, seed: &str, rate: &str| {
        let report = format!("json={}", path(name));
        let mut command = Command::new(program);
        command.args(["load", "--target", &text(&target), "--duration", "300ms", "--users", "6"]);
        command.args(["--rate", rate, "--seed", seed, "--shard", shard, "--report", &report]);
        command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped());
        command.stderr(std::process::Stdio::piped()).spawn().expect("started")
    };
    let own = Path::new(env!("CARGO_BIN_EXE_proofmark"));
    // At one time only shards that have no subject in common: two that enrol for the same one disturb each other.
    ended(vec![
        spawn("1", own, "1/3", "1", "30/s"),
        spawn("2", own, "2/3", "1", "30/s"),
        spawn("3", own, "3/3", "1", "30/s"),
    ]);
    ended(vec![spawn("again", own, "2/3", "1", "30/s"), spawn("seed", own, "3/3", "2", "30/s")]);
    ended(vec![spawn("rate", own, "3/3", "1", "36/s")]);
    ended(vec![spawn("build", &other, "3/3", "1", "30/s")]);
    ended(vec![spawn("of two", own, "2/2", "1", "30/s")]);
    for (files, says) in [
        (&["1", "2"][..], "of 3 shards, 3 is missing"),
        (&["1", "2", "3", "again"], "both are shard 2"),
        (&["1", "2", "seed"], "they differ in seed: 2, 1"),
        (&["1", "2", "rate"], "they differ in plan"),
        (&["1", "2", "build"], "they differ in build"),
        (&["1", "of two"], "they differ in number of shards: 2, 3"),
    ] {
        let files: Vec<String> = files.iter().map(|name| path(name)).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        proofmark(&[&["load", "merge"], files.as_slice()].concat()).exits(3).says(&[says]);
    }
    merged(&["3", "1", "2"].map(path), &directory.path().join("merged"));
    assert_ne!(serving.counted()[0], 0);
}

fn refused(more: &[&str], index: Option<&str>) -> Output {
    let directory = TempDir::new().expect("a directory");
    let target = directory.path().join("none.toml");
    let mut args = vec!["load", "--target", target.to_str().expect("UTF-8"), "--seed", "1"];
    args.extend(more);
    let mut started = command(&args);
    started.env_remove("JOB_COMPLETION_INDEX");
    index.iter().for_each(|index| {
        started.env("JOB_COMPLETION_INDEX", index);
    });
    finish(&mut started)
}

#[test]
fn shards_that_are_none_are_refused() {
    refused(&["--shard", "4/3"], None).exits(2).says(&["4/3", "2/3"]);
    refused(&["--shards", "3"], None).exits(2).says(&["JOB_COMPLETION_INDEX is not set", "--shard M/3"]);
    refused(&["--shards", "3"], Some("3")).exits(2).says(&["index 3 is not one of 3 shards"]);
    refused(&["--shards", "3"], Some("2")).exits(3).says(&["none.toml"]);
    let seedless = finish(&mut command(&["load", "--target", "x.toml", "--shard", "1/3"])).exits(2);
    assert!(seedless.err.contains("--seed"), "{}", seedless.err);
}

#[test]
fn who_comes_late_refuses_unless_it_may_join() {
    let past = ["--shard", "1/3", "--start-at", "2020-01-01T00:00:00Z"];
    refused(&past, None).exits(5).says(&["--start-at", "ago"]);
    let joined: Vec<&str> = past.iter().copied().chain(["--join"]).collect();
    refused(&joined, None).exits(3).says(&["none.toml"]);
    refused(&["--start-at", "tomorrow"], None).exits(2).says(&["tomorrow", "2026-11-24T10:30:00Z"]);
}
