//! The same call gets the same answer over every protocol.

use std::collections::HashMap;

use super::case::empty_record;
use crate::outcome::{CaseRecord, ExchangeRecord, Finding, Reason, Verdict};
use crate::scenario::Permutation;

/// The clause of the comparison.
pub(super) const CLAUSE: &str = "api/transports-agree";

/// Collects what was observed until all protocols of a case are done.
#[derive(Debug, Default)]
pub(super) struct Agreement {
    groups: HashMap<String, Group>,
    group_of: HashMap<String, String>,
}

#[derive(Debug, Default)]
struct Group {
    missing: usize,
    observed: Vec<(String, Observed)>,
}

#[derive(Debug)]
struct Observed {
    protocol: String,
    answer: String,
    judged: bool,
    curl: String,
    exchanges: Vec<ExchangeRecord>,
}

impl Agreement {
    /// Knows which permutations belong together. What is faulty in its bytes, method or content type is left out: such a
    /// request is not the same call over another protocol.
    pub(super) fn new(permutations: &[Permutation]) -> Agreement {
        let mut agreement = Agreement::default();
        for permutation in permutations.iter().filter(|permutation| is_comparable(permutation)) {
            let name = permutation.across_protocols();
            agreement.groups.entry(name.clone()).or_default().missing += 1;
            agreement.group_of.insert(permutation.id.clone(), name);
        }
        agreement.groups.retain(|_, group| group.missing > 1);
        agreement
    }

    /// Takes a record; gives the comparison when it was the last of its group.
    pub(super) fn add(&mut self, record: &CaseRecord) -> Option<CaseRecord> {
        let name = self.group_of.get(&record.id)?;
        let group = self.groups.get_mut(name)?;
        let judged = !record.observed.is_empty() && !matches!(record.verdict, Verdict::Error | Verdict::Skip);
        let observed = Observed {
            protocol: record.protocol.clone(),
            answer: record.observed.clone(),
            judged,
            curl: record.curl.clone(),
            exchanges: record.exchanges.clone(),
        };
        group.observed.push((record.protocol.clone(), observed));
        group.missing -= 1;
        if group.missing > 0 {
            return None;
        }
        let group = self.groups.remove(name)?;
        compare(name, record, group)
    }
}

fn is_comparable(permutation: &Permutation) -> bool {
    let faulty =
        |step: &crate::scenario::Step| step.tamper.is_some() || step.method.is_some() || step.content_type.is_some();
    !permutation.case.steps.iter().any(faulty)
}

/// `None` where a protocol has no verdict: its own record says why.
fn compare(name: &str, like: &CaseRecord, group: Group) -> Option<CaseRecord> {
    let mut observed = group.observed;
    observed.sort_by(|a, b| a.0.cmp(&b.0));
    if observed.iter().any(|(_, observed)| !observed.judged) {
        return None;
    }
    let answers: Vec<String> = observed.iter().map(|(_, o)| format!("{}: {}", o.protocol, o.answer)).collect();
    let agree = observed.windows(2).all(|pair| pair[0].1.answer == pair[1].1.answer);
    let reason = if agree { Reason::Met } else { Reason::TransportsDisagree };
    let mut record = empty_record(name, &like.case);
    record.title = format!("{} (the answers over all protocols agree)", like.title);
    record.flow.clone_from(&like.flow);
    record.clauses = vec![CLAUSE.to_owned()];
    record.findings =
        vec![Finding::new("agreement", CLAUSE, reason, "the same answer over every protocol", answers.join("; "))];
    if !agree {
        // The one that differs from the first; REST is the last in order, and says most to a person.
        let first = observed.first().map(|(_, first)| first.answer.clone());
        let odd = observed.iter().rev().find(|(_, observed)| Some(&observed.answer) != first.as_ref());
        if let Some((_, odd)) = odd {
            (record.curl, record.exchanges) = (odd.curl.clone(), odd.exchanges.clone());
        }
    }
    record.decide();
    Some(record)
}
