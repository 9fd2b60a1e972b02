//! Cases as data: the model of a suite, its parser and its expansion into permutations.

mod expectation;
mod model;
mod parse;
mod plan;
mod step;

pub use expectation::{Expectation, RefusalClass};
pub use model::{Case, OracleVerdict};
pub use parse::{ScenarioError, embedded, parse_suite};
pub use plan::{Pattern, PatternError, Permutation, Plan, Selection};
pub use step::{Caller, DomainRef, FactorRef, Made, MutationUse, NameSpec, OperationRef, Requirement, Step, UserRef};
