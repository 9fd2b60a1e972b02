//! Entries for the new fails and deviations of a run: as few as there are causes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::entries::is_whole;
use super::judged::Judged;
use super::known::{Axes, KnownDeviation, Name};
use super::observation::{observation, plain};
use super::rules::Standing;
use crate::outcome::{CaseRecord, RunRecord};
use crate::scenario::Pattern;

/// An entry that can be written; its owner has to fill in `why`.
#[derive(Debug, Clone)]
pub struct Suggestion {
    /// The entry; its `why` is empty.
    pub entry: KnownDeviation,
    /// The clause that is broken.
    pub clause: String,
    /// Ids of the records that it would excuse.
    pub records: Vec<String>,
}

/// Entries for every new or changed fail and deviation: fails first; of these the most severe, then the most frequent. One entry is
/// about one cause: its records have the same clause, reason, expectation and observation. A pattern is wider than the cases that it
/// is made from only if all records that it matches in this run have this cause.
pub fn suggest(judged: &Judged) -> Vec<Suggestion> {
    let run = &judged.run;
    let mut causes: BTreeMap<_, Vec<&CaseRecord>> = BTreeMap::new();
    for record in &run.cases {
        let Some(finding) = record.findings.first() else { continue };
        if matches!(judged.standing(record), Standing::New | Standing::Changed(_)) {
            let key = (std::cmp::Reverse(record.verdict), record.reason.name(), &finding.clause, &finding.expected);
            causes.entry((key, observation(record))).or_default().push(record);
        }
    }
    let mut causes: Vec<Vec<&CaseRecord>> = causes.into_values().collect();
    causes.sort_by_key(|records| {
        let first = records.first();
        let (verdict, gravity) = (first.map(|one| one.verdict), first.map(|one| one.reason.gravity()));
        (std::cmp::Reverse(verdict), gravity, std::cmp::Reverse(records.len()))
    });
    causes.iter().flat_map(|records| Cause::new(run, records).entries()).collect()
}

/// The text with the entries after it.
pub fn append(text: &str, suggestions: &[Suggestion]) -> String {
    let mut tables = ArrayOfTables::new();
    for suggestion in suggestions {
        tables.push(table(suggestion));
    }
    let mut document = DocumentMut::new();
    document.insert("known", Item::ArrayOfTables(tables));
    let (written, text) = (document.to_string(), text.trim_end());
    let written = written.trim();
    if text.is_empty() { format!("{written}\n") } else { format!("{text}\n\n{written}\n") }
}

/// Records with one cause, in the run that they are from.
struct Cause<'a> {
    run: &'a RunRecord,
    records: &'a [&'a CaseRecord],
    ids: HashSet<&'a str>,
}

/// Values of the axes; it matches their product.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Block<'a> {
    flows: BTreeSet<&'a str>,
    protocols: BTreeSet<&'a str>,
    tails: BTreeSet<&'a str>,
}

/// What goes into one entry: ids of cases, and patterns of parts of cases.
#[derive(Default)]
struct Named<'a> {
    cases: Vec<&'a str>,
    parts: Vec<String>,
}

/// One of a block's sets.
type Axis<'a> = for<'x> fn(&'x mut Block<'a>) -> &'x mut BTreeSet<&'a str>;

