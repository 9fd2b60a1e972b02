//! The challenge as it goes out: as it was drawn, unless a defect or a variant has another.

use std::time::Duration;

use jiff::Timestamp;

use super::defect;
use super::site::Site;
use super::switches::Switches;
use super::variant;

/// The bytes of a constant part.
const CONSTANT: u8 = 0x5a;

pub(super) fn sent(site: &Site, challenge: Vec<u8>, replaced: Option<&Vec<u8>>) -> Vec<u8> {
    varied(site, weakened(site, challenge, replaced))
}

fn weakened(site: &Site, mut challenge: Vec<u8>, replaced: Option<&Vec<u8>>) -> Vec<u8> {
    let switches = &site.switches;
    if switches.has(&defect::challenge::CONSTANT) {
        challenge.fill(CONSTANT);
    }
    if let Some(replaced) = replaced.filter(|_| switches.has(&defect::challenge::REUSED)) {
        challenge.clone_from(replaced);
    }
    if switches.has(&defect::challenge::SHORT) {
        challenge.truncate(8);
    }
    if switches.has(&defect::challenge::COUNTER) {
        challenge.fill(0);
        put(&mut challenge, 24, site.lapses.next_challenge());
    }
    if switches.has(&defect::challenge::MOSTLY_CONSTANT) {
        challenge[..28].fill(CONSTANT);
    }
    if switches.has(&defect::challenge::TIME_PREFIX) {
        challenge.truncate(16);
        put(&mut challenge, 0, microseconds());
    }
    challenge
}

fn varied(site: &Site, mut challenge: Vec<u8>) -> Vec<u8> {
    let switches = &site.switches;
    if switches.varies(&variant::options::CHALLENGE_16) {
        challenge.truncate(16);
    }
    if switches.varies(&variant::options::CHALLENGE_64) {
        let reversed: Vec<u8> = challenge.iter().rev().copied().collect();
        challenge.extend(reversed);
    }
    if switches.varies(&variant::options::CHALLENGE_UUID) {
        challenge.truncate(16);
        challenge[6] = challenge[6] & 0x0f | 0x40;
        challenge[8] = challenge[8] & 0x3f | 0x80;
    }
    if switches.varies(&variant::options::CHALLENGE_WITH_TIME) {
        challenge.truncate(24);
        put(&mut challenge, 0, microseconds());
    }
    if switches.varies(&variant::options::CHALLENGE_AS_TEXT) {
        challenge = crate::words::hex(&challenge[..16]).into_bytes();
    }
    challenge
}

/// How long a registration can be finished: until the time-out of its options is over.
pub(super) fn lifetime(switches: &Switches, timeout: Duration) -> Duration {
    if switches.has(&defect::challenge::NEVER_EXPIRES) {
        Duration::MAX
    } else if switches.varies(&variant::options::CHALLENGE_EXPIRES_LATE) {
        timeout.mul_f64(1.5)
    } else {
        timeout
    }
}

fn put(challenge: &mut [u8], at: usize, number: u64) {
    challenge[at..at + 8].copy_from_slice(&number.to_be_bytes());
}

fn microseconds() -> u64 {
    u64::try_from(Timestamp::now().as_microsecond()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::defect::Defect;
    use crate::server::variant::Variant;

    #[test]
    fn a_registration_lives_as_long_as_its_options_say_unless_told_otherwise() {
        let timeout = Duration::from_secs(300);
        let defect = Defect::find("challenge-never-expires").expect("listed");
        let variant = Variant::find("challenge-expires-late").expect("listed");
        assert_eq!(lifetime(&Switches::default(), timeout), timeout);
        assert_eq!(lifetime(&Switches::new(&[defect], &[]), timeout), Duration::MAX);
        assert_eq!(lifetime(&Switches::new(&[], &[variant]), timeout), Duration::from_secs(450));
    }
}
