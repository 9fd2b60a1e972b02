//! Says which commit the program is built from, if that is known: from `PROOFMARK_COMMIT`, from what `cargo package` wrote, or from git.
//! A debug build does not ask git, since every commit would link all tests again.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the program is made of, as git names it.
const SOURCES: [&str; 6] = ["src", "scenarios", "fixtures", "build.rs", "Cargo.toml", "Cargo.lock"];

/// A commit, and whether the sources differ from it.
struct Commit {
    id: String,
    changed: bool,
}

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    println!("cargo::rerun-if-env-changed=PROOFMARK_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    let commit = given().or_else(|| packaged(&root)).or_else(|| checked_out(&root));
    let (id, changed) = commit.map_or((String::new(), false), |commit| (commit.id, commit.changed));
    let version = variable("CARGO_PKG_VERSION");
    let line = match (id.as_str(), changed) {
        ("", _) => version,
        (id, false) => format!("{version} ({id})"),
        (id, true) => format!("{version} ({id}, with changes)"),
    };
    println!("cargo::rustc-env=PROOFMARK_BUILD_LINE={line}");
    println!("cargo::rustc-env=PROOFMARK_BUILD_COMMIT={id}");
    println!("cargo::rustc-env=PROOFMARK_BUILD_CHANGED={changed}");
    println!("cargo::rustc-env=PROOFMARK_BUILD_TARGET={}", variable("TARGET"));
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

/// What whoever builds says, such as a container file, whose build has no `.git`.
fn given() -> Option<Commit> {
    let id = short(&variable("PROOFMARK_COMMIT"))?;
    Some(Commit { id, changed: false })
}

/// What `cargo package` has written into the package.
fn packaged(root: &Path) -> Option<Commit> {
    let path = root.join(".cargo_vcs_info.json");
    let text = std::fs::read_to_string(&path).ok()?;
    println!("cargo::rerun-if-changed={}", path.display());
    let id = short(text.split("\"sha1\"").nth(1)?.split('"').nth(1)?)?;
    Some(Commit { id, changed: text.contains("\"dirty\": true") })
}

/// What is checked out, if this folder is the top of the repository. A package that lies in the repository of another project has
/// nothing to do with that project's commits.
fn checked_out(root: &Path) -> Option<Commit> {
    if variable("PROFILE") == "debug" {
        return None;
    }
    let top = PathBuf::from(git(root, &["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    // Git writes a line into this log whenever another commit is checked out or made.
    for name in ["HEAD", "logs/HEAD"] {
        let path = root.join(git(root, &["rev-parse", "--git-path", name])?);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    SOURCES.iter().for_each(|source| println!("cargo::rerun-if-changed={source}"));
    let id = short(&git(root, &["rev-parse", "HEAD"])?)?;
    let changes = git(root, &[&["status", "--porcelain", "--untracked-files=no", "--"], &SOURCES[..]].concat())?;
    Some(Commit { id, changed: !changes.is_empty() })
}

/// What git prints; nothing if there is no git or it refuses.
fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The first twelve digits of a commit's name; nothing if it is not such a name.
fn short(id: &str) -> Option<String> {
    let is_name = (7..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_name.then(|| id.chars().take(12).collect())
}
