//! `list`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::contract::clause::Basis;

/// `list`
#[derive(Debug, Args)]
pub struct ListArguments {
    /// What to list
    #[arg(default_value = "cases")]
    pub what: Listing,
    /// Only what this glob names, such as `limits/*`; can be repeated
    pub patterns: Vec<String>,
    /// Also the cases of your own suite file; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// Write the protobuf files into this directory; with protos
    #[arg(long, value_name = "DIR", conflicts_with = "format")]
    pub export: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub format: ListForm,
    /// Only clauses, or cases, that rest on this: spec-must, rfc, api-doc, declared, spec-should, fido, security or may
    #[arg(long, value_name = "BASIS", value_parser = basis)]
    pub basis: Option<Basis>,
}

/// How `list` prints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ListForm {
    /// A line each: the id, then its description
    #[default]
    Text,
    /// An array of objects with `id` and `description`
    Json,
}

/// What `list` can list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// Intentions, with their titles
    Cases,
    /// Cases expanded over flow, protocol, operation and format
    #[value(alias = "permutations")]
    Tests,
    /// Normative statements, with their sources
    Clauses,
    /// Ways in which a credential can be wrong
    Mutations,
    /// Ways in which a request's bytes can be wrong
    Faults,
    /// Faults that the reference server can be told to have
    Defects,
    /// Report formats
    Reports,
    /// Behaviour that the documents leave open, which the reference server can be told to have
    Variants,
    /// Protobuf files of the services, by the path that they are imported by
    Protos,
}

/// A basis by its name.
fn basis(text: &str) -> Result<Basis, String> {
    let names = || Basis::ALL.map(Basis::name).join(", ");
    Basis::from_name(text).ok_or_else(|| format!("there is no basis `{text}`; write one of {}", names()))
}
