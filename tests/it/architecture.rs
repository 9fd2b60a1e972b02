//! The rules of ARCHITECTURE, executed on the sources: layers, cycles, lengths, homes of crates, words that libraries don't use.

mod can_fail;
pub mod source;

use std::collections::{BTreeMap, BTreeSet};

use source::Source;

/// Who may use whom. `scenario` uses `outcome` because an expectation maps to a reason, and `transport` for the names of
/// request faults.
const LAYERS: &[(&str, &[&str])] = &[
    ("support", &[]),
    ("webauthn", &[]),
    ("contract", &[]),
    ("lease", &[]),
    ("authenticator", &["webauthn"]),
    ("relying_party", &["webauthn"]),
    ("wire", &["contract"]),
    ("transport", &["wire", "contract"]),
    ("outcome", &["transport", "wire", "contract"]),
    ("provisioner", &["transport", "wire"]),
    ("scenario", &["outcome", "transport", "wire", "contract", "authenticator", "webauthn"]),
    ("checks", &["outcome", "scenario", "transport", "wire", "contract", "webauthn"]),
    ("server", &["relying_party", "wire", "contract", "webauthn"]),
    ("gate", &["outcome", "scenario", "contract", "authenticator"]),
    ("diagnosis", &["outcome"]),
    ("report", &["outcome", "gate", "diagnosis", "contract", "wire", "webauthn"]),
    ("runner", PROVISIONS),
    ("load", RUNS),
    ("cli", ALL),
];

const RUNS: &[&str] = &[
    "lease",
    "scenario",
    "checks",
    "outcome",
    "transport",
    "relying_party",
    "authenticator",
    "wire",
    "contract",
    "webauthn",
];

const PROVISIONS: &[&str] = &[
    "lease",
    "provisioner",
    "scenario",
    "checks",
    "outcome",
    "transport",
    "relying_party",
    "authenticator",
    "wire",
    "contract",
    "webauthn",
];

const ALL: &[&str] = &[
    "webauthn",
    "contract",
    "lease",
    "authenticator",
    "relying_party",
    "wire",
    "transport",
    "outcome",
    "scenario",
    "checks",
    "server",
    "gate",
    "diagnosis",
    "report",
    "provisioner",
    "runner",
    "load",
];

