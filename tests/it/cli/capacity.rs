//! `load find` and `load calibrate` on real servers, as short as they can be.

use super::{Served, proofmark, text};

/// Rules that 20 cycles can keep; this test does not care what is tolerated of the generator.
const LENIENT: [&str; 10] = [
    "--objective",
    "errors<50%",
    "--objective",
    "achieved>=50%",
    "--hold",
    "2s",
    "--warm-up",
    "500ms",
    "--generator-lag",
    "10s",
];

fn find(more: &[&str]) -> super::Output {
    let args: Vec<&str> = ["load", "find"].iter().chain(&LENIENT).chain(more).copied().collect();
    proofmark(&args)
}

#[test]
fn a_rate_that_is_kept_is_held_twice() {
    let found =
        find(&["--objective", "verify.p50<5s", "--lowest", "10/s", "--highest", "10/s", "--seed", "3"]).exits(0);
    let lines: Vec<&str> = found.out.lines().collect();
    assert!(lines[0].contains("from 10/s to 10/s") && lines[0].ends_with("seed 3"), "{}", found.out);
    assert_eq!(
        lines.iter().filter(|line| line.starts_with("hold ") && line.contains(" pass ")).count(),
        2,
        "{}",
        found.out
    );
    let expected = "sustained 10/s, and no higher rate was allowed; confirmed by a hold of its own";
    assert_eq!(lines.last(), Some(&expected), "{}", found.out);
}

#[test]
fn a_target_file_is_searched_too() {
    let served = Served::with(&[]);
    let target = text(&served.path("target.toml"));
    let rate = ["--lowest", "10/s", "--highest", "10/s", "--users", "20", "--target", &target];
    let found = find(&[&["--objective", "verify.p50<5s"][..], &rate[..]].concat()).exits(0);
    assert!(found.out.starts_with("reference server: from 10/s to 10/s"), "{}", found.out);
    assert!(found.out.contains("sustained 10/s, and no higher rate was allowed"), "{}", found.out);
    let ended = served.server.signalled("INT");
    assert_eq!(ended.code, Some(130), "{}", ended.err);
}

#[test]
fn a_rate_that_is_broken_says_what_broke() {
    let found = find(&["--objective", "verify.p50<1us", "--lowest", "20/s", "--highest", "40/s"]).exits(8);
    assert!(
        found.out.contains("not even 20/s is sustained\nbroke first: verify.p50<1us: 100.00% bad"),
        "{}",
        found.out
    );
    assert_eq!(found.out.matches("\nhold ").count(), 1, "{}", found.out);
}

#[test]
fn a_wrong_answer_breaks_any_rate() {
    let found = find(&["--lowest", "20/s", "--highest", "40/s", "--defect", "shape-details-missing"]).exits(8);
    assert!(found.out.contains("no wrong answer"), "{}", found.out);
}

#[test]
fn a_search_that_makes_no_sense_is_refused() {
    let refused = |args: &[&str], words: &[&str]| {
        let args: Vec<&str> = ["load", "find", "--objective", "verify.p99<1s"].iter().chain(args).copied().collect();
        let refused = proofmark(&args).exits(2);
        words.iter().for_each(|word| assert!(refused.err.contains(word), "{}", refused.err));
    };
    refused(&["--lowest", "50"], &["--lowest 50: write a rate such as 50/s"]);
    refused(&["--lowest", "50/s", "--highest", "40/s"], &["--lowest", "at most --highest"]);
    refused(&["--hold", "1s"], &["--hold"]);
    refused(&["--objective", "speed>1"], &["there is no figure speed"]);
    refused(&["--rate", "50/s"], &["--rate"]);
    assert!(proofmark(&["load", "find"]).exits(2).err.contains("--objective"));
}

#[test]
fn calibration_gives_a_line_for_each_protocol() {
    let args = ["load", "calibrate", "--duration", "500ms", "--users", "2", "--protocol", "rest,grpc-web"];
    let calibrated = proofmark(&args).exits(0);
    let lines: Vec<&str> = calibrated.out.lines().collect();
    for (line, protocol) in lines[lines.len() - 2..].iter().zip(["rest", "grpc-web"]) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], protocol, "{line}");
        let most: f64 = words[1].trim_end_matches("/s").parse().expect("a rate");
        let own: f64 = words[2].parse().expect("microseconds");
        assert!(most > 1.0 && own > 1.0, "{line}");
    }
}
