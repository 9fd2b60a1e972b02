//! The archives of a release, made of this build: what is in them, what they say of their contents, and the image.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{everything, executable, has_jq, is_installed, printed, read, root, script, stand_in, untried};

const LINUX: &str = "x86_64-unknown-linux-musl";

fn archived(target: &str, directory: &Path) -> String {
    let program = stand_in(directory);
    let path = printed(script("archive.sh").arg(target).arg(program).arg(directory.join("dist")));
    path.trim().to_owned()
}

/// The files of an archive, below its one folder.
fn listed(command: &mut Command, name: &str) -> BTreeSet<String> {
    let out = printed(command);
    let below = |line: &str| line.strip_prefix(&format!("{name}/")).unwrap_or_else(|| panic!("{line}")).to_owned();
    out.lines().map(below).filter(|path| !path.is_empty() && !path.ends_with('/')).collect()
}

fn holds_all(files: &BTreeSet<String>, program: &str) {
    let named = [
        program,
        "README.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "LICENSES-OF-DEPENDENCIES.txt",
        "proofmark.cdx.json",
        "man/proofmark.1",
        "man/proofmark-run.1",
        "completions/proofmark.bash",
        "completions/_proofmark",
        "completions/proofmark.fish",
        "completions/_proofmark.ps1",
        "completions/proofmark.elv",
    ];
    for name in named {
        assert!(files.contains(name), "no {name} in {files:?}");
    }
    let rest = files.iter().filter(|file| !named.contains(&file.as_str()) && !file.starts_with("man/proofmark-"));
    assert_eq!(rest.count(), 0, "{files:?}");
}

#[test]
fn an_archive_holds_what_its_user_needs() {
    if !has_jq() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let path = archived(LINUX, directory.path());
    let name = format!("proofmark-{}-{LINUX}", env!("CARGO_PKG_VERSION"));
    assert!(path.ends_with(&format!("dist/{name}.tar.gz")), "{path}");
    holds_all(&listed(Command::new("tar").args(["-tzf", &path]), &name), "proofmark");
    printed(Command::new("tar").args(["-xzf", &path, "-C"]).arg(directory.path()));
    let unpacked = directory.path().join(&name);
    let said = printed(Command::new(unpacked.join("proofmark")).arg("--version"));
    assert!(said.starts_with(&format!("proofmark {}", env!("CARGO_PKG_VERSION"))), "{said}");
    let licences = std::fs::read_to_string(unpacked.join("LICENSES-OF-DEPENDENCIES.txt")).expect("written");
    for told in ["\naws-lc-rs ", "\nmimalloc ", "Permission is hereby granted", "Apache License", "OpenSSL"] {
        assert!(licences.contains(told), "no {told:?}");
    }
    // Made again, it is the same to the byte.
    let first = std::fs::read(&path).expect("written");
    archived(LINUX, directory.path());
    assert!(first == std::fs::read(&path).expect("written"), "another archive of the same files");
    checksums(&directory.path().join("dist"), &name);
}

/// `SHA256SUMS` names every file, and finds one that was changed.
fn checksums(dist: &Path, name: &str) {
    printed(script("checksums.sh").arg(dist));
    let sums = std::fs::read_to_string(dist.join("SHA256SUMS")).expect("written");
    let named: Vec<&str> = sums.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    assert_eq!(named, [format!("{name}.cdx.json"), format!("{name}.tar.gz")]);
    let check =
        || Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(dist).output().expect("started");
    assert!(check().status.success(), "{}", everything(&check()));
    std::fs::write(dist.join(format!("{name}.cdx.json")), "{}").expect("written");
    assert!(!check().status.success());
}

#[test]
fn windows_gets_a_zip() {
    if !has_jq() {
        return;
    }
    if !is_installed("zip") || !is_installed("unzip") {
        untried("zip", "no archive for Windows is made");
        return;
    }
    let target = "x86_64-pc-windows-msvc";
    let directory = tempfile::tempdir().expect("a directory");
    let path = archived(target, directory.path());
    let name = format!("proofmark-{}-{target}", env!("CARGO_PKG_VERSION"));
    holds_all(&listed(Command::new("unzip").args(["-Z1", &path]), &name), "proofmark.exe");
}

/// The checksums of Cargo.lock, by name and version.
fn locked() -> BTreeMap<(String, String), String> {
    let file: toml_edit::DocumentMut = read("Cargo.lock").parse().expect("TOML");
    let packages = file["package"].as_array_of_tables().expect("packages");
    let text = |table: &toml_edit::Table, key: &str| Some(table.get(key)?.as_str()?.to_owned());
    packages
        .iter()
        .filter_map(|table| Some(((text(table, "name")?, text(table, "version")?), text(table, "checksum")?)))
        .collect()
}

