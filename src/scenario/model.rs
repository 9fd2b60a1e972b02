//! The model of a suite: what a case says.

use serde::Deserialize;
use serde_json::Value;

use super::Expectation;
use super::requirement::Requirement;
use super::step::{Made, MutationUse, Mutations, OperationRef, Race, Step};
use crate::authenticator::{Args, Format, Mutation};
use crate::contract::clause::{self, Basis};
use crate::contract::{Operation, Protocol};
use crate::webauthn::cose::{CoseAlgorithm, label};

/// One suite file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct SuiteFile {
    /// First part of every case id in the file.
    pub suite: String,
    /// Whether a default run takes one flow for each case, drawn by the seed: for suites about the credential alone.
    #[serde(default)]
    pub sampled: bool,
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
    /// HTTP methods, of each of which the entry makes a case.
    #[serde(default)]
    pub methods: Vec<String>,
    pub algorithm: Option<AlgorithmChoice>,
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
    #[serde(default)]
    pub steps: Vec<Step>,
}

/// Where a case is written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The suite's file, as it was named.
    pub file: String,
    /// Line of the entry, from 1.
    pub line: usize,
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
    /// What it rests on, where that is stated ([`Case::basis`]).
    pub basis: Option<Basis>,
    /// The text that it rests on, where that is stated ([`Case::source`]).
    pub source: Option<String>,
    /// Flow patterns such as `v2/*`; empty for all flows.
    pub flows: Vec<String>,
    /// Protocols; empty for all.
    pub protocols: Vec<Protocol>,
    /// Operation axis; empty where the steps name their operations.
    pub operations: Vec<Operation>,
    /// Attestation formats; at least one.
    pub formats: Vec<Format>,
    /// Algorithm of the credential keys.
    pub algorithm: AlgorithmChoice,
    /// Name of a credential key, where it is not to be derived.
    pub key: Option<String>,
    /// What the expectation presupposes of the target.
    pub requires: Vec<Requirement>,
    /// The expectation where that does not hold.
    pub otherwise: Expectation,
    /// What a verdict that is left open depends on.
    pub policy: Option<String>,
    /// The cases of the registration catalogue that this one is.
    pub catalogue: Vec<String>,
    /// The case is played once for each length of a part that is shorter than the whole.
    pub each: Option<Measure>,
    /// Whether a default run takes one flow, and a few lengths.
    pub sampled: bool,
    /// The own suite file that it is from; none for the suites that are part of the product.
    pub file: Option<String>,
    /// Where its entry is.
    pub place: Place,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

impl Case {
    /// A case of the runner's own: these steps over one format and algorithm.
    pub fn control(steps: Vec<Step>, format: Format, algorithm: CoseAlgorithm) -> Case {
        Case {
            id: format!("control/{}-{}", format.slug(), algorithm.name().unwrap_or_default()),
            title: "a control".to_owned(),
            clauses: vec!["webauthn/7.1/accept".to_owned()],
            basis: None,
            source: None,
            flows: Vec::new(),
            protocols: Vec::new(),
            operations: Vec::new(),
            formats: vec![format],
            algorithm: AlgorithmChoice::Given(algorithm),
            key: None,
            requires: Vec::new(),
            otherwise: Expectation::EITHER,
            policy: None,
            catalogue: Vec::new(),
            each: None,
            sampled: false,
            file: None,
            place: Place::default(),
            steps,
        }
    }

    /// The primary clause.
    pub fn primary_clause(&self) -> &str {
        self.clauses.first().map_or("", String::as_str)
    }

    /// How many subjects a permutation needs.
    pub fn subjects(&self) -> usize {
        let other = |step: &Step| {
            step.caller == super::Caller::Other
                || step.user == super::UserRef::Other
                || step.race == Some(Race::TwoUsers)
        };
        if self.steps.iter().any(other) { 2 } else { 1 }
    }

    /// Whether it waits, which only those ask for who have the time.
    pub fn waits(&self) -> bool {
        self.steps.iter().any(|step| step.wait.is_some())
    }

    /// Whether a step judges a credential that was made wrong on purpose.
    pub fn has_mutation(&self) -> bool {
        self.steps.iter().any(|step| !step.mutate.0.is_empty())
    }

    /// The mutations of the first credential that is made wrong; with a length in place of their arguments where one is given.
    pub fn mutations(&self, length: Option<usize>) -> Vec<(&'static Mutation, Args)> {
        let wrong = self.steps.iter().find(|step| !step.mutate.0.is_empty());
        wrong.map(|step| step.mutations(length)).unwrap_or_default()
    }

    /// Whether a step makes a credential that is not the good one: mutated, or with a special key or algorithm.
    pub fn is_wrong(&self, step: &Step) -> bool {
        !step.mutate.0.is_empty()
            || self.key.is_some()
            || self.algorithm != AlgorithmChoice::Given(CoseAlgorithm::ES256)
    }

