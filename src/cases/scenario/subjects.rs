//! Which tests can share a subject, and how many subjects a plan needs.
//!
//! On a real server a user costs a password hash and a session, so cases share users, one after the other. A case judges only what it
//! enrolled itself, and an earlier case does not change that, with two exceptions: see [`Sharing`].

use std::collections::BTreeSet;

use super::model::Case;
use super::plan::{Plan, Test};
use super::route::FlowRef;
use super::step::{Caller, OperationRef, Step, UserRef};

/// Tests that share a subject, on average, if there are enough subjects: each may leave a credential behind, which
/// every later start has to list.
const SHARE: usize = 25;
/// A step with so many calls leaves too much with a subject that others use.
const MANY: usize = 50;

/// How a test may use a subject that others use too, before or after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sharing {
    /// It may follow others, and others may follow it.
    Shares,
    /// It leaves something unpredictable behind: two users whose calls cross, a race, a hundred credentials. Its subjects are used by no
    /// other test as long as there are others.
    Own,
    /// It finishes a registration that was never started on its flow. With a registration that an earlier case left open, the answer would
    /// be another one: the subject has to be unused, or the open registration has to be finished first.
    Fresh,
}

/// How many subjects a plan asks for, by how they may be shared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Demand {
    /// Subjects that have to be unused.
    pub fresh: usize,
    /// Further subjects that no other test uses.
    pub own: usize,
    /// Tests and controls that share the rest.
    pub shared: usize,
}

impl Demand {
    /// How many subjects are enough for so many tests at a time, each with two subjects at most, and a tenth more of what is
    /// not shared for those that are tried again.
    pub fn subjects(&self, concurrency: usize) -> usize {
        let apart = self.fresh + self.own;
        let lanes = (2 * concurrency).min(self.shared).max(self.shared.div_ceil(SHARE));
        (apart + apart / 10 + lanes).max(2)
    }
}

impl Demand {
    /// How many subjects are needed to play everything, with so many tests at a time or fewer. Every subject that can be shared is then
    /// shared.
    pub fn least(&self, concurrency: usize) -> usize {
        (self.fresh + (2 * concurrency).min(self.fresh.saturating_sub(1))).max(2)
    }

    /// How many subjects are comfortable if other runs need some of the same list, with so many tests at a time: a few more tests share
    /// each shared subject.
    pub fn enough(&self, concurrency: usize) -> usize {
        self.fresh + 8 * concurrency
    }

    /// How many of the requested tests can be played at a time on so many subjects: each has two at most, and does not get subjects that
    /// are kept for tests that need a fresh one.
    pub fn concurrency(&self, asked: usize, subjects: usize) -> usize {
        asked.min(subjects.saturating_sub(self.fresh) / 2).max(1)
    }
}

impl Case {
    /// How a test of it may use a subject that others use too.
    pub fn sharing(&self) -> Sharing {
        let own = |step: &&Step| step.caller != Caller::Other && step.user != UserRef::Other;
        // A registration of another factor kind, or of the other version, may be open together with one that an earlier case left open here.
        let begins = |step: &Step| {
            step.flow == FlowRef::Own && (step.prepare.is_some() || step.call == Some(OperationRef::Start))
        };
        let ends = |step: &Step| matches!(step.call, Some(OperationRef::Verify | OperationRef::Remove));
        // A watched case judges only what it made itself, and recognises that by its own names.
        if self.watch.is_some() {
            return Sharing::Shares;
        }
        let first = self.steps.iter().filter(own).find(|step| begins(step) || ends(step));
        if first.is_some_and(ends) {
            Sharing::Fresh
        } else if self.steps.iter().any(|step| step.hold.is_some() || !step.also.is_empty()) {
            // The judgement is about what the case has enrolled for either subject.
            Sharing::Shares
        } else if self.subjects() > 1
            || self.steps.iter().any(|step| step.race.is_some() || step.with_next || step.times >= MANY)
        {
            Sharing::Own
        } else {
            Sharing::Shares
        }
    }
}

impl Plan {
    /// The demand of the plan.
    pub fn demand(&self) -> Demand {
        let mut demand = Demand { shared: self.controls().len(), ..Demand::default() };
        for test in self.played() {
            let subjects = test.case.subjects();
            match test.case.sharing() {
                Sharing::Shares => demand.shared += 1,
                Sharing::Own => demand.own += subjects,
                Sharing::Fresh => {
                    demand.fresh += 1;
                    demand.own += subjects - 1;
                }
            }
        }
        demand
    }