#[test]
fn the_list_of_parts_is_what_is_linked() {
    if !has_jq() {
        return;
    }
    let list: Value = serde_json::from_str(&printed(script("sbom.sh").arg(LINUX))).expect("JSON");
    assert_eq!((&list["bomFormat"], &list["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    assert_eq!(list["metadata"]["component"]["name"], "proofmark");
    let components = list["components"].as_array().expect("a list");
    let locked = locked();
    let mut refs = BTreeSet::from([list["metadata"]["component"]["bom-ref"].as_str().expect("a reference")]);
    for component in components {
        let text = |key: &str| component[key].as_str().expect(key).to_owned();
        assert!(refs.insert(component["bom-ref"].as_str().expect("a reference")), "{component}");
        assert_eq!(text("purl"), format!("pkg:cargo/{}@{}", text("name"), text("version")));
        assert!(component["licenses"][0]["expression"].as_str().is_some_and(|text| !text.contains('/')), "{component}");
        let checksum = component["hashes"][0]["content"].as_str();
        assert_eq!(checksum, locked.get(&(text("name"), text("version"))).map(String::as_str), "{component}");
        assert_eq!(checksum.is_none(), text("name").starts_with("proofmark-"), "{component}");
    }
    let names: BTreeSet<&str> = components.iter().filter_map(|component| component["name"].as_str()).collect();
    for linked in ["aws-lc-sys", "proofmark-runner", "goose", "clap"] {
        assert!(names.contains(linked), "{linked} is linked");
    }
    // Used by tests, by other platforms, and to build.
    for other in ["criterion", "webauthn-rs-core", "windows-sys", "cc"] {
        assert!(!names.contains(other), "{other} is not linked");
    }
    for edges in list["dependencies"].as_array().expect("a list") {
        let ends = edges["dependsOn"].as_array().expect("a list").iter().chain([&edges["ref"]]);
        ends.for_each(|end| assert!(refs.contains(end.as_str().expect("a reference")), "{end} is not listed"));
    }
    assert_eq!(list["dependencies"].as_array().map(Vec::len), Some(refs.len()));
}

#[test]
fn a_program_is_tried_before_it_is_given_away() {
    if !has_jq() {
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let program = stand_in(directory.path());
    let version = env!("CARGO_PKG_VERSION");
    let said = printed(script("try.sh").arg(&program).arg(format!("v{version}")));
    assert!(said.contains(&format!("proofmark {version} for ")), "{said}");
    let refused = script("try.sh").arg(&program).arg("v9.9.9").output().expect("started");
    assert!(
        !refused.status.success() && everything(&refused).contains("the tag is v9.9.9"),
        "{}",
        everything(&refused)
    );
    // A program that finds nothing.
    let blind = directory.path().join("blind");
    let own = program.display();
    executable(&blind, &format!("#!/bin/sh\nif [ \"$1\" = run ]; then exit 0; fi\nexec '{own}' \"$@\"\n"));
    let refused = script("try.sh").arg(&blind).output().expect("started");
    assert!(!refused.status.success() && everything(&refused).contains("is 0"), "{}", everything(&refused));
}

#[test]
fn both_images_end_in_the_same_way() {
    let image = |name: &str| {
        let text = read(name);
        let lines = text.lines().skip_while(|line| *line != "FROM scratch").filter(|line| !line.starts_with('#'));
        let end = |line: &str| {
            line.split_whitespace().filter(|word| !word.starts_with("--from=")).map(base).collect::<Vec<_>>()
        };
        lines.map(end).collect::<Vec<_>>()
    };
    // Where a file comes from differs, its name and its place do not.
    fn base(word: &str) -> String {
        let is_source = word.starts_with("/source/") || word == "/etc/ssl/certs/ca-certificates.crt";
        if is_source { word.rsplit('/').next().unwrap_or_default().to_owned() } else { word.to_owned() }
    }
    assert_eq!(image("packaging/Containerfile"), image("deploy/Containerfile"));
    assert_eq!(image("packaging/Containerfile").len(), 6);
}

/// A static program that was built before: `PROOFMARK_STATIC`, or that of the target directory.
fn static_program() -> Option<std::path::PathBuf> {
    let built = root().join("target").join(LINUX).join("release/proofmark");
    std::env::var_os("PROOFMARK_STATIC").map(Into::into).or_else(|| built.is_file().then_some(built))
}

#[test]
fn the_image_starts() {
    let Some(builder) = ["buildah", "podman"].into_iter().find(|tool| is_installed(tool)) else {
        let refused = script("image.sh").args(["/bin/true", "a"]).output().expect("started");
        assert!(everything(&refused).contains("neither buildah nor podman"), "{}", everything(&refused));
        return untried("buildah AND no podman", "the image is not built");
    };
    let Some(program) = static_program() else {
        return untried("static program", "the image is not built; PROOFMARK_STATIC names one");
    };
    let tag = format!("localhost/proofmark-test:{}", std::process::id());
    printed(script("image.sh").arg(program).arg(&tag));
    let run = |arguments: &[&str]| {
        let mut command = Command::new("bash");
        command.env("TAG", &tag).args(["-ec", START[usize::from(builder == "podman")], "start"]).args(arguments);
        command.output().expect("started")
    };
    let said = run(&["--version"]);
    assert!(everything(&said).contains(&format!("proofmark {}", env!("CARGO_PKG_VERSION"))), "{}", everything(&said));
    assert_eq!(run(&["run", "--quiet", "enrolment/good"]).status.code(), Some(0));
    assert_eq!(
        run(&["run", "--quiet", "--defect", "limit-token-name-201", "limits/name-201-ascii"]).status.code(),
        Some(1)
    );
    printed(Command::new(builder).args(["rmi", &tag]));
}

/// How an image is started with buildah, which has no word for it, and with podman.
const START: [&str; 2] = [
    "container=$(buildah from \"$TAG\"); trap 'buildah rm \"$container\" >/dev/null' EXIT; \
     buildah run --isolation chroot \"$container\" -- /proofmark \"$@\"",
    "podman run --rm \"$TAG\" \"$@\"",
];