    /// The algorithm that the credential key states: what a mutation writes into it, or its own. `None` if it is none that is
    /// known, or one that is not offered on purpose.
    pub fn stated_algorithm(&self) -> Option<CoseAlgorithm> {
        let written = |mutate: &MutationUse| {
            let set = mutate.args.get("set").filter(|_| mutate.id == "cose-key")?.as_array()?;
            let alg = set.iter().find(|pair| pair.get(0).and_then(Value::as_i64) == Some(label::ALGORITHM))?;
            alg.get(1)?.as_i64().map(CoseAlgorithm)
        };
        let written = self.steps.iter().flat_map(|step| &step.mutate.0).find_map(written);
        let own = match self.algorithm {
            AlgorithmChoice::Given(algorithm) => Some(algorithm),
            AlgorithmChoice::NotOffered => None,
        };
        written.or(own).filter(|algorithm| algorithm.kind().is_some())
    }

    /// What the verify under judgement is expected to come to.
    pub fn expectation(&self) -> Option<Expectation> {
        self.steps.iter().rev().find_map(|step| step.expect)
    }
}

/// What the own verifier has to say of a credential before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum OracleVerdict {
    /// Every step passes.
    Accept,
    /// Refused at this step of section 7.1 or check of section 8: `7.1/origin`, `8.3/magic`.
    RefuseAt(String),
}

impl OracleVerdict {
    /// Whether it is what a verifier said, or includes that: step 22 of section 7.1 includes every check of section 8.
    pub fn includes(&self, said: &OracleVerdict) -> bool {
        match (self, said) {
            (OracleVerdict::RefuseAt(wanted), OracleVerdict::RefuseAt(said)) => {
                clause::includes(&format!("webauthn/{wanted}"), &format!("webauthn/{said}"))
            }
            (wanted, said) => wanted == said,
        }
    }
}

impl From<String> for OracleVerdict {
    fn from(text: String) -> Self {
        match text.as_str() {
            "accept" => OracleVerdict::Accept,
            check if check.contains('/') => OracleVerdict::RefuseAt(text),
            _ => OracleVerdict::RefuseAt(format!("7.1/{text}")),
        }
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

/// The algorithm of a credential key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AlgorithmChoice {
    /// This one.
    Given(CoseAlgorithm),
    /// One that the options do not offer.
    NotOffered,
}

impl TryFrom<String> for AlgorithmChoice {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if name == "not-offered" {
            return Ok(AlgorithmChoice::NotOffered);
        }
        CoseAlgorithm::from_name(&name).map(AlgorithmChoice::Given).ok_or_else(|| {
            let known: Vec<&str> = CoseAlgorithm::ALL.iter().map(|(_, name, _)| *name).collect();
            format!("there is no algorithm `{name}`; write not-offered, {}", known.join(", "))
        })
    }
}

/// A part whose every length is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// clientDataJSON
    ClientData,
    /// The attestation object.
    AttestationObject,
    /// The authenticator data.
    AuthData,
}

impl From<CaseEntry> for Case {
    fn from(entry: CaseEntry) -> Case {
        let steps = if entry.steps.is_empty() { default_steps(&entry) } else { entry.steps };
        let formats: Vec<Format> = entry.formats.into_iter().map(|format| format.0).collect();
        Case {
            id: entry.id,
            title: entry.title,
            clauses: entry.clauses,
            basis: entry.basis,
            source: entry.source,
            flows: entry.flows,
            protocols: entry.protocols.into_iter().map(Protocol::from).collect(),
            operations: entry.operations.into_iter().map(Operation::from).collect(),
            formats: if formats.is_empty() { vec![Format::None] } else { formats },
            algorithm: entry.algorithm.unwrap_or(AlgorithmChoice::Given(CoseAlgorithm::ES256)),
            key: entry.key,
            requires: entry.requires,
            otherwise: entry.otherwise.unwrap_or(Expectation::EITHER),
            policy: entry.policy,
            catalogue: entry.catalogue,
            each: entry.each,
            sampled: false,
            file: None,
            place: Place::default(),
            steps,
        }
    }
}

/// Stands in a title for the method of an entry that has several.
const METHOD: &str = "METHOD";
/// Stands in a step for it.
pub(super) const EACH: &str = "each";

impl CaseEntry {
    /// The entry once for each of its methods, as `<id>-<method>`; itself where it has none.
    pub(super) fn each_method(self) -> Vec<CaseEntry> {
        if self.methods.is_empty() {
            return vec![self];
        }
        let by = |method: &String| {
            let mut entry = self.clone();
            entry.id = format!("{}-{}", self.id, method.to_ascii_lowercase());
            entry.title = self.title.replace(METHOD, method);
            let steps = entry.steps.iter_mut().filter(|step| step.method.as_deref() == Some(EACH));
            steps.for_each(|step| step.method = Some(method.clone()));
            entry
        };
        self.methods.iter().map(by).collect()
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
