//! What a run is called: `--label`, and what the CI service says about the job.

use std::collections::BTreeMap;

use proofmark_support::words::beginning;

/// The most labels.
const MOST: usize = 32;
/// The most characters of a key, and of a value.
const LONGEST: (usize, usize) = (60, 400);

/// The variables of CI services: what makes the value of each label. The first service that is there counts.
const SERVICES: [(&str, &[(&str, &str)]); 2] = [
    (
        "GITHUB_ACTIONS",
        &[
            ("commit", "{GITHUB_SHA}"),
            ("branch", "{GITHUB_REF_NAME}"),
            ("run", "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"),
        ],
    ),
    ("GITLAB_CI", &[("commit", "{CI_COMMIT_SHA}"), ("branch", "{CI_COMMIT_REF_NAME}"), ("run", "{CI_JOB_URL}")]),
];

/// Reads `key=value`.
///
/// # Errors
/// What to write instead.
pub fn label(text: &str) -> Result<(String, String), String> {
    let fits = |key: &str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        !key.is_empty() && key.len() <= LONGEST.0 && key.chars().all(is_plain)
    };
    let pair = text.split_once('=').filter(|(key, value)| fits(key) && value.chars().count() <= LONGEST.1);
    let (key, value) = pair.ok_or_else(|| {
        "write KEY=VALUE, such as commit=1a2b3c; a key has letters, digits, dots, dashes and underscores".to_owned()
    })?;
    Ok((key.to_owned(), value.to_owned()))
}

/// The labels of the command line and, for keys that it does not give, those of the CI service.
pub fn labels(given: &[(String, String)], variable: impl Fn(&str) -> Option<String>) -> BTreeMap<String, String> {
    let mut labels: BTreeMap<String, String> = given.iter().take(MOST).cloned().collect();
    let is_there = |name: &str| variable(name).is_some_and(|value| value == "true");
    let service = SERVICES.iter().find(|(name, _)| is_there(name));
    for (key, form) in service.into_iter().flat_map(|(_, labels)| *labels) {
        if let Some(value) = filled(form, &variable) {
            labels.entry((*key).to_owned()).or_insert_with(|| beginning(&value, LONGEST.1).to_owned());
        }
    }
    labels
}

/// A form with the value of each variable in braces; `None` if one is missing.
fn filled(form: &str, variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    for part in form.split_inclusive('}') {
        let (before, name) = part.split_once('{').unwrap_or((part, ""));
        text.push_str(before);
        if let Some(name) = name.strip_suffix('}') {
            text.push_str(&variable(name).filter(|value| !value.is_empty())?);
        }
    }
    Some(text)
}

/// The name of this machine, if the environment or the system has it in a known place.
pub fn host(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let of_variable = ["HOSTNAME", "COMPUTERNAME"].into_iter().find_map(&variable);
    let of_system = || {
        let files = ["/proc/sys/kernel/hostname", "/etc/hostname"];
        files.iter().find_map(|path| std::fs::read_to_string(path).ok())
    };
    let name = of_variable.or_else(of_system)?;
    let name = beginning(name.trim(), LONGEST.1);
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        move |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    #[test]
    fn a_label_is_a_key_and_a_value() {
        assert_eq!(label("commit=1a=b"), Ok(("commit".to_owned(), "1a=b".to_owned())));
        assert_eq!(label("env="), Ok(("env".to_owned(), String::new())));
        for wrong in ["commit", "=1", "a b=1", "ä=1"] {
            assert!(label(wrong).is_err(), "{wrong}");
        }
        assert!(label(&format!("a={}", "x".repeat(401))).is_err());
    }

    #[test]
    fn the_service_is_read_and_the_command_line_comes_first() {
        let github = given(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SHA", "1a2b"),
            ("GITHUB_REF_NAME", "main"),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "a/b"),
            ("GITHUB_RUN_ID", "7"),
        ]);
        let found = labels(&[("branch".to_owned(), "own".to_owned())], github);
        let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let run = "https://github.example/a/b/actions/runs/7";
        assert_eq!(found, [("branch", "own"), ("commit", "1a2b"), ("run", run)]);
        let gitlab = given(&[("GITLAB_CI", "true"), ("CI_COMMIT_SHA", "9f"), ("CI_COMMIT_REF_NAME", "")]);
        assert_eq!(labels(&[], gitlab).into_iter().collect::<Vec<_>>(), [("commit".to_owned(), "9f".to_owned())]);
        assert!(labels(&[], given(&[("GITHUB_SHA", "1a2b")])).is_empty(), "not in a job");
    }
}
