//! What is promised: endpoints, limits and clauses as data. No I/O, no policy.
//!
//! Sources: the API reference pages of the auth v1 and user v2 services, and W3C WebAuthn Level 3.

pub mod clause;
mod v1;
mod v2;

use std::fmt;

/// One of the four enrolment flows. Every flow has a start, a verify and a remove operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flow {
    /// `/auth/v1/users/me/auth_factors/u2f`
    V1U2f,
    /// `/auth/v1/users/me/passwordless`
    V1Passwordless,
    /// `/v2/users/{userId}/u2f`
    V2U2f,
    /// `/v2/users/{userId}/passkeys`
    V2Passkey,
}

impl Flow {
    /// All flows, in the order in which they are listed and run.
    pub const ALL: [Flow; 4] = [Flow::V1U2f, Flow::V1Passwordless, Flow::V2U2f, Flow::V2Passkey];

    /// Whether it enrols a second factor, and not a passkey.
    pub const fn is_u2f(self) -> bool {
        matches!(self, Flow::V1U2f | Flow::V2U2f)
    }

    /// The slug used in permutation names, target files and reports, such as `v2/u2f`.
    pub const fn slug(self) -> &'static str {
        match self {
            Flow::V1U2f => "v1/u2f",
            Flow::V1Passwordless => "v1/passwordless",
            Flow::V2U2f => "v2/u2f",
            Flow::V2Passkey => "v2/passkey",
        }
    }

    /// The flow with this slug.
    pub fn from_slug(slug: &str) -> Option<Flow> {
        Flow::ALL.into_iter().find(|flow| flow.slug() == slug)
    }

    /// The version of the API that the flow belongs to.
    pub const fn version(self) -> ApiVersion {
        match self {
            Flow::V1U2f | Flow::V1Passwordless => ApiVersion::V1,
            Flow::V2U2f | Flow::V2Passkey => ApiVersion::V2,
        }
    }

    /// The flow's endpoint for an operation; `None` only for [`Operation::List`] of `v2/u2f`.
    pub fn endpoint(self, operation: Operation) -> Option<&'static Endpoint> {
        ENDPOINTS.iter().copied().find(|endpoint| endpoint.flow == self && endpoint.operation == operation)
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

/// The version of the documented API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ApiVersion {
    /// auth v1: acts on the token's own user; options and credential travel as bytes.
    V1,
    /// user v2: acts on `{userId}`; options and credential travel as a protobuf Struct.
    V2,
}

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
    /// Protobuf binding, used by gRPC and gRPC-Web.
    pub grpc: GrpcBinding,
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

    /// JSON pointer of the member that carries the credential (verify only).
    pub fn credential_member(&self) -> Option<&'static str> {
        match (self.operation, self.flow.version()) {
            (Operation::Verify, ApiVersion::V1) => Some("/verification/publicKeyCredential"),
            (Operation::Verify, ApiVersion::V2) => Some("/publicKeyCredential"),
            _ => None,
        }
    }

    /// JSON pointer of the member that carries the factor's display name (verify only).
    pub fn name_member(&self) -> Option<&'static str> {
        match (self.operation, self.flow) {
            (Operation::Verify, Flow::V1U2f | Flow::V1Passwordless) => Some("/verification/tokenName"),
            (Operation::Verify, Flow::V2U2f) => Some("/tokenName"),
            (Operation::Verify, Flow::V2Passkey) => Some("/passkeyName"),
            _ => None,
        }
    }

    /// JSON name of the request member that carries the factor's id (v2 verify, and remove).
    pub fn factor_member(&self) -> Option<&'static str> {
        match (self.operation, self.flow) {
            (Operation::Remove, Flow::V1U2f | Flow::V1Passwordless) => Some("tokenId"),
            (Operation::Verify | Operation::Remove, Flow::V2U2f) => Some("u2fId"),
            (Operation::Verify | Operation::Remove, Flow::V2Passkey) => Some("passkeyId"),
            _ => None,
        }
    }

    /// JSON pointer of the creation options in a start's response, such as `/key/publicKey`.
    pub fn options_member(&self) -> Option<&'static str> {
        match (self.operation, self.flow.version()) {
            (Operation::Start, ApiVersion::V1) => Some("/key/publicKey"),
            (Operation::Start, ApiVersion::V2) => Some("/publicKeyCredentialCreationOptions"),
            _ => None,
        }
    }

    /// The limit on a member, by JSON pointer.
    pub fn limit(&self, member: &str) -> Option<&'static Limit> {
        self.limits.iter().find(|limit| limit.member == member)
    }

    /// The endpoint with a gRPC path such as `/zitadel.user.v2.UserService/RegisterU2F`.
    pub fn by_grpc_path(path: &str) -> Option<&'static Endpoint> {
        ENDPOINTS.iter().copied().find(|endpoint| endpoint.grpc.path() == path)
    }
}

/// Every documented operation that the harness exercises.
pub const ENDPOINTS: &[&Endpoint] = &[
    &v1::START_U2F,
    &v1::VERIFY_U2F,
    &v1::REMOVE_U2F,
    &v1::LIST_U2F,
    &v1::START_PASSWORDLESS,
    &v1::VERIFY_PASSWORDLESS,
    &v1::REMOVE_PASSWORDLESS,
    &v1::LIST_PASSWORDLESS,
    &v2::START_U2F,
    &v2::VERIFY_U2F,
    &v2::REMOVE_U2F,
    &v2::START_PASSKEY,
    &v2::VERIFY_PASSKEY,
    &v2::REMOVE_PASSKEY,
    &v2::LIST_PASSKEYS,
];

/// How a call reaches the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP/JSON, `application/json`.
    Rest,
    /// gRPC over HTTP/2, `application/grpc`.
    Grpc,
    /// gRPC-Web binary, `application/grpc-web+proto`.
    GrpcWeb,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Protocol; 3] = [Protocol::Rest, Protocol::Grpc, Protocol::GrpcWeb];

    /// `rest`, `grpc` or `grpc-web`.
    pub const fn slug(self) -> &'static str {
        match self {
            Protocol::Rest => "rest",
            Protocol::Grpc => "grpc",
            Protocol::GrpcWeb => "grpc-web",
        }
    }

    /// The protocol with this slug.
    pub fn from_slug(slug: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.slug() == slug)
    }

    /// The documented content type of requests and successful responses.
    pub const fn content_type(self) -> &'static str {
        match self {
            Protocol::Rest => "application/json",
            Protocol::Grpc => "application/grpc",
            Protocol::GrpcWeb => "application/grpc-web+proto",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flow_has_every_operation_once() {
        for flow in Flow::ALL {
            for operation in Operation::ALL {
                let found = ENDPOINTS.iter().filter(|e| e.flow == flow && e.operation == operation).count();
                assert_eq!(found, 1, "{flow} {}", operation.slug());
            }
            assert_eq!(Flow::from_slug(flow.slug()), Some(flow));
        }
    }

    #[test]
    fn path_members_are_read_in_order() {
        let verify = Flow::V2U2f.endpoint(Operation::Verify).expect("listed");
        assert_eq!(verify.path_members().collect::<Vec<_>>(), ["userId", "u2fId"]);
        assert_eq!(Flow::V1U2f.endpoint(Operation::Start).expect("listed").path_members().count(), 0);
    }

    #[test]
    fn grpc_paths_are_unique() {
        for endpoint in ENDPOINTS {
            let found = Endpoint::by_grpc_path(&endpoint.grpc.path()).expect("listed");
            assert_eq!(found.name, endpoint.name);
        }
    }
}
