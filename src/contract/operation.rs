//! Endpoints: the documented operations and how they are reached.

use super::{Flow, Slot, What};

/// What a call of a flow does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Starts a registration: answers creation options.
    Start,
    /// Finishes it with a credential.
    Verify,
    /// Removes an enrolled factor.
    Remove,
    /// Lists enrolled factors; every flow but `v2/u2f` has it. Not under test: it finds the id that v1's remove needs.
    List,
}

impl Operation {
    /// The operations under test, which every flow has.
    pub const ALL: [Operation; 3] = [Operation::Start, Operation::Verify, Operation::Remove];

    /// `start`, `verify`, `remove` or `list`.
    pub const fn slug(self) -> &'static str {
        match self {
            Operation::Start => "start",
            Operation::Verify => "verify",
            Operation::Remove => "remove",
            Operation::List => "list",
        }
    }
}

/// One documented operation and its bindings.
#[derive(Debug)]
pub struct Endpoint {
    /// The documented name, such as `RegisterU2F`.
    pub name: &'static str,
    /// The flow it belongs to.
    pub flow: Flow,
    /// What it does in that flow.
    pub operation: Operation,
    /// HTTP/JSON binding.
    pub rest: RestBinding,
    /// Protobuf binding, used by gRPC and gRPC-Web, and by the JSON mapping of REST; `None` where the API is JSON alone.
    pub grpc: Option<GrpcBinding>,
    /// Where a request says what.
    pub request: &'static [Slot],
    /// Where a successful response says what.
    pub response: &'static [Slot],
    /// Statuses that the page documents besides `200` and `default`.
    pub documented_refusals: &'static [u16],
    /// Documented limits of request members.
    pub limits: &'static [Limit],
}

/// HTTP/JSON binding of an endpoint.
#[derive(Debug)]
pub struct RestBinding {
    /// HTTP method, `POST` or `DELETE`.
    pub method: &'static str,
    /// Path with `{member}` placeholders, each the JSON name of a top-level request member.
    pub path: &'static str,
}

/// Protobuf binding of an endpoint.
#[derive(Debug)]
pub struct GrpcBinding {
    /// Full service name.
    pub service: &'static str,
    /// Method name.
    pub method: &'static str,
    /// Full name of the request message.
    pub request: &'static str,
    /// Full name of the response message.
    pub response: &'static str,
}

impl GrpcBinding {
    /// The HTTP path of the method, `/{service}/{method}`.
    pub fn path(&self) -> String {
        format!("/{}/{}", self.service, self.method)
    }
}

/// A documented length limit of a request member.
#[derive(Debug)]
pub struct Limit {
    /// JSON pointer of the member in the request message, such as `/verification/tokenName`.
    pub member: &'static str,
    /// Least length, inclusive.
    pub min: usize,
    /// Greatest length, inclusive.
    pub max: usize,
    /// What is counted.
    pub unit: LengthUnit,
}

/// What a [`Limit`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthUnit {
    /// Unicode scalar values of a string.
    Characters,
    /// Bytes that remain after base64 decoding (v1's `publicKeyCredential`).
    DecodedBytes,
    /// Characters of the compact JSON text of an object (v2's `publicKeyCredential`).
    JsonText,
}

impl Endpoint {
    /// The names of the path placeholders, in order.
    pub fn path_members(&self) -> impl Iterator<Item = &'static str> {
        self.rest.path.split('{').skip(1).filter_map(|part| part.split_once('}').map(|(name, _)| name))
    }

    /// Where a request says something; `None` if it does not.
    pub fn asks(&self, what: What) -> Option<&'static Slot> {
        self.request.iter().find(|slot| slot.what == what)
    }

    /// Where a response says something; `None` if it does not.
    pub fn answers(&self, what: What) -> Option<&'static Slot> {
        self.response.iter().find(|slot| slot.what == what)
    }

    /// The limit on a member, by JSON pointer.
    pub fn limit(&self, member: &str) -> Option<&'static Limit> {
        self.limits.iter().find(|limit| limit.member == member)
    }
}