/// External crates that only some modules may name.
const HOMES: &[(&str, &[&str])] = &[
    ("ciborium", &["webauthn"]),
    ("ciborium_ll", &["webauthn"]),
    ("aws_lc_rs", &["authenticator", "webauthn", "transport"]),
    ("x509_cert", &["webauthn"]),
    ("p256", &["authenticator"]),
    ("ml_dsa", &["authenticator"]),
    ("rfc6979", &["authenticator"]),
    ("p384", &["authenticator"]),
    ("p521", &["authenticator"]),
    ("k256", &["authenticator"]),
    ("rsa", &["authenticator"]),
    ("ed25519_dalek", &["webauthn", "authenticator"]),
    ("sha1", &["webauthn", "authenticator"]),
    ("prost_reflect", &["wire"]),
    ("protox", &["wire"]),
    ("tokio_rustls", &["transport"]),
    ("hyper", &["transport", "server"]),
    ("h2", &["transport"]),
    ("reqwest", &["provisioner"]),
    ("getrandom", &["provisioner"]),
    ("tonic", &["server"]),
    ("axum", &["server"]),
    ("tonic_health", &["server"]),
    ("tonic_reflection", &["server"]),
    ("tonic_web", &["server"]),
    ("goose", &["load"]),
    ("hdrhistogram", &["outcome", "load", "report"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("anyhow", &["cli"]),
    ("flate2", &["cli"]),
    ("zstd", &["cli"]),
    ("indicatif", &["cli"]),
    ("minijinja", &["report"]),
    ("quick_junit", &["report"]),
    ("minijinja", &["report"]),
    ("serde_saphyr", &["scenario"]),
    ("toml", &["runner"]),
    ("toml_edit", &["gate"]),
    ("similar", &["cli"]),
    ("terminal_size", &["cli"]),
    ("proptest", &["runner"]),
];

/// Words that only `cli` may use: standard streams, the process and its environment.
const ONLY_IN_CLI: &[&[&str]] = &[
    &["print", "!"],
    &["println", "!"],
    &["eprint", "!"],
    &["eprintln", "!"],
    &["io", "::", "stdout"],
    &["io", "::", "stderr"],
    &["process", "::", "exit"],
    &["process", "::", "abort"],
    &["env", "::"],
];

/// Words that nobody may use.
const NOWHERE: &[&[&str]] =
    &[&["todo", "!"], &["unimplemented", "!"], &["dbg", "!"], &[".", "unwrap", "(", ")"], &[".", "unwrap_unchecked"]];

/// Who gives findings.
const GIVERS: [&str; 3] = ["runner", "checks", "scenario"];

/// Members that are not a layer: data, and what every layer uses.
const DATA: [&str; 3] = ["proofmark_fixtures", "proofmark_scenarios", "proofmark_support"];

/// What only a file that is not `mod.rs` may define.
const DEFINITIONS: [&str; 7] = ["fn", "struct", "enum", "trait", "impl", "const", "static"];
const LONGEST_FILE: usize = 400;
const LONGEST_FUNCTION: usize = 60;
const LONGEST_TESTS: usize = 160;

/// Top-level modules that a file names, with the token's index.
fn uses(source: &Source) -> Vec<(usize, String)> {
    let top = |(index, path): (usize, Vec<String>)| Some((index, path.into_iter().next()?));
    paths(source).into_iter().filter_map(top).collect()
}

/// The name at an index, or the names of the group that begins there.
fn named(source: &Source, at: usize) -> Vec<String> {
    if source.text(at) != "{" {
        return vec![source.text(at).to_owned()];
    }
    let mut names = Vec::new();
    let (end, mut index) = (source.closing(at), at + 1);
    while index < end {
        match source.text(index) {
            "{" => index = source.closing(index),
            name if ["{", ","].contains(&source.text(index - 1)) => names.push(name.to_owned()),
            _ => {}
        }
        index += 1;
    }
    names
}

fn forbidden_edges(source: &Source) -> Vec<String> {
    let top = source.top();
    if top.is_empty() {
        return Vec::new();
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(module, _)| *module == top) else {
        return vec![format!("{}: module `{top}` has no row in the table", source.path)];
    };
    // Words are everybody's.
    let is_wrong = |used: &str| used != top && used != "words" && !allowed.contains(&used);
    let wrong = uses(source).into_iter().filter(|(_, used)| is_wrong(used));
    wrong.map(|(index, used)| format!("{}: `{top}` may not use `{used}`", source.place(index))).collect()
}

/// Members of the workspace that are named elsewhere than at the root of another: a use that the table would not see.
fn members(source: &Source) -> Vec<String> {
    let is_root = source.path.ends_with("/lib.rs") || source.path == "src/main.rs";
    let is_module = |name: &str| name.starts_with("proofmark_") && !DATA.contains(&name);
    let found = (0..source.tokens.len()).filter(|at| !is_root && is_module(source.text(*at)));
    found.map(|at| format!("{}: `{}` is named at a root only", source.place(at), source.text(at))).collect()
}

fn edges(sources: &[Source]) -> BTreeMap<String, BTreeSet<String>> {
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.top().is_empty()) {
        let used = uses(source).into_iter().map(|(_, used)| used).filter(|used| used != source.top());
        edges.entry(source.top().to_owned()).or_default().extend(used);
    }
    edges
}

/// What a file names by `crate::` or `super::`: paths from the root, as far as they are modules, types or functions, with the
/// token's index.
fn paths(source: &Source) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for index in 0..source.tokens.len() {
        let begins = index == 0 || source.text(index - 1) != "::";
        let supers = (0..).take_while(|step| source.has(index + 2 * step, &["super", "::"])).count();
        let base = match source.text(index) {
            "crate" if begins && source.text(index + 1) == "::" => Some((0, index + 2)),
            "super" if begins => source.modules.len().checked_sub(supers).map(|depth| (depth, index + 2 * supers)),
            _ => None,
        };
        let Some((depth, mut at)) = base else { continue };
        let mut path = source.modules[..depth].to_vec();
        while source.text(at) != "{" && source.text(at + 1) == "::" {
            path.push(source.text(at).to_owned());
            at += 2;
        }
        found.extend(named(source, at).into_iter().map(|name| (index, [&path[..], &[name]].concat())));
    }
    found
}

/// Which files and folders of each folder use which others of it. What a parent re-exports is the parent's.
fn inner_edges(sources: &[Source]) -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let known: BTreeSet<&[String]> =
        sources.iter().flat_map(|source| (1..=source.modules.len()).map(|depth| &source.modules[..depth])).collect();
    let mut edges: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for source in sources {
        for (_, path) in paths(source) {
            let own = &source.modules;
            let common = own.iter().zip(&path).take_while(|(own, other)| own == other).count();
            if common > 0 && common < own.len() && common < path.len() && known.contains(&path[..=common]) {
                let folder = edges.entry(own[..common].join("/")).or_default();
                folder.entry(own[common].clone()).or_default().insert(path[common].clone());
            }
        }
    }
    edges
}