    /// Leaves out the tests that can't be played with so many subjects and so many tests at a time, and gives their names without the
    /// protocol. Only tests that need an unused subject are left out; all others share more.
    pub fn cap(&mut self, subjects: usize, concurrency: usize) -> Vec<String> {
        // Two for each that is played at a time go on beside them.
        let mut room = subjects - (2 * concurrency).min(subjects / 2);
        let mut left_out = BTreeSet::new();
        let needs = |test: &&Test| test.case.sharing() == Sharing::Fresh;
        let mut names: Vec<String> = Vec::new();
        for test in self.played().filter(needs) {
            let name = test.across_protocols();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        for name in names {
            let wanted = self.played().filter(|test| test.across_protocols() == name).count();
            if wanted <= room && left_out.is_empty() {
                room -= wanted;
            } else {
                left_out.insert(name);
            }
        }
        self.tests.retain(|test| !needs(&test) || !left_out.contains(&test.across_protocols()));
        left_out.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Flow, Protocol};
    use crate::scenario::{Selection, embedded};

    fn plan() -> Plan {
        let (flows, protocols) = (Flow::ALL.to_vec(), Protocol::ALL.to_vec());
        Plan::new(embedded().expect("valid suites"), &Selection { flows, protocols, ..Selection::default() })
    }

    #[test]
    fn few_cases_need_a_subject_of_their_own() {
        let sharing = |id: &str| {
            let cases = embedded().expect("valid suites");
            cases.iter().find(|case| case.id == id).expect("listed").sharing()
        };
        for (id, expected) in [
            ("enrolment/good", Sharing::Shares),
            ("enrolment/remove", Sharing::Shares),
            ("client-data/origin-other-site", Sharing::Shares),
            ("ceremony/verify-race", Sharing::Own),
            ("ceremony/user-handle-unique", Sharing::Own),
            ("ceremony/many-credentials", Sharing::Own),
            ("ceremony/verify-without-start", Sharing::Fresh),
            ("ceremony/verify-empty-challenge-without-start", Sharing::Fresh),
            ("ceremony/other-api-version-challenge", Sharing::Fresh),
            ("ceremony/other-factor-challenge", Sharing::Shares),
        ] {
            assert_eq!(sharing(id), expected, "{id}");
        }
    }

    #[test]
    fn a_default_run_needs_a_fraction_of_one_subject_each() {
        let plan = plan();
        let demand = plan.demand();
        assert!(demand.fresh >= 24 && demand.own > demand.fresh, "{demand:?}");
        assert_eq!(demand.shared + plan.played().filter(|p| p.case.sharing() != Sharing::Shares).count(), {
            plan.played().count() + plan.controls().len()
        });
        let needed = demand.subjects(16);
        assert!(needed * 5 < plan.subjects(), "{needed} of {}", plan.subjects());
        assert!(demand.subjects(200) > needed, "so many at a time need as many");
        for at_a_time in [1, 4, 16, 1000] {
            let least = demand.least(at_a_time);
            assert!(least <= demand.subjects(at_a_time), "{least} at {at_a_time}");
            assert!(least <= demand.enough(at_a_time), "{least} at {at_a_time}");
            let mut with_least = self::plan();
            assert_eq!(with_least.cap(least, at_a_time), [""; 0], "nothing is left out with {least} at {at_a_time}");
            assert!(!self::plan().cap(least - 1, at_a_time).is_empty(), "something is with one less");
        }
        assert_eq!((demand.concurrency(16, needed), demand.concurrency(16, demand.fresh + 9)), (16, 4));
    }

    #[test]
    fn a_cap_leaves_out_whole_comparisons_and_only_what_has_to_be_fresh() {
        let whole = plan();
        let fresh = whole.demand().fresh;
        let mut roomy = plan();
        assert_eq!(roomy.cap(fresh + 32, 16), [""; 0]);
        assert_eq!(roomy.tests.len(), whole.tests.len());
        let mut capped = plan();
        let left_out = capped.cap(20, 16);
        assert!(!left_out.is_empty() && left_out.iter().all(|name| name.contains("/all/")), "{left_out:?}");
        let demand = capped.demand();
        assert!(demand.fresh <= 10, "{demand:?}");
        assert_eq!(capped.tests.len() + (fresh - demand.fresh), whole.tests.len());
        assert_eq!((demand.own, demand.shared), {
            let all = whole.demand();
            (all.own - (fresh - demand.fresh - unshared(&whole, &left_out)), all.shared)
        });
    }

    /// Of what was left out, the tests that need one subject only.
    fn unshared(plan: &Plan, left_out: &[String]) -> usize {
        let is_out = |test: &&Test| left_out.contains(&test.across_protocols());
        plan.played().filter(is_out).filter(|test| test.case.subjects() == 1).count()
    }
}
