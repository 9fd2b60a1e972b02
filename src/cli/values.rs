//! Values of options: times, shares, seeds, and the names of flows, formats and parts.

use std::time::Duration;

use super::exit::{Exit, Failure};
use crate::authenticator::Format;
#[cfg(feature = "server")]
use crate::contract::{self, Flow};
use crate::outcome::Shard;

/// A number with `ms`, `s`, `m` or `h`.
pub fn duration(option: &str, text: &str) -> Result<Duration, Failure> {
    let fail = || Failure::text(Exit::Usage, format!("{option} {text}: write a time such as 200ms, 30s, 5m or 1h"));
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(fail()),
    };
    let seconds = number.parse::<f64>().map_err(|_| fail())? * factor;
    Duration::try_from_secs_f64(seconds).ok().filter(|time| !time.is_zero()).ok_or_else(fail)
}

/// Seconds since 1970.
pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A percentage as a share of 0 to 1.
#[cfg(feature = "server")]
pub fn share(option: &str, text: &str) -> Result<f64, Failure> {
    match text.strip_suffix('%').and_then(plain_number) {
        Some(percent) if percent <= 100.0 => Ok(percent / 100.0),
        _ => Err(Failure::text(
            Exit::Usage,
            format!("{option} {text}: write a percentage from 0% to 100%, such as 0.1%"),
        )),
    }
}

/// Digits with at most one point.
#[cfg(feature = "server")]
pub fn plain_number(text: &str) -> Option<f64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse::<f64>().ok().filter(|_| is_plain)
}

/// The format by our name, or by that of WebAuthn's registry: `packed` is self attestation.
pub fn format_named(name: &str) -> Result<Format, Failure> {
    let found = Format::ALL.into_iter().find(|format| format.slug() == name || format.identifier() == name);
    found.ok_or_else(|| {
        let known = Format::ALL.map(Format::slug).join(", ");
        Failure::text(Exit::Usage, format!("--format {name}: there is no such format; there are {known}"))
    })
}

/// A flow by its slug.
#[cfg(feature = "server")]
pub fn flow(text: &str) -> Result<Flow, String> {
    let slugs = || contract::slugs().join(", ");
    Flow::from_slug(text).ok_or_else(|| format!("there is no flow `{text}`; write one of {}", slugs()))
}

/// The part M of N, written as `M/N`; also `hash:M/N`, as shards were written once.
pub fn slice(text: &str) -> Result<Shard, String> {
    let numbers = text.strip_prefix("hash:").unwrap_or(text).split_once('/');
    let slice =
        numbers.and_then(|(index, count)| Some(Shard { index: index.parse().ok()?, count: count.parse().ok()? }));
    let fits = |slice: &Shard| (1..=slice.count).contains(&slice.index);
    slice.filter(fits).ok_or_else(|| "write M/N with M from 1 to N, such as 1/4".to_owned())
}

/// A seed as it is typed.
pub fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("write a whole number from 0 to {}, such as 7", u64::MAX))
}

/// A seed from the operating system's randomness, for runs without --seed.
pub fn seed_or_random(seed: Option<u64>) -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    // Within 53 bits, so that every JSON reader keeps it exactly.
    seed.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish() >> 11)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, millis) in [("200ms", 200), ("30s", 30_000), ("1.5m", 90_000), ("1h", 3_600_000)] {
            assert_eq!(duration("--x", text).ok(), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "-1s", "1d", "1 s", "0s", "1e9s", "999999999999999999999h"] {
            assert!(duration("--x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn parts_and_seeds_are_numbers() {
        for text in ["1/4", "hash:1/4"] {
            assert_eq!(slice(text), Ok(Shard { index: 1, count: 4 }), "{text}");
        }
        for text in ["", "1", "0/4", "5/4", "1/0", "a/b", "hash:", "1/4/2"] {
            assert!(slice(text).is_err_and(|error| error.contains("such as 1/4")), "{text}");
        }
        assert_eq!(seed("18446744073709551615"), Ok(u64::MAX));
        for text in ["", "abc", "-1", "1.5", "18446744073709551616"] {
            assert!(seed(text).is_err_and(|error| error.contains("such as 7")), "{text}");
        }
    }

    #[test]
    fn shares_are_percentages() {
        for (text, expected) in [("0%", 0.0), ("0.1%", 0.001), ("100%", 1.0), ("5.%", 0.05)] {
            assert_eq!(share("--x", text).ok(), Some(expected), "{text}");
        }
        for text in ["", "%", "1", "101%", "-1%", "NaN%", "inf%", "1e1%", "1 %", ".%"] {
            assert!(share("--x", text).is_err(), "{text}");
        }
    }

    #[test]
    fn formats_have_two_names() {
        assert_eq!(format_named("packed").ok(), Some(Format::PackedSelf));
        assert_eq!(format_named("packed-self").ok(), Some(Format::PackedSelf));
        assert_eq!(format_named("none").ok(), Some(Format::None));
        assert!(format_named("u2f").is_err());
    }
}
