//! One step of a case: prepare, start, make a credential, call an operation.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Expectation;

/// A step as it is written. Exactly one of `prepare`, `call` and `make` is there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// Does all that the operation needs in order to succeed: nothing for start; start and make for verify; a whole
    /// enrolment for remove.
    pub prepare: Option<OperationRef>,
    /// Calls an operation.
    pub call: Option<OperationRef>,
    /// Makes a credential from the creation options of the last start.
    pub make: Option<Made>,

    /// `make`: the one way in which the credential is wrong.
    pub mutate: Option<MutationUse>,
    /// `make`: what the own verifier has to say of it; otherwise derived from the case.
    pub oracle: Option<super::OracleVerdict>,

    /// `make`: what the creation options have to ask for; otherwise the permutation is skipped.
    pub requires: Option<Requirement>,

    /// `call`: whose token is sent.
    #[serde(default, rename = "as")]
    pub caller: Caller,
    /// `call`, v2: the user in the path.
    #[serde(default)]
    pub user: UserRef,
    /// `call`: the id of the factor in the path.
    #[serde(default)]
    pub factor: FactorRef,
    /// `call: verify`: the factor's name.
    #[serde(default)]
    pub name: NameSpec,
    /// `call: start`, v2: the domain asked for.
    pub domain: Option<DomainRef>,
    /// `call`: a named fault of the request's bytes.
    pub tamper: Option<String>,
    /// `call`: another content type; empty sends none.
    pub content_type: Option<String>,
    /// `call`: another HTTP method.
    pub method: Option<String>,
    /// `call`: what it has to come to; a call without it prepares the case.
    pub expect: Option<Expectation>,
    /// `call`: the clauses that a refusal may be about; otherwise the case's primary clause.
    #[serde(default)]
    pub reason: Vec<String>,
    /// The clause that the expectation speaks of; otherwise the case's primary clause.
    #[serde(skip)]
    pub about: Option<&'static str>,
}

impl Step {
    /// Whether its request is wrong on purpose in its bytes, method or content type.
    pub fn is_malformed(&self) -> bool {
        self.tamper.is_some() || self.method.is_some() || self.content_type.is_some()
    }
}

/// What `make` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// A new credential.
    Credential,
    /// A second response that registers the credential id made before, with a new key.
    SameCredentialId,
}

/// What a step needs of the creation options.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// userVerification is `required`.
    UserVerificationRequired,
}

/// Which operation a step speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationRef {
    /// `start`
    Start,
    /// `verify`
    Verify,
    /// `remove`
    Remove,
    /// The operation of the case's `operations` axis.
    Operation,
}

/// Whose token a call carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caller {
    /// The subject of the case.
    #[default]
    Subject,
    /// No authorization at all.
    Nobody,
    /// An authorization header that is no bearer token.
    Malformed,
    /// The subject's token after another scheme than Bearer.
    OtherScheme,
    /// A well-formed bearer token that nobody has.
    Unknown,
    /// Another subject.
    Other,
    /// The caller without any right.
    NoRights,
    /// The administrator.
    Admin,
}

/// The user in the path of a v2 call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserRef {
    /// The subject of the case.
    #[default]
    Own,
    /// Another subject.
    Other,
    /// A user that does not exist.
    Unknown,
    /// An id of exactly this many characters that does not exist.
    Length(usize),
}

/// The domain that a start asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DomainRef {
    /// The target's own RP ID.
    Own,
}

/// The id of the factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorRef {
    /// The one of the last start or enrolment.
    #[default]
    Own,
    /// One that does not exist.
    Unknown,
    /// An id of exactly this many characters that does not exist.
    Length(usize),
}

/// The name of the factor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NameSpec {
    /// The character that is repeated.
    #[serde(default = "letter")]
    pub character: char,
    /// How many there are.
    pub length: usize,
}

fn letter() -> char {
    'n'
}

impl Default for NameSpec {
    fn default() -> Self {
        NameSpec { character: letter(), length: 8 }
    }
}

impl NameSpec {
    /// The text.
    pub fn text(&self) -> String {
        std::iter::repeat_n(self.character, self.length).collect()
    }
}

/// A mutation by id with its arguments: `{ origin: "https://attacker.example" }`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Map<String, Value>")]
pub struct MutationUse {
    /// Id in the mutation registry.
    pub id: String,
    /// Arguments as written.
    pub args: Value,
}

impl TryFrom<Map<String, Value>> for MutationUse {
    type Error = String;

    fn try_from(map: Map<String, Value>) -> Result<Self, String> {
        let count = map.len();
        let mut entries = map.into_iter();
        match (entries.next(), count) {
            (Some((id, args)), 1) => Ok(MutationUse { id, args }),
            _ => Err(format!("a credential is mutated in exactly one way, not in {count}")),
        }
    }
}
