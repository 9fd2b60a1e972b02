//! Calls that are made for somebody who exists and for somebody who does not.

use serde::{Deserialize, Serialize};

/// Who does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Twin {
    /// A user with an id of the same form as the subject's.
    UnknownUser,
    /// A factor with an id of the same form as that of the factor of the case.
    UnknownFactor,
}
