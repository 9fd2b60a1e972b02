//! Removes stale entries from a known-deviations file, and leaves everything else as it is written.

use toml_edit::{Array, ArrayOfTables, DocumentMut};

use super::entries::Problem;
use super::judged::Judged;

/// A pruned file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// The new text.
    pub text: String,
    /// Lines of the entries that were removed.
    pub removed: Vec<usize>,
    /// Lines of the entries that lost patterns.
    pub narrowed: Vec<usize>,
    /// Lines of the entries that still match a record that passes.
    pub too_wide: Vec<usize>,
}

/// Removes entries that are stale in this run, and removes from lists the patterns whose records all pass. `text` is the file
/// that the run was compared with. A comment directly above an entry is removed with it; a comment before a blank line stays.
pub fn prune(text: &str, judged: &Judged) -> Pruned {
    let mut pruned = Pruned { text: text.to_owned(), ..Pruned::default() };
    let Ok(mut document) = text.parse::<DocumentMut>() else { return pruned };
    let mut kept = String::new();
    if let Some(tables) = document.get_mut("known").and_then(toml_edit::Item::as_array_of_tables_mut) {
        let mut stale = Vec::new();
        for (place, (entry, record)) in judged.entries().enumerate() {
            let problems = record.problems();
            if problems.iter().any(|problem| matches!(problem, Problem::Stale(_))) {
                stale.push(place);
                pruned.removed.push(entry.line);
                continue;
            }
            if !problems.iter().any(|problem| matches!(problem, Problem::TooWide(_))) {
                continue;
            }
            let list =
                tables.get_mut(place).and_then(|table| table.get_mut("case")).and_then(toml_edit::Item::as_array_mut);
            match list.filter(|_| !record.passing_patterns.is_empty()) {
                Some(list) => {
                    record.passing_patterns.iter().rev().for_each(|pattern| remove_item(list, *pattern));
                    pruned.narrowed.push(entry.line);
                }
                None => pruned.too_wide.push(entry.line),
            }
        }
        stale.iter().rev().for_each(|place| kept.insert_str(0, &remove_entry(tables, *place)));
        if tables.is_empty() {
            document.remove("known");
        }
    }
    if !kept.is_empty() {
        let trailing = format!("{kept}{}", document.trailing().as_str().unwrap_or_default());
        document.set_trailing(trailing);
    }
    pruned.text = document.to_string();
    pruned
}

/// Removes an entry. Text above it that a blank line separates goes to the next entry, or is returned if there is none.
fn remove_entry(tables: &mut ArrayOfTables, place: usize) -> String {
    let above =
        |table: &toml_edit::Table| table.decor().prefix().and_then(|text| text.as_str()).unwrap_or_default().to_owned();
    let Some(prefix) = tables.get(place).map(above) else { return String::new() };
    // Lines of white space count as blank.
    let mut apart = 0;
    let mut at = 0;
    for line in prefix.split_inclusive('\n') {
        at += line.len();
        if line.trim().is_empty() {
            apart = at;
        }
    }
    tables.remove(place);
    let apart = &prefix[..apart];
    if apart.trim().is_empty() {
        // Only blank lines: those of the next entry are enough.
        let begins = place == 0;
        if let Some(next) = tables.get_mut(place).filter(|_| begins) {
            let without = above(next).trim_start_matches(['\n', '\r']).to_owned();
            next.decor_mut().set_prefix(without);
        }
        return String::new();
    }
    match tables.get_mut(place) {
        Some(next) => {
            let next_above = above(next);
            let joined = format!("{apart}{}", next_above.trim_start_matches(['\n', '\r']));
            next.decor_mut().set_prefix(joined);
            String::new()
        }
        None => apart.to_owned(),
    }
}

/// Removes an item of a list; the next one takes its place in the line.
fn remove_item(list: &mut Array, place: usize) {
    if place >= list.len() {
        return;
    }
    let removed = list.remove(place);
    let prefix = removed.decor().prefix().and_then(|text| text.as_str()).unwrap_or_default().to_owned();
    if let Some(next) = list.get_mut(place) {
        next.decor_mut().set_prefix(prefix);
    }
}
