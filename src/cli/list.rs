//! `list`: lists cases, clauses, defects and other names.

use std::fs;
use std::path::Path;

use proofmark_fixtures::PROTOS;
use serde_json::{Value, json};

use super::args::{ListArguments, ListForm, Listing};
use super::exit::{Exit, Failure};
use super::run::{cases, patterns};
use super::{embedded, output};
use crate::authenticator::MUTATIONS;
use crate::contract::{self, Protocol, clause, local};
use crate::report::REPORTS;
use crate::report::load::LOAD_REPORTS;
use crate::runner::offline_case;
use crate::scenario::{Plan, Selection};
use crate::transport::tamper::FAULTS;

/// Prints one line for each entry: its id, then its description.
pub fn list(arguments: &ListArguments) -> Result<Exit, Failure> {
    if arguments.basis.is_some() && !matches!(arguments.what, Listing::Cases | Listing::Clauses) {
        return Err(Failure::text(Exit::Usage, "--basis: only cases and clauses have a basis"));
    }
    let is_about_cases = matches!(arguments.what, Listing::Cases | Listing::Tests);
    if !arguments.suites.is_empty() && !is_about_cases {
        return Err(Failure::text(Exit::Usage, "--suite: only cases and tests come from suites"));
    }
    if let Some(directory) = &arguments.export {
        return export(arguments.what, directory);
    }
    let rows = rows(arguments)?;
    let patterns = patterns(&arguments.patterns)?;
    let is_wanted =
        |(id, _): &(String, String)| patterns.is_empty() || patterns.iter().any(|pattern| pattern.means_id(id));
    let rows: Vec<(String, String)> = rows.into_iter().filter(is_wanted).collect();
    let text = match arguments.format {
        ListForm::Text => lines(&rows),
        ListForm::Json => {
            let entry = |(id, description): &(String, String)| json!({ "id": id, "description": description });
            format!("{:#}\n", rows.iter().map(entry).collect::<Value>())
        }
    };
    output::print(&text);
    Ok(Exit::Green)
}

/// The ids of what is listed, with their descriptions.
fn rows(arguments: &ListArguments) -> Result<Vec<(String, String)>, Failure> {
    let rests = |basis| arguments.basis.is_none_or(|wanted| wanted == basis);
    Ok(match arguments.what {
        Listing::Cases => {
            let cases = cases(&arguments.suites)?.into_iter().filter(|case| rests(case.basis()));
            cases.map(|case| (case.id, case.title)).collect()
        }
        Listing::Tests => {
            let (flows, protocols) = (contract::usual().flows.to_vec(), Protocol::ALL.to_vec());
            let cases = cases(&arguments.suites)?;
            let sizes = offline_case::sizes(&cases, local::ORIGIN, local::RP_ID).map_err(Failure::config)?;
            let selection =
                Selection { flows, protocols, exhaustive: true, waits: true, sizes, ..Selection::default() };
            Plan::new(cases, &selection).tests.into_iter().map(|p| (p.id, String::new())).collect()
        }
        Listing::Clauses => clause::all()
            .filter(|clause| rests(clause.basis))
            .map(|clause| {
                (clause.id.to_owned(), format!("{} {} [{}]", clause.basis.name(), clause.text, clause.source))
            })
            .collect(),
        Listing::Mutations => MUTATIONS.iter().map(|m| (m.id.to_owned(), m.summary.to_owned())).collect(),
        Listing::Faults => FAULTS.iter().map(|fault| (fault.id.to_owned(), fault.summary.to_owned())).collect(),
        Listing::Variants => {
            embedded::variants().iter().map(|v| (v.id.to_owned(), format!("{} [{}]", v.summary, v.clause))).collect()
        }
        Listing::Protos => PROTOS.iter().map(|(path, _)| ((*path).to_owned(), String::new())).collect(),
        Listing::Defects => embedded::defects()
            .iter()
            .map(|defect| (defect.id.to_owned(), format!("{} [breaks {}]", defect.summary, defect.clause)))
            .collect(),
        Listing::Reports => {
            let of_run = REPORTS.iter().map(|report| (report.name.to_owned(), report.summary.to_owned()));
            let of_load =
                LOAD_REPORTS.iter().map(|report| (report.name.to_owned(), format!("load: {}", report.summary)));
            of_run.chain(of_load).collect()
        }
    })
}

/// Writes the protobuf files, each at the path that it is imported by.
fn export(what: Listing, directory: &Path) -> Result<Exit, Failure> {
    if what != Listing::Protos {
        return Err(Failure::text(
            Exit::Usage,
            "--export: only protos can be written; `proofmark list protos --export DIR`",
        ));
    }
    for (path, text) in PROTOS {
        let path = directory.join(path);
        let written = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| Failure::text(Exit::Unwritten, format!("{}: {error}", path.display())))?;
    }
    output::line(&format!("{} files in {}", PROTOS.len(), directory.display()));
    Ok(Exit::Green)
}

fn lines(rows: &[(String, String)]) -> String {
    let width = rows.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
    rows.iter().map(|(id, words)| format!("{}\n", format!("{id:width$}  {words}").trim_end())).collect()
}
