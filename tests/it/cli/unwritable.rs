//! Reports that cannot be written: the verdict is printed, what is wrong is said, and the exit code says it too.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Running, Served, command, finish, proofmark, text};

const RUN: [&str; 4] = ["run", "enrolment/good", "--seed", "7"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&RUN[..], more].concat()
}

#[test]
fn a_path_where_nothing_can_be_written_is_told_before_the_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    std::fs::write(&file, "no directory").expect("written");
    for path in [file.join("run.xml"), directory.path().join("nowhere/run.xml"), Path::new("/proc/run.xml").to_owned()]
    {
        let report = format!("junit={}", text(&path));
        proofmark(&with(&["--report", &report])).exits(2).says(&["--report junit=", &text(&path)]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_costs_its_report_and_no_other() {
    use std::os::unix::fs::FileTypeExt as _;
    let directory = tempfile::tempdir().expect("a directory");
    let ndjson = format!("ndjson={}", text(&directory.path().join("run.ndjson")));
    let reports = ["--report", "junit=/dev/full", "--report", &ndjson, "--report", "sarif=/dev/../dev/full"];
    let output = proofmark(&with(&reports)).exits(74);
    assert!(output.out.contains("result    ") && output.out.contains("pass"), "{}", output.out);
    assert!(output.err.contains("error: report junit: /dev/full: No space left on device"), "{}", output.err);
    assert!(output.err.contains("report sarif: /dev/../dev/full: No space left on device"), "{}", output.err);
    assert!(output.err.contains("wrote ") && directory.path().join("run.ndjson").exists(), "{}", output.err);
    // A device is written, and never replaced by a file.
    assert!(std::fs::metadata("/dev/full").expect("there").file_type().is_char_device());
    // A run that failed says so, and has the same code.
    let output = proofmark(&with(&[
        "--defect",
        "verification-skips-origin",
        "client-data/origin*",
        "--report",
        "html=/dev/full",
    ]));
    let output = output.exits(74);
    assert!(output.out.contains("NON-CONFORMANT"), "{}", output.out);
    for args in [vec!["report", "--report", "json=/dev/full"], vec!["judge", "--report", "json=/dev/full"]] {
        let stream = text(&directory.path().join("run.ndjson"));
        let from: &[&str] = if args[0] == "judge" { &[&stream] } else { &["--from", &stream] };
        proofmark(&[&args[..], from].concat()).exits(74);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_can_be_full_too() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
    let output = finish(command(&RUN).stdout(Stdio::from(full)));
    let output = output.exits(74);
    assert!(output.err.contains("error: standard output: No space left on device"), "{}", output.err);
}

/// Files may grow to 16 or 32 KB, which the stream of a run is beyond before it ends.
#[cfg(unix)]
#[test]
fn a_disk_that_fills_while_the_run_goes_on_leaves_the_report_before_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let ndjson = directory.path().join("run.ndjson");
    std::fs::write(&ndjson, "of an earlier run").expect("written");
    let report = format!("ndjson={}", text(&ndjson));
    let mut bounded = Command::new("sh");
    bounded.args(["-c", "trap '' XFSZ; ulimit -f 32; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_proofmark")]);
    let args = with(&["client-data/type*", "--report", &report]);
    let output = finish(bounded.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()));
    let output = output.exits(74);
    assert!(output.out.contains("result    "), "{}", output.out);
    assert!(output.err.contains("error: report ndjson: ") && output.err.contains("File too large"), "{}", output.err);
    assert_eq!(std::fs::read_to_string(&ndjson).expect("there"), "of an earlier run");
    assert_eq!(std::fs::read_dir(directory.path()).expect("readable").count(), 1, "nothing half-written is left");
}

/// A whole file system of 64 KB, in a namespace of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_file_system_that_fills_up_leaves_the_report_before_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let (small, whole) = (directory.path().join("small"), directory.path().join("run.json"));
    std::fs::create_dir(&small).expect("created");
    let alone = |script: &str, args: &[&str]| {
        let script = format!("mount -t tmpfs -o size=64k none \"$0\" && {script}");
        let mut shell = Command::new("unshare");
        shell.args(["-rm", "sh", "-c", &script, &text(&small)]).args(args).stdin(Stdio::null()).output()
    };
    match alone("exit 0", &[]) {
        Ok(output) if output.status.success() => {}
        Ok(output) => return eprintln!("skipped: no namespace: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => return eprintln!("skipped: unshare: {error}"),
    }
    let script = "echo 'of an earlier run' > \"$0/run.ndjson\"; \"$@\"; code=$?; ls -A \"$0\"; cat \"$0/run.ndjson\"; exit $code";
    let reports = [format!("ndjson={}", text(&small.join("run.ndjson"))), format!("json={}", text(&whole))];
    let run = with(&[
        "v2/passkey/rest/client-data/type*",
        "--record",
        "all",
        "--report",
        &reports[0],
        "--report",
        &reports[1],
    ]);
    let output = alone(script, &[&[env!("CARGO_BIN_EXE_proofmark")], &run[..]].concat()).expect("started");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(74), "{out}{err}");
    assert!(err.contains("error: report ndjson: ") && err.contains("No space left on device"), "{err}");
    // The verdict, and then what is there: nothing half-written.
    let (verdict, left) = out.split_once("result    ").expect("a verdict");
    assert!(verdict.contains(" pass") && left.ends_with("\nrun.ndjson\nof an earlier run\n"), "{out}");
    assert!(err.contains("wrote ") && std::fs::read(&whole).expect("there").len() > 64 << 10, "{err}");
}

#[test]
fn a_directory_that_vanishes_is_told_after_the_verdict() {
    let served = Served::with(&[]);
    let directory = served.path("reports");
    std::fs::create_dir(&directory).expect("created");
    let report = format!("junit={}", text(&directory.join("run.xml")));
    let mut child = Running(
        command(&with(&["client-data/origin*", "-v", "--target", &served.target(), "--report", &report]))
            .spawn()
            .expect("started"),
    );
    let mut out = BufReader::new(child.0.stdout.take().expect("piped"));
    let mut printed = String::new();
    out.read_line(&mut printed).expect("UTF-8");
    std::fs::remove_dir_all(&directory).expect("removed");
    out.read_to_string(&mut printed).expect("UTF-8");
    assert_eq!(child.0.wait().expect("ended").code(), Some(74), "{printed}");
    assert!(printed.contains("result    "), "{printed}");
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_stays() {
    let directory = tempfile::tempdir().expect("a directory");
    let (file, link) = (directory.path().join("run.xml"), directory.path().join("latest.xml"));
    std::fs::write(&file, "of an earlier run").expect("written");
    std::os::unix::fs::symlink(&file, &link).expect("made");
    proofmark(&with(&["--report", &format!("junit={}", text(&link))])).exits(0);
    assert!(std::fs::symlink_metadata(&link).expect("there").is_symlink());
    assert!(std::fs::read_to_string(&file).expect("there").contains("<testsuites"));
}
