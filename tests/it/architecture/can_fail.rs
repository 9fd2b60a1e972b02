//! Each rule on a text that breaks it, and on one that looks as if it did.

use super::*;

fn check(rule: fn(&Source) -> Vec<String>, path: &str, text: &str, expected: &[&str]) {
    assert_eq!(rule(&Source::new(path, text)), expected, "{text}");
}

#[test]
fn layers() {
    let path = "src/wire/schema.rs";
    let edge = |line: u32, used: &str| format!("{path}:{line}: `wire` may not use `{used}`");
    check(forbidden_edges, path, "use crate::contract::Flow;\nuse super::status;\nuse crate::wire::secret;", &[]);
    check(forbidden_edges, path, "\nuse crate::runner::Runner;", &[&edge(2, "runner")]);
    check(forbidden_edges, path, "fn f(x: &crate::cli::Args) {}", &[&edge(1, "cli")]);
    let group = "pub use crate::{contract::{Flow, load}, webauthn::{options}, scenario};";
    check(forbidden_edges, path, group, &[&edge(1, "webauthn"), &edge(1, "scenario")]);
    check(forbidden_edges, path, "use super::super::checks::CHECKS;", &[&edge(1, "checks")]);
    check(forbidden_edges, path, "use super::super::{contract, report};", &[&edge(1, "report")]);
    check(forbidden_edges, path, "// crate::cli\n#[cfg(test)]\nmod tests { use crate::cli; }", &[]);
    check(forbidden_edges, "src/extra/mod.rs", "", &["src/extra/mod.rs: module `extra` has no row in the table"]);
    check(forbidden_edges, "src/cli/run.rs", "use crate::runner::Runner;", &[]);
}

#[test]
fn members_elsewhere() {
    let text = "use proofmark_api::wire;\nuse proofmark_fixtures::PROTOS;";
    check(
        members,
        "src/runner/play/call.rs",
        text,
        &["src/runner/play/call.rs:1: `proofmark_api` is named at a root only"],
    );
    check(members, "src/runner/lib.rs", text, &[]);
}

#[test]
fn vendor_names() {
    let text = "\"zitadel.user.v2.UserService\"\ninclude_str!(\"fixtures/proto/zitadel/v1/message.proto\")\n// as Zitadel does";
    assert_eq!(vendors("src/server/rest.rs", text), ["src/server/rest.rs:3: // as Zitadel does"]);
    assert_eq!(vendors("src/api/contract/v2.rs", text), [""; 0]);
    assert_eq!(vendors("src/provisioner/zitadel/mod.rs", text), [""; 0]);
}

#[test]
fn flows() {
    let text = "if flow == Flow::V9_KEY {}\nlet all = Flow::ALL;\nflow.map(Flow::slug)";
    let named = |line: u32| format!("src/load/cycle.rs:{line}: it names a flow");
    check(named_flows, "src/load/cycle.rs", text, &[&named(1), &named(2)]);
    check(named_flows, "src/contract/invented.rs", text, &[]);
}

#[test]
fn circles_inside_a_folder() {
    let source = |path: &str, text: &str| Source::new(path, text);
    let ring = [
        source("src/load/mod.rs", "pub use pool::Pool; use super::load::find::Found;"),
        source("src/load/pool.rs", "use super::file::{self, Feed};"),
        source("src/load/file.rs", "use crate::load::find::{rounds::Round};"),
        source("src/load/find/rounds.rs", "use super::super::pool::Pool;"),
    ];
    let found = |sources: &[Source]| inner_edges(sources).into_iter().map(|(folder, edges)| (folder, cycle(edges)));
    let names = ["file", "find", "pool"].map(str::to_owned).to_vec();
    assert_eq!(found(&ring).collect::<Vec<_>>(), [("load".to_owned(), names)]);
    assert!(found(&ring[..3]).all(|(_, circle)| circle.is_empty()));
}

