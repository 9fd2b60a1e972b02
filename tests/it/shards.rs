//! Several machines, one load: what shards say adds up to what the server counted.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, SystemTime};

use proofmark::outcome::Shard;
use proofmark::outcome::load::LoadRecord;
use tempfile::TempDir;

use crate::cli::{Output, command, finish};

const SHARDS: u64 = 3;

/// A server that is interrupted at the end of the test, whatever comes.
struct Serving(Option<Child>);

impl Serving {
    /// Starts a server and waits for its target file.
    fn start(target: &Path) -> Serving {
        let path = target.to_str().expect("UTF-8");
        let args = ["serve", "--listen", "127.0.0.1:0", "--users", "24", "--stop-after", "60s", "--target-out", path];
        let serving = Serving(Some(command(&args).spawn().expect("started")));
        let written = || std::fs::read_to_string(target).is_ok_and(|text| text.contains("[policy]"));
        for _ in 0..500 {
            if written() {
                return serving;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("no target file");
    }

    /// Stops it: its last line.
    fn counted(mut self) -> String {
        let child = self.0.take().expect("running");
        interrupt(&child);
        let output = child.wait_with_output().expect("ended");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert_eq!(output.status.code(), Some(130), "{text}");
        text.lines().last().unwrap_or_default().to_owned()
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

fn interrupt(child: &Child) {
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
}

fn in_rfc_3339(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let millis = i64::try_from(since.as_millis()).expect("before the year 292,278,994");
    jiff::Timestamp::from_millisecond(millis).expect("in range").to_string()
}

/// The arguments of every shard of one load.
fn arguments<'a>(target: &'a str, start: &'a str, out: &'a str) -> Vec<&'a str> {
    let mut args = vec!["load", "--target", target, "--rate", "90/s", "--duration", "2s", "--users", "24"];
    args.extend(["--seed", "7", "--flow", "v2/passkey=1,v1/u2f=1", "--transport", "rest=1,grpc=1,grpc-web=1"]);
    args.extend(["--negatives", "10%", "--races", "10%", "--lookups", "10%", "--start-at", start, "--out", out]);
    args
}

fn record(path: &Path) -> LoadRecord {
    serde_json::from_slice(&std::fs::read(path).expect("a record")).expect("a record")
}

/// Three processes from a common instant, each told otherwise which it is.
fn play(directory: &TempDir, target: &Path) -> Vec<PathBuf> {
    let start = in_rfc_3339(SystemTime::now() + Duration::from_secs(4));
    let paths: Vec<PathBuf> = (0..SHARDS).map(|index| directory.path().join(format!("shard-{index}.json"))).collect();
    let spawn = |(index, path): (usize, &PathBuf)| {
        let (target, path) = (target.to_str().expect("UTF-8"), path.to_str().expect("UTF-8"));
        let mut args = arguments(target, &start, path);
        let written = format!("{}/{SHARDS}", index + 1);
        match index {
            0 => args.extend(["--shards", "3"]),
            _ => args.extend(["--shard", &written]),
        }
        command(&args).env("JOB_COMPLETION_INDEX", "0").spawn().expect("started")
    };
    let children: Vec<Child> = paths.iter().enumerate().map(spawn).collect();
    for child in children {
        let output = child.wait_with_output().expect("ended");
        let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        // On a machine that is busy otherwise the generator says that it was the limit (9); the counts hold all the same.
        assert!(matches!(output.status.code(), Some(0 | 9)), "{text}");
    }
    paths
}

#[test]
fn shards_add_up_to_what_the_server_counted() {
    let directory = TempDir::new().expect("a directory");
    let target = directory.path().join("target.toml");
    let serving = Serving::start(&target);
    let paths = play(&directory, &target);
    let records: Vec<LoadRecord> = paths.iter().map(|path| record(path)).collect();
    let sum = |of: &dyn Fn(&LoadRecord) -> u64| records.iter().map(of).sum::<u64>();
    let phases = |of: fn(&proofmark::outcome::load::PhaseRecord) -> u64| {
        records.iter().flat_map(|record| &record.phases).map(of).sum::<u64>()
    };
    let confirmed = sum(&|record| record.correctness.confirmed);
    let counted = serving.counted();
    let [started, verified, removed] = numbers(&counted);
    assert_eq!(verified, confirmed, "{counted}");
    assert_eq!(removed + sum(&|record| record.correctness.left_behind), confirmed, "{counted}");
    // A lookup of a flow without a list is a start; none of these flows lacks it.
    assert_eq!(started, phases(|phase| phase.starts), "{counted}");
    let offered: Vec<u64> = records.iter().map(|record| record.arrivals.expect("an open model").offered).collect();
    assert_eq!(offered, [60, 60, 60], "every third of 180");
    assert_eq!(sum(&|record| record.correctness.wrong()), 0);
    for (index, record) in (1..).zip(&records) {
        assert_eq!(record.plan.shard, Some(Shard { index, count: 3 }));
        assert_eq!(record.plan.digest, records[0].plan.digest, "one plan");
        let begin: jiff::Timestamp = record.started.parse().expect("a time");
        let first: jiff::Timestamp = records[0].started.parse().expect("a time");
        let apart = begin.duration_since(first).abs();
        assert!(apart < jiff::SignedDuration::from_millis(500), "{apart:?} apart");
    }
}

/// The three numbers of `registrations started 1, verified 2, removed 3`.
fn numbers(line: &str) -> [u64; 3] {
    let numbers: Vec<u64> = line.split([' ', ',']).filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().unwrap_or_else(|_| panic!("{line}"))
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
    refused(&["--shards", "3"], Some("3")).exits(2).says(&["index 3 is none of 3 shards"]);
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
