//! Contracts, their flows, and the endpoints of these.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use super::operation::{GrpcBinding, Limit, Operation, RestBinding};
use super::protocol::Protocol;
use super::slot::{Slot, What};

/// A documented API: everything that the harness needs to know to speak it.
#[derive(Debug)]
pub struct Contract {
    /// Slug, such as `fido`.
    pub name: &'static str,
    /// The flows, in the order in which they are listed and run.
    pub flows: &'static [Flow],
}

impl Contract {
    /// Every operation of every flow.
    pub fn endpoints(&self) -> impl Iterator<Item = &'static Endpoint> + use<> {
        self.flows.iter().flat_map(|flow| flow.endpoints())
    }
}

impl PartialEq for Contract {
    fn eq(&self, other: &Contract) -> bool {
        self.name == other.name
    }
}

/// The data of a [`Flow`], whose methods say what they are. References back to the flow are behind functions, since the compiler follows references of constants.
#[derive(Debug)]
pub struct FlowData {
    /// The slug used in test names, target files and reports, such as `v2/u2f`: the family, and the kind of factor.
    pub slug: &'static str,
    pub contract: fn() -> &'static Contract,
    pub is_u2f: bool,
    pub verifies_user: bool,
    pub locks_token: bool,
    /// Its operations; it has each at most once.
    pub endpoints: fn() -> &'static [&'static Endpoint],
}

/// One way of enrolling a factor. Every flow has a start, a verify and a remove operation, and most have a list.
#[derive(Clone, Copy)]
pub struct Flow(pub &'static FlowData);

impl Flow {
    /// Such as `v2/u2f`.
    pub const fn slug(self) -> &'static str {
        self.0.slug
    }

    /// The part of the slug that the flows of one version of an API share, such as `v2`.
    pub fn family(self) -> &'static str {
        self.slug().split_once('/').map_or(self.slug(), |(family, _)| family)
    }

    /// The contract that it is part of.
    pub fn contract(self) -> &'static Contract {
        (self.0.contract)()
    }

    /// Whether it enrols a second factor, and not a passkey.
    pub const fn is_u2f(self) -> bool {
        self.0.is_u2f
    }

    /// Whether its creation options require user verification.
    pub const fn verifies_user(self) -> bool {
        self.0.verifies_user
    }

    /// Whether an enrolment makes a token of a server with the policy `u2f-locks-tokens` useless.
    pub const fn locks_token(self) -> bool {
        self.0.locks_token
    }

    /// Whether its calls name the user that they act on. Otherwise it is the user of the token.
    pub fn names_user(self) -> bool {
        self.sends(Operation::Start, What::User)
    }

    /// Whether a start answers the id of the factor, which the verify names. Otherwise only a list shows it.
    pub fn names_registration(self) -> bool {
        self.sends(Operation::Verify, What::FactorId)
    }

    fn sends(self, operation: Operation, what: What) -> bool {
        self.endpoint(operation).is_some_and(|endpoint| endpoint.asks(what).is_some())
    }

    /// The flow's endpoint for an operation; `None` only for [`Operation::List`].
    pub fn endpoint(self, operation: Operation) -> Option<&'static Endpoint> {
        self.endpoints().find(|endpoint| endpoint.operation == operation)
    }

    /// Its operations.
    pub fn endpoints(self) -> impl Iterator<Item = &'static Endpoint> + use<> {
        (self.0.endpoints)().iter().copied()
    }

    /// Whether all its operations can be called over a protocol.
    pub fn speaks(self, protocol: Protocol) -> bool {
        protocol == Protocol::Rest || self.endpoints().all(|endpoint| endpoint.grpc.is_some())
    }

    /// The flow of the same family for the other kind of factor.
    pub fn of_other_kind(self) -> Option<Flow> {
        self.sibling(|other| other.family() == self.family() && other.is_u2f() != self.is_u2f())
    }

    /// The flow of another family for the same kind of factor.
    pub fn of_other_family(self) -> Option<Flow> {
        self.sibling(|other| other.family() != self.family() && other.is_u2f() == self.is_u2f())
    }

    fn sibling(self, is_it: impl Fn(Flow) -> bool) -> Option<Flow> {
        self.contract().flows.iter().copied().find(|other| is_it(*other))
    }

    /// Its place among the flows of its contract.
    fn place(self) -> Option<usize> {
        self.contract().flows.iter().position(|flow| *flow == self)
    }
}

impl PartialEq for Flow {
    fn eq(&self, other: &Flow) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Flow {}

impl Hash for Flow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::hash(self.0, state);
    }
}

impl Ord for Flow {
    fn cmp(&self, other: &Flow) -> Ordering {
        let key = |flow: &Flow| (flow.contract().name, flow.place());
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Flow {
    fn partial_cmp(&self, other: &Flow) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Flow({})", self.slug())
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// One documented operation and its bindings.
#[derive(Debug)]
pub struct Endpoint {
    /// The documented name, such as `RegisterU2F`.
    pub name: &'static str,
    pub flow: Flow,
    pub operation: Operation,
    pub rest: RestBinding,
    /// Protobuf binding, used by gRPC and gRPC-Web, and by the JSON mapping of REST; `None` if the API is JSON only.
    pub grpc: Option<GrpcBinding>,
    /// The places of the values in a request.
    pub request: &'static [Slot],
    /// The places of the values in a successful response.
    pub response: &'static [Slot],
    /// Statuses that the page documents, other than `200` and `default`.
    pub documented_refusals: &'static [u16],
    /// Documented limits of request members.
    pub limits: &'static [Limit],
}

impl Endpoint {
    /// The names of the path placeholders, in order.
    pub fn path_members(&self) -> impl Iterator<Item = &'static str> {
        self.rest.path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
    }

    /// The place of a value in a request; `None` if it has none.
    pub fn asks(&self, what: What) -> Option<&'static Slot> {
        self.request.iter().find(|slot| slot.what == what)
    }

    /// The place of a value in a response; `None` if it has none.
    pub fn answers(&self, what: What) -> Option<&'static Slot> {
        self.response.iter().find(|slot| slot.what == what)
    }

    /// The limit on a member, by JSON pointer.
    pub fn limit(&self, member: &str) -> Option<&'static Limit> {
        self.limits.iter().find(|limit| limit.member == member)
    }
}