/// A cycle of modules, if there is one: takes away modules that use no remaining one until nothing changes.
fn cycle(mut edges: BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    loop {
        let remaining: BTreeSet<String> = edges.keys().cloned().collect();
        let before = edges.len();
        edges.retain(|_, used| used.iter().any(|module| remaining.contains(module)));
        if edges.len() == before {
            return edges.into_keys().collect();
        }
    }
}

/// Definitions in a file that only declares modules and re-exports, the first of them.
fn definitions(source: &Source) -> Vec<String> {
    let is_list = source.path.ends_with("/mod.rs");
    let found = (0..source.tokens.len()).find(|at| is_list && DEFINITIONS.contains(&source.text(*at)));
    found.map(|at| format!("{}: `mod.rs` only declares and re-exports", source.place(at))).into_iter().collect()
}

/// Modules that are a file beside a folder of their name, where the folder holds more than the file's tests.
fn in_two_places(source: &Source) -> Vec<String> {
    let folder = source.modules.join("/");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let is_file = !["mod.rs", "lib.rs", "main.rs"].iter().any(|list| source.path.ends_with(list));
    let entries = std::fs::read_dir(root.join(&folder)).into_iter().flatten().flatten();
    let others =
        entries.map(|entry| entry.file_name()).filter(|name| is_file && name != "tests.rs" && name != "snapshots");
    others.map(|name| format!("src/{folder}/{}: {} is a file", name.display(), source.path)).collect()
}

fn long_file(source: &Source) -> Vec<String> {
    let too_long = source.lines > LONGEST_FILE;
    too_long
        .then(|| format!("{}: {} lines before its tests, more than {LONGEST_FILE}", source.path, source.lines))
        .into_iter()
        .collect()
}

fn long_functions(source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for index in 0..source.tokens.len() {
        let name = source.text(index + 1);
        if source.text(index) != "fn" || !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            continue;
        }
        let Some(open) = body(source, index) else { continue };
        let lines = source.tokens[source.closing(open)].line - source.tokens[index].line + 1;
        if lines > LONGEST_FUNCTION {
            wrong.push(format!("{}: `{name}` has {lines} lines, more than {LONGEST_FUNCTION}", source.place(index)));
        }
    }
    wrong
}

