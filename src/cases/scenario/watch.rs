//! Cases whose users' state a model follows.

use serde::{Deserialize, Serialize};

/// How often the observable state is compared with the results of the calls so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// After each call.
    Always,
    /// In each answer of a step, and everything once after the last one.
    AtEnd,
}
