//! A suite as it is written in its file.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::algorithms::{AlgorithmChoice, AlgorithmGroup};
use super::also::{Also, Single};
use super::expectation::Expectation;
use super::model::{Case, Measure, Place};
use super::mutations::Mutations;
use super::oracle::OracleVerdict;
use super::requirement::Requirement;
use super::step::{Made, OperationRef, Step};
use super::watch::Watch;
use crate::authenticator::Format;
use crate::contract::clause::Basis;
use crate::contract::{Operation, Protocol};
use crate::transport::carried::Place as Carrier;
use crate::webauthn::cose::CoseAlgorithm;

/// One suite file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SuiteFile {
    /// First part of every case id in the file.
    pub suite: String,
    /// Whether a default run plays one flow for each case, drawn by the seed: for suites about the credential alone.
    #[serde(default)]
    pub sampled: bool,
    /// Whether it plays one flow: for suites about behaviour that is the same on each flow.
    #[serde(default)]
    pub one_flow: bool,
    /// Whether it plays one flow and one protocol: for suites that play something in many forms.
    #[serde(default)]
    pub one_place: bool,
    /// Whether a default run plays one flow and operation over each protocol, and one of an entry's single carriers.
    #[serde(default)]
    pub sparse: bool,
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
    pub basis: Option<Basis>,
    pub source: Option<String>,
    #[serde(default)]
    pub flows: Vec<String>,
    #[serde(default)]
    pub protocols: Vec<ProtocolName>,
    #[serde(default)]
    pub operations: Vec<OperationName>,
    #[serde(default)]
    pub formats: Vec<FormatName>,
    /// HTTP methods; the entry makes a case for each.
    #[serde(default)]
    pub methods: Vec<String>,
    /// Further places of a request; the entry makes a case with all at once, and one for each.
    #[serde(default, deserialize_with = "super::also::places")]
    pub carriers: Vec<Carrier>,
    #[serde(skip)]
    pub single: Option<Single>,
    pub algorithm: Option<AlgorithmChoice>,
    #[serde(default)]
    pub algorithms: Vec<AlgorithmGroup>,
    #[serde(default)]
    pub every_algorithm: bool,
    pub key: Option<String>,
    #[serde(default)]
    pub requires: Vec<Requirement>,
    pub otherwise: Option<Expectation>,
    pub policy: Option<String>,
    #[serde(default)]
    pub catalogue: Vec<String>,
    pub each: Option<Measure>,
    #[serde(default)]
    pub mutate: Mutations,
    pub oracle: Option<OracleVerdict>,
    pub expect: Option<Expectation>,
    #[serde(default)]
    pub reason: Vec<String>,
    pub watch: Option<Watch>,
    #[serde(default)]
    pub learnt: BTreeMap<String, bool>,
    #[serde(default)]
    pub steps: Vec<Step>,
}

impl CaseEntry {
    /// The protocols over which a request has at least one of its further places.
    pub(super) fn carried_over(&self) -> Vec<Protocol> {
        let places = || self.steps.iter().flat_map(|step| &step.also).filter_map(Also::place);
        let has = |protocol: &Protocol| places().any(|place| place.protocols().contains(protocol));
        let all: Vec<Protocol> = Protocol::ALL.into_iter().filter(has).collect();
        if all.len() == Protocol::ALL.len() { Vec::new() } else { all }
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

/// A format by its slug.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct FormatName(Format);

impl TryFrom<String> for FormatName {
    type Error = String;

    fn try_from(slug: String) -> Result<Self, String> {
        let known = || Format::ALL.map(Format::slug).join(", ");
        Format::from_slug(&slug)
            .map(FormatName)
            .ok_or_else(|| format!("there is no format `{slug}`; write {}", known()))
    }
}

impl From<CaseEntry> for Case {
    fn from(entry: CaseEntry) -> Case {
        let carried_over = entry.carried_over();
        let mut protocols: Vec<Protocol> = entry.protocols.iter().copied().map(Protocol::from).collect();
        if protocols.is_empty() {
            protocols = carried_over;
        }
        let mut steps = if entry.steps.is_empty() { default_steps(&entry) } else { entry.steps };
        let looks = steps.iter_mut().filter(|step| step.untouched.is_some());
        looks.for_each(|step| step.expect = step.expect.or(Some(Expectation::KEPT)));
        let formats: Vec<Format> = entry.formats.into_iter().map(|format| format.0).collect();
        let algorithms: Vec<CoseAlgorithm> = entry.algorithms.into_iter().flat_map(|group| group.0).collect();
        let first = algorithms.first().copied().map(AlgorithmChoice::Given);
        Case {
            id: entry.id,
            title: entry.title,
            clauses: entry.clauses,
            basis: entry.basis,
            source: entry.source,
            flows: entry.flows,
            protocols,
            operations: entry.operations.into_iter().map(Operation::from).collect(),
            formats: if formats.is_empty() { vec![Format::None] } else { formats },
            algorithm: entry.algorithm.or(first).unwrap_or(AlgorithmChoice::Given(CoseAlgorithm::ES256)),
            algorithms,
            every_algorithm: entry.every_algorithm,
            key: entry.key,
            requires: entry.requires,
            otherwise: entry.otherwise.unwrap_or(Expectation::EITHER),
            policy: entry.policy,
            catalogue: entry.catalogue,
            each: entry.each,
            sampled: false,
            one_flow: false,
            one_place: false,
            watch: entry.watch,
            learnt: entry.learnt,
            sparse: false,
            single: entry.single,
            file: None,
            place: Place::default(),
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
        Step {
            call: Some(OperationRef::Verify),
            expect: entry.expect,
            reason: entry.reason.clone(),
            ..Step::default()
        },
    ]
}
