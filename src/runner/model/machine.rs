//! Draws sequences: a state machine of users, starts and their states, as far as that is needed to draw the next step.

use proptest::prelude::{Strategy, any};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::book::is_kind;
use crate::contract::{Flow, Operation, Protocol};
use crate::scenario::{
    Caller, FlowRef, Made, MutationUse, Mutations, OperationRef, OracleVerdict, ProtocolRef, Step, UserRef,
};
use crate::words::hex;

/// The fewest and the most actions of a drawn sequence. An enrolment is two calls.
const SHORTEST: usize = 5;
const LONGEST: usize = 10;
/// The most starts of one sequence: servers may limit how many registrations are open at a time.
const MOST_STARTS: usize = 6;

/// What can be called.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub flows: Vec<Flow>,
    pub protocols: Vec<Protocol>,
}

/// One drawn call: numbers whose meaning follows from the state.
type Raw = [u16; 6];

/// A start of a sequence, and its intended state.
#[derive(Debug, Clone, Copy)]
struct Begun {
    is_own: bool,
    flow: Flow,
    is_finished: bool,
    is_removed: bool,
}

/// What a call does.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Start,
    /// Starts, and sends the credential that was made.
    Enrol,
    /// Makes a credential and sends it.
    Verify,
    /// The same with one that is wrong.
    Spoil,
    /// Sends the last credential once more.
    Repeat,
    /// Sends the credential of a factor that was removed, by its index.
    EnrolAgain(usize),
    Remove,
    List,
}

/// The sequence with this number of a seed.
pub(crate) fn drawn(seed: u64, number: usize, offer: &Offer) -> Vec<Step> {
    let seed: [u8; 32] = Sha256::digest(format!("proofmark/model/{seed}/{number}")).into();
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut random = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let one = proptest::array::uniform6(any::<u16>());
    let all = proptest::collection::vec(one, SHORTEST..=LONGEST);
    // Without a filter there is always a tree.
    let raws: Vec<Raw> = all.new_tree(&mut random).map(|tree| tree.current()).unwrap_or_default();
    let mut machine = Machine { offer, begun: Vec::new(), kind: 0, steps: Vec::new() };
    machine.kind = raws.first().map_or(0, |raw| raw[5]);
    raws.iter().for_each(|raw| machine.call(raw));
    machine.steps
}

struct Machine<'a> {
    offer: &'a Offer,
    begun: Vec<Begun>,
    /// The kind of factor that most calls are about.
    kind: u16,
    steps: Vec<Step>,
}

fn pick<T: Copy>(from: &[T], by: u16) -> Option<T> {
    from.get(usize::from(by) % from.len().max(1)).copied()
}

