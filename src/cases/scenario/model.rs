//! The model of a case.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::algorithms::AlgorithmChoice;
use super::also::Single;
use super::expectation::Expectation;
use super::mutations::MutationUse;
use super::requirement::Requirement;
use super::step::{Caller, Race, Step, UserRef};
use super::watch::Watch;
use crate::authenticator::{Args, Format, Mutation};
use crate::contract::clause::Basis;
use crate::contract::{Operation, Protocol};
use crate::transport::spelling;
use crate::webauthn::cose::{CoseAlgorithm, label};

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
    /// Its basis, if the case states one ([`Case::basis`]).
    pub basis: Option<Basis>,
    /// The text of its basis, if the case states one ([`Case::source`]).
    pub source: Option<String>,
    /// Flow patterns such as `v2/*`; empty for all flows.
    pub flows: Vec<String>,
    /// Protocols; empty for all.
    pub protocols: Vec<Protocol>,
    /// Operation axis; empty if the steps name their operations.
    pub operations: Vec<Operation>,
    /// Attestation formats; at least one.
    pub formats: Vec<Format>,
    /// Algorithm of the credential keys; the first of the axis if there is one.
    pub algorithm: AlgorithmChoice,
    /// Algorithm axis; empty if the case has one algorithm. In the case of a test it has one element.
    pub algorithms: Vec<CoseAlgorithm>,
    /// Whether a default run plays the whole axis, and not only the algorithm that the seed draws.
    pub every_algorithm: bool,
    /// Name of a credential key, if the key is not derived from the seed.
    pub key: Option<String>,
    /// What the expectation presupposes of the target.
    pub requires: Vec<Requirement>,
    /// The expectation if that does not hold.
    pub otherwise: Expectation,
    /// The policy that an open verdict depends on.
    pub policy: Option<String>,
    /// The cases of the registration catalogue that this one is.
    pub catalogue: Vec<String>,
    /// The case is played once for each length of a part that is shorter than the whole.
    pub each: Option<Measure>,
    /// Whether a default run plays one flow, and a few lengths.
    pub sampled: bool,
    /// Whether a default run plays one flow.
    pub one_flow: bool,
    /// Whether a default run plays one flow and one protocol.
    pub one_place: bool,
    /// Whether a model follows the users' state, and the expected results of the calls follow from the model.
    pub watch: Option<Watch>,
    /// Of a watched case: what is known about the target where the documents leave it open.
    pub learnt: BTreeMap<String, bool>,
    /// Whether a default run plays one flow and operation over each protocol.
    pub sparse: bool,
    /// Of a case that has one of several carriers: which.
    pub single: Option<Single>,
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
            algorithms: Vec::new(),
            every_algorithm: false,
            key: None,
            requires: Vec::new(),
            otherwise: Expectation::EITHER,
            policy: None,
            catalogue: Vec::new(),
            each: None,
            sampled: false,
            one_flow: false,
            one_place: false,
            watch: None,
            learnt: BTreeMap::new(),
            sparse: false,
            single: None,
            file: None,
            place: Place::default(),
            steps,
        }
    }

    /// The end of the names of its tests and vectors: format, algorithm and length, as far as it has these axes.
    pub fn axes_named(&self, format: Format, length: Option<usize>) -> String {
        let format = (self.formats.len() > 1).then(|| format.slug());
        let algorithm = self.axis_algorithm().map(|algorithm| algorithm.name().unwrap_or_default());
        let mut named: String = format.into_iter().chain(algorithm).map(|part| format!("/{part}")).collect();
        named.extend(length.map(|length| format!("/{length}")));
        named
    }

    /// The algorithm of the axis in this case; `None` if it has no such axis.
    pub fn axis_algorithm(&self) -> Option<CoseAlgorithm> {
        self.algorithms.first().copied()
    }

    /// The primary clause.
    pub fn primary_clause(&self) -> &str {
        self.clauses.first().map_or("", String::as_str)
    }

    /// How many subjects a test needs.
    pub fn subjects(&self) -> usize {
        let other = |step: &Step| {
            step.caller == Caller::Other
                || step.user == UserRef::Other
                || step.race == Some(Race::TwoUsers)
                || step.path.as_deref().and_then(spelling::find).is_some_and(|form| form.names_another)
                || step.concerns_other()
        };
        if self.steps.iter().any(other) { 2 } else { 1 }
    }

    /// Whether it waits; such cases are only played on request.
    pub fn waits(&self) -> bool {
        self.steps.iter().any(|step| step.wait.is_some())
    }

    /// Whether a step judges a credential that is wrong on purpose.
    pub fn has_mutation(&self) -> bool {
        self.steps.iter().any(|step| !step.mutate.0.is_empty())
    }

    /// The mutations of the first credential that is made wrong; a length replaces their arguments if one is given.
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

    /// The algorithm that the credential key states: the one that a mutation writes into it, or its own. `None` if it is unknown, or is not
    /// offered on purpose.
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

    /// The expected result of the verify that is judged.
    pub fn expectation(&self) -> Option<Expectation> {
        self.steps.iter().rev().find_map(|step| step.expect)
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
