//! The workflows, which only GitHub can run: their form, the scripts that they call, and the platforms that they name.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::{executable, is_installed, printed, read, root, untried, yaml};

const WORKFLOWS: [&str; 2] = [".github/workflows/ci.yml", ".github/workflows/release.yml"];

/// The keys that GitHub knows, of a workflow, a job and a step.
const OF_WORKFLOW: [&str; 8] = ["name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"];
const OF_JOB: [&str; 13] = [
    "name",
    "permissions",
    "needs",
    "if",
    "runs-on",
    "environment",
    "concurrency",
    "outputs",
    "env",
    "defaults",
    "steps",
    "timeout-minutes",
    "strategy",
];
const OF_STEP: [&str; 11] = [
    "id",
    "if",
    "name",
    "uses",
    "run",
    "working-directory",
    "shell",
    "with",
    "env",
    "continue-on-error",
    "timeout-minutes",
];

fn unknown(value: &Value, known: &[&str], place: &str) -> Vec<String> {
    let Some(object) = value.as_object() else { return vec![format!("{place} is not a mapping")] };
    object.keys().filter(|key| !known.contains(&key.as_str())).map(|key| format!("{place}: {key}")).collect()
}

/// The names of the matrix of a job.
fn matrix(job: &Value) -> BTreeSet<String> {
    let matrix = job["strategy"]["matrix"].as_object();
    let direct = matrix.into_iter().flatten().map(|(name, _)| name.clone());
    let included = job["strategy"]["matrix"]["include"].as_array().into_iter().flatten();
    let included = included.filter_map(Value::as_object).flat_map(|entry| entry.keys().cloned());
    direct.chain(included).filter(|name| name != "include").collect()
}

/// What is wrong with a step.
fn wrong_step(step: &Value, place: &str) -> Vec<String> {
    let mut wrong = unknown(step, &OF_STEP, place);
    let (uses, run) = (step["uses"].as_str(), step["run"].as_str());
    if uses.is_some() == run.is_some() {
        wrong.push(format!("{place} neither uses nor runs, or both"));
    }
    // Only GitHub's own actions, at a version.
    if uses.is_some_and(|uses| !uses.starts_with("actions/") || !uses.contains("@v")) {
        wrong.push(format!("{place} uses {uses:?}"));
    }
    // What others can write would become a part of the script.
    if run.is_some_and(|run| run.contains("${{")) {
        wrong.push(format!("{place} has an expression in its script"));
    }
    for word in run.unwrap_or_default().split_whitespace().map(|word| word.trim_matches('"')) {
        let is_script = ["packaging/", ".ci/", "action/"].iter().any(|folder| word.starts_with(folder));
        if is_script && !is_executable(word) {
            wrong.push(format!("{place} calls {word}, which can't be run"));
        }
    }
    wrong
}

fn is_executable(name: &str) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    root().join(name).metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// What is wrong with a workflow.
fn wrong(workflow: &Value) -> Vec<String> {
    let mut wrong = unknown(workflow, &OF_WORKFLOW, "workflow");
    if workflow["permissions"] != serde_json::json!({ "contents": "read" }) {
        wrong.push("a workflow may read, and its jobs say what else they do".to_owned());
    }
    let Some(jobs) = workflow["jobs"].as_object() else { return vec!["no jobs".to_owned()] };
    for (name, job) in jobs {
        wrong.extend(unknown(job, &OF_JOB, name));
        if !job["runs-on"].is_string() || !job["timeout-minutes"].is_u64() {
            wrong.push(format!("{name} has no machine, or no end"));
        }
        let needs = job["needs"]
            .as_str()
            .into_iter()
            .chain(job["needs"].as_array().into_iter().flatten().filter_map(Value::as_str));
        wrong.extend(needs.filter(|needed| !jobs.contains_key(*needed)).map(|needed| format!("{name} needs {needed}")));
        let text = job.to_string();
        let used = text
            .split("matrix.")
            .skip(1)
            .map(|rest| rest.split(|end: char| !end.is_alphanumeric()).next().unwrap_or_default());
        let names = matrix(job);
        wrong.extend(used.filter(|used| !names.contains(*used)).map(|used| format!("{name}: matrix.{used}")));
        let steps = job["steps"].as_array().map_or(&[][..], Vec::as_slice);
        if steps.is_empty() {
            wrong.push(format!("{name} has no steps"));
        }
        for (step, number) in steps.iter().zip(1..) {
            wrong.extend(wrong_step(step, &format!("{name} step {number}")));
        }
    }
    wrong
}

#[test]
fn workflows_have_the_form_that_github_wants() {
    for name in WORKFLOWS {
        assert_eq!(wrong(&yaml(name)), [""; 0], "{name}");
    }
    if !is_installed("actionlint") {
        return untried("actionlint", "the workflows are read by our own rules only");
    }
    printed(Command::new("actionlint").args(WORKFLOWS).current_dir(root()));
}

