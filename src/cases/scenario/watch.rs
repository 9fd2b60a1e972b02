//! Cases that are followed by a model of what the users have.

use serde::{Deserialize, Serialize};

/// How often what can be observed is compared with what the calls before came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// After each call.
    Always,
    /// In each answer of a step, and everything once after the last one.
    AtEnd,
}