impl<'a> Cause<'a> {
    fn new(run: &'a RunRecord, records: &'a [&'a CaseRecord]) -> Cause<'a> {
        Cause { run, records, ids: records.iter().map(|record| record.id.as_str()).collect() }
    }

    fn entries(&self) -> Vec<Suggestion> {
        // Grouped by axes: cases with equal axes go into one entry.
        let mut patterns: BTreeMap<(Vec<String>, Vec<String>), Named<'_>> = BTreeMap::new();
        let cases: BTreeSet<&str> = self.records.iter().map(|record| record.case.as_str()).collect();
        for case in cases {
            for block in self.blocks(case) {
                let list = |values: &BTreeSet<&str>| values.iter().map(|value| (*value).to_owned()).collect();
                let named = patterns.entry((list(&block.flows), list(&block.protocols))).or_default();
                if block.tails.is_empty() {
                    named.cases.push(case);
                }
                // The flow has two components, the protocol one.
                named.parts.extend(block.tails.iter().map(|tail| format!("*/*/*/{case}/{tail}")));
            }
        }
        let entry = |((flows, protocols), named): (_, Named<'_>)| {
            let axes = Axes { flows, protocols, ..Axes::default() };
            let texts = self.widened(&axes, named.cases).into_iter().chain(named.parts).collect();
            self.suggestion(axes, texts)
        };
        patterns.into_iter().filter_map(entry).collect()
    }

    /// The blocks of values that cover a case's records with this cause; an empty set stands for every value.
    fn blocks(&self, case: &str) -> Vec<Block<'a>> {
        let compares = self.compares();
        let is_of = |record: &CaseRecord| record.case == case && Name::of(record).compares() == compares;
        let there: Vec<&CaseRecord> = self.records.iter().copied().filter(|record| is_of(record)).collect();
        let all: Vec<&CaseRecord> = self.run.cases.iter().filter(|record| is_of(record)).collect();
        if all.len() == there.len() {
            return vec![Block { flows: BTreeSet::new(), protocols: BTreeSet::new(), tails: BTreeSet::new() }];
        }
        let single = |record: &&'a CaseRecord| Block {
            flows: BTreeSet::from([record.flow.as_str()]),
            protocols: BTreeSet::from([record.protocol.as_str()]),
            tails: BTreeSet::from([Name::of(record).tail()]),
        };
        let axes: [Axis<'a>; 3] = [|block| &mut block.protocols, |block| &mut block.flows, |block| &mut block.tails];
        let (mut blocks, whole) =
            (there.iter().map(single).collect::<Vec<_>>(), all.iter().map(single).collect::<Vec<_>>());
        for axis in axes {
            blocks = merged(blocks, axis);
        }
        for axis in axes {
            let values: BTreeSet<&str> =
                whole.clone().iter_mut().flat_map(|block| std::mem::take(axis(block))).collect();
            blocks.iter_mut().map(axis).filter(|set| **set == values).for_each(BTreeSet::clear);
        }
        if compares {
            blocks.iter_mut().for_each(|block| block.protocols.clear());
        }
        blocks
    }

    fn compares(&self) -> bool {
        self.records.first().is_some_and(|record| Name::of(record).compares())
    }

    /// Patterns for whole cases: everything, a suite, a common prefix, or the case alone. A run that left cases out says nothing
    /// about them, so that only single cases are named then.
    fn widened(&self, axes: &Axes, cases: Vec<&str>) -> Vec<String> {
        if !is_whole(self.run) {
            return cases.into_iter().map(str::to_owned).collect();
        }
        let mut left: BTreeSet<&str> = cases.into_iter().collect();
        let mut patterns = Vec::new();
        // A suite comes before the prefixes in it, and a shorter prefix before a longer one.
        let mut candidates: BTreeSet<(usize, String)> = BTreeSet::from([(0, "**".to_owned())]);
        for case in &left {
            let Some(slash) = case.find('/') else { continue };
            candidates.insert((slash, case[..slash].to_owned()));
            let hyphens = case.match_indices('-').map(|(at, _)| at).filter(|at| *at > slash);
            candidates.extend(hyphens.map(|at| (at, format!("{}*", &case[..=at]))));
        }
        for (_, text) in candidates {
            let Ok(pattern) = Pattern::new(&text) else { continue };
            let covered: Vec<&str> =
                left.iter().copied().filter(|case| text == "**" || pattern.means("", case)).collect();
            if covered.len() > 1 && self.holds(axes, pattern) {
                left.retain(|case| !covered.contains(case));
                patterns.push(text);
            }
        }
        patterns.extend(left.into_iter().map(str::to_owned));
        patterns.sort();
        patterns
    }

    /// Whether all records that a pattern matches have this cause.
    fn holds(&self, axes: &Axes, pattern: Pattern) -> bool {
        let entry = self.entry(axes.clone(), vec![pattern]);
        entry.is_some_and(|entry| {
            self.run.cases.iter().filter(|record| entry.means(record)).all(|record| self.has(record))
        })
    }

    fn has(&self, record: &CaseRecord) -> bool {
        self.ids.contains(record.id.as_str())
    }

    fn entry(&self, axes: Axes, patterns: Vec<Pattern>) -> Option<KnownDeviation> {
        let first = self.records.first()?;
        Some(KnownDeviation {
            line: 0,
            patterns,
            axes,
            verdict: first.verdict,
            reason: first.reason,
            observed: Some(observation(first)),
            why: String::new(),
            issue: None,
            owner: None,
            expires: None,
        })
    }

    fn suggestion(&self, axes: Axes, texts: Vec<String>) -> Option<Suggestion> {
        let patterns = texts.iter().filter_map(|text| Pattern::new(text).ok()).collect();
        let entry = self.entry(axes, patterns)?;
        let records =
            self.records.iter().filter(|record| entry.means(record)).map(|record| record.id.clone()).collect();
        let clause = self.records.first()?.findings.first()?.clause.clone();
        Some(Suggestion { entry, clause, records })
    }
}

/// Merges blocks that differ in only one axis.
fn merged<'a>(blocks: Vec<Block<'a>>, axis: Axis<'a>) -> Vec<Block<'a>> {
    let mut by_rest: BTreeMap<Block<'a>, BTreeSet<&'a str>> = BTreeMap::new();
    for mut block in blocks {
        let values = std::mem::take(axis(&mut block));
        by_rest.entry(block).or_default().extend(values);
    }
    let filled = |(mut block, values): (Block<'a>, BTreeSet<&'a str>)| {
        *axis(&mut block) = values;
        block
    };
    by_rest.into_iter().map(filled).collect()
}

/// An entry as a table, with what it excuses in a comment.
fn table(suggestion: &Suggestion) -> Table {
    let entry = &suggestion.entry;
    let texts = |list: &[String]| if let [one] = list { value(one) } else { value(list.iter().collect::<Array>()) };
    let patterns: Vec<String> = entry.patterns.iter().map(|pattern| pattern.text().to_owned()).collect();
    let mut table = Table::new();
    table.insert("case", if patterns.len() > 2 { value(a_line_each(&patterns)) } else { texts(&patterns) });
    for (key, list) in [("flow", &entry.axes.flows), ("protocol", &entry.axes.protocols)] {
        if !list.is_empty() {
            table.insert(key, texts(list));
        }
    }
    table.insert("verdict", value(entry.verdict.name()));
    table.insert("reason", value(entry.reason.name()));
    if let Some(observed) = &entry.observed {
        table.insert("observed", value(observed));
    }
    table.insert("why", value(""));
    let (count, first) = (suggestion.records.len(), suggestion.records.first().map_or("", String::as_str));
    let count = if count == 1 { first.to_owned() } else { format!("{count} records, such as {first}") };
    table.decor_mut().set_prefix(format!("\n# {}: {}\n", plain(&suggestion.clause), plain(&count)));
    table
}

fn a_line_each(texts: &[String]) -> Array {
    let mut array = Array::new();
    for text in texts {
        array.push_formatted(toml_edit::Value::from(text).decorated("\n    ", ""));
    }
    array.set_trailing("\n");
    array.set_trailing_comma(true);
    array
}
