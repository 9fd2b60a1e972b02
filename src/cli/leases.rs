//! Leases on listed subjects, so that two runs on one list use different subjects.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::exit::{Exit, Failure};
use super::forecast::spoken;
use super::{output, values};
use crate::lease::{self, Attempt, Census, Holder, Lease, Wanted};
use crate::outcome::Shard;
use crate::runner::target::Accounts;

/// How long to wait for subjects by default.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two attempts while waiting.
const PAUSE: Duration = Duration::from_millis(200);
/// How many holders are named.
const NAMED: usize = 3;

/// What a verb needs.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The verb.
    pub what: &'a str,
    /// The fewest subjects that the verb needs, provided that the list has as many.
    pub least: usize,
    /// The number of subjects that is enough.
    pub most: usize,
    /// How long to wait for them.
    pub patience: Duration,
    /// Whether only errors are printed.
    pub quiet: bool,
    /// If at least this many are free, half of them are left to others.
    pub enough: usize,
    /// A text that the shards of one load have in common; they share the list.
    pub together: Option<&'a str>,
}

impl Asked<'_> {
    fn wanted(&self, census: &Census) -> Wanted {
        Wanted {
            what: self.what.to_owned(),
            least: self.least.min(census.all),
            most: self.most,
            enough: self.enough,
            together: self.together.map(str::to_owned),
        }
    }
}

/// How long to wait, as `--wait-subjects` says.
pub fn patience(text: Option<&str>) -> Result<Duration, Failure> {
    text.map_or(Ok(PATIENCE), |text| match text {
        "0" | "0s" => Ok(Duration::ZERO),
        text => values::duration("--wait-subjects", text),
    })
}

/// Leaves the part of the subjects that `--subjects-slice` names.
pub fn slice(accounts: &mut Accounts, slice: Option<Shard>) -> Result<(), Failure> {
    let Some(Shard { index, count }) = slice else { return Ok(()) };
    let all = accounts.subjects.len();
    let mut places = (0..count).cycle();
    accounts.subjects.retain(|_| places.next() == index.checked_sub(1));
    match accounts.subjects.len() {
        0 | 1 => {
            let message = format!(
                "--subjects-slice {index}/{count}: this part has {} of {all} subjects, and at least two are needed; add subjects, or \
                 make fewer parts",
                accounts.subjects.len()
            );
            Err(Failure::text(Exit::Config, message))
        }
        _ => Ok(()),
    }
}

/// Takes as many of the listed subjects as are needed and free, and keeps only these in the accounts. If no lease can be written,
/// all of them are used. Subjects that were made for this run need no lease.
pub async fn hold(accounts: &mut Accounts, asked: &Asked<'_>) -> Result<(), Failure> {
    let Some(list) = accounts.listed_in.clone() else { return Ok(()) };
    let census = Census::of(accounts.subjects.iter().map(|subject| subject.user_id.as_str()));
    if let Some(lease) = wait(&list, &census, asked).await? {
        accounts.subjects.retain(|subject| lease.has(&subject.user_id));
        accounts.lease = Some(Arc::new(lease));
    }
    Ok(())
}

