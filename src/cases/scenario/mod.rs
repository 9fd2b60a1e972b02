//! Cases as data: the model of a suite, its parser and its expansion into tests.

mod algorithm_axis;
mod algorithms;
mod also;
pub mod catalogue;
mod control;
pub mod covered;
mod entry;
mod expectation;
mod headers;
mod message;
mod model;
mod mutations;
mod name;
mod oracle;
mod parse;
mod pattern;
mod plan;
mod requirement;
mod route;
mod several;
mod step;
mod strength;
mod subjects;
mod twin;
mod watch;
mod write;

pub use algorithms::AlgorithmChoice;
pub use also::{Also, PlaceRef, Single, Thing, When, Which, Whom};
pub use control::{Control, Path};
pub use expectation::{Expectation, RefusalClass};
pub use headers::Headers;
pub use message::{MessageEdit, MessageMember};
pub use model::{Case, Measure, Place};
pub use mutations::{MutationUse, Mutations};
pub use name::NameSpec;
pub use oracle::OracleVerdict;
pub use parse::{ScenarioError, embedded, parse_suite, source_text};
pub use pattern::{Pattern, PatternError};
pub use plan::{Plan, Selection, Sizes, Test};
pub use requirement::{Policy, Requirement};
pub use route::{FlowRef, ProtocolRef};
pub use step::{
    Caller, ConnectionRef, CredentialRef, DomainRef, FactorRef, Made, OperationRef, Race, Step, UserRef, Wait,
};
pub use subjects::{Demand, Sharing};
pub use twin::Twin;
pub use watch::Watch;
pub use write::suite_text;
