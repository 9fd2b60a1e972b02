//! One step of a case: prepare, start, make a credential, call an operation.

use http::header::HOST;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::also::{Also, When, Which, Whom};
use super::expectation::Expectation;
use super::headers::Headers;
use super::message::MessageEdit;
use super::mutations::{MutationUse, Mutations};
use super::name::{NameSpec, once};
use super::oracle::OracleVerdict;
use super::route::{FlowRef, ProtocolRef};
use super::twin::Twin;
use crate::authenticator::{Args, Mutation};
use crate::contract::Flow;
use crate::transport::spelling;

/// A step as it is written. It has exactly one of `prepare`, `call`, `make`, `wait`, `hold` and `untouched`.
#[derive(Debug, Clone, Deserialize, Serialize)]
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
    /// Gives a subject a factor and an open registration.
    pub hold: Option<Whom>,
    /// Checks that a subject still has these, and nothing of the other subject.
    pub untouched: Option<Whom>,
    /// Any step: only under this condition.
    #[serde(default)]
    pub when: When,

    /// `make`: the one way in which the credential is wrong (several only in cases that fuzzing found).
    #[serde(default)]
    pub mutate: Mutations,
    /// `make`: the expected verdict of the own verifier; by default derived from the case.
    pub oracle: Option<OracleVerdict>,

    /// `call`: whose token is sent.
    #[serde(default, rename = "as")]
    pub caller: Caller,
    /// `call`, v2: the user in the path.
    #[serde(default)]
    pub user: UserRef,
    /// `call`: the id of the factor in the path.
    #[serde(default)]
    pub factor: FactorRef,
    /// `call: verify`: the factor's name; by default a name that no other factor has.
    pub name: Option<NameSpec>,
    /// `make`, `call: verify` and `call: remove`: the start that it is about, by its number from 1 among all starts of the case.
    pub of: Option<usize>,
    /// `make: same-credential` and the like: the start whose credential is meant, by its number; by default the one made last.
    pub from: Option<usize>,
    /// `call: start`, v2: the domain that the start asks for.
    pub domain: Option<DomainRef>,
    /// `call`: a flow other than the test's.
    #[serde(default, rename = "in")]
    pub flow: FlowRef,
    /// `call`: a protocol other than the test's.
    #[serde(default)]
    pub over: ProtocolRef,
    /// `call: verify`: which credential is sent.
    #[serde(default)]
    pub credential: CredentialRef,
    /// `call: verify`: several calls at once, of which exactly one may be accepted.
    pub race: Option<Race>,
    /// `call`: it is sent at the same time as the call of the next step, and each is judged by itself.
    #[serde(default)]
    pub with_next: bool,
    /// `call`, v2: it is made for the user of the case and for another, several times each, and the answers have to be the same.
    pub twin: Option<Twin>,
    /// `prepare` and `call`: how often it is done, one after the other.
    #[serde(default = "super::name::once")]
    pub times: usize,
    /// `call`: members of the request with another value, by their meaning; `null` is JSON null.
    #[serde(default)]
    pub message: Vec<MessageEdit>,
    /// `call`: a named fault of the request's bytes.
    pub tamper: Option<String>,
    /// `call`: another content type; empty sends none.
    pub content_type: Option<String>,
    /// `call`: another HTTP method.
    pub method: Option<String>,
    /// `call`: further headers, or other values for ours.
    #[serde(default)]
    pub headers: Headers,
    /// `call`: a named form of the path.
    pub path: Option<String>,
    /// `call`: which connection is used.
    #[serde(default)]
    pub connection: ConnectionRef,
    /// `call`: values in further places of the request.
    #[serde(default)]
    pub also: Vec<Also>,
    /// `call`: the expected result; a call without it prepares the case.
    pub expect: Option<Expectation>,
    /// `call`: the clauses that a refusal may be about; by default the case's primary clause.
    #[serde(default)]
    pub reason: Vec<String>,
    /// The clause that the expectation is about; by default the case's primary clause.
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
            hold: None,
            untouched: None,
            when: When::default(),
            mutate: Mutations::default(),
            oracle: None,
            caller: Caller::default(),
            user: UserRef::default(),
            factor: FactorRef::default(),
            name: None,
            of: None,
            from: None,
            domain: None,
            flow: FlowRef::default(),
            over: ProtocolRef::default(),
            credential: CredentialRef::default(),
            race: None,
            with_next: false,
            twin: None,
            times: once(),
            message: Vec::new(),
            tamper: None,
            content_type: None,
            method: None,
            headers: Headers::default(),
            path: None,
            connection: ConnectionRef::Any,
            also: Vec::new(),
            expect: None,
            reason: Vec::new(),
            about: None,
        }
    }
}

