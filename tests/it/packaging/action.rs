//! The steps of the GitHub action and of the GitLab component, run in a shell: a release that was made of this build is installed, and
//! a server is gated with a known-deviations file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use super::{everything, executable, has_jq, printed, read, root, script, stand_in, yaml};
use crate::cli::Served;

const DEFECT: &str = "limit-token-name-201";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The words with which a job is told what to play, so that the test is short.
const ARGUMENTS: &str = "enrolment/good limits/name-201-ascii";

/// A folder with a release, and a job's own folder.
struct Job {
    directory: TempDir,
}

impl Job {
    fn new() -> Job {
        let job = Job { directory: tempfile::tempdir().expect("a directory") };
        let dist = job.path(&format!("releases/v{VERSION}"));
        let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
        printed(script("archive.sh").arg(target).arg(stand_in(job.directory.path())).arg(&dist));
        printed(script("checksums.sh").arg(&dist));
        std::fs::create_dir(job.path("work")).expect("made");
        job
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn download(&self) -> String {
        format!("file://{}", self.path("releases").display())
    }

    /// A shell of a CI service, whose program is only what the steps install.
    fn shell(&self) -> Command {
        let mut shell = Command::new("bash");
        shell.current_dir(self.path("work")).env("CI", "true").env_remove("PROOFMARK_TARGET");
        shell
    }

    fn known(&self) -> PathBuf {
        self.path("work/known-deviations.toml")
    }
}

/// What the expressions of the action stand for in a job.
fn filled(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{ ") {
        let (expression, after) = after.split_once(" }}").expect("closed");
        filled.push_str(before);
        filled.push_str(values.get(expression).unwrap_or_else(|| panic!("what is `{expression}`?")));
        rest = after;
    }
    filled + rest
}

/// The inputs of a job, and what its service says.
fn values(job: &Job, inputs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let action = yaml("action/action.yml");
    let given: BTreeMap<&str, &str> = inputs.iter().copied().collect();
    let mut values = BTreeMap::new();
    for (name, input) in action["inputs"].as_object().expect("inputs") {
        let default = input["default"].as_str().map(str::to_owned);
        let value = given.get(name.as_str()).map(|text| (*text).to_owned()).or(default);
        values.insert(format!("inputs.{name}"), value.unwrap_or_else(|| panic!("{name} is required")));
    }
    values.insert("github.action_path".to_owned(), root().join("action").display().to_string());
    values.insert("runner.temp".to_owned(), job.path("temp").display().to_string());
    values.insert("inputs.seed || github.run_number".to_owned(), "7".to_owned());
    let download =
        "inputs.download || format('{0}/{1}/releases/download', github.server_url, github.action_repository)";
    values.insert(download.to_owned(), job.download());
    values
}

/// One step after the other, as GitHub runs those of a composite action; the output of the first that fails, or of the last.
fn github(job: &Job, inputs: &[(&str, &str)]) -> Output {
    let (values, action) = (values(job, inputs), yaml("action/action.yml"));
    let path_file = job.path("path");
    let _ = std::fs::remove_file(&path_file);
    let mut last = None;
    for step in action["runs"]["steps"].as_array().expect("steps") {
        assert_eq!(step["shell"], "bash", "a composite step needs a shell");
        let mut shell = job.shell();
        shell.env("GITHUB_PATH", &path_file).env("GITHUB_OUTPUT", job.path("output"));
        shell.env("GITHUB_STEP_SUMMARY", job.path("summary.md"));
        let added = std::fs::read_to_string(&path_file).unwrap_or_default();
        shell.env("PATH", format!("{}:{}", added.trim(), std::env::var("PATH").unwrap_or_default()));
        for (name, value) in step["env"].as_object().expect("env") {
            shell.env(name, filled(value.as_str().expect("text"), &values));
        }
        let output = shell.args(["-eo", "pipefail", "-c", step["run"].as_str().expect("run")]).output().expect("bash");
        let is_done = !output.status.success();
        last = Some(output);
        if is_done {
            break;
        }
    }
    last.expect("a step")
}

/// The job of the component with these inputs.
fn component(inputs: &[(&str, &str)]) -> Value {
    let text = read("templates/enrolment.yml");
    let (header, job) = text.split_once("\n---\n").expect("two documents");
    let header: Value = serde_saphyr::from_str(header).expect("YAML");
    let mut job = job.to_owned();
    for (name, input) in header["spec"]["inputs"].as_object().expect("inputs") {
        let given = inputs.iter().find(|(given, _)| given == name).map(|(_, value)| *value);
        let value = given.or(input["default"].as_str()).unwrap_or_else(|| panic!("{name} is required"));
        job = job.replace(&format!("$[[ inputs.{name} ]]"), value);
    }
    assert!(!job.contains("$[["), "an input that is not declared");
    serde_saphyr::from_str(&job).expect("YAML")
}

/// All lines in one shell, as GitLab runs them.
fn gitlab(job: &Job, inputs: &[(&str, &str)]) -> Output {
    let download = job.download();
    let job_text = component(&[inputs, &[("download", &download)]].concat());
    let of_job = &job_text["enrolment"];
    let lines = ["before_script", "script"].into_iter().flat_map(|part| of_job[part].as_array().expect("lines"));
    let lines: Vec<&str> = lines.map(|line| line.as_str().expect("text")).collect();
    let mut shell = job.shell();
    shell.env_remove("GITHUB_PATH").env_remove("GITHUB_OUTPUT").env_remove("GITHUB_STEP_SUMMARY");
    let project = job.path("work").display().to_string();
    for (name, value) in of_job["variables"].as_object().expect("variables") {
        let value = value.as_str().expect("text").replace("$CI_PROJECT_DIR", &project).replace("$CI_PIPELINE_IID", "7");
        shell.env(name, value);
    }
    shell.args(["-eo", "pipefail", "-c", &lines.join("\n")]).output().expect("bash")
}

/// Nothing is wrong, something is, it is written down, it is fixed.
fn gates(play: impl Fn(&Job, &[(&str, &str)]) -> Output) {
    if !has_jq() {
        return;
    }
    let job = Job::new();
    let gate = |target: &Path, known: &str| {
        let target = target.display().to_string();
        let output = play(&job, &[("target", target.as_str()), ("known", known), ("arguments", ARGUMENTS)]);
        (output.status.code(), everything(&output))
    };
    let good = Served::with(&[]);
    let (code, said) = gate(&good.path("target.toml"), "");
    assert_eq!(code, Some(0), "{said}");
    for name in ["events.ndjson", "junit.xml", "proofmark.sarif", "codequality.json", "summary.md", "report.html"] {
        let path = job.path("work/proofmark-reports").join(name);
        assert!(path.metadata().is_ok_and(|file| file.len() > 0), "{name}");
    }
    let bad = Served::with(&["--defect", DEFECT]);
    let (code, said) = gate(&bad.path("target.toml"), "");
    assert_eq!(code, Some(1), "{said}");
    std::fs::write(job.known(), "# nothing is known\n").expect("written");
    let suggest = "proofmark known suggest --from proofmark-reports/events.ndjson --known known-deviations.toml --write\n\
                   sed -i 's/^why = \"\"/why = \"a longer name is harmless\"/' known-deviations.toml";
    let own = format!("proofmark() {{ '{}' \"$@\"; }}\n{suggest}", env!("CARGO_BIN_EXE_proofmark"));
    printed(job.shell().args(["-ec", &own]));
    let (code, said) = gate(&bad.path("target.toml"), "known-deviations.toml");
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = gate(&good.path("target.toml"), "known-deviations.toml");
    assert_eq!(code, Some(7), "{said}");
    let (code, said) = gate(&good.path("target.toml"), "not-there.toml");
    assert_eq!(code, Some(3), "{said}");
}

#[test]
fn the_action_installs_and_gates() {
    gates(|job, inputs| {
        let output = github(job, inputs);
        if let Some(code) = output.status.code().filter(|code| *code != 3) {
            let written = std::fs::read_to_string(job.path("output")).expect("outputs");
            assert!(written.ends_with(&format!("exit-code={code}\nreports=proofmark-reports\n")), "{written}");
            let summary = std::fs::read_to_string(job.path("summary.md")).expect("a summary");
            assert!(summary.contains("proofmark"), "{summary}");
        }
        output
    });
}

#[test]
fn the_component_installs_and_gates() {
    gates(gitlab);
}

#[test]
fn the_component_carries_the_scripts_of_the_action() {
    let component = component(&[("target", "a"), ("download", "b")]);
    let job = &component["enrolment"];
    for (part, name) in [("before_script", "action/install.sh"), ("script", "action/gate.sh")] {
        assert_eq!(job[part][0].as_str(), Some(format!("(\n{})\n", read(name)).as_str()), "{part} is not {name}");
    }
}

#[test]
fn both_install_this_version() {
    assert_eq!(yaml("action/action.yml")["inputs"]["version"]["default"], VERSION);
    assert_eq!(
        component(&[("target", "a"), ("download", "b")])["enrolment"]["variables"]["PROOFMARK_VERSION"],
        VERSION
    );
}

/// What the script that installs says; it must not install anything.
fn refused(job: &Job, changes: impl Fn(&mut Command)) -> String {
    let mut shell = job.shell();
    shell.arg(root().join("action/install.sh")).env_remove("GITHUB_PATH");
    shell.env("PROOFMARK_VERSION", VERSION).env("PROOFMARK_DOWNLOAD", job.download());
    shell.env("PROOFMARK_DIRECTORY", job.path("refused"));
    changes(&mut shell);
    let output = shell.output().expect("bash");
    assert!(!output.status.success(), "{}", everything(&output));
    assert!(!job.path("refused").exists(), "{}", everything(&output));
    everything(&output)
}

#[test]
fn what_is_not_the_release_is_not_installed() {
    if !has_jq() {
        return;
    }
    let job = Job::new();
    let said = refused(&job, |shell| {
        shell.env("PROOFMARK_VERSION", "9.9.9");
    });
    assert!(said.contains("could not be loaded"), "{said}");
    let bin = job.path("bin");
    std::fs::create_dir(&bin).expect("made");
    executable(&bin.join("uname"), "#!/bin/sh\necho Plan9\n");
    let said = refused(&job, |shell| {
        shell.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default()));
    });
    assert!(said.contains("there is no release for Plan9"), "{said}");
    let release = job.path(&format!("releases/v{VERSION}"));
    let name = format!("proofmark-{VERSION}-{}-unknown-linux-musl.tar.gz", std::env::consts::ARCH);
    let mut bytes = std::fs::read(release.join(&name)).expect("made");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(release.join(&name), bytes).expect("written");
    let said = refused(&job, |_| ());
    assert!(said.contains("does not have the checksum of the release"), "{said}");
    std::fs::write(release.join("SHA256SUMS"), "").expect("written");
    let said = refused(&job, |_| ());
    assert!(said.contains("SHA256SUMS does not name"), "{said}");
}
