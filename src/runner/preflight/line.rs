//! The result of the set-up checks: one line for each thing that was examined.

use serde::Serialize;

/// How good it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// As it has to be.
    Ok,
    /// Worth knowing, but it keeps no run from its verdicts.
    Note,
    /// A run would have no verdicts, or fewer.
    Problem,
}

impl Grade {
    /// `ok`, `note` or `problem`.
    pub const fn name(self) -> &'static str {
        match self {
            Grade::Ok => "ok",
            Grade::Note => "note",
            Grade::Problem => "problem",
        }
    }
}

/// One finding. Texts can quote the target and are hostile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// How good it is.
    pub grade: Grade,
    /// What was looked at, such as `tls`, `grpc` or `admin-token`.
    pub about: String,
    /// A stable kebab-case name of the finding.
    pub id: &'static str,
    /// The finding in words.
    pub text: String,
    /// What to do; empty where there is nothing to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[serde(rename = "mend")]
    pub fix: String,
}

impl Line {
    pub(crate) fn ok(about: impl Into<String>, id: &'static str, text: impl Into<String>) -> Line {
        Line { grade: Grade::Ok, about: about.into(), id, text: text.into(), fix: String::new() }
    }

    pub(crate) fn note(about: impl Into<String>, id: &'static str, text: impl Into<String>) -> Line {
        Line { grade: Grade::Note, ..Line::ok(about, id, text) }
    }

    pub(crate) fn problem(
        about: impl Into<String>,
        id: &'static str,
        text: impl Into<String>,
        fix: impl Into<String>,
    ) -> Line {
        Line { grade: Grade::Problem, fix: fix.into(), ..Line::ok(about, id, text) }
    }

    /// The same as a note about the server, not the set-up: a run can begin, and judges it.
    pub(crate) fn for_the_run(self) -> Line {
        let text = format!("{}: a run judges that", self.text);
        Line { grade: Grade::Note, text, fix: String::new(), ..self }
    }
}
