//! The name of a factor in a suite.

use serde::{Deserialize, Serialize};

/// The name of the factor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NameSpec {
    /// The text that is repeated.
    #[serde(default = "letter")]
    pub text: String,
    /// How often.
    #[serde(default = "once")]
    pub times: usize,
    /// What follows.
    #[serde(default)]
    pub then: String,
    /// Other forms in which a list may show it.
    #[serde(default)]
    pub or: Vec<String>,
}

/// In a name, stands for a text that no other factor has.
const KEY: &str = "KEY";

fn letter() -> String {
    "n".to_owned()
}

pub(super) const fn once() -> usize {
    1
}

impl NameSpec {
    /// The name that the faults of a request look for.
    pub fn usual() -> NameSpec {
        NameSpec { text: letter(), times: 8, then: String::new(), or: Vec::new() }
    }

    /// The text, in which the drawn text replaces `KEY`.
    pub fn text(&self, drawn: &str) -> String {
        format!("{}{}", self.text.repeat(self.times), self.then).replace(KEY, drawn)
    }

    /// Its other forms.
    pub fn others(&self, drawn: &str) -> Vec<String> {
        self.or.iter().map(|form| form.replace(KEY, drawn)).collect()
    }
}
