//! The model of a suite: what a case says.

use serde::Deserialize;

use super::Expectation;
use super::step::{Made, MutationUse, OperationRef, Step};
use crate::authenticator::Format;
use crate::contract::{Operation, Protocol};

/// One suite file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SuiteFile {
    /// First part of every case id in the file.
    pub suite: String,
    /// Cases.
    pub cases: Vec<serde_saphyr::Spanned<CaseEntry>>,
}

/// One case as it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct CaseEntry {
    pub id: String,
    pub title: String,
    pub clauses: Vec<String>,
    #[serde(default)]
    pub flows: Vec<String>,
    #[serde(default)]
    pub protocols: Vec<ProtocolName>,
    #[serde(default)]
    pub operations: Vec<OperationName>,
    #[serde(default)]
    pub formats: Vec<FormatName>,
    pub mutate: Option<MutationUse>,
    pub oracle: Option<OracleVerdict>,
    pub expect: Option<Expectation>,
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// One case: an intention that expands over flows, protocols, operations and formats.
#[derive(Debug, Clone)]
pub struct Case {
    /// Permanent id, `suite/slug`.
    pub id: String,
    /// The intention in one line.
    pub title: String,
    /// Clauses under test, the primary one first.
    pub clauses: Vec<String>,
    /// Flow patterns such as `v2/*`; empty for all flows.
    pub flows: Vec<String>,
    /// Protocols; empty for all.
    pub protocols: Vec<Protocol>,
    /// Operation axis; empty where the steps name their operations.
    pub operations: Vec<Operation>,
    /// Attestation formats; at least one.
    pub formats: Vec<Format>,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Case {
    /// A case of the runner's own, such as a control: these steps over one format.
    pub fn control(steps: Vec<Step>, format: Format) -> Case {
        Case {
            id: "control".to_owned(),
            title: "a control".to_owned(),
            clauses: vec!["webauthn/7.1/accept".to_owned()],
            flows: Vec::new(),
            protocols: Vec::new(),
            operations: Vec::new(),
            formats: vec![format],
            steps,
        }
    }

    /// The primary clause.
    pub fn primary_clause(&self) -> &str {
        self.clauses.first().map_or("", String::as_str)
    }

    /// How many subjects a permutation needs.
    pub fn subjects(&self) -> usize {
        let other = |step: &Step| step.caller == super::Caller::Other || step.user == super::UserRef::Other;
        if self.steps.iter().any(other) { 2 } else { 1 }
    }

    /// Whether a step judges a credential that was made wrong on purpose.
    pub fn has_mutation(&self) -> bool {
        self.steps.iter().any(|step| step.mutate.is_some())
    }
}

/// What the own verifier has to say of a credential before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum OracleVerdict {
    /// Every step passes.
    Accept,
    /// Refused at the step with this slug.
    RefuseAt(String),
}

impl From<String> for OracleVerdict {
    fn from(text: String) -> Self {
        if text == "accept" { OracleVerdict::Accept } else { OracleVerdict::RefuseAt(text) }
    }
}

macro_rules! names {
    ($name:ident => $target:ty { $($variant:ident = $value:expr),* $(,)? }) => {
        #[derive(Debug, Clone, Copy, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub(super) enum $name { $($variant),* }
        impl From<$name> for $target {
            fn from(name: $name) -> $target {
                match name { $($name::$variant => $value),* }
            }
        }
    };
}

names!(ProtocolName => Protocol { Rest = Protocol::Rest, Grpc = Protocol::Grpc, GrpcWeb = Protocol::GrpcWeb });
names!(OperationName => Operation { Start = Operation::Start, Verify = Operation::Verify, Remove = Operation::Remove });
names!(FormatName => Format { None = Format::None, PackedSelf = Format::PackedSelf });

impl From<CaseEntry> for Case {
    fn from(entry: CaseEntry) -> Case {
        let steps = if entry.steps.is_empty() { default_steps(&entry) } else { entry.steps };
        let formats: Vec<Format> = entry.formats.into_iter().map(Format::from).collect();
        Case {
            id: entry.id,
            title: entry.title,
            clauses: entry.clauses,
            flows: entry.flows,
            protocols: entry.protocols.into_iter().map(Protocol::from).collect(),
            operations: entry.operations.into_iter().map(Operation::from).collect(),
            formats: if formats.is_empty() { vec![Format::None] } else { formats },
            steps,
        }
    }
}

/// A case without steps is start, make, verify.
fn default_steps(entry: &CaseEntry) -> Vec<Step> {
    vec![
        Step { call: Some(OperationRef::Start), ..Step::default() },
        Step {
            make: Some(Made::Credential),
            mutate: entry.mutate.clone(),
            oracle: entry.oracle.clone(),
            ..Step::default()
        },
        Step { call: Some(OperationRef::Verify), expect: entry.expect, ..Step::default() },
    ]
}
