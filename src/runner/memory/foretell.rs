//! Whether challenges can be predicted from earlier ones: challenges of one length, in the order in which they came.
//!
//! For each bit two guesses are tried: that it is as in most challenges, and that it is as in the previous challenge. The frequency with
//! which the better guess is right gives the entropy of the bit. The sum over all bits is the most that an attacker who tries only these
//! guesses has to guess. A guess counts only if a random bit would be guessed as often with a chance of less than 10^-14 (Hoeffding's
//! inequality). With two guesses at each of at most 8,192 bits, random challenges are therefore reported by mistake with a chance of less
//! than 10^-9. A constant prefix, a counter and the time are detected; a pattern that a hash hides is not.

/// The fewest challenges that say something: with fewer, even a bit that never changes may be chance.
pub(crate) const LEAST: usize = 150;
/// Bytes of a challenge that are looked at.
const MOST_BYTES: usize = 1024;
/// ln(2 / 10^-14)
const RARITY: f64 = 32.93;

/// How far some challenges are unpredictable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Foretold {
    /// Bytes of each challenge that were looked at.
    pub bytes: usize,
    /// The most bits that can't be predicted.
    pub free_bits: f64,
    /// Bytes at the beginning that are the same in all.
    pub prefix: usize,
    /// Bytes at the end that are the same in all.
    pub suffix: usize,
    /// Their order as numbers, if they ascend or descend.
    pub order: Option<Order>,
    /// Bits that are 0 too often, or 1 too often, without being the same in all.
    pub unbalanced: usize,
}

/// How challenges follow one another, read as numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Later ones are greater.
    Ascending,
    /// Later ones are less.
    Descending,
}

/// Examines challenges of one length; `None` if they are too few, or empty.
pub(crate) fn foretold(challenges: &[&[u8]]) -> Option<Foretold> {
    let bytes = challenges.iter().map(|challenge| challenge.len()).min()?.min(MOST_BYTES);
    if challenges.len() < LEAST || bytes == 0 {
        return None;
    }
    let bits: Vec<Bit> = (0..bytes * 8).map(|index| Bit::of(challenges, index)).collect();
    let is_same = |byte: &&[Bit]| byte.iter().all(|bit| bit.is_constant);
    Some(Foretold {
        bytes,
        free_bits: bits.iter().map(|bit| bit.free).sum(),
        prefix: bits.chunks(8).take_while(is_same).count(),
        suffix: bits.chunks(8).rev().take_while(is_same).count(),
        order: order(challenges),
        unbalanced: bits.iter().filter(|bit| bit.is_unbalanced && !bit.is_constant).count(),
    })
}

/// One bit of all challenges.
struct Bit {
    is_constant: bool,
    is_unbalanced: bool,
    /// How much of it can't be predicted: 0 to 1.
    free: f64,
}

impl Bit {
    fn of(challenges: &[&[u8]], index: usize) -> Bit {
        let is_set = |challenge: &&[u8]| challenge[index / 8] >> (7 - index % 8) & 1 == 1;
        let ones = challenges.iter().filter(|challenge| is_set(challenge)).count();
        let pairs = challenges.chunks_exact(2);
        let pair_count = pairs.len();
        let equal = pairs.filter(|pair| is_set(&pair[0]) == is_set(&pair[1])).count();
        let by_most = surprise(ones, challenges.len());
        let by_last = surprise(equal, pair_count);
        Bit {
            is_constant: ones == 0 || ones == challenges.len(),
            is_unbalanced: by_most.is_some(),
            free: by_most.unwrap_or(1.0).min(by_last.unwrap_or(1.0)),
        }
    }
}

/// The entropy of something that was seen so often; `None` if a fair coin may show that.
fn surprise(seen: usize, of: usize) -> Option<f64> {
    is_no_coin(seen, of).then(|| entropy(share(seen, of)))
}

/// Whether a fair coin shows heads so often, or so rarely, with a chance of less than 10^-14 only: by Hoeffding's inequality
/// P(|k - n/2| >= t) <= 2 exp(-2 t^2 / n).
fn is_no_coin(heads: usize, throws: usize) -> bool {
    let throws = count(throws);
    let distance = (count(heads) - throws / 2.0).abs();
    2.0 * distance * distance > RARITY * throws
}

/// The entropy in bits of a choice between two, one of which has this probability.
fn entropy(probability: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    part(probability) + part(1.0 - probability)
}

fn share(part: usize, whole: usize) -> f64 {
    count(part) / count(whole)
}

