//! The file of a dictionary: what is named often is written once and referred to by its number.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::dictionary::{Common, Dictionary, Known};
use super::observed::Sign;
use super::ranges;
use super::signature::{Shown, Signature};

/// Version of the file's form.
const FORMAT: u32 = 1;

/// A text that is not a dictionary.
#[derive(Debug, Error)]
pub enum DictionaryError {
    /// Not JSON, or of another form.
    #[error("not a dictionary of signatures: {0}")]
    Form(#[from] serde_json::Error),
    /// Another version.
    #[error("the dictionary has format {0}, this proofmark reads format {FORMAT}")]
    Format(u32),
    /// A line refers to a name that is not listed.
    #[error("{0} refers to what is not listed")]
    Unlisted(String),
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    format: u32,
    flows: Vec<String>,
    clauses: Vec<String>,
    kinds: Vec<String>,
    /// Ids of cases; those that are played at the same places stand together, since most defects show at some places only, and those
    /// that show no defect come last.
    cases: Vec<String>,
    /// Flow, places, choices, and the cases that were played there for every signature.
    common: Vec<(usize, u8, u32, String)>,
    /// Cases that defects show together.
    sets: Vec<String>,
    /// Where to look.
    looks: Vec<String>,
    defects: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    clause: String,
    wrong: String,
    look: usize,
    flows: Vec<usize>,
    /// Clause, kind, where it was shown, where not, the share in eighths, and the set of cases.
    signs: Vec<(usize, usize, u8, u8, u8, usize)>,
}

impl Dictionary {
    /// Reads a file.
    ///
    /// # Errors
    /// [`DictionaryError`]
    pub fn read(text: &str) -> Result<Dictionary, DictionaryError> {
        let file: File = serde_json::from_str(text)?;
        if file.format != FORMAT {
            return Err(DictionaryError::Format(file.format));
        }
        let mut common: BTreeMap<String, Common> = BTreeMap::new();
        for (flow, places, choices, cases) in &file.common {
            for case in file.cases(cases, "common")? {
                let common = common.entry(case).or_default();
                common.choices = *choices;
                common.cells.insert(named(&file.flows, *flow, "common")?, *places);
            }
        }
        let known = file.defects.iter().map(|entry| file.known(entry).map(|known| (known.id.clone(), known)));
        Ok(Dictionary { common, defects: known.collect::<Result<_, _>>()? })
    }

    /// The file: a line for each defect, after one with the lists.
    pub fn text(&self) -> String {
        let mut file = File::listing(self);
        let mut sets = BTreeMap::new();
        let defects: Vec<Entry> = self.defects.values().map(|known| file.entry(known, &mut sets)).collect();
        let mut numbered: Vec<(String, usize)> = sets.into_iter().collect();
        numbered.sort_by_key(|(_, number)| *number);
        file.sets = numbered.into_iter().map(|(set, _)| set).collect();
        // Every key is text, so that neither can fail.
        let head = serde_json::to_string(&file).unwrap_or_default();
        let lines: Vec<String> = defects.iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect();
        format!("{}\n{}\n]}}\n", head.trim_end_matches("]}"), lines.join(",\n"))
    }
}

fn named(list: &[String], at: usize, what: &str) -> Result<String, DictionaryError> {
    list.get(at).cloned().ok_or_else(|| DictionaryError::Unlisted(what.to_owned()))
}

fn number(list: &[String], name: &str) -> usize {
    list.iter().position(|listed| listed == name).unwrap_or(list.len())
}

impl File {
    /// The lists, without defects.
    fn listing(dictionary: &Dictionary) -> File {
        let known = || dictionary.defects.values();
        let signs = || known().flat_map(|known| known.signature.signs.keys());
        let listed = |names: BTreeSet<&String>| names.into_iter().cloned().collect::<Vec<String>>();
        let of_defects = known().flat_map(|known| &known.signature.flows);
        let flows = dictionary.common.values().flat_map(|common| common.cells.keys()).chain(of_defects).collect();
        let shown: BTreeSet<&String> = signs().map(|sign| &sign.case).collect();
        let mut cases = listed(shown.iter().copied().chain(dictionary.common.keys()).collect());
        // Cases that never show anything would cut the ranges of the others.
        let place = |case: &String| (!shown.contains(case), dictionary.common.get(case).cloned(), case.clone());
        cases.sort_by_cached_key(place);
        let mut file = File {
            format: FORMAT,
            flows: listed(flows),
            clauses: listed(signs().map(|sign| &sign.clause).collect()),
            kinds: listed(signs().map(|sign| &sign.kind).collect()),
            looks: listed(known().map(|known| &known.look).collect()),
            cases,
            ..File::default()
        };
        let mut groups: BTreeMap<(usize, u8, u32), Vec<usize>> = BTreeMap::new();
        for (at, case) in file.cases.iter().enumerate() {
            let Some(common) = dictionary.common.get(case) else { continue };
            for (flow, places) in &common.cells {
                groups.entry((number(&file.flows, flow), *places, common.choices)).or_default().push(at);
            }
        }
        let line = |((flow, places, choices), cases): (&(usize, u8, u32), &Vec<usize>)| {
            (*flow, *places, *choices, ranges::text(cases))
        };
        file.common = groups.iter().map(line).collect();
        file
    }

