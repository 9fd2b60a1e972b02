//! `run --fuzz`: what it finds, that it can be played again, and that it finds nothing where nothing is wrong.

use super::{Output, proofmark, text};

/// What a run prints without its times and addresses.
fn without_times(output: &Output) -> Vec<String> {
    let changes = ["target ", "fuzzed ", "started ", "fail "];
    output.out.lines().filter(|line| !changes.iter().any(|start| line.starts_with(start))).map(str::to_owned).collect()
}

#[test]
fn a_server_without_defects_gives_no_finding() {
    let directory = tempfile::tempdir().expect("a directory");
    let findings = directory.path().join("findings");
    let args = ["run", "--fuzz", "150", "--seed", "3", "--findings"];
    let output = proofmark(&[&args[..], &[&text(&findings)]].concat()).exits(0);
    assert!(output.out.contains("found     0 disagreements"), "{}", output.out);
    assert!(output.out.contains("no disagreement was found"), "{}", output.out);
    assert!(!findings.exists(), "nothing found, nothing written");
}

#[test]
fn what_is_found_is_simple_and_can_be_played_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let findings = text(directory.path());
    let defect = ["--seed", "6", "--defect", "verification-skips-origin"];
    let args = [&["run", "client-data", "--fuzz", "60", "--findings", &findings], &defect[..]].concat();
    let first = proofmark(&args).exits(1);
    assert!(first.out.contains("FAIL accepted-invalid: webauthn/7.1/origin"), "{}", first.out);
    assert_eq!(without_times(&first), without_times(&proofmark(&args).exits(1)), "one seed, one result");
    let mut files: Vec<_> = std::fs::read_dir(directory.path()).expect("readable").flatten().collect();
    files.sort_by_key(std::fs::DirEntry::path);
    assert!((1..=3).contains(&files.len()), "a few of one clause: {files:?}");
    for file in files {
        let suite = text(&file.path());
        let written = std::fs::read_to_string(&suite).expect("readable");
        assert_eq!(written.matches("clauses: [\"webauthn/7.1/origin\"]").count(), 1, "{written}");
        let again = written.lines().nth(1).and_then(|line| line.strip_prefix("# proofmark ")).expect("the command");
        let again: Vec<&str> = again.split(' ').map(|word| word.trim_matches('\'')).collect();
        assert_eq!(again[2], suite);
        let replayed = proofmark(&[&again[..], &defect[2..]].concat()).exits(1);
        let replay = format!("proofmark replay '{}' --seed 6 --suite {suite} --defect {}", again[3], defect[3]);
        assert!(replayed.out.contains(&replay), "{}", replayed.out);
        proofmark(&again).exits(0);
    }
}

/// Refused as they have to be are chains that no single case has; a chain of one is not fuzzing.
#[test]
fn chains_of_several_are_drawn_and_one_is_left() {
    let directory = tempfile::tempdir().expect("a directory");
    let defect = "verification-skips-attestation-statement";
    let findings = text(directory.path());
    proofmark(&["run", "--fuzz", "120", "--seed", "6", "--defect", defect, "--findings", &findings]).exits(1);
    for file in std::fs::read_dir(directory.path()).expect("readable").flatten() {
        let written = std::fs::read_to_string(file.path()).expect("readable");
        let title = written.lines().find_map(|line| line.strip_prefix("  title: ")).expect("a title");
        assert!(!title.contains(", then "), "a chain of one is enough: {written}");
    }
}