/// Exact, because no run has 2^32 challenges.
fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Compares each of the first half with one of the second half: the order of simultaneous calls would blur the result.
fn order(challenges: &[&[u8]]) -> Option<Order> {
    let half = challenges.len() / 2;
    let pairs = challenges.iter().zip(&challenges[half..]).take(half);
    let ascending = pairs.filter(|(earlier, later)| earlier < later).count();
    let seen = if ascending > half / 2 { Order::Ascending } else { Order::Descending };
    is_no_coin(ascending, half).then_some(seen)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn looked(challenges: &[Vec<u8>]) -> Foretold {
        let challenges: Vec<&[u8]> = challenges.iter().map(Vec::as_slice).collect();
        foretold(&challenges).expect("enough of them")
    }

    /// Random challenges, each changed by `change`, which is told its number.
    fn drawn(seed: u64, count: u64, bytes: usize, change: impl Fn(u64, &mut Vec<u8>)) -> Vec<Vec<u8>> {
        let mut random = ChaCha20Rng::seed_from_u64(seed);
        let draw = |number| {
            let mut challenge = vec![0; bytes];
            random.fill_bytes(&mut challenge);
            change(number, &mut challenge);
            challenge
        };
        (0..count).map(draw).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
        /// In any number, of any length: every bit is free.
        #[test]
        fn nothing_of_random_challenges_is_foretold(seed: u64, count in 150_u64..1200, bytes in 1_usize..=64) {
            let seen = looked(&drawn(seed, count, bytes, |_, _| ()));
            let none = Foretold {
                bytes, free_bits: count_of(bytes * 8), prefix: 0, suffix: 0, order: None, unbalanced: 0,
            };
            prop_assert_eq!(seen, none);
        }
    }

    fn count_of(bits: usize) -> f64 {
        f64::from(u32::try_from(bits).expect("few"))
    }

    #[test]
    fn few_challenges_say_nothing() {
        let same = vec![vec![7_u8; 32]; LEAST - 1];
        let same: Vec<&[u8]> = same.iter().map(Vec::as_slice).collect();
        assert_eq!(foretold(&same), None);
        let empty = vec![&[][..]; LEAST];
        assert_eq!((foretold(&empty), foretold(&[])), (None, None));
    }

    #[test]
    fn a_counter_has_no_more_free_bits_than_it_has_counted() {
        // As calls at the same time come: a little out of order.
        let counted = |number: u64| [&[0; 24][..], &(number ^ 5).to_be_bytes()].concat();
        let seen = looked(&(0..1000).map(counted).collect::<Vec<_>>());
        assert!(seen.free_bits < 11.0, "{seen:?}");
        assert_eq!((seen.prefix, seen.order), (30, Some(Order::Ascending)));
        let backwards: Vec<Vec<u8>> = (0..1000).rev().map(counted).collect();
        assert_eq!(looked(&backwards).order, Some(Order::Descending));
    }

    #[test]
    fn what_is_the_same_in_all_is_not_free() {
        let seen = looked(&drawn(1, 200, 32, |_, challenge| {
            challenge[..20].fill(0x5a);
            challenge[30..].fill(1);
        }));
        assert_eq!((seen.prefix, seen.suffix, seen.order, seen.unbalanced), (20, 2, None, 0));
        assert!((seen.free_bits - 80.0).abs() < 1e-9, "{seen:?}");
    }

    #[test]
    fn of_the_time_only_the_last_bits_are_free() {
        // Microseconds, a call each two milliseconds.
        let seen = looked(&drawn(2, 1000, 16, |number, challenge| {
            let jitter = u64::from(challenge[15]) * 3;
            challenge[..8].copy_from_slice(&(1_764_000_000_000_000 + number * 2000 + jitter).to_be_bytes());
        }));
        assert!((64.0..90.0).contains(&seen.free_bits), "{seen:?}");
        assert_eq!(seen.order, Some(Order::Ascending));
        assert!(seen.prefix >= 4, "{seen:?}");
    }

    /// A digit of hexadecimal has four bits; the estimate may be higher, and never lower.
    #[test]
    fn unbalanced_bits_count_for_less() {
        let seen = looked(&drawn(3, 2000, 32, |_, challenge| {
            challenge.iter_mut().for_each(|byte| *byte = b"0123456789abcdef"[usize::from(*byte % 16)]);
        }));
        assert!((128.0..200.0).contains(&seen.free_bits), "{seen:?}");
        assert!(seen.unbalanced >= 32 && seen.order.is_none(), "{seen:?}");
    }
}
