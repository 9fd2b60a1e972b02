//! The build script, run as Cargo runs it: where it finds the commit, and where it must not look.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::{printed, root};

struct Script {
    directory: TempDir,
}

impl Script {
    fn compiled() -> Script {
        let directory = tempfile::tempdir().expect("a directory");
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition", "2024", "-o"]).arg(directory.path().join("build")).arg(root().join("build.rs"));
        printed(rustc.current_dir(root()));
        Script { directory }
    }

    /// The folder of a package, with something to build.
    fn folder(&self, name: &str) -> std::path::PathBuf {
        let folder = self.directory.path().join(name);
        std::fs::create_dir_all(folder.join("src")).expect("made");
        std::fs::write(folder.join("src/main.rs"), "fn main() {}\n").expect("written");
        folder
    }

    /// What `--version` will say, built in a folder.
    fn line(&self, folder: &Path, profile: &str, given: Option<&str>) -> String {
        let mut command = Command::new(self.directory.path().join("build"));
        command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).env("CARGO_PKG_VERSION", "1.2.3");
        command.env("TARGET", "a-b-c").env("PROFILE", profile).env_remove("PROOFMARK_COMMIT");
        command.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE");
        command.envs(given.map(|commit| ("PROOFMARK_COMMIT", commit)));
        let out = printed(&mut command);
        assert!(out.contains("cargo::rustc-env=PROOFMARK_BUILD_TARGET=a-b-c\n"), "{out}");
        let line = out.lines().find_map(|line| line.strip_prefix("cargo::rustc-env=PROOFMARK_BUILD_LINE="));
        line.expect("said").to_owned()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").current_dir(folder);
    git.args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]).args(arguments);
    printed(&mut git)
}

#[test]
fn the_commit_is_found_where_it_is_known() {
    const GIVEN: &str = "0123456789abcdef0123456789abcdef01234567";
    let script = Script::compiled();
    let bare = script.folder("bare");
    for profile in ["debug", "release"] {
        assert_eq!(script.line(&bare, profile, None), "1.2.3");
        assert_eq!(script.line(&bare, profile, Some(GIVEN)), "1.2.3 (0123456789ab)");
        assert_eq!(script.line(&bare, profile, Some("main; rm")), "1.2.3");
    }
    let packed = script.folder("packed");
    let note = |more: &str| {
        let text = format!("{{\n  \"git\": {{\n    \"sha1\": \"{GIVEN}\"{more}\n  }},\n  \"path_in_vcs\": \"\"\n}}");
        std::fs::write(packed.join(".cargo_vcs_info.json"), text).expect("written");
    };
    note("");
    assert_eq!(script.line(&packed, "release", None), "1.2.3 (0123456789ab)");
    note(",\n    \"dirty\": true");
    assert_eq!(script.line(&packed, "release", None), "1.2.3 (0123456789ab, with changes)");
}

#[test]
fn a_release_build_asks_git_about_its_own_repository() {
    let script = Script::compiled();
    let own = script.folder("own");
    git(&own, &["init", "--quiet"]);
    git(&own, &["add", "--all"]);
    git(&own, &["commit", "--quiet", "--message", "a"]);
    let commit = git(&own, &["rev-parse", "HEAD"])[..12].to_owned();
    assert_eq!(script.line(&own, "release", None), format!("1.2.3 ({commit})"));
    assert_eq!(script.line(&own, "debug", None), "1.2.3");
    // Other files do not change the program.
    std::fs::write(own.join("README.md"), "a").expect("written");
    git(&own, &["add", "--all"]);
    assert_eq!(script.line(&own, "release", None), format!("1.2.3 ({commit})"));
    std::fs::write(own.join("src/main.rs"), "fn main() { }\n").expect("written");
    assert_eq!(script.line(&own, "release", None), format!("1.2.3 ({commit}, with changes)"));
    // A package in another project's repository.
    let inner = script.folder("own/vendor/proofmark");
    assert_eq!(script.line(&inner, "release", None), "1.2.3");
}
