//! The kind of a cycle, drawn by its number: the same for one seed, however many workers and shards play it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::draw::Draw;
use super::plan::Plan;
use crate::contract::{Flow, Protocol};
use crate::outcome::load::{Kind, Shares};

/// Draws cycles.
#[derive(Debug)]
pub(super) struct Draws {
    random: ChaCha8Rng,
    flows: Vec<(Flow, u32)>,
    protocols: Vec<(Protocol, u32)>,
    shares: Shares,
}

impl Draws {
    pub(super) fn new(plan: &Plan) -> Draws {
        Draws {
            random: ChaCha8Rng::seed_from_u64(plan.seed),
            flows: plan.flows.clone(),
            protocols: plan.protocols.clone(),
            shares: plan.shares,
        }
    }

    /// The cycle with this number; `None` if there is no flow or no protocol.
    pub(super) fn draw(&self, number: u64) -> Option<Draw> {
        let mut random = self.random.clone();
        // Stream 0 has drawn arrivals.
        random.set_stream(number.wrapping_add(1));
        let flow = weighted(&self.flows, random.next_u32())?;
        let protocol = weighted(&self.protocols, random.next_u32())?;
        let kind = self.kind(f64::from(random.next_u32()) / 4_294_967_296.0);
        Some(Draw { number, flow, protocol, kind, choice: random.next_u32() })
    }

    fn kind(&self, drawn: f64) -> Kind {
        let Shares { negatives, races, lookups } = self.shares;
        match drawn {
            drawn if drawn < negatives => Kind::Negative,
            drawn if drawn < negatives + races => Kind::Race,
            drawn if drawn < negatives + races + lookups => Kind::Lookup,
            _ => Kind::Good,
        }
    }
}

fn weighted<T: Copy>(mix: &[(T, u32)], drawn: u32) -> Option<T> {
    let total: u64 = mix.iter().map(|(_, weight)| u64::from(*weight)).sum();
    let mut left = (u64::from(drawn) * total) >> 32;
    for (item, weight) in mix {
        match left.checked_sub(u64::from(*weight)) {
            Some(rest) => left = rest,
            None => return Some(*item),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_are_drawn_by_number_and_in_their_shares() {
        let draws = Draws {
            random: ChaCha8Rng::seed_from_u64(1),
            flows: vec![(Flow::V2_PASSKEY, 3), (Flow::V1_U2F, 1), (Flow::V2_U2F, 0)],
            protocols: vec![(Protocol::Rest, 1), (Protocol::Grpc, 1)],
            shares: Shares { negatives: 0.1, races: 0.05, lookups: 0.2 },
        };
        let all: Vec<Draw> = (0..10_000).filter_map(|number| draws.draw(number)).collect();
        let count = |takes: fn(&Draw) -> bool| all.iter().filter(|draw| takes(draw)).count();
        for (counted, expected) in [
            (count(|draw| draw.flow == Flow::V2_PASSKEY), 7_500),
            (count(|draw| draw.flow == Flow::V1_U2F), 2_500),
            (count(|draw| draw.protocol == Protocol::Grpc), 5_000),
            (count(|draw| draw.kind == Kind::Negative), 1_000),
            (count(|draw| draw.kind == Kind::Race), 500),
            (count(|draw| draw.kind == Kind::Lookup), 2_000),
        ] {
            assert!(counted.abs_diff(expected) < 250, "{counted} are not about {expected}");
        }
        assert_eq!(count(|draw| draw.flow == Flow::V2_U2F), 0);
        assert_eq!(draws.draw(77), Some(all[77]), "any order gives the same");
        assert_eq!(Draws { flows: Vec::new(), ..draws }.draw(0), None);
    }
}
