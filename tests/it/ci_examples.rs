//! The CI examples of the documentation, step by step in a shell: nothing is new, something is new, it is written down, it is fixed.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const GITHUB: &str = include_str!("../../docs/ci/github-actions.yml");
const GITLAB: &str = include_str!("../../docs/ci/gitlab-ci.yml");

/// The shell steps of the example, without the one that installs us.
fn steps(job: &Value) -> Vec<String> {
    let github = job["steps"].as_array().into_iter().flatten().filter_map(|step| step["run"].as_str());
    let gitlab = ["before_script", "script"].into_iter().flat_map(|name| job[name].as_array().into_iter().flatten());
    let all: Vec<&str> = github.chain(gitlab.filter_map(Value::as_str)).collect();
    let (install, rest): (Vec<&str>, Vec<&str>) = all.into_iter().partition(|step| step.starts_with("cargo install"));
    assert_eq!(install.len(), 1, "{rest:?}");
    rest.into_iter().map(str::to_owned).collect()
}

fn job(text: &str, path: &[&str]) -> Value {
    let file: Value = serde_saphyr::from_str(text).expect("YAML");
    path.iter().fold(file, |value, name| value[name].clone())
}

struct Pipeline {
    directory: TempDir,
    steps: Vec<String>,
}

impl Pipeline {
    fn new(job: &Value) -> Pipeline {
        let directory = tempfile::tempdir().expect("a directory");
        let bin = directory.path().join("bin");
        std::fs::create_dir(&bin).expect("made");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_proofmark"), bin.join("proofmark")).expect("linked");
        Pipeline { directory, steps: steps(job) }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn shell(&self, script: &str) -> Output {
        let path = format!("{}:{}", self.path().join("bin").display(), std::env::var("PATH").unwrap_or_default());
        let mut shell = Command::new("bash");
        shell.args(["-e", "-c", script]).current_dir(self.path()).env("PATH", path).env("CI", "true");
        shell.env("GITHUB_RUN_NUMBER", "7").env("CI_PIPELINE_IID", "7");
        shell.env("GITHUB_STEP_SUMMARY", self.path().join("step-summary.md"));
        shell.output().expect("a shell")
    }

    /// Runs all steps in one shell, so that the server ends with it; on a free port, and with some of the cases.
    fn run(&self, defect: &str) -> Output {
        let _ = std::fs::remove_file(self.path().join("target.toml"));
        let script = self.steps.join("\n").replace("127.0.0.1:8080", "127.0.0.1:0");
        let script = script.replace("proofmark serve", &format!("proofmark serve {defect}"));
        let script = script.replace("proofmark run ", "proofmark run enrolment/good limits/name-201-ascii ");
        self.shell(&format!("trap 'kill $(jobs -p)' EXIT\n{script}"))
    }
}

fn goes_through(job: &Value) {
    const DEFECT: &str = "--defect limit-token-name-201";
    let pipeline = Pipeline::new(job);
    std::fs::write(pipeline.path().join("known-deviations.toml"), "# nothing is known\n").expect("written");
    let ended = |output: Output| (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned());
    let (code, out) = ended(pipeline.run(""));
    assert_eq!(code, Some(0), "{out}");
    for name in ["events.ndjson", "junit.xml", "report.html"] {
        assert!(pipeline.path().join(name).metadata().is_ok_and(|file| file.len() > 0), "{name}");
    }
    let (code, out) = ended(pipeline.run(DEFECT));
    assert_eq!(code, Some(1), "{out}");
    let suggest = "proofmark known suggest --from events.ndjson --known known-deviations.toml --write\n\
                   sed -i 's/^why = \"\"/why = \"a longer name is harmless\"/' known-deviations.toml";
    let (code, out) = ended(pipeline.shell(suggest));
    assert_eq!(code, Some(0), "{out}");
    let (code, out) = ended(pipeline.run(DEFECT));
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("the gate is green"), "{out}");
    let (code, out) = ended(pipeline.run(""));
    assert_eq!(code, Some(7), "{out}");
}

#[test]
fn github_actions() {
    goes_through(&job(GITHUB, &["jobs", "conformance"]));
}

#[test]
fn gitlab() {
    goes_through(&job(GITLAB, &["enrolment"]));
}

/// The load gate: the first run stores its records, the same server is as fast, a slower one is not.
fn gates_on_load(job: &Value) {
    let pipeline = Pipeline::new(job);
    let run = |defect: &str| {
        let script = pipeline.steps.join("\n").replace("127.0.0.1:8080", "127.0.0.1:0");
        let script = script.replace("proofmark serve", &format!("proofmark serve {defect}"));
        // However busy the machine of the test is, and as short as it can be.
        let script = script.replace("--warm-up 2s --duration 20s", "--duration 1s --generator-lag 60s");
        let _ = std::fs::remove_file(pipeline.path().join("target.toml"));
        let output = pipeline.shell(&format!("trap 'kill $(jobs -p)' EXIT\n{}", script.replace("20%", "90%")));
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for _ in 0..2 {
        let (code, out) = run("");
        assert_eq!(code, Some(0), "{out}");
        assert!(pipeline.path().join("load-baseline/load-5.json").exists(), "{out}");
        assert!(pipeline.path().join("load.html").exists(), "{out}");
    }
    let (code, out) = run("--defect concurrency-slow-verify");
    assert_eq!(code, Some(8), "{out}");
    assert!(out.lines().any(|line| line.starts_with("cycles ") && line.ends_with("SLOWER")), "{out}");
}

#[test]
fn the_load_of_github_actions() {
    gates_on_load(&job(GITHUB, &["jobs", "load"]));
}

#[test]
fn the_load_of_gitlab() {
    gates_on_load(&job(GITLAB, &["load"]));
}