/// Where the body of the function at an index begins; the `;` of an array type is none of its own.
fn body(source: &Source, function: usize) -> Option<usize> {
    let mut at = function;
    while at < source.tokens.len() {
        match source.text(at) {
            "{" => return Some(at),
            ";" => return None,
            "(" | "[" => at = source.closing(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn strays(source: &Source) -> Vec<String> {
    let mut wrong = Vec::new();
    for index in 0..source.tokens.len() {
        let name = source.text(index);
        let Some((_, homes)) = HOMES.iter().find(|(known, _)| *known == name) else { continue };
        let before = if index == 0 { "" } else { source.text(index - 1) };
        // `runner::toml::x` is a module of ours, `.toml` a field, and `toml` alone a variable.
        let rooted = before == "::" && !source.text(index.saturating_sub(2)).starts_with(char::is_alphabetic);
        let is_crate =
            before == "use" || (source.text(index + 1) == "::" && (before != "::" || rooted) && before != ".");
        if is_crate && !homes.contains(&source.top()) {
            wrong.push(format!(
                "{}: the crate `{name}` may only be named in {}",
                source.place(index),
                homes.join(", ")
            ));
        }
    }
    wrong
}

fn words(source: &Source) -> Vec<String> {
    let cli = source.top() == "cli";
    let forbidden: Vec<&[&str]> = NOWHERE.iter().chain(ONLY_IN_CLI.iter().filter(|_| !cli)).copied().collect();
    let at = |index: usize| {
        let word = forbidden.iter().find(|word| source.has(index, word))?.concat();
        Some(format!("{}: `{word}` has no place here", source.place(index)))
    };
    (0..source.tokens.len()).filter_map(at).collect()
}

/// Flows that are named where a contract's data should be asked.
fn named_flows(source: &Source) -> Vec<String> {
    let is_constant = |text: &str| text.starts_with(|c: char| c.is_ascii_uppercase()) && text.to_uppercase() == text;
    let is_named = |index: &usize| source.has(*index, &["Flow", "::"]) && is_constant(source.text(index + 2));
    let found = (0..source.tokens.len()).filter(is_named).filter(|_| source.top() != "contract");
    found.map(|index| format!("{}: it names a flow", source.place(index))).collect()
}

fn assert_holds(rule: fn(&Source) -> Vec<String>) {
    let sources = source::all();
    assert!(sources.len() > 50, "the sources were not found");
    let wrong: Vec<String> = sources.iter().flat_map(rule).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn modules_use_only_what_is_below_them() {
    assert_holds(forbidden_edges);
    let modules: BTreeSet<&str> = LAYERS.iter().map(|(module, _)| *module).collect();
    let named: BTreeSet<&str> = LAYERS.iter().flat_map(|(_, used)| used.iter().copied()).collect();
    assert!(named.is_subset(&modules), "the table speaks of a module without a row");
}

#[test]
fn members_are_named_at_roots() {
    assert_holds(members);
}

#[test]
fn modules_do_not_form_cycles() {
    assert_eq!(cycle(edges(&source::all())), [""; 0]);
}

#[test]
fn files_of_a_folder_do_not_form_cycles() {
    for (folder, edges) in inner_edges(&source::all()) {
        assert_eq!(cycle(edges), [""; 0], "src/{folder}");
    }
}

#[test]
fn module_lists_define_nothing() {
    assert_holds(definitions);
}

#[test]
fn a_module_with_parts_is_a_folder() {
    assert_holds(in_two_places);
}

/// How many lines a module of tests has that stands at the end of a file; none if it has a file of its own.
fn inline_tests(text: &str) -> usize {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |pair: &[&str]| pair[0] == "#[cfg(test)]" && pair[1].contains("mod ") && pair[1].ends_with('{');
    lines.windows(2).position(begins).map_or(0, |at| lines.len() - at)
}

#[test]
fn long_tests_have_a_file_of_their_own() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for path in source::files(&root).iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs")) {
        let lines = inline_tests(&std::fs::read_to_string(path).expect("text"));
        assert!(lines <= LONGEST_TESTS, "{}: {lines} lines of tests belong into tests.rs", path.display());
    }
}

#[test]
fn files_are_short() {
    assert_holds(long_file);
}

#[test]
fn functions_are_short() {
    assert_holds(long_functions);
}

#[test]
fn contracts_alone_name_flows() {
    assert_holds(named_flows);
}

#[test]
fn external_crates_stay_at_home() {
    assert_holds(strays);
}

/// Lines that name a vendor outside the provisioner's module and the contracts, beside the names of its protobuf packages.
fn vendors(path: &str, text: &str) -> Vec<String> {
    let is_at_home = ["src/provisioner/", "src/api/contract/"].iter().any(|home| path.starts_with(home));
    let without_packages = |line: &str| {
        ["user.", "auth.", "object.", "v1.", "v1/", "user/", "auth/", "object/"].iter().fold(
            line.to_lowercase(),
            |line, package| {
                let dotted = format!("zitadel{}{package}", if package.ends_with('/') { '/' } else { '.' });
                line.replace(&dotted, "")
            },
        )
    };
    let numbered = text.lines().zip(1..).filter(|(line, _)| !is_at_home && without_packages(line).contains("zitadel"));
    numbered.map(|(line, number)| format!("{path}:{number}: {}", line.trim())).collect()
}

#[test]
fn nothing_but_provisioner_and_contracts_knows_a_vendor() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = ["src", "scenarios", "reports/schemas"].map(|directory| source::files(&root.join(directory)));
    let mut wrong = Vec::new();
    for path in files.iter().flatten() {
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        wrong.extend(vendors(&name, &std::fs::read_to_string(path).unwrap_or_default()));
    }
    assert!(files.iter().flatten().count() > 100, "the files were not found");
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn libraries_neither_print_nor_panic_nor_exit() {
    assert_holds(words);
}

/// Reasons that a report knows and nothing ever gives would be promises that nobody keeps.
#[test]
fn every_reason_is_given_by_something() {
    let schema = include_str!("../../reports/schemas/events.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("JSON");
    let names = schema["$defs"]["reason"]["enum"].as_array().expect("a list");
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let variant = |name: &str| name.split('-').map(capital).collect::<String>();
    // What a broken statement is called follows from its basis there.
    let is_giver = |source: &Source| GIVERS.contains(&source.top()) || source.modules == ["outcome", "profile"];
    let sources: Vec<Source> = source::all().into_iter().filter(is_giver).collect();
    let given = |variant: &str| {
        let here = |source: &Source| (0..source.tokens.len()).any(|at| source.has(at, &["Reason", "::", variant]));
        sources.iter().any(here)
    };
    let missing: Vec<&str> =
        names.iter().filter_map(|name| name.as_str()).filter(|name| !given(&variant(name))).collect();
    assert_eq!(missing, [""; 0]);
}
