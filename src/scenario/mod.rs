//! Cases as data: the model of a suite, its parser and its expansion into permutations.

pub mod catalogue;
mod control;
pub mod covered;
mod expectation;
mod model;
mod parse;
mod plan;
mod requirement;
mod step;
mod strength;
mod subjects;
mod write;

pub use control::{Control, Path};
pub use expectation::{Expectation, RefusalClass};
pub use model::{AlgorithmChoice, Case, Measure, OracleVerdict, Place};
pub use parse::{ScenarioError, embedded, parse_suite, source_text};
pub use plan::{Pattern, PatternError, Permutation, Plan, Selection, Sizes};
pub use requirement::{Policy, Requirement};
pub use step::{
    Caller, CredentialRef, DomainRef, FactorRef, FlowRef, Made, MessageEdit, MessageMember, MutationUse, Mutations,
    NameSpec, OperationRef, ProtocolRef, Race, Step, UserRef, Wait,
};
pub use subjects::{Demand, Sharing};
pub use write::suite_text;