#[test]
fn cycles() {
    let source = |path: &str, text: &str| Source::new(path, text);
    let ring = [
        source("src/wire/mod.rs", "use crate::contract::Flow;"),
        source("src/contract/v1.rs", "use crate::webauthn::cbor;"),
        source("src/webauthn/mod.rs", "use crate::wire::secret;"),
        source("src/cli/mod.rs", "use crate::load;"),
    ];
    assert_eq!(cycle(edges(&ring)), ["contract", "webauthn", "wire"]);
    assert_eq!(cycle(edges(&ring[..2])), [""; 0]);
}

#[test]
fn module_lists() {
    let text = "//! fn in a comment\npub mod wire;\npub use wire::{Const, implement};\n";
    check(definitions, "src/load/mod.rs", text, &[]);
    let wrong = "src/load/mod.rs:2: `mod.rs` only declares and re-exports";
    for word in ["fn f() {}", "pub struct S;", "const A: u8 = 1;", "impl S {}"] {
        check(definitions, "src/load/mod.rs", &format!("mod a;\n{word}"), &[wrong]);
        check(definitions, "src/load/a.rs", word, &[]);
    }
}

#[test]
fn modules_in_two_places() {
    assert_ne!(in_two_places(&Source::new("src/runner/play.rs", "")), [""; 0]);
    check(in_two_places, "src/runner/play/mod.rs", "", &[]);
    check(in_two_places, "src/load/cycle.rs", "", &[]);
}

#[test]
fn lengths_of_tests() {
    assert_eq!(inline_tests("fn f() {}\n#[cfg(test)]\nmod tests {\n}\n"), 3);
    assert_eq!(inline_tests("fn f() {}\n#[cfg(test)]\nmod tests;\n"), 0);
}

#[test]
fn lengths() {
    let path = "src/wire/mod.rs";
    check(long_file, path, &"\n".repeat(400), &[]);
    check(long_file, path, &"\n".repeat(401), &["src/wire/mod.rs: 401 lines before its tests, more than 400"]);
    let tested = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(399), "\n".repeat(100));
    check(long_file, path, &tested, &[]);
    let function = |lines: usize| format!("\nfn long(\n) -> [u8; 2] {{{}}}\nfn next() {{}}", "\n".repeat(lines - 2));
    check(long_functions, path, &function(60), &[]);
    check(long_functions, path, &function(61), &["src/wire/mod.rs:2: `long` has 61 lines, more than 60"]);
}

#[test]
fn homes() {
    let stray = "src/checks/mod.rs:2: the crate `ciborium` may only be named in webauthn";
    for text in
        ["use ciborium::Value;", "use ciborium as cbor;", "type A = ciborium::Value;", "fn f(a: ::ciborium::A) {}"]
    {
        check(strays, "src/checks/mod.rs", &format!("\n{text}"), &[stray]);
        check(strays, "src/webauthn/cbor.rs", &format!("\n{text}"), &[]);
    }
    for text in
        ["let toml = 1;", "use crate::runner::toml;", "use super::toml::read;", "self.toml::<u8>()", "\"goose::x\";"]
    {
        check(strays, "src/checks/mod.rs", text, &[]);
    }
}

#[test]
fn forbidden_words() {
    let path = "src/wire/mod.rs";
    for word in ["println!", "eprintln!", "print!", "process::exit", "io::stdout", "env::"] {
        let text = format!("fn f() {{ std::{word}(x) }}");
        check(words, path, &text, &[&format!("{path}:1: `{word}` has no place here")]);
        check(words, "src/cli/mod.rs", &text, &[]);
    }
    for word in ["todo!", "unimplemented!", "dbg!"] {
        let expected = format!("src/cli/mod.rs:1: `{word}` has no place here");
        check(words, "src/cli/mod.rs", &format!("fn f() {{ {word}() }}"), &[&expected]);
    }
    check(words, path, "x\n    .unwrap()", &[&format!("{path}:2: `.unwrap()` has no place here")]);
    check(
        words,
        path,
        "x.unwrap_or(1); env!(\"A\"); // todo!()\n#[cfg(test)] mod tests { fn f() { a.unwrap() } }",
        &[],
    );
}