/// Waits for a lease; `None` if no lease can be written.
pub async fn wait(list: &Path, census: &Census, asked: &Asked<'_>) -> Result<Option<Lease>, Failure> {
    let (begun, wanted) = (Instant::now(), &asked.wanted(census));
    let mut is_told = asked.quiet;
    loop {
        let (free, holders) = match lease::take(list, census, wanted) {
            Ok(Attempt::Held(lease)) => {
                if !lease.others.is_empty() && !asked.quiet {
                    let (subjects, all, others) = (lease.subjects, census.all, named(&lease.others));
                    output::note(&format!(
                        "subjects  this run uses {subjects} of {all}; others are in use by {others}"
                    ));
                }
                return Ok(Some(lease));
            }
            Ok(Attempt::Busy { free, holders }) => (free, holders),
            Err(why) => {
                if !asked.quiet {
                    output::note(&format!(
                        "subjects  no lease can be written, so other runs may use the same subjects: {why}\n\
                         fix       put the list into a writable directory, or give each run a part of it \
                         (--subjects-slice 1/2)"
                    ));
                }
                return Ok(None);
            }
        };
        if begun.elapsed() >= asked.patience {
            return Err(busy(list, (free, census.all, wanted.least), &holders, asked.patience));
        }
        if !holders.is_empty() && !is_told {
            is_told = true;
            let (least, all, others, patience) = (wanted.least, census.all, named(&holders), spoken(asked.patience));
            output::note(&format!(
                "subjects  {least} are needed, and {free} of {all} are free; others are in use by {others}: waiting for at most \
                 {patience} (--wait-subjects)"
            ));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn busy(list: &Path, (free, all, least): (usize, usize, usize), holders: &[Holder], patience: Duration) -> Failure {
    let message = format!(
        "setup: {least} subjects of {} are needed, and {free} of {all} are free; after {} the others are still in use by {}\n  \
         fix: wait for the end of the other runs (--wait-subjects 10m), add subjects, or give each run a list of its own\n  \
         nothing was sent, so this is not a verdict on the target",
        list.display(),
        spoken(patience),
        named(holders)
    );
    Failure::text(Exit::Preflight, message)
}

fn named(holders: &[Holder]) -> String {
    if holders.is_empty() {
        return "another process".to_owned();
    }
    let names: Vec<String> = holders.iter().take(NAMED).map(Holder::to_string).collect();
    let more = holders.len().saturating_sub(NAMED);
    if more > 0 { format!("{}, and {more} more", names.join(", ")) } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::target::Subject;
    use crate::wire::secret::Secret;

    fn accounts(size: usize) -> Accounts {
        let subject = |n: usize| Subject { user_id: n.to_string(), token: Secret::new(format!("token-{n}")) };
        Accounts { subjects: (0..size).map(subject).collect(), ..Accounts::default() }
    }

    fn ids(accounts: &Accounts) -> Vec<&str> {
        accounts.subjects.iter().map(|subject| subject.user_id.as_str()).collect()
    }

    #[test]
    fn slices_are_a_partition() {
        let mut whole = accounts(7);
        slice(&mut whole, None).expect("all");
        assert_eq!(whole.subjects.len(), 7);
        let part = |index| {
            let mut part = accounts(7);
            slice(&mut part, Some(Shard { index, count: 3 })).map(|()| part)
        };
        let parts = [1, 2, 3].map(|index| part(index).expect("enough"));
        assert_eq!(parts.each_ref().map(ids), [vec!["0", "3", "6"], vec!["1", "4"], vec!["2", "5"]]);
        let mut few = accounts(5);
        let refused = slice(&mut few, Some(Shard { index: 4, count: 4 })).expect_err("one is left").to_string();
        assert!(refused.contains("1 of 5 subjects"), "{refused}");
    }

    #[tokio::test]
    async fn what_is_held_is_left_alone_and_what_waits_too_long_is_told_why() {
        let directory = tempfile::tempdir().expect("a directory");
        let list = directory.path().join("pool.json");
        let listed = || Accounts { listed_in: Some(list.clone()), ..accounts(20) };
        let asked = |least, most| Asked {
            what: "run",
            least,
            most,
            patience: Duration::ZERO,
            quiet: true,
            enough: usize::MAX,
            together: None,
        };
        let (mut one, mut two, mut three) = (listed(), listed(), listed());
        hold(&mut one, &asked(12, 12)).await.expect("free");
        hold(&mut two, &asked(2, 100)).await.expect("free");
        assert_eq!(one.subjects.len() + two.subjects.len(), 20);
        assert!(ids(&one).iter().all(|id| !ids(&two).contains(id)));
        let refused = hold(&mut three, &asked(100, 100)).await.expect_err("none is free");
        assert_eq!(refused.exit, Exit::Preflight);
        let refused = refused.to_string();
        assert!(refused.contains("20 subjects of") && refused.contains("0 of 20 are free"), "{refused}");
        assert!(refused.contains("run (process "), "{refused}");
        drop((one, two));
        hold(&mut three, &asked(100, 100)).await.expect("free again");
        let mut made = accounts(3);
        hold(&mut made, &asked(2, 2)).await.expect("nobody else's");
        assert_eq!(made.subjects.len(), 3);
    }
}