#[test]
fn what_github_would_refuse_is_found() {
    let release = yaml(WORKFLOWS[1]);
    assert_eq!(wrong(&release), [""; 0]);
    for (pointer, value) in [
        ("/jobs/build/steps/0/uses", "someone/checkout@v4"),
        ("/jobs/build/steps/0/uses", "actions/checkout"),
        ("/jobs/build/steps/2/run", "echo ${{ github.ref }}"),
        ("/jobs/build/steps/2/run", "packaging/not-there.sh"),
        ("/jobs/build/steps/2/run", "packaging/Containerfile"),
        ("/jobs/build/runs-on", "${{ matrix.machine }}"),
        ("/jobs/build/timeout-minutes", "never"),
        ("/jobs/publish/needs", "built"),
        ("/jobs/publish/steps/0", "checkout"),
        ("/permissions", "write-all"),
    ] {
        let mut broken = release.clone();
        *broken.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value.into();
        assert!(!wrong(&broken).is_empty(), "{pointer}: {value}");
    }
    let mut broken = release;
    broken["jobs"]["build"]["step"] = "x".into();
    assert!(!wrong(&broken).is_empty());
}

/// The platforms that a release is made for.
fn platforms() -> BTreeSet<String> {
    let release = yaml(WORKFLOWS[1]);
    let include = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_array().expect("a matrix").clone();
    include.iter().map(|entry| entry["target"].as_str().expect("a target").to_owned()).collect()
}

#[test]
fn a_release_is_for_five_platforms() {
    let expected = [
        "aarch64-apple-darwin",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "x86_64-pc-windows-msvc",
        "x86_64-unknown-linux-musl",
    ];
    assert_eq!(platforms().iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let documented = read("docs/release.md");
    for platform in expected {
        assert!(documented.contains(platform), "docs/release.md does not name {platform}");
    }
    // rustc knows them.
    let known = printed(Command::new("rustc").args(["--print", "target-list"]));
    assert!(expected.iter().all(|platform| known.lines().any(|line| line == *platform)));
}

/// The file that the script loads on such a machine.
fn loaded(system: &str, machine: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let uname = format!("#!/bin/sh\nif [ \"$1\" = -s ]; then echo '{system}'; else echo '{machine}'; fi\n");
    executable(&directory.path().join("uname"), &uname);
    // Says what it is asked for, and has nothing.
    executable(&directory.path().join("curl"), "#!/bin/sh\nfor last; do :; done\necho \"asked for $last\"\nexit 22\n");
    let mut shell = Command::new("sh");
    shell
        .arg(root().join("action/install.sh"))
        .env("PROOFMARK_VERSION", "1.2.3")
        .env("PROOFMARK_DOWNLOAD", "https://a.example");
    shell.env("PROOFMARK_DIRECTORY", directory.path().join("bin"));
    let path = std::env::var("PATH").unwrap_or_default();
    let output = shell.env("PATH", format!("{}:{path}", directory.path().display())).output().expect("sh");
    let said = super::everything(&output);
    let url = said.lines().find_map(|line| line.strip_prefix("asked for ")).unwrap_or_else(|| panic!("{said}"));
    url.strip_prefix("https://a.example/v1.2.3/proofmark-1.2.3-").expect("of the version").to_owned()
}

#[test]
fn what_is_installed_is_what_is_released() {
    let mut found = BTreeSet::new();
    for (system, machine, end) in [
        ("Linux", "x86_64", ".tar.gz"),
        ("Linux", "aarch64", ".tar.gz"),
        ("Darwin", "x86_64", ".tar.gz"),
        ("Darwin", "arm64", ".tar.gz"),
        ("MINGW64_NT-10.0-26100", "x86_64", ".zip"),
    ] {
        let name = loaded(system, machine);
        found.insert(name.strip_suffix(end).unwrap_or_else(|| panic!("{name}")).to_owned());
    }
    assert_eq!(found, platforms());
}

#[test]
fn scripts_have_no_faults_that_shellcheck_knows() {
    let mut scripts: Vec<_> = ["packaging", "action"]
        .iter()
        .flat_map(|folder| crate::architecture::source::files(&root().join(folder)))
        .filter(|path| path.extension().is_some_and(|kind| kind == "sh"))
        .collect();
    scripts.push(root().join(".ci/run"));
    assert!(scripts.len() > 8, "{scripts:?}");
    // The first line says which shell reads it; bash and sh can at least parse it.
    for path in &scripts {
        let text = std::fs::read_to_string(path).expect("text");
        let shell = if text.starts_with("#!/bin/sh\n") { "sh" } else { "bash" };
        assert!(shell == "sh" || text.starts_with("#!/usr/bin/env bash\n"), "{}", path.display());
        printed(Command::new(shell).arg("-n").arg(path));
        assert!(is_executable(&path.strip_prefix(root()).expect("below").display().to_string()), "{}", path.display());
    }
    if !is_installed("shellcheck") {
        return untried("shellcheck", "the scripts are only parsed");
    }
    printed(Command::new("shellcheck").args(["--severity", "warning"]).args(&scripts));
}