    fn entry(&self, known: &Known, sets: &mut BTreeMap<String, usize>) -> Entry {
        let places: BTreeMap<&String, usize> = self.cases.iter().enumerate().map(|(at, case)| (case, at)).collect();
        let mut groups: BTreeMap<(usize, usize, Shown), Vec<usize>> = BTreeMap::new();
        for (sign, shown) in &known.signature.signs {
            let key = (number(&self.clauses, &sign.clause), number(&self.kinds, &sign.kind), *shown);
            groups.entry(key).or_default().extend(places.get(&sign.case));
        }
        let mut signs = Vec::new();
        for ((clause, kind, shown), mut cases) in groups {
            cases.sort_unstable();
            let next = sets.len();
            let set = *sets.entry(ranges::text(&cases)).or_insert(next);
            signs.push((clause, kind, shown.red, shown.green, shown.share, set));
        }
        let Known { id, clause, wrong, look, signature } = known.clone();
        let flows = signature.flows.iter().map(|flow| number(&self.flows, flow)).collect();
        Entry { id, clause, wrong, look: number(&self.looks, &look), flows, signs }
    }

    fn cases(&self, text: &str, what: &str) -> Result<Vec<String>, DictionaryError> {
        let numbers = ranges::read(text, self.cases.len());
        let numbers = numbers.ok_or_else(|| DictionaryError::Unlisted(what.to_owned()))?;
        numbers.into_iter().map(|at| named(&self.cases, at, what)).collect()
    }

    fn known(&self, entry: &Entry) -> Result<Known, DictionaryError> {
        let mut signs = BTreeMap::new();
        for (clause, kind, red, green, share, set) in &entry.signs {
            let (clause, kind) = (named(&self.clauses, *clause, &entry.id)?, named(&self.kinds, *kind, &entry.id)?);
            let shown = Shown { red: *red, green: *green, share: *share };
            for case in self.cases(&named(&self.sets, *set, &entry.id)?, &entry.id)? {
                signs.insert(Sign { case, clause: clause.clone(), kind: kind.clone() }, shown);
            }
        }
        let flows = entry.flows.iter().map(|flow| named(&self.flows, *flow, &entry.id));
        let signature = Signature { signs, flows: flows.collect::<Result<_, _>>()? };
        let Entry { id, clause, wrong, .. } = entry;
        let (clause, wrong, look) = (clause.clone(), wrong.clone(), named(&self.looks, entry.look, id)?);
        Ok(Known { id: id.clone(), clause, wrong, look, signature })
    }
}
