//! What is given away: packages, archives, the image, the action and the component, and the workflows that make them.

mod action;
mod archive;
mod commit;
mod licences;
mod package;
mod workflows;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// Says, also when the test passes, what was not tested for want of a tool.
pub fn untried(tool: &str, what: &str) {
    let said = format!("THERE IS NO {tool}: {what}\n");
    std::io::stderr().write_all(said.as_bytes()).expect("standard error is open");
}

pub fn is_installed(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

/// Whether jq is there, which the scripts need; says so if not.
pub fn has_jq() -> bool {
    let is_there = is_installed("jq");
    if !is_there {
        untried("jq", "the scripts in packaging/ are not run");
    }
    is_there
}

/// Writes a program for a script to call.
pub fn executable(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).expect("written");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("ours");
}

/// A small file that does what the program of this build does: the program itself has 200 MB.
pub fn stand_in(directory: &Path) -> PathBuf {
    let path = directory.join("built-proofmark");
    executable(&path, &format!("#!/bin/sh\nexec '{}' \"$@\"\n", env!("CARGO_BIN_EXE_proofmark")));
    path
}

/// A script of `packaging/`, outside of any CI service.
pub fn script(name: &str) -> Command {
    let mut command = Command::new(root().join("packaging").join(name));
    for variable in ["CI", "GITHUB_ACTIONS", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITLAB_CI"] {
        command.env_remove(variable);
    }
    command
}

/// What it prints; fails unless it succeeds.
#[track_caller]
pub fn printed(command: &mut Command) -> String {
    let output = command.output().expect("started");
    assert!(output.status.success(), "{}", everything(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

pub fn everything(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&read(name)).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// What Cargo knows of the workspace and of all that it is built from.
pub fn metadata() -> Value {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--locked", "--format-version", "1"]).current_dir(root());
    serde_json::from_str(&printed(&mut cargo)).expect("JSON")
}
