//! Compares the answers to the same call over every protocol: they have to be the same.

use std::collections::HashMap;

use crate::contract::clause;
use crate::outcome::{CaseRecord, Finding, Profile, Reason, Verdict};
use crate::scenario::{Step, Test};

/// The clause of the comparison.
pub(crate) const CLAUSE: &str = "api/transports-agree";

/// Collects what was observed until all protocols of a case are done.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    groups: HashMap<String, Group>,
    group_of: HashMap<String, String>,
    profile: Profile,
    members: HashMap<String, Vec<Test>>,
}

#[derive(Debug, Default)]
struct Group {
    missing: usize,
    records: Vec<CaseRecord>,
}

impl Agreement {
    /// Knows which tests belong together. A request that is faulty in its bytes, method or content type is left out: such a
    /// request is not the same call over another protocol.
    pub(crate) fn new<'t>(tests: impl IntoIterator<Item = &'t Test>, profile: Profile) -> Agreement {
        let mut agreement = Agreement { profile, ..Agreement::default() };
        for test in tests.into_iter().filter(|test| is_comparable(test)) {
            let name = test.across_protocols();
            agreement.groups.entry(name.clone()).or_default().missing += 1;
            agreement.members.entry(name.clone()).or_default().push(test.clone());
            agreement.group_of.insert(test.id.clone(), name);
        }
        agreement.groups.retain(|_, group| group.missing > 1);
        agreement
    }

    /// Takes a record; gives the comparison when it was the last of its group.
    pub(crate) fn add(&mut self, record: &CaseRecord) -> Option<CaseRecord> {
        let name = self.group_of.get(&record.id)?;
        let group = self.groups.get_mut(name)?;
        group.records.push(record.clone());
        group.missing -= 1;
        if group.missing > 0 {
            return None;
        }
        let group = self.groups.remove(name)?;
        compare(name, group.records, self.profile)
    }

    /// The tests that are compared.
    pub(crate) fn members(&self, comparison: &str) -> Vec<Test> {
        self.members.get(comparison).cloned().unwrap_or_default()
    }
}

fn is_comparable(test: &Test) -> bool {
    !test.case.steps.iter().any(Step::is_malformed)
}

/// Whether the target's answer was judged.
fn is_judged(record: &CaseRecord) -> bool {
    !record.observed.is_empty() && !matches!(record.verdict, Verdict::Error | Verdict::Skip)
}

/// Compares the results of one test over each protocol. `None` if a protocol has no verdict: its own record says why.
pub(crate) fn compare(name: &str, mut records: Vec<CaseRecord>, profile: Profile) -> Option<CaseRecord> {
    records.sort_by(|a, b| a.protocol.cmp(&b.protocol));
    let first = records.first().filter(|_| records.iter().all(is_judged))?;
    let answers: Vec<String> =
        records.iter().map(|record| format!("{}: {}", record.protocol, record.observed)).collect();
    // The last one that differs from the first: REST is the last in order, and is the easiest to read.
    let odd = records.iter().rev().find(|record| record.observed != first.observed);
    let reason = if odd.is_none() { Reason::Met } else { Reason::TransportsDisagree };
    let mut record = CaseRecord::empty(name, &first.case);
    record.title = format!("{} (the answers over all protocols agree)", first.title);
    record.flow.clone_from(&first.flow);
    record.clauses = vec![CLAUSE.to_owned()];
    record.basis = clause::find(CLAUSE).map(|clause| clause.basis);
    record.checked = vec![CLAUSE.to_owned()];
    record.findings =
        vec![Finding::new("agreement", CLAUSE, reason, "the same answer over every protocol", answers.join("; "))];
    if let Some(odd) = odd {
        (record.curl, record.exchanges) = (odd.curl.clone(), odd.exchanges.clone());
        record.grpcurl.clone_from(&odd.grpcurl);
    }
    record.decide(profile);
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Protocol;
    use crate::runner::run::course::{panicked, tests::plan};

    #[tokio::test]
    async fn a_case_that_panics_keeps_its_name_and_ends_its_comparison() {
        let plan = plan(&Protocol::ALL);
        let mut agreement = Agreement::new(&plan.tests, Profile::default());
        let task = tokio::spawn(async { assert!(std::hint::black_box(false), "on purpose") });
        let error = task.await.expect_err("it panicked");
        let [first, rest @ ..] = &plan.tests[..] else { panic!("three protocols") };
        let record = panicked(first, &error);
        let clauses: Vec<&str> = record.clauses.iter().map(String::as_str).collect();
        assert_eq!((record.id.as_str(), record.case.as_str()), (first.id.as_str(), "s/one"));
        assert_eq!((record.flow.as_str(), record.protocol.as_str()), ("v2/u2f", first.protocol.slug()));
        assert_eq!((record.reason, &clauses[..]), (Reason::HarnessBug, &["api/status/ok"][..]));
        assert!(agreement.add(&record).is_none());
        for test in rest {
            let met = Finding::new("expectation", "api/status/ok", Reason::Met, "accepted", "accepted: 200");
            let mut record = crate::runner::judge::record::record_of(test);
            record.findings = vec![met];
            record.decide(Profile::default());
            assert!(agreement.add(&record).is_none(), "nothing is compared where one has no verdict");
        }
        assert!(agreement.groups.is_empty(), "nothing is waited for");
    }
}
