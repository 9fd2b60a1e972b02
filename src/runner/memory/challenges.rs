//! The challenges of a run: each occurs once, and together they can't be predicted.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use super::foretell::{self, Foretold, Order};
use crate::outcome::{CaseRecord, Finding, Profile, Reason, Shard};

/// The clause of challenges that are never sent twice.
pub(crate) const CHALLENGE: &str = "webauthn/13.4.3/challenge";

/// The check of findings about all challenges together.
const CHECK: &str = "challenges-together";
/// The clause about the length of challenges.
const LENGTH: &str = "webauthn/13.4.3/challenge-length";
/// The record's name in place of a case's.
const NAME: &str = "challenges";

/// Bits that have to be unpredictable: 16 bytes (WebAuthn L3 section 13.5.3), less the six bits that are fixed in a random UUID, and less two more.
const ENOUGH: f64 = 120.0;
/// With fewer unpredictable bits, guessing is feasible.
const GUESSABLE: f64 = 64.0;
/// Bytes of an example that are shown.
const SHOWN: usize = 64;

/// Every challenge that was seen.
#[derive(Debug, Default)]
pub(crate) struct Challenges(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    known: HashSet<Vec<u8>>,
    /// In the order in which they came.
    all: Vec<Vec<u8>>,
}

impl Challenges {
    /// Remembers a challenge; `false` if it was seen before in this run.
    pub(crate) fn is_fresh(&self, challenge: &[u8]) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = seen.known.insert(challenge.to_vec());
        if is_fresh {
            seen.all.push(challenge.to_vec());
        }
        is_fresh
    }

    /// What is wrong with them together, as a record of its own; `None` if nothing is wrong, or if there are too few to say. Challenges of
    /// one length are examined together, and the worst result is reported.
    pub(crate) fn judged(&self, shard: Option<Shard>, profile: Profile) -> Option<CaseRecord> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut by_length: BTreeMap<usize, Vec<&[u8]>> = BTreeMap::new();
        for challenge in &seen.all {
            by_length.entry(challenge.len()).or_default().push(challenge);
        }
        let looked = by_length.values().filter_map(|alike| Some((foretell::foretold(alike)?, alike)));
        let (foretold, alike) = looked.min_by(|(a, _), (b, _)| a.free_bits.total_cmp(&b.free_bits))?;
        let (reason, clause) = match foretold.free_bits {
            free if free < GUESSABLE => (Reason::WrongShape, CHALLENGE),
            // Another check reports short challenges.
            free if free < ENOUGH && foretold.bytes * 8 >= 128 => (Reason::ShouldUnmet, LENGTH),
            _ => return None,
        };
        let name = shard.map_or_else(|| NAME.to_owned(), |shard| format!("{NAME}/shard-{}", shard.index));
        let mut record = CaseRecord::empty(&format!("all/all/{name}"), NAME);
        record.title = "the challenges of the run, looked at together".to_owned();
        record.flow = "all".to_owned();
        record.clauses = vec![clause.to_owned()];
        let expected = "challenges with 16 bytes that can't be predicted from earlier challenges";
        record.findings = vec![Finding::new(CHECK, clause, reason, expected, words(&foretold, alike))];
        record.decide(profile);
        Some(record)
    }
}

