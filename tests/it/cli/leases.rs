//! Several processes on one list of subjects.

use std::time::{Duration, Instant};

use super::{Output, Running, Served, command, proofmark};

/// Waits until so many processes have a lease.
fn until_held(served: &Served, count: usize) {
    let book = served.path("target.subjects.json.leases");
    let begun = Instant::now();
    let entries = || std::fs::read_to_string(&book).unwrap_or_default().lines().skip(1).count();
    while entries() < count {
        assert!(begun.elapsed() < Duration::from_secs(30), "{count} processes have no lease");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn begun(args: &[&str]) -> Running {
    Running(command(args).spawn().expect("started"))
}

fn ended(mut running: Running) -> Output {
    use std::io::Read as _;
    let mut output = Output { code: None, out: String::new(), err: String::new() };
    running.0.stdout.take().expect("piped").read_to_string(&mut output.out).expect("UTF-8");
    running.0.stderr.take().expect("piped").read_to_string(&mut output.err).expect("UTF-8");
    output.code = running.0.wait().expect("ended").code();
    output
}

#[test]
fn runs_share_a_list_wait_for_it_and_leave_it_when_they_die() {
    let served = Served::with(&["--delay", "250ms"]);
    let target = served.target();
    let run = ["run", "enrolment/good", "--target", &target];
    let mut first = begun(&run);
    until_held(&served, 1);
    let second = begun(&run);
    until_held(&served, 2);
    let refused = proofmark(&[&run[..], &["--wait-subjects", "0s"]].concat()).exits(5);
    refused.says(&["setup: 2 subjects of ", "0 of 40 are free", "run (process ", "--wait-subjects 10m"]);
    first.0.kill().expect("killed");
    first.0.wait().expect("ended");
    let third = proofmark(&[&run[..], &["--wait-subjects", "0s"]].concat()).exits(0);
    assert!(third.err.contains("subjects  32 are enough, 32 at hand"), "{}", third.err);
    let second = ended(second).exits(0);
    let told = "subjects  this run uses 8 of 40; others are in use by run (process ";
    assert!(second.err.contains(told) && second.out.contains(" 32 pass\n"), "{}{}", second.err, second.out);
    let mut left: Vec<String> = std::fs::read_dir(served.directory.path())
        .expect("readable")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    left.sort();
    assert_eq!(left, ["target.subjects.json", "target.toml"], "no lease is left behind");
}

#[test]
fn who_finds_too_few_says_so_and_waits() {
    let served = Served::with(&["--delay", "100ms"]);
    let target = served.target();
    let all = begun(&["run", "enrolment", "ceremony/verify-race", "--target", &target]);
    until_held(&served, 1);
    let waited = proofmark(&["replay", "v2/passkey/rest/enrolment/start", "--target", &target]).exits(0);
    assert!(waited.err.contains("waiting for at most 1 min 0 s (--wait-subjects)"), "{}", waited.err);
    ended(all).exits(0);
}

#[test]
fn slices_keep_runs_apart_that_share_no_files() {
    let served = Served::with(&[]);
    let target = served.target();
    let slice = |slice: &str| proofmark(&["run", "enrolment/good", "--target", &target, "--subjects-slice", slice]);
    let half = slice("2/2").exits(0);
    assert!(half.err.contains("20 at hand"), "{}", half.err);
    slice("40/40").exits(3).says(&["--subjects-slice 40/40", "1 of 40 subjects"]);
    slice("3/2").exits(2).says(&["M/N"]);
}

#[test]
fn two_runs_and_a_load_on_one_list_are_green_or_wait() {
    let served = Served::with(&[]);
    let target = served.target();
    let load = begun(&["load", "--target", &target, "--users", "4", "--duration", "1500ms", "--generator-lag", "60s"]);
    let runs = ["enrolment", "ceremony/replayed-response"].map(|case| begun(&["run", case, "--target", &target]));
    for run in runs {
        ended(run).exits(0);
    }
    let load = ended(load);
    // A crowded machine is the generator's limit, and nothing is said of the server then.
    assert!([Some(0), Some(9)].contains(&load.code), "{}{}", load.out, load.err);
    assert!(load.out.contains("errors 0 of ") && !load.out.contains("others use"), "{}", load.out);
}

/// The smaller form of ten runs with ten seeds, and five pairs of runs at once, on one server.
#[test]
fn runs_one_after_the_other_and_at_once_find_nothing_wrong_with_a_correct_server() {
    let served = Served::of(260, &[]);
    let target = served.target();
    let run = |seed: &str| begun(&["run", "v1/*/*/ceremony", "v1/*/*/enrolment", "--target", &target, "--seed", seed]);
    let is_green = |run: Running| {
        let output = ended(run).exits(0);
        let verdicts = output.out.lines().find(|line| line.starts_with("verdicts ")).expect("a summary");
        let bad = ["fail", "error", "deviation"].into_iter().find(|word| verdicts.contains(word));
        assert_eq!(bad, None, "{}{}", output.out, output.err);
    };
    for seed in ["1", "2", "3"] {
        is_green(run(seed));
    }
    for (one, two) in [("4", "5"), ("6", "7")] {
        let pair = [run(one), run(two)];
        pair.into_iter().for_each(is_green);
    }
}
