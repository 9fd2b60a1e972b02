//! Makes a sequence shorter: what can be left out, and what can be made simpler in the rest.

use crate::contract::{self, Flow, Protocol};
use crate::scenario::{Caller, OperationRef, ProtocolRef, Step, UserRef};

/// Sequences that are one step simpler than this one: first without a start and everything that is about it, the last one first, then
/// without a single call, then over one protocol.
pub(crate) fn simpler(steps: &[Step], protocols: &[Protocol]) -> Vec<Vec<Step>> {
    let starts = steps.iter().filter(|step| step.starts()).count();
    let without_start = (1..=starts).rev().map(|number| without_start(steps, number));
    let calls = (0..steps.len()).rev().filter(|index| is_single(&steps[*index]));
    let without_call = calls.map(|index| without_call(steps, index));
    let plainer = protocols.first().into_iter().flat_map(|protocol| plainer(steps, *protocol));
    let is_other = |other: &Vec<Step>| !other.is_empty() && !same(other, steps);
    without_start.chain(without_call).chain(plainer).filter(is_other).collect()
}

/// The first calls of a sequence, with the credentials that are made for them.
pub(crate) fn first_calls(steps: &[Step], calls: usize) -> Vec<Step> {
    let mut left = calls;
    let is_played = |step: &&Step| {
        let is_played = left > 0;
        left -= usize::from(is_played && step.call.is_some());
        is_played
    };
    steps.iter().take_while(is_played).cloned().collect()
}

fn same(a: &[Step], b: &[Step]) -> bool {
    crate::runner::model::machine::digest(a) == crate::runner::model::machine::digest(b)
}

fn is_single(step: &Step) -> bool {
    step.call.is_some() && !step.starts()
}

/// Without one start, the steps about it, and the steps that repeat its credential; the numbers of the others are adapted.
fn without_start(steps: &[Step], number: usize) -> Vec<Step> {
    let mut seen = 0;
    let is_its = |step: &&Step| {
        seen += usize::from(step.starts());
        let is_it = step.starts() && seen == number;
        is_it || step.of == Some(number) || step.from == Some(number)
    };
    let mut is_its = is_its;
    let rest: Vec<Step> = steps.iter().filter(|step| !is_its(step)).cloned().collect();
    let mut rest = without_idle_makes(rest);
    for step in &mut rest {
        for about in [&mut step.of, &mut step.from] {
            *about = about.map(|known| if known > number { known - 1 } else { known });
        }
    }
    rest
}

/// Without one call, and the credential that was made for it.
fn without_call(steps: &[Step], index: usize) -> Vec<Step> {
    let mut rest = steps.to_vec();
    rest.remove(index);
    without_idle_makes(rest)
}

/// Without the credentials that no verify sends.
fn without_idle_makes(steps: Vec<Step>) -> Vec<Step> {
    let is_idle = |index: usize| {
        let step = &steps[index];
        let following = &steps[index + 1..];
        let sends = |other: &Step| other.call == Some(OperationRef::Verify) && other.of == step.of;
        let again = |other: &Step| other.from.is_some() && other.from == step.of;
        step.make.is_some() && !following.iter().any(|other| sends(other) || again(other))
    };
    (0..steps.len()).filter(|index| !is_idle(*index)).map(|index| steps[index].clone()).collect()
}

/// With every call over one protocol, with each single call over it, with each call by the user itself, and with all calls of one user.
fn plainer(steps: &[Step], protocol: Protocol) -> Vec<Vec<Step>> {
    let over = ProtocolRef::Named(protocol);
    let changed = |change: &dyn Fn(usize, &mut Step)| {
        let mut steps = steps.to_vec();
        steps
            .iter_mut()
            .enumerate()
            .filter(|(_, step)| step.call.is_some())
            .for_each(|(index, step)| change(index, step));
        steps
    };
    let all = changed(&|_, step| step.over = over);
    let own_users = changed(&|_, step| {
        if step.caller == Caller::Other && step.user == UserRef::Other {
            (step.caller, step.user) = (Caller::Subject, UserRef::Own);
        }
    });
    let each = (0..steps.len()).map(|place| {
        changed(&|index, step| {
            if index == place {
                step.over = over
            }
        })
    });
    let by_users = (0..steps.len()).map(|place| {
        changed(&|index, step| {
            if index == place && step.caller == Caller::Admin {
                step.caller = if step.user == UserRef::Own { Caller::Subject } else { Caller::Other };
            }
        })
    });
    std::iter::once(all).chain([own_users]).chain(each).chain(by_users).collect()
}

/// The flow and protocol of the first call: those that a case of these steps is named by.
pub(crate) fn place(steps: &[Step], protocols: &[Protocol]) -> Option<(Flow, Protocol)> {
    let first = steps.iter().find(|step| step.call.is_some())?;
    let flow = first.flow.of(*contract::usual().flows.first()?);
    let protocol = match first.over {
        ProtocolRef::Named(protocol) => protocol,
        _ => *protocols.first()?,
    };
    Some((flow, protocol))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runner::model::machine::words;
    use crate::scenario::parse_suite;

    #[test]
    fn a_start_goes_with_what_is_about_it_and_the_others_get_their_numbers() {
        let text = "suite: s\ncases:\n- id: s/a\n  title: t\n  clauses: [api/state/kept]\n  watch: always\n  steps:\n  \
                    - { call: start, in: v1/u2f, over: grpc }\n  - { call: start, in: v2/u2f, over: rest }\n  \
                    - { make: credential, of: 2 }\n  - { call: verify, of: 2, in: v2/u2f, over: grpc }\n  \
                    - { make: credential, of: 1 }\n  - { call: verify, of: 1, in: v1/u2f, as: other, user: other }\n";
        let steps = parse_suite("s.yaml", text).expect("valid").remove(0).steps;
        let all: Vec<String> = simpler(&steps, &Protocol::ALL).iter().map(|steps| words(steps, Flow::V1_U2F)).collect();
        assert_eq!(all[0], "start on v1/u2f, verify 1 on v1/u2f (for the other user)");
        assert_eq!(all[1], "start on v2/u2f, verify 1 on v2/u2f");
        assert_eq!(all[2], "start on v1/u2f, start on v2/u2f, verify 2 on v2/u2f");
        let second = &simpler(&steps, &Protocol::ALL)[2];
        assert!(second.iter().all(|step| step.make.is_none() || step.of == Some(2)), "nothing is made in vain");
        assert_eq!(
            words(&first_calls(&steps, 3), Flow::V1_U2F),
            "start on v1/u2f, start on v2/u2f, verify 2 on v2/u2f"
        );
        assert_eq!(first_calls(&steps, usize::MAX).len(), steps.len());
        assert!(simpler(&second[..1], &[Protocol::Grpc]).is_empty(), "one call over the first protocol");
    }
}
