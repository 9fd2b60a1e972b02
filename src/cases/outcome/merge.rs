//! The shards of a plan as one run.

use std::collections::BTreeMap;

use thiserror::Error;

use super::event::{RunFinished, Shard};
use super::run::RunRecord;
use super::sent_again::SentAgain;
use super::slow::Slow;

/// Streams that are not the shards of one plan, each exactly once and whole.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum MergeError {
    /// There is no stream.
    #[error("there is nothing to merge")]
    Nothing,
    /// A run of a whole plan, or one that drew credentials.
    #[error("{file}: it is not a shard; `proofmark run --seed N --shard M/N` makes one")]
    NoShard {
        /// The stream.
        file: String,
    },
    /// The run was interrupted, or records are missing.
    #[error("{file}: the run is not whole: it has {there} of {planned} tests{interrupted}; run this shard again")]
    Unfinished {
        /// The stream.
        file: String,
        /// Tests that it has.
        there: usize,
        /// Tests that it should have.
        planned: usize,
        /// Says that it was interrupted.
        interrupted: &'static str,
    },
    /// Two streams are of different plans.
    #[error("{file}: {why}")]
    Differs {
        /// The stream.
        file: String,
        /// What differs from the first stream, and how to avoid it.
        why: String,
    },
    /// A shard is there twice.
    #[error("{file}: it is shard {index} of {count}, and {other} is the same shard; name each shard once")]
    Twice {
        /// The stream.
        file: String,
        /// The other.
        other: String,
        /// From 1.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// A record is in two shards.
    #[error("{file}: {id} is also in {other}; the streams are not as the runs wrote them")]
    Overlap {
        /// The stream.
        file: String,
        /// The other.
        other: String,
        /// The record.
        id: String,
    },
    /// A shard has a number beyond their count.
    #[error("{file}: there is no shard {index} of {count}")]
    NoSuchShard {
        /// The stream.
        file: String,
        /// As it is written.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// Shards are missing.
    #[error("missing of {count} shards: {missing}; name the stream of every shard")]
    Missing {
        /// Numbers.
        missing: String,
        /// How many there are.
        count: u32,
    },
}

/// Puts the shards of a plan together, given with the names of their files. The result is the run of the whole plan, with the
/// base URL, host and labels of the first. It began with the first shard and ended with the last; its duration is the longest, since
/// shards run beside each other.
///
/// # Errors
/// [`MergeError`]
pub fn merge(shards: Vec<(String, RunRecord)>) -> Result<RunRecord, MergeError> {
    let mut merged = shards.first().ok_or(MergeError::Nothing)?.1.started.clone();
    check(&shards)?;
    let (mut duration_ms, mut ended, mut sent_again) = (0, None, SentAgain::default());
    let mut file_of: BTreeMap<String, String> = BTreeMap::new();
    let mut cases = Vec::new();
    (merged.shard, merged.tests) = (None, 0);
    let mut slow: Option<Vec<Slow>> = None;
    for (file, run) in shards {
        merged.tests += run.started.tests;
        let began = run.started.occasion.started;
        merged.occasion.started = [merged.occasion.started, began].into_iter().flatten().min();
        if let Some(operations) = run.slow {
            slow.get_or_insert_default().extend(operations);
        }
        if let Some(finished) = run.finished {
            duration_ms = duration_ms.max(finished.duration_ms);
            ended = ended.max(finished.ended);
            sent_again = sent_again.and(finished.sent_again);
        }
        for record in run.cases {
            let id = record.id.clone();
            if let Some(other) = file_of.insert(id.clone(), file.clone()) {
                return Err(MergeError::Overlap { file, other, id });
            }
            cases.push(record);
        }
    }
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    let finished = RunFinished { interrupted: false, duration_ms, ended, stopped: None, sent_again };
    if let Some(slow) = &mut slow {
        slow.sort_by(|a, b| (&a.operation, a.large_bodies).cmp(&(&b.operation, b.large_bodies)));
    }
    Ok(RunRecord { started: merged, cases, slow, finished: Some(finished) })
}

fn check(shards: &[(String, RunRecord)]) -> Result<(), MergeError> {
    let mut there: BTreeMap<u32, &str> = BTreeMap::new();
    let mut count = 0;
    for (file, run) in shards {
        let shard = whole_shard(file, run)?;
        count = shard.count;
        same(&shards[0], (file, run))?;
        if let Some(other) = there.insert(shard.index, file) {
            let (file, other) = (file.clone(), other.to_owned());
            return Err(MergeError::Twice { file, other, index: shard.index, count });
        }
    }
    let missing: Vec<String> =
        (1..=count).filter(|index| !there.contains_key(index)).map(|index| index.to_string()).collect();
    if missing.is_empty() { Ok(()) } else { Err(MergeError::Missing { missing: missing.join(", "), count }) }
}

fn whole_shard(file: &str, run: &RunRecord) -> Result<Shard, MergeError> {
    let file = file.to_owned();
    let Some(shard) = run.started.shard else { return Err(MergeError::NoShard { file }) };
    if !(1..=shard.count).contains(&shard.index) {
        return Err(MergeError::NoSuchShard { file, index: shard.index, count: shard.count });
    }
    let there = run.cases.iter().filter(|record| record.protocol != "all").count();
    let interrupted = run.finished.is_none_or(|finished| !finished.is_whole());
    if interrupted || there != run.started.tests {
        let interrupted = if interrupted { " and did not come to its end" } else { "" };
        return Err(MergeError::Unfinished { file, there, planned: run.started.tests, interrupted });
    }
    Ok(shard)
}

/// Whether a run is of the same plan as the first.
fn same(first: &(String, RunRecord), (file, run): (&str, &RunRecord)) -> Result<(), MergeError> {
    let values = |run: &RunRecord| {
        let started = &run.started;
        [
            ("version", started.version.clone(), ""),
            ("target", started.target.clone(), ""),
            ("seed", started.seed.to_string(), "; give each the same --seed"),
            ("number of shards", started.shard.map_or(0, |shard| shard.count).to_string(), ""),
            ("profile", started.profile.name().to_owned(), "; give each the same --profile"),
            ("digest", started.digest.clone(), "; give each the same patterns, --suite and --exhaustive"),
        ]
    };
    let pairs = values(run).into_iter().zip(values(&first.1));
    match pairs.into_iter().find(|((_, there, _), (_, wanted, _))| there != wanted) {
        None => Ok(()),
        Some(((what, there, fix), (_, wanted, _))) => {
            let why = format!("its {what} is {there}, and {} has {wanted}; shards share one plan{fix}", first.0);
            Err(MergeError::Differs { file: file.to_owned(), why })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{CaseRecord, Event, Moment, Occasion, Profile, RunStarted};

    /// A shard with these tests, each compared over its protocols.
    fn shard(index: u32, count: u32, ids: &[&str]) -> (String, RunRecord) {
        let record = |id: &&str| -> CaseRecord {
            let protocol = if id.contains("all") { "all" } else { "rest" };
            let record = serde_json::json!({
                "id": id, "case": "s/c", "title": "t", "flow": "v2/u2f", "protocol": protocol, "clauses": [], "verdict": "pass",
                "reason": "met", "findings": [], "observed": "", "exchanges": [], "duration_us": 1,
            });
            serde_json::from_value(record).expect("a record")
        };
        let started = RunStarted {
            format: Event::FORMAT,
            version: "1".to_owned(),
            seed: 7,
            target: "t".to_owned(),
            base_url: format!("http://{index}"),
            tests: ids.iter().filter(|id| !id.contains("all")).count(),
            available: 5,
            cases: 3,
            clauses: 2,
            protocols: vec![],
            reasons: vec![],
            digest: "d".to_owned(),
            profile: Profile::default(),
            shard: Some(Shard { index, count }),
            fuzzed: false,
            made_with: None,
            occasion: Occasion { started: Some(Moment::at(u64::from(100 - index))), ..Occasion::default() },
        };
        let sent_again = SentAgain { gateway: u64::from(index), ..SentAgain::default() };
        let duration_ms = u64::from(index) * 10;
        let ended = Some(Moment::at(duration_ms));
        let finished = Some(RunFinished { interrupted: false, duration_ms, ended, stopped: None, sent_again });
        (
            format!("{index}.ndjson"),
            RunRecord { started, cases: ids.iter().map(record).collect(), slow: None, finished },
        )
    }

    fn three() -> Vec<(String, RunRecord)> {
        vec![shard(3, 3, &[]), shard(1, 3, &["b", "d", "all-b"]), shard(2, 3, &["a", "c", "e"])]
    }

    #[test]
    fn shards_become_the_whole_run() {
        let merged = merge(three()).expect("whole");
        let ids: Vec<&str> = merged.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["a", "all-b", "b", "c", "d", "e"]);
        let started = merged.started;
        assert_eq!((started.tests, started.available, started.cases, started.shard), (5, 5, 3, None));
        assert_eq!(started.base_url, "http://3", "of the first");
        let sent_again = SentAgain { gateway: 6, ..SentAgain::default() };
        let finished =
            RunFinished { interrupted: false, duration_ms: 30, ended: Some(Moment::at(30)), stopped: None, sent_again };
        assert_eq!(merged.finished, Some(finished), "the longest, and all that were sent again");
    }

    #[test]
    fn what_is_no_partition_is_refused() {
        type Spoil = fn(&mut Vec<(String, RunRecord)>);
        let table: [(Spoil, &str); 13] = [
            (Vec::clear, "there is nothing to merge"),
            (|all| all.truncate(1), "missing of 3 shards: 1, 2; name the stream of every shard"),
            (|all| drop(all.remove(1)), "missing of 3 shards: 1"),
            (
                |all| all.push(shard(1, 3, &[])),
                "1.ndjson: it is shard 1 of 3, and 1.ndjson is the same shard; name each shard once",
            ),
            (
                |all| all[1].1.started.shard = None,
                "1.ndjson: it is not a shard; `proofmark run --seed N --shard M/N` makes one",
            ),
            (|all| all[1] = shard(4, 3, &[]), "4.ndjson: there is no shard 4 of 3"),
            (
                |all| all[1].1.started.shard = Some(Shard { index: 1, count: 2 }),
                "1.ndjson: its number of shards is 2, and 3.ndjson has 3",
            ),
            (
                |all| all[2].1.started.seed = 8,
                "2.ndjson: its seed is 8, and 3.ndjson has 7; shards share one plan; give each the same --seed",
            ),
            (
                |all| all[2].1.started.digest = "e".to_owned(),
                "2.ndjson: its digest is e, and 3.ndjson has d; shards share one plan; give each the same patterns",
            ),
            (
                |all| all[2].1.started.profile = Profile::Strict,
                "2.ndjson: its profile is strict, and 3.ndjson has webauthn; shards share one plan; give each the same --profile",
            ),
            (|all| all[2].1.started.target = "u".to_owned(), "2.ndjson: its target is u, and 3.ndjson has t"),
            (|all| all[2].1.started.version = "2".to_owned(), "2.ndjson: its version is 2, and 3.ndjson has 1"),
            (|all| all[2].1.cases[0].id = "b".to_owned(), "2.ndjson: b is also in 1.ndjson"),
        ];
        for (spoil, words) in table {
            let mut all = three();
            spoil(&mut all);
            let error = merge(all).expect_err(words).to_string();
            assert!(error.starts_with(words), "{error}");
        }
    }

    #[test]
    fn a_run_that_did_not_end_is_refused() {
        type Spoil = fn(&mut RunRecord);
        let table: [(Spoil, &str); 3] = [
            (
                |run| run.finished = None,
                "2.ndjson: the run is not whole: it has 3 of 3 tests and did not come to its end; run this",
            ),
            (
                |run| {
                    let sent_again = SentAgain::default();
                    run.finished =
                        Some(RunFinished { interrupted: true, duration_ms: 1, ended: None, stopped: None, sent_again });
                },
                "2.ndjson: the run is not whole: it has 3 of 3",
            ),
            (|run| drop(run.cases.pop()), "2.ndjson: the run is not whole: it has 2 of 3 tests; run this shard again"),
        ];
        for (spoil, words) in table {
            let mut all = three();
            spoil(&mut all[2].1);
            let error = merge(all).expect_err(words).to_string();
            assert!(error.starts_with(words), "{error}");
        }
    }
}
