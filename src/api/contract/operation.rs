//! What calls do, how they are reached, and what limits them.

/// One kind of call of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Starts a registration: answers creation options.
    Start,
    /// Finishes it with a credential.
    Verify,
    /// Removes an enrolled factor.
    Remove,
    /// Lists enrolled factors; every flow except `v2/u2f` has it. Not under test: it finds the id that v1's remove needs.
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
    /// Minimum length, inclusive.
    pub min: usize,
    /// Maximum length, inclusive.
    pub max: usize,
    pub unit: LengthUnit,
}

/// The unit of a [`Limit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LengthUnit {
    /// Unicode scalar values of a string.
    Characters,
    /// Bytes that remain after base64 decoding (v1's `publicKeyCredential`).
    DecodedBytes,
    /// Characters of the compact JSON text of an object (v2's `publicKeyCredential`).
    JsonText,
}
