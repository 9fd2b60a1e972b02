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

/// A step as it is written. Exactly one of `prepare`, `call`, `make`, `wait`, `hold` and `untouched` is there.
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
    /// Gives a subject a factor, and an open registration besides.
    pub hold: Option<Whom>,
    /// Sees that a subject has these still, and nothing of the other's.
    pub untouched: Option<Whom>,
    /// Any of these: only under this condition.
    #[serde(default)]
    pub when: When,

    /// `make`: the one way in which the credential is wrong (several only in cases that fuzzing found).
    #[serde(default)]
    pub mutate: Mutations,
    /// `make`: what the own verifier has to say of it; otherwise derived from the case.
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
    /// `call: verify`: the factor's name; without it one that no other factor has.
    pub name: Option<NameSpec>,
    /// `make`, `call: verify` and `call: remove`: the start that it is about, by its number from 1 among all starts of the case.
    pub of: Option<usize>,
    /// `make: same-credential` and the like: the start whose credential is meant, by its number; otherwise the one made last.
    pub from: Option<usize>,
    /// `call: start`, v2: the domain asked for.
    pub domain: Option<DomainRef>,
    /// `call`: another flow than the test's.
    #[serde(default, rename = "in")]
    pub flow: FlowRef,
    /// `call`: another protocol than the test's.
    #[serde(default)]
    pub over: ProtocolRef,
    /// `call: verify`: which credential is sent.
    #[serde(default)]
    pub credential: CredentialRef,
    /// `call: verify`: several at once, of which exactly one may be accepted.
    pub race: Option<Race>,
    /// `call`: it is sent at the same time as the call of the next step, and each is judged by itself.
    #[serde(default)]
    pub with_next: bool,
    /// `call`, v2: it is made for the user of the case and for another, several times each, and answered alike.
    pub twin: Option<Twin>,
    /// `prepare` and `call`: how often it is done, one after the other.
    #[serde(default = "super::name::once")]
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
    /// `call`: further headers, or others in place of ours.
    #[serde(default)]
    pub headers: Headers,
    /// `call`: a named form of the path.
    pub path: Option<String>,
    /// `call`: over which connection.
    #[serde(default)]
    pub connection: ConnectionRef,
    /// `call`: what stands in further places of the request.
    #[serde(default)]
    pub also: Vec<Also>,
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
    /// Which of the case's subjects a call of the step acts on: whom it names, or on a flow that names nobody whose token it is.
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

    /// Its mutations; with a length in place of their arguments where one is given.
    pub fn mutations(&self, length: Option<usize>) -> Vec<(&'static Mutation, Args)> {
        let known = |mutate: &MutationUse| {
            let args = length.map_or_else(|| mutate.args.clone(), Value::from);
            Mutation::find(&mutate.id).map(|mutation| (mutation, Args(args)))
        };
        self.mutate.0.iter().filter_map(known).collect()
    }

    /// Whether it makes starts that later steps can be about.
    pub fn starts(&self) -> bool {
        let prepares = matches!(self.prepare, Some(OperationRef::Verify | OperationRef::Remove));
        prepares || self.call == Some(OperationRef::Start)
    }

    /// Whether its request is wrong on purpose in its bytes, method, path or content type, or says two things of one.
    pub fn is_malformed(&self) -> bool {
        let is_elsewhere = self.method.is_some() || self.path.is_some() || self.content_type.is_some();
        self.tamper.is_some() || is_elsewhere || !self.message.is_empty() || !self.also.is_empty()
    }

    /// Whether its request is written as HTTP/1.1 alone can write it: without Host, or with the whole URL in its first line.
    pub fn is_of_http1(&self) -> bool {
        let is_absolute = self.path.as_deref().and_then(spelling::find).is_some_and(|form| form.is_absolute);
        is_absolute || self.headers.leaves_out(&HOST)
    }

    /// Whether the documents say what answers its request: not where its method, path or content type are others, nor where its headers
    /// allow for more answers than one, nor where it says two things of one.
    pub fn is_documented(&self, expectation: Expectation) -> bool {
        let is_elsewhere = self.method.is_some() || self.path.is_some() || self.content_type.is_some();
        let is_open = !self.headers.is_empty() && expectation == Expectation::EITHER;
        !is_elsewhere && !is_open && self.also.is_empty()
    }
}

/// What `make` makes.
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

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// That the last start's challenge has expired: twice the time-out that its options state.
    Expiry,
}

/// Over which connection a call goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionRef {
    /// Any that is free.
    #[default]
    Any,
    /// One that the case has for itself: the same for all its calls over a protocol that say so.
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

/// Calls at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Race {
    /// 32 copies of one call.
    Copies,
    /// The other subject's call with the first credential beside the own one with the latest.
    TwoUsers,
}

/// Which operation a step speaks of.
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
    /// An authorization header that is no bearer token.
    Malformed,
    /// The subject's token after another scheme than Bearer.
    OtherScheme,
    /// The subject's token after the scheme in small letters.
    SmallScheme,
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
    /// One of the further domains that the target file says are served.
    Further,
    /// The RP ID with something before and behind it.
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
