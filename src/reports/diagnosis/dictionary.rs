//! The dictionary of signatures, and its file: ids are written once, and cases that fail alike share a line.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::observed::Sign;
use super::ranges;
use super::signature::{Shown, Signature};

/// Version of the file's form.
const FORMAT: u32 = 1;

/// A defect that the dictionary knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Id of the defect.
    pub id: String,
    /// Id of the clause that it breaks.
    pub clause: String,
    /// What the server does wrong, in one line.
    pub wrong: String,
    /// Where the server's owner has to look, in one sentence.
    pub look: String,
    /// What it shows.
    pub signature: Signature,
}

/// Every defect with its signature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// The cases of the plan that all signatures were made with.
    pub common: BTreeSet<String>,
    /// The defects, by id.
    pub defects: BTreeMap<String, Known>,
}

/// A text that is not a dictionary.
#[derive(Debug, Error)]
pub enum DictionaryError {
    /// Not JSON, or of another form.
    #[error("not a dictionary of signatures: {0}")]
    Form(#[from] serde_json::Error),
    /// Another version.
    #[error("the dictionary has format {0}, this proofmark reads format {FORMAT}")]
    Format(u32),
    /// A line names a case, clause or kind that is not listed.
    #[error("the signature of {0} names what is not listed")]
    Unlisted(String),
}

#[derive(Serialize, Deserialize)]
struct File {
    format: u32,
    cases: Vec<String>,
    /// Numbers of the cases that every signature was made with.
    common: String,
    clauses: Vec<String>,
    kinds: Vec<String>,
    defects: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    clause: String,
    wrong: String,
    look: String,
    /// Clause, kind, where it was shown, where not, the share in eighths, and the cases.
    signs: Vec<(usize, usize, u8, u8, u8, String)>,
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
        let unlisted = |what: &str| DictionaryError::Unlisted(what.to_owned());
        let named = |text: &str, what: &str| {
            let numbers = ranges::read(text, file.cases.len()).ok_or_else(|| unlisted(what))?;
            Ok::<_, DictionaryError>(numbers.into_iter().filter_map(|at| file.cases.get(at).cloned()))
        };
        let mut dictionary = Dictionary { common: named(&file.common, "all")?.collect(), ..Dictionary::default() };
        for entry in &file.defects {
            let mut signs = BTreeMap::new();
            for (clause, kind, red, green, share, cases) in &entry.signs {
                let of = |list: &[String], at: usize| list.get(at).cloned().ok_or_else(|| unlisted(&entry.id));
                let (clause, kind) = (of(&file.clauses, *clause)?, of(&file.kinds, *kind)?);
                let shown = Shown { red: *red, green: *green, share: *share };
                signs.extend(named(cases, &entry.id)?.map(|case| {
                    let (clause, kind) = (clause.clone(), kind.clone());
                    (Sign { case, clause, kind }, shown)
                }));
            }
            let Entry { id, clause, wrong, look, .. } = entry;
            let (clause, wrong, look) = (clause.clone(), wrong.clone(), look.clone());
            dictionary
                .defects
                .insert(id.clone(), Known { id: id.clone(), clause, wrong, look, signature: Signature(signs) });
        }
        Ok(dictionary)
    }

    /// The file: one line for each defect.
    pub fn text(&self) -> String {
        let signs = || self.defects.values().flat_map(|known| known.signature.0.keys());
        let listed = |names: BTreeSet<&String>| names.into_iter().cloned().collect::<Vec<String>>();
        let cases = listed(signs().map(|sign| &sign.case).chain(&self.common).collect());
        let clauses = listed(signs().map(|sign| &sign.clause).collect());
        let kinds = listed(signs().map(|sign| &sign.kind).collect());
        let at = |list: &[String], name: &String| list.binary_search(name).unwrap_or_default();
        let common: Vec<usize> = self.common.iter().map(|case| at(&cases, case)).collect();
        let entry = |known: &Known| {
            let mut groups: BTreeMap<(usize, usize, Shown), Vec<usize>> = BTreeMap::new();
            for (sign, shown) in &known.signature.0 {
                let key = (at(&clauses, &sign.clause), at(&kinds, &sign.kind), *shown);
                groups.entry(key).or_default().push(at(&cases, &sign.case));
            }
            let Known { id, clause, wrong, look, .. } = known.clone();
            let line = |((of, kind, shown), cases): (&(usize, usize, Shown), &Vec<usize>)| {
                (*of, *kind, shown.red, shown.green, shown.share, ranges::text(cases))
            };
            Entry { id, clause, wrong, look, signs: groups.iter().map(line).collect() }
        };
        let common = ranges::text(&common);
        let defects: Vec<Entry> = self.defects.values().map(entry).collect();
        let lists = File { format: FORMAT, cases, common, clauses, kinds, defects: Vec::new() };
        // Neither has a key that is not text, so that neither can fail.
        let head = serde_json::to_string(&lists).unwrap_or_default();
        let lines: Vec<String> = defects.iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect();
        format!("{}\n{}\n]}}\n", head.trim_end_matches("]}"), lines.join(",\n"))
    }
}