/// What was seen, with two examples.
fn words(foretold: &Foretold, alike: &[&[u8]]) -> String {
    let Foretold { bytes, free_bits, prefix, suffix, order, unbalanced } = foretold;
    let mut words =
        format!("{} challenges of {bytes} bytes, of which at most {free_bits:.0} bits can't be predicted", alike.len());
    let mut say = |what: String| words.write_fmt(format_args!("; {what}")).unwrap_or_default();
    match (prefix, suffix) {
        (0, 0) => {}
        (prefix, suffix) if prefix == bytes || suffix == bytes => {}
        (prefix, 0) => say(format!("the first {prefix} bytes are the same in all")),
        (0, suffix) => say(format!("the last {suffix} bytes are the same in all")),
        (prefix, suffix) => say(format!("the first {prefix} and the last {suffix} bytes are the same in all")),
    }
    match order {
        Some(Order::Ascending) => say("later ones are greater, like a counter or the time".to_owned()),
        Some(Order::Descending) => say("later ones are less, like a counter that counts down".to_owned()),
        None => {}
    }
    if *unbalanced > 0 {
        say(format!("{unbalanced} bits are 0 too often, or 1 too often"));
    }
    let shown: Vec<String> = alike.first().into_iter().chain(alike.last()).map(|challenge| hex(challenge)).collect();
    say(format!("for example {}", shown.join(" and ")));
    words
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let cut = if bytes.len() > SHOWN { "..." } else { "" };
    crate::words::hex(&bytes[..bytes.len().min(SHOWN)]) + cut
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Verdict;

    fn judged(challenges: impl IntoIterator<Item = Vec<u8>>) -> Option<CaseRecord> {
        let seen = Challenges::default();
        for challenge in challenges {
            assert!(seen.is_fresh(&challenge));
            assert!(!seen.is_fresh(&challenge), "it is there already");
        }
        seen.judged(None, Profile::default())
    }

    /// Bytes that look random: those of a hash.
    fn random(number: u32) -> Vec<u8> {
        use sha2::{Digest as _, Sha256};
        Sha256::digest(number.to_be_bytes()).to_vec()
    }

    #[test]
    fn random_challenges_and_those_with_enough_of_it_are_good() {
        assert_eq!(judged((0..1000).map(random)), None);
        assert_eq!(judged((0..1000).map(|number| [&[7; 16][..], &random(number)[..16]].concat())), None);
        assert_eq!(
            judged((0..1000_u32).map(|number| [&number.to_be_bytes()[..], &random(number)[..16]].concat())),
            None
        );
        // As in a random UUID.
        assert_eq!(
            judged((0..1000).map(|number| {
                let mut uuid = random(number)[..16].to_vec();
                uuid[6] = uuid[6] & 0x0f | 0x40;
                uuid[8] = uuid[8] & 0x3f | 0x80;
                uuid
            })),
            None
        );
        assert_eq!(judged((0..1000).map(|number| random(number)[..12].to_vec())), None, "the check of lengths says so");
        assert_eq!(judged((0..100).map(|number: u32| number.to_be_bytes().to_vec())), None, "too few to say");
    }

    #[test]
    fn a_counter_is_a_fail_and_too_little_chance_a_deviation() {
        let counter =
            judged((0..1000_u32).map(|number| [&[0; 28][..], &number.to_be_bytes()].concat())).expect("found");
        assert_eq!((counter.verdict, counter.findings[0].clause.as_str()), (Verdict::Fail, CHALLENGE));
        let received = &counter.findings[0].received;
        for words in [
            "1000 challenges of 32 bytes, of which at most ",
            "the first 30 bytes are the same in all; later ones are greater, like a counter or the time",
            "for example 00000000000000000000000000000000000000000000000000000000",
            "000003e7",
        ] {
            assert!(received.contains(words), "{received}");
        }
        let prefixed = judged((0..1000).map(|number| [&[7; 20][..], &random(number)[..12]].concat())).expect("found");
        assert_eq!((prefixed.verdict, prefixed.findings[0].clause.as_str()), (Verdict::Deviation, LENGTH));
        assert!(prefixed.findings[0].received.contains("at most 96 bits"), "{:?}", prefixed.findings);
    }

    #[test]
    fn each_shard_has_a_record_of_its_own() {
        let seen = Challenges::default();
        (0..1000_u32).for_each(|number| assert!(seen.is_fresh(&number.to_be_bytes())));
        let id = |shard| seen.judged(shard, Profile::default()).expect("found").id;
        assert_eq!(id(None), "all/all/challenges");
        assert_eq!(id(Some(Shard { index: 2, count: 3 })), "all/all/challenges/shard-2");
    }
}
