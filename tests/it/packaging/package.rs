//! The members as packages of a registry: what Cargo asks for is said, all that a build reads is packed, and nothing odd.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{metadata, printed, root};
use crate::architecture::source::files;

/// Kinds of files that a build, a reader or a lawyer needs.
const KINDS: [&str; 12] = ["rs", "toml", "orig", "lock", "md", "yaml", "json", "proto", "html", "css", "js", ""];
/// Files without a kind.
const NAMED: [&str; 3] = [".cargo_vcs_info.json", "LICENSE-MIT", "LICENSE-APACHE"];

fn members() -> Vec<Value> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    packages.iter().filter(|package| package["source"].is_null()).cloned().collect()
}

fn packed(name: &str) -> BTreeSet<String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["package", "--locked", "--list", "--allow-dirty", "--package", name]).current_dir(root());
    printed(&mut cargo).lines().map(|line| line.replace('\\', "/")).collect()
}

#[test]
fn each_member_says_what_cargo_asks_for() {
    let members = members();
    assert_eq!(members.len(), 12);
    for member in &members {
        let name = member["name"].as_str().expect("a name");
        for key in ["description", "documentation", "rust_version"] {
            assert!(member[key].as_str().is_some_and(|text| !text.is_empty()), "{name} has no {key}");
        }
        assert_eq!(member["license"], "MIT OR Apache-2.0", "{name}");
        assert_eq!(member["version"], env!("CARGO_PKG_VERSION"), "{name}");
        assert!(member["publish"].is_null(), "{name} is kept back, but others are built from it");
        for dependency in member["dependencies"].as_array().expect("dependencies") {
            let is_open = dependency["kind"] != "dev" && dependency["req"] == "*";
            assert!(!is_open, "{name}: any version of {}", dependency["name"]);
        }
    }
}

#[test]
fn packages_hold_licences_and_nothing_odd() {
    for member in members() {
        let name = member["name"].as_str().expect("a name");
        let packed = packed(name);
        for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
            assert!(packed.contains(licence), "{name} has no {licence}");
        }
        for file in &packed {
            let base = file.rsplit('/').next().unwrap_or_default();
            let kind = base.rsplit_once('.').map_or("", |(_, kind)| kind);
            // What tests beside the code compare with.
            let is_snapshot = kind == "snap" && file.contains("snapshots/");
            assert!(is_snapshot || KINDS.contains(&kind), "{name}: {file}");
            assert!(!kind.is_empty() || NAMED.contains(&base), "{name}: {file}");
            let is_outside =
                ["tests/", "docs/", "target/debug/", ".ci/", ".github/"].iter().any(|of| file.starts_with(of));
            assert!(!is_outside, "{name}: {file}");
        }
    }
}

/// The paths that `include_str!` and `include_bytes!` name in a file, from the package's folder.
fn included(file: &Path, folder: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let names = ["include_str!(\"", "include_bytes!(\""].into_iter().flat_map(|call| text.split(call).skip(1));
    let above = file.parent().expect("in a folder");
    let path =
        |name: &str| above.join(name).canonicalize().unwrap_or_else(|why| panic!("{}: {name}: {why}", file.display()));
    let within = |name: &str| {
        path(name).strip_prefix(folder).map_or_else(|_| format!("../{name}"), |path| path.display().to_string())
    };
    names.filter_map(|rest| rest.split('"').next()).map(within).collect()
}

#[test]
fn what_a_build_reads_is_packed() {
    let mut found = 0;
    for member in members() {
        let name = member["name"].as_str().expect("a name");
        let folder =
            Path::new(member["manifest_path"].as_str().expect("a path")).parent().expect("a folder").to_owned();
        let packed = packed(name);
        let is_test = |file: &str| file.ends_with("tests.rs") || file.contains("/tests/");
        for file in packed.iter().filter(|file| file.ends_with(".rs") && !is_test(file)) {
            for path in included(&folder.join(file), &folder) {
                found += 1;
                assert!(packed.contains(&path), "{name}: {file} reads {path}, which is not packed");
            }
        }
    }
    assert!(found > 50, "{found}");
    // Each source of a member is in its package.
    let sources = files(&root().join("src/cli"));
    let cli: BTreeSet<String> =
        sources.iter().map(|path| path.strip_prefix(root()).expect("below").display().to_string()).collect();
    assert!(cli.is_subset(&packed("proofmark")));
}
