//! Calls that are made for somebody who exists and for somebody who does not.

use serde::Deserialize;

/// Who does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Twin {
    /// A user with an id of the same form as the subject's.
    UnknownUser,
}
