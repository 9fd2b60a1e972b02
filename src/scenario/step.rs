//! One step of a case: prepare, start, make a credential, call an operation.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Expectation;
use crate::authenticator::{Args, Mutation};

/// A step as it is written. Exactly one of `prepare`, `call`, `make` and `wait` is there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Step {
    /// Does all that the operation needs in order to succeed: nothing for start; start and make for verify; a whole
    /// enrolment for remove.
    pub prepare: Option<OperationRef>,
    /// Calls an operation.
    pub call: Option<OperationRef>,
    /// Makes a credential from the creation options of the last start.
    pub make: Option<Made>,
    /// Waits.
    pub wait: Option<Wait>,

    /// `make`: the one way in which the credential is wrong (several only in cases that fuzzing found).
    #[serde(default)]
    pub mutate: Mutations,
    /// `make`: what the own verifier has to say of it; otherwise derived from the case.
    pub oracle: Option<super::OracleVerdict>,

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
    /// `call`: another flow than the permutation's.
    #[serde(default, rename = "in")]
    pub flow: FlowRef,
    /// `call`: another protocol than the permutation's.
    #[serde(default)]
    pub over: ProtocolRef,
    /// `call: verify`: which credential is sent.
    #[serde(default)]
    pub credential: CredentialRef,
    /// `call: verify`: several at once, of which exactly one may be accepted. `call: start`: both users at once.
    pub race: Option<Race>,
    /// `prepare` and `call`: how often it is done, one after the other.
    #[serde(default = "once")]
    pub times: usize,
    /// `call`: members of the request with another value, by what they are; `null` is JSON null.
    #[serde(default)]
    pub message: Vec<MessageEdit>,
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

impl Default for Step {
    fn default() -> Self {
        Step {
            prepare: None,
            call: None,
            make: None,
            wait: None,
            mutate: Mutations::default(),
            oracle: None,
            caller: Caller::default(),
            user: UserRef::default(),
            factor: FactorRef::default(),
            name: NameSpec::default(),
            domain: None,
            flow: FlowRef::default(),
            over: ProtocolRef::default(),
            credential: CredentialRef::default(),
            race: None,
            times: once(),
            message: Vec::new(),
            tamper: None,
            content_type: None,
            method: None,
            expect: None,
            reason: Vec::new(),
            about: None,
        }
    }
}

impl Step {
    /// Its mutations; with a length in place of their arguments where one is given.
    pub fn mutations(&self, length: Option<usize>) -> Vec<(&'static Mutation, Args)> {
        let known = |mutate: &MutationUse| {
            let args = length.map_or_else(|| mutate.args.clone(), Value::from);
            Mutation::find(&mutate.id).map(|mutation| (mutation, Args(args)))
        };
        self.mutate.0.iter().filter_map(known).collect()
    }

    /// Whether its request is wrong on purpose in its bytes, method or content type.
    pub fn is_malformed(&self) -> bool {
        self.tamper.is_some() || self.method.is_some() || self.content_type.is_some() || !self.message.is_empty()
    }
}

/// What `make` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Made {
    /// A new credential, as the case says.
    Credential,
    /// A new good credential, whatever the case is about.
    #[serde(skip)]
    Good,
    /// A second response that registers the credential id made before, with a new key.
    SameCredentialId,
    /// A second response with the key and the credential id made before.
    SameCredential,
    /// A second response with the key made before under a new credential id.
    SameKey,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// That the last start's challenge has expired: twice the time-out that its options state.
    Expiry,
}

/// Which flow a call is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlowRef {
    /// The permutation's.
    #[default]
    Own,
    /// The flow of the other factor kind, of the same version.
    OtherFactor,
    /// The flow of the same factor kind, of the other version.
    OtherVersion,
}

/// Which protocol a call is made over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProtocolRef {
    /// The permutation's.
    #[default]
    Own,
    /// The next one that the target offers.
    Next,
    /// The one after that.
    Last,
}

/// Which credential a verify sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialRef {
    /// The one made last.
    #[default]
    Latest,
    /// The one made first.
    First,
}

/// Calls at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Race {
    /// 32 copies of one call.
    Copies,
    /// The other subject's call with the first credential beside the own one with the latest.
    TwoUsers,
}

/// A change of the request's message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MessageEdit {
    /// What is changed.
    pub member: MessageMember,
    /// The new value; without it the member is left out.
    pub value: Option<Value>,
    /// JSON null.
    #[serde(default)]
    pub is_null: bool,
    /// Another name of the member: its original protobuf name.
    #[serde(default)]
    pub snake_case: bool,
    /// v1's credential in another base64 form: `unpadded`, `url-padded`, `url-unpadded`, `mixed`.
    pub encoded: Option<String>,
}

/// Members of requests by what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageMember {
    /// The factor's name.
    Name,
    /// The credential.
    Credential,
    /// The kind of authenticator that the start of a passkey asks for.
    Authenticator,
    /// The registration code that the start of a passkey carries.
    Code,
    /// A member that the documents do not have.
    Unknown,
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
    /// The subject's token with further characters at its end.
    Lengthened,
    /// The subject's token without its last characters.
    Shortened,
    /// The subject's token with capitals for small letters, and the other way round.
    OtherCase,
    /// Another subject.
    Other,
    /// The caller without any right.
    NoRights,
    /// The caller with a role that may only read.
    ReadOnly,
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
    /// This id.
    Text(String),
}

/// The domain that a start asks for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DomainRef {
    /// The target's own RP ID.
    Own,
    /// One of the further domains that the target file says are served.
    Further,
    /// The RP ID with something before and behind it.
    Around(String, String),
    /// This text, as often as given.
    Text(String, usize),
}

/// The id of the factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorRef {
    /// The one of the last start or enrolment.
    #[default]
    Own,
    /// The one of the first start.
    First,
    /// One that does not exist.
    Unknown,
    /// An id of exactly this many characters that does not exist.
    Length(usize),
    /// This id.
    Text(String),
}

/// The name of the factor.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NameSpec {
    /// The text that is repeated.
    #[serde(default = "letter")]
    pub text: String,
    /// How often.
    pub times: usize,
    /// What follows.
    #[serde(default)]
    pub then: String,
}

fn letter() -> String {
    "n".to_owned()
}

const fn once() -> usize {
    1
}

impl Default for NameSpec {
    fn default() -> Self {
        NameSpec { text: letter(), times: 8, then: String::new() }
    }
}

impl NameSpec {
    /// The text.
    pub fn text(&self) -> String {
        format!("{}{}", self.text.repeat(self.times), self.then)
    }
}

/// Mutations of one credential: none, `{ origin: "https://attacker.example" }`, or a list of such.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(try_from = "Value")]
pub struct Mutations(pub Vec<MutationUse>);

impl TryFrom<Value> for Mutations {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let one = |value: Value| match value {
            Value::Object(map) => MutationUse::try_from(map),
            other => Err(format!("a mutation is a map of its id and arguments, not {other}")),
        };
        match value {
            Value::Array(list) => list.into_iter().map(one).collect::<Result<_, _>>().map(Mutations),
            value => Ok(Mutations(vec![one(value)?])),
        }
    }
}

/// A mutation by id with its arguments: `{ origin: "https://attacker.example" }`.
#[derive(Debug, Clone, PartialEq)]
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
            _ => Err(format!("a credential is mutated in exactly one way, not in {count}; write a list for several")),
        }
    }
}