impl Machine<'_> {
    fn call(&mut self, raw: &Raw) {
        let (doing, about) = self.choose(raw);
        match (doing, about) {
            (Doing::Enrol, _) => self.enrol(raw),
            (Doing::Start, _) | (_, None) => self.start(raw),
            (Doing::List, _) => self.list(raw),
            (doing, Some(index)) => self.about(doing, index, raw),
        }
    }

    /// The next action, and the start that it is about.
    fn choose(&self, raw: &Raw) -> (Doing, Option<usize>) {
        let of = |fits: &dyn Fn(&Begun) -> bool| {
            let fitting: Vec<usize> = (0..self.begun.len()).filter(|index| fits(&self.begun[*index])).collect();
            pick(&fitting, raw[3])
        };
        let open = || of(&|begun| !begun.is_finished && !begun.is_removed);
        let enrolled = || of(&|begun| begun.is_finished && !begun.is_removed);
        match raw[0] % 32 {
            0..=8 if self.begun.len() < MOST_STARTS => (Doing::Enrol, None),
            9..=13 if self.begun.len() < MOST_STARTS => (Doing::Start, None),
            0..=16 => (Doing::Verify, open()),
            17..=18 => (Doing::Spoil, open()),
            19..=21 => match of(&|begun| begun.is_removed && !begun.is_finished) {
                Some(given_up) => (Doing::Verify, Some(given_up)),
                None => (Doing::Repeat, of(&|begun| begun.is_finished)),
            },
            22..=23 => {
                let removed = (0..self.begun.len()).filter(|index| {
                    let begun = self.begun[*index];
                    begun.is_finished && begun.is_removed
                });
                match pick(&removed.collect::<Vec<_>>(), raw[4]) {
                    Some(removed) => (Doing::EnrolAgain(removed), open()),
                    None => (Doing::Remove, enrolled()),
                }
            }
            24..=25 => (Doing::Remove, enrolled()),
            26..=27 => (Doing::Remove, open()),
            28 => (Doing::Remove, of(&|_| true)),
            _ => (Doing::List, of(&|_| true)),
        }
    }

    fn start(&mut self, raw: &Raw) {
        if self.begun.len() >= MOST_STARTS {
            return self.list(raw);
        }
        let is_usual = |flow: &&Flow| flow.is_u2f() == self.kind.is_multiple_of(2);
        let usual: Vec<Flow> = self.offer.flows.iter().filter(is_usual).copied().collect();
        let is_apart = usual.is_empty() || raw[1].is_multiple_of(4);
        let Some(flow) = pick(if is_apart { &self.offer.flows } else { &usual }, raw[2]) else { return };
        let is_own = !raw[4].is_multiple_of(4);
        let is_first = self.begun.is_empty();
        let (caller, is_users) = caller(flow, is_own, if is_first { 9 } else { raw[5] % 16 });
        self.push(Step { call: Some(OperationRef::Start), caller, ..self.at(flow, is_own, raw) });
        // A stranger's start has a number, but makes no registration.
        self.begun.push(Begun { is_own, flow, is_finished: false, is_removed: !is_users });
    }

    fn enrol(&mut self, raw: &Raw) {
        let before = self.begun.len();
        self.start(raw);
        if let Some(begun) = self.begun.get(before)
            && !begun.is_removed
        {
            self.about(Doing::Verify, before, raw);
        }
    }

    fn list(&mut self, raw: &Raw) {
        let with_list = self.offer.flows.iter().filter(|flow| flow.endpoint(Operation::List).is_some());
        let Some(flow) = pick(&with_list.copied().collect::<Vec<_>>(), raw[2]) else { return };
        let is_own = !raw[4].is_multiple_of(4);
        let (caller, _) = caller(flow, is_own, raw[5] % 12);
        self.push(Step { call: Some(OperationRef::List), caller, ..self.at(flow, is_own, raw) });
    }

    fn about(&mut self, doing: Doing, index: usize, raw: &Raw) {
        let begun = self.begun[index];
        let flow = self.flow_of(doing, begun, raw[2]);
        let (caller, is_users) = caller(flow, begun.is_own, raw[5] % 12);
        let of = Some(index + 1);
        let make = Step { make: Some(Made::Credential), of, ..Step::default() };
        match doing {
            Doing::Verify => self.push(make),
            Doing::Spoil => {
                let origin = MutationUse { id: "origin".to_owned(), args: json!("https://attacker.example") };
                let oracle = Some(OracleVerdict::RefuseAt("7.1/origin".to_owned()));
                self.push(Step { mutate: Mutations(vec![origin]), oracle, ..make });
            }
            Doing::EnrolAgain(removed) => {
                self.push(Step { make: Some(Made::SameCredential), from: Some(removed + 1), ..make });
            }
            _ => {}
        }
        let removes = matches!(doing, Doing::Remove);
        let call = Some(if removes { OperationRef::Remove } else { OperationRef::Verify });
        self.push(Step { call, of, caller, ..self.at(flow, begun.is_own, raw) });
        let begun = &mut self.begun[index];
        begun.is_finished |= is_users && matches!(doing, Doing::Verify | Doing::EnrolAgain(_));
        begun.is_removed |= is_users && removes;
    }

    /// Mostly the flow of the start; sometimes that of the other version.
    fn flow_of(&self, doing: Doing, begun: Begun, by: u16) -> Flow {
        let is_other = |flow: &&Flow| is_kind(**flow, begun.flow) && **flow != begun.flow;
        let other = self.offer.flows.iter().find(is_other).copied();
        // The answer of v1's start has no id that v2's verify could name.
        let can = matches!(doing, Doing::Remove) || begun.flow.names_registration();
        other.filter(|_| can && by.is_multiple_of(5)).unwrap_or(begun.flow)
    }

    fn at(&self, flow: Flow, is_own: bool, raw: &Raw) -> Step {
        let over = pick(&self.offer.protocols, raw[1] / 4).map_or(ProtocolRef::Own, ProtocolRef::Named);
        let user = if is_own { UserRef::Own } else { UserRef::Other };
        Step { flow: FlowRef::Named(flow), over, user, ..Step::default() }
    }

    fn push(&mut self, step: Step) {
        self.steps.push(step);
    }
}