impl Step {
    /// Which of the case's subjects a call of the step acts on: the user that it names, or the owner of the token if the flow names no user.
    pub fn acts_on(&self, flow: Flow) -> Option<Whom> {
        match (flow.names_user(), self.caller, &self.user) {
            (false, Caller::Subject, _) | (true, _, UserRef::Own) => Some(Whom::Own),
            (false, Caller::Other, _) | (true, _, UserRef::Other) => Some(Whom::Other),
            _ => None,
        }
    }

    /// Whether something in it is the other subject's.
    pub(super) fn concerns_other(&self) -> bool {
        let is_others = |also: &Also| also.value == Which::Other;
        self.hold == Some(Whom::Other) || self.untouched == Some(Whom::Other) || self.also.iter().any(is_others)
    }

    /// Its mutations; a length replaces their arguments if one is given.
    pub fn mutations(&self, length: Option<usize>) -> Vec<(&'static Mutation, Args)> {
        let known = |mutate: &MutationUse| {
            let args = length.map_or_else(|| mutate.args.clone(), Value::from);
            Mutation::find(&mutate.id).map(|mutation| (mutation, Args(args)))
        };
        self.mutate.0.iter().filter_map(known).collect()
    }

    /// Whether it makes starts that later steps can name.
    pub fn starts(&self) -> bool {
        let prepares = matches!(self.prepare, Some(OperationRef::Verify | OperationRef::Remove));
        prepares || self.call == Some(OperationRef::Start)
    }

    /// Whether its request is wrong on purpose in its bytes, method, path or content type, or gives one thing two values.
    pub fn is_malformed(&self) -> bool {
        let is_elsewhere = self.method.is_some() || self.path.is_some() || self.content_type.is_some();
        self.tamper.is_some() || is_elsewhere || !self.message.is_empty() || !self.also.is_empty()
    }

    /// Whether its request is only possible in HTTP/1.1: without Host, or with the whole URL in its first line.
    pub fn is_of_http1(&self) -> bool {
        let is_absolute = self.path.as_deref().and_then(spelling::find).is_some_and(|form| form.is_absolute);
        is_absolute || self.headers.leaves_out(&HOST)
    }

    /// Whether the documents say how its request is answered. They do not if it has another method, path or content type, if its headers
    /// allow more than one answer, or if it gives one thing two values.
    pub fn is_documented(&self, expectation: Expectation) -> bool {
        let is_elsewhere = self.method.is_some() || self.path.is_some() || self.content_type.is_some();
        let is_open = !self.headers.is_empty() && expectation == Expectation::EITHER;
        !is_elsewhere && !is_open && self.also.is_empty()
    }
}

/// The credential that `make` makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
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

/// What a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// The expiry of the last start's challenge: twice the time-out that its options state.
    Expiry,
}

/// The connection of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionRef {
    /// Any free connection.
    #[default]
    Any,
    /// The case's own connection: the same one for all its calls over a protocol that ask for it.
    Kept,
}

/// Which credential a verify sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialRef {
    /// The one made last.
    #[default]
    Latest,
    /// The one made first.
    First,
}

/// Simultaneous calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Race {
    /// 32 copies of one call.
    Copies,
    /// The other subject's call with the first credential, together with the subject's own call with the latest one.
    TwoUsers,
}

/// The operation of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperationRef {
    /// `start`
    Start,
    /// `verify`
    Verify,
    /// `remove`
    Remove,
    /// `list`: reads back what the user has, where the flow has a list.
    List,
    /// The operation of the case's `operations` axis.
    Operation,
}

/// Whose token a call carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Caller {
    /// The subject of the case.
    #[default]
    Subject,
    /// No authorization at all.
    Nobody,
    /// An authorization header that is not a bearer token.
    Malformed,
    /// The subject's token after a scheme other than Bearer.
    OtherScheme,
    /// The subject's token after the scheme in small letters.
    SmallScheme,
    /// A well-formed bearer token that does not exist.
    Unknown,
    /// The subject's token with more characters at its end.
    Lengthened,
    /// The subject's token without its last characters.
    Shortened,
    /// The subject's token with capitals in place of small letters, and small letters in place of capitals.
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DomainRef {
    /// The target's own RP ID.
    Own,
    /// One of the further domains that the target file names.
    Further,
    /// The RP ID with something before and after it.
    Around(String, String),
    /// This text, as often as given.
    Text(String, usize),
}

/// The id of the factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FactorRef {
    /// The one of the last start or enrolment.
    #[default]
    Own,
    /// The one of the first start.
    First,
    /// The one that the other subject holds.
    Held,
    /// One that does not exist.
    Unknown,
    /// An id of exactly this many characters that does not exist.
    Length(usize),
    /// This id.
    Text(String),
}
