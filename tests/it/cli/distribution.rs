//! What an installed program says about itself: its build, its manual pages, and what shells complete.

use std::process::Command;

use serde_json::Value;

use super::{proofmark, text};

/// The verbs, as `--help` lists them.
fn verbs() -> Vec<String> {
    let help = proofmark(&["--help"]).exits(0).out;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let begins = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let names = listed.filter(begins).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn the_version_is_said_in_three_forms() {
    let said = proofmark(&["version"]).exits(0).out;
    let lines: Vec<&str> = said.lines().collect();
    let [line, target, features] = lines.as_slice() else { panic!("{said}") };
    assert_eq!(proofmark(&["--version"]).exits(0).out.trim_end(), *line);
    let json: Value = serde_json::from_str(&proofmark(&["version", "--format", "json"]).exits(0).out).expect("JSON");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(*target, format!("target    {}", json["target"].as_str().expect("a string")));
    assert_eq!((*features, &json["features"]), ("features  load, server", &serde_json::json!(["load", "server"])));
    let version = format!("proofmark {}", env!("CARGO_PKG_VERSION"));
    match (json["commit"].as_str(), json["changed"].as_bool()) {
        (None, Some(false)) => assert_eq!(*line, version),
        (Some(commit), Some(false)) => assert_eq!(*line, format!("{version} ({commit})")),
        (Some(commit), Some(true)) => assert_eq!(*line, format!("{version} ({commit}, with changes)")),
        _ => panic!("{json}"),
    }
}

#[test]
fn every_shell_has_a_script_with_all_verbs() {
    let verbs = verbs();
    assert!(verbs.len() > 20 && verbs.iter().any(|verb| verb == "completions"), "{verbs:?}");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = proofmark(&["completions", shell]).exits(0).out;
        for verb in &verbs {
            assert!(script.contains(verb.as_str()), "{shell} does not know {verb}");
        }
    }
    proofmark(&["completions", "sh"]).exits(2);
}

/// What bash offers for the last word.
fn offered(words: &[&str]) -> String {
    let script = proofmark(&["completions", "bash"]).exits(0).out;
    let last = words.len() - 1;
    let (word, before) = (words[last], words[last - 1]);
    let ask = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={last}\n_proofmark proofmark '{word}' '{before}'\necho \"${{COMPREPLY[@]}}\"",
        words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ")
    );
    let output = Command::new("bash").args(["-c", &ask]).output().expect("bash is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
}

#[test]
fn bash_completes_verbs_options_and_values() {
    assert_eq!(offered(&["proofmark", "sel"]), "selftest");
    assert_eq!(offered(&["proofmark", "run", "--exh"]), "--exhaustive");
    assert_eq!(offered(&["proofmark", "version", "--format", "j"]), "json");
}

#[test]
fn the_first_page_explains_codes_and_environment() {
    let page = proofmark(&["man"]).exits(0).out;
    assert!(page.contains(&format!(".TH proofmark 1  \"proofmark {}\"", env!("CARGO_PKG_VERSION"))), "{page}");
    for said in
        [".SH \"EXIT STATUS\"", "7 known deviations stale", ".SH ENVIRONMENT", "PROOFMARK_TARGET", "proofmark\\-run(1)"]
    {
        assert!(page.contains(said), "no {said:?} in {page}");
    }
    assert!(!page.contains("EXTRA"), "{page}");
}

#[test]
fn every_verb_has_a_page_with_its_options() {
    let directory = tempfile::tempdir().expect("a directory");
    let man = directory.path().join("man");
    let said = proofmark(&["man", "--out", &text(&man)]).exits(0).out;
    let written: Vec<_> = std::fs::read_dir(&man).expect("written").map(|entry| entry.expect("read").path()).collect();
    assert_eq!(said, format!("{} pages in {}\n", written.len(), man.display()));
    for verb in verbs() {
        let page = std::fs::read_to_string(man.join(format!("proofmark-{verb}.1"))).expect(&verb);
        assert!(page.contains(&format!(".TH proofmark-{verb} 1")), "{page}");
    }
    let page = std::fs::read_to_string(man.join("proofmark-run.1")).expect("written").replace("\\-", "-");
    for option in ["--target", "--known", "--exhaustive", "--report"] {
        assert!(page.contains(option), "no {option} in {page}");
    }
    assert!(man.join("proofmark-load-compare.1").exists() && man.join("proofmark-known-suggest.1").exists());
    let occupied = directory.path().join("file");
    std::fs::write(&occupied, "").expect("written");
    proofmark(&["man", "--out", &text(&occupied)]).exits(74).says(&["file"]);
    renders(&written);
}

/// groff finds nothing wrong with the pages.
fn renders(pages: &[std::path::PathBuf]) {
    let mut groff = Command::new("groff");
    groff.args(["-man", "-Tutf8", "-ww", "-z"]).args(pages);
    let Ok(output) = groff.output() else {
        crate::packaging::untried("groff", "the manual pages are not rendered");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}