/// The caller, and whether it has the right to make the call: mostly the user.
fn caller(flow: Flow, is_own: bool, by: u16) -> (Caller, bool) {
    let (user, other) = if is_own { (Caller::Subject, Caller::Other) } else { (Caller::Other, Caller::Subject) };
    match (by, flow.names_user()) {
        (0, _) => (Caller::Nobody, false),
        (1, _) => (other, false),
        (2..=3, true) => (Caller::Admin, true),
        _ => (user, true),
    }
}

/// A sequence in words, such as `start v1/u2f, verify 1 (by another user)`.
pub(crate) fn words(steps: &[Step], own: Flow) -> String {
    let calls = steps.iter().enumerate().filter_map(|(index, step)| {
        let made = index.checked_sub(1).and_then(|before| steps[before].make.map(|_| &steps[before]));
        let spoiled = made.is_some_and(|made| !made.mutate.0.is_empty());
        let again = made.and_then(|made| made.from);
        let what = match step.call? {
            OperationRef::Start => "start",
            OperationRef::Remove => "remove",
            OperationRef::List => "list",
            OperationRef::Verify if spoiled => "verify wrongly",
            OperationRef::Verify | OperationRef::Operation => "verify",
        };
        let flow = step.flow.of(own);
        let of = step.of.map(|number| format!(" {number}")).unwrap_or_default();
        let again = again.map(|number| format!(" with the credential of {number}")).unwrap_or_default();
        let own_caller = if step.user == UserRef::Other { Caller::Other } else { Caller::Subject };
        let by = match step.caller {
            Caller::Nobody => " (by nobody)",
            Caller::Admin => " (by the administrator)",
            caller if caller != own_caller => " (by another user)",
            Caller::Other => " (for the other user)",
            _ => "",
        };
        Some(format!("{what}{of}{again} on {flow}{by}"))
    });
    calls.collect::<Vec<_>>().join(", ")
}

/// The name of a sequence: a part of its SHA-256, so that the same calls have the same name in every run.
pub(crate) fn digest(steps: &[Step]) -> String {
    let text = serde_json::to_string(steps).unwrap_or_default();
    hex(&Sha256::digest(text)[..5])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn offer(flows: &[Flow], protocols: &[Protocol]) -> Offer {
        Offer { flows: flows.to_vec(), protocols: protocols.to_vec() }
    }

    #[test]
    fn sequences_are_drawn_by_the_seed_and_have_everything_in_them() {
        let whole = offer(&Flow::ALL, &Protocol::ALL);
        let all: Vec<Vec<Step>> = (0..300).map(|number| drawn(7, number, &whole)).collect();
        assert_eq!(digest(&all[5]), digest(&drawn(7, 5, &whole)));
        let names: BTreeSet<String> = all.iter().map(|steps| digest(steps)).collect();
        assert!(names.len() > 295, "{}", names.len());
        let text: String = all.iter().map(|steps| words(steps, Flow::V1_U2F) + "\n").collect();
        for part in [
            "start on v1/passwordless",
            "verify 2 on v2/passkey",
            "verify wrongly 1 on",
            "with the credential of 1 on",
            "remove 1 on v1/u2f",
            "list on v2/passkey",
            "(by nobody)",
            "(by the administrator)",
            "(by another user)",
            "(for the other user)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        for steps in &all {
            let calls = steps.iter().filter(|step| step.call.is_some()).count();
            assert!((SHORTEST..=2 * LONGEST).contains(&calls), "{}", words(steps, Flow::V1_U2F));
            let mut starts = 0;
            for step in steps {
                assert!(step.of.is_none_or(|number| (1..=starts).contains(&number)), "{}", words(steps, Flow::V1_U2F));
                starts += usize::from(step.starts());
            }
        }
    }

    #[test]
    fn a_target_with_one_flow_and_one_protocol_gets_sequences_too() {
        let small = offer(&[Flow::V2_U2F], &[Protocol::Grpc]);
        for number in 0..50 {
            let steps = drawn(1, number, &small);
            assert!(steps.iter().any(|step| step.call == Some(OperationRef::Start)));
            assert!(steps.iter().all(|step| step.call != Some(OperationRef::List)), "the flow has none");
        }
    }
}
