//! Several machines, one plan: arrival k, worker k and subject k belong to shard k modulo N. Nobody coordinates: each machine
//! knows the plan, its shard and the instant of the beginning, and their results are merged afterwards.

use std::time::{Duration, SystemTime};

use thiserror::Error;

use crate::outcome::Shard;

/// An invalid shard.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ShardError {
    /// Not `M/N` with M from 1 to N.
    #[error("shard {0}: write M/N, such as 2/3 for the second of three")]
    Written(String),
    /// An index of the environment that is not an index, or not one of this many.
    #[error("index {index} is not one of {count} shards; the first is 0")]
    Index {
        /// As it stands in the environment.
        index: String,
        /// How many shards there are.
        count: u32,
    },
}

/// The shard that is written as `M/N`, M from 1.
///
/// # Errors
/// [`ShardError::Written`]
pub fn parse(text: &str) -> Result<Shard, ShardError> {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
    let shard =
        text.split_once('/').and_then(|(index, count)| Some(Shard { index: number(index)?, count: number(count)? }));
    shard.filter(|shard| (1..=shard.count).contains(&shard.index)).ok_or_else(|| ShardError::Written(text.to_owned()))
}

/// The shard with an index from 0, as job schedulers count: Kubernetes' `JOB_COMPLETION_INDEX`.
///
/// # Errors
/// [`ShardError::Index`]
pub fn of_index(index: &str, count: u32) -> Result<Shard, ShardError> {
    let is_plain = index.bytes().all(|byte| byte.is_ascii_digit());
    let number = index.parse::<u32>().ok().filter(|index| is_plain && *index < count);
    let error = || ShardError::Index { index: index.to_owned(), count };
    number.map(|index| Shard { index: index + 1, count }).ok_or_else(error)
}

/// Which shard this is, from 0, and how many there are; without a shard the only one. What is k-th belongs to it if k modulo the
/// number of shards is its own.
pub(super) fn share_of(shard: Option<Shard>) -> (u64, u64) {
    shard.map_or((0, 1), |shard| (u64::from(shard.index.saturating_sub(1)), u64::from(shard.count.max(1))))
}

/// How long it is until the common beginning; `Err` with how long ago it was, if the shard may not join late.
pub fn until(start: SystemTime, now: SystemTime, may_join: bool) -> Result<Duration, Duration> {
    match start.duration_since(now) {
        Ok(left) => Ok(left),
        Err(_) if may_join => Ok(Duration::ZERO),
        Err(past) => Err(past.duration()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_from_one_and_indices_from_zero() {
        assert_eq!(parse("2/3"), Ok(Shard { index: 2, count: 3 }));
        assert_eq!(parse("1/1"), Ok(Shard { index: 1, count: 1 }));
        for text in ["", "/", "1", "0/3", "4/3", "1/0", "+1/3", "1/3/3", "a/b", "1/4294967296"] {
            assert_eq!(parse(text), Err(ShardError::Written(text.to_owned())), "{text}");
        }
        assert_eq!(of_index("0", 3), Ok(Shard { index: 1, count: 3 }));
        assert_eq!(of_index("2", 3), Ok(Shard { index: 3, count: 3 }));
        for index in ["3", "", "-1", "+1", "x"] {
            assert!(of_index(index, 3).is_err(), "{index}");
        }
        assert!(of_index("0", 0).is_err());
    }

    #[test]
    fn each_belongs_to_exactly_one_shard() {
        let owns = |shard, k: u64| {
            let (own, shards) = share_of(shard);
            k % shards == own
        };
        for count in 1..=7 {
            for k in 0..100 {
                let owners = (1..=count).filter(|index| owns(Some(Shard { index: *index, count }), k)).count();
                assert_eq!(owners, 1, "{k} of {count}");
            }
        }
        assert!((0..100).all(|k| owns(None, k)));
        assert!(owns(Some(Shard { index: 3, count: 3 }), 5) && !owns(Some(Shard { index: 1, count: 3 }), 5));
    }

    #[test]
    fn who_is_late_is_told_so() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let second = Duration::from_secs(1);
        assert_eq!(until(start, start - second, false), Ok(second));
        assert_eq!(until(start, start, false), Ok(Duration::ZERO));
        assert_eq!(until(start, start + second, false), Err(second));
        assert_eq!(until(start, start + second, true), Ok(Duration::ZERO));
    }
}
