//! Calls that are made for a user or factor that exists and for one that does not.

use serde::{Deserialize, Serialize};

/// What does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Twin {
    /// A user with an id of the same form as the subject's.
    UnknownUser,
    /// A factor with an id of the same form as that of the factor of the case.
    UnknownFactor,
}
