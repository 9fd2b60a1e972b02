//! When, where and for what a run was made.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A time in whole seconds; as text it is RFC 3339 in UTC, such as `2026-12-01T09:45:54Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Timestamp);

impl Moment {
    /// Seconds since 1970. What is beyond the year 9999 is the last second of it.
    pub fn at(seconds: u64) -> Moment {
        let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
        Moment(time.unwrap_or(Timestamp::MAX))
    }

    /// Reads RFC 3339.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn read(text: &str) -> Result<Moment, String> {
        text.parse().map(Moment).map_err(|error: jiff::Error| error.to_string())
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.as_second()
    }
}

impl fmt::Display for Moment {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.0}", self.0)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        Moment::read(&text).map_err(de::Error::custom)
    }
}

/// When, where and for what a run was made. A run that was recorded before format 4 has none of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Occasion {
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Moment>,
    /// The machine that it was made on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// What the user or the CI service calls it, such as the commit that was tested.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_rfc_3339_in_utc() {
        let moment = Moment::at(1_764_582_354);
        assert_eq!(moment.to_string(), "2025-12-01T09:45:54Z");
        let json = serde_json::to_value(moment).expect("text");
        assert_eq!(json, "2025-12-01T09:45:54Z");
        assert_eq!(serde_json::from_value::<Moment>(json).expect("a moment"), moment);
        assert_eq!(Moment::read("2025-12-01T10:45:54+01:00"), Ok(moment));
        assert!(Moment::read("yesterday").is_err());
        assert!(Moment::at(u64::MAX).to_string().starts_with("9999-12-3"));
    }
}
