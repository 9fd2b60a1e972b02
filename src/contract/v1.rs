//! auth v1: the endpoints that act on the token's own user.

use super::{Endpoint, Flow, GrpcBinding, LengthUnit, Limit, Operation, RestBinding};

const SERVICE: &str = "zitadel.auth.v1.AuthService";

/// Limits of `WebAuthNVerification`, as the pages 000 and 002 give them.
const VERIFICATION_LIMITS: &[Limit] = &[
    Limit { member: "/verification/publicKeyCredential", min: 55, max: 1_048_576, unit: LengthUnit::DecodedBytes },
    Limit { member: "/verification/tokenName", min: 1, max: 200, unit: LengthUnit::Characters },
];

/// Starts a registration for the token's user.
pub const START_U2F: Endpoint = Endpoint {
    name: "AddMyAuthFactorU2F",
    flow: Flow::V1U2f,
    operation: Operation::Start,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/auth_factors/u2f" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "AddMyAuthFactorU2F",
        request: "zitadel.auth.v1.AddMyAuthFactorU2FRequest",
        response: "zitadel.auth.v1.AddMyAuthFactorU2FResponse",
    },
    documented_refusals: &[],
    limits: &[],
};

/// Finishes the last started registration.
pub const VERIFY_U2F: Endpoint = Endpoint {
    name: "VerifyMyAuthFactorU2F",
    flow: Flow::V1U2f,
    operation: Operation::Verify,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/auth_factors/u2f/_verify" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "VerifyMyAuthFactorU2F",
        request: "zitadel.auth.v1.VerifyMyAuthFactorU2FRequest",
        response: "zitadel.auth.v1.VerifyMyAuthFactorU2FResponse",
    },
    documented_refusals: &[],
    limits: VERIFICATION_LIMITS,
};

/// Removes an enrolled factor.
pub const REMOVE_U2F: Endpoint = Endpoint {
    name: "RemoveMyAuthFactorU2F",
    flow: Flow::V1U2f,
    operation: Operation::Remove,
    rest: RestBinding { method: "DELETE", path: "/auth/v1/users/me/auth_factors/u2f/{tokenId}" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "RemoveMyAuthFactorU2F",
        request: "zitadel.auth.v1.RemoveMyAuthFactorU2FRequest",
        response: "zitadel.auth.v1.RemoveMyAuthFactorU2FResponse",
    },
    documented_refusals: &[],
    limits: &[],
};

/// Starts a registration for the token's user.
pub const START_PASSWORDLESS: Endpoint = Endpoint {
    name: "AddMyPasswordless",
    flow: Flow::V1Passwordless,
    operation: Operation::Start,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/passwordless" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "AddMyPasswordless",
        request: "zitadel.auth.v1.AddMyPasswordlessRequest",
        response: "zitadel.auth.v1.AddMyPasswordlessResponse",
    },
    documented_refusals: &[],
    limits: &[],
};

/// Finishes the last started registration.
pub const VERIFY_PASSWORDLESS: Endpoint = Endpoint {
    name: "VerifyMyPasswordless",
    flow: Flow::V1Passwordless,
    operation: Operation::Verify,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/passwordless/_verify" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "VerifyMyPasswordless",
        request: "zitadel.auth.v1.VerifyMyPasswordlessRequest",
        response: "zitadel.auth.v1.VerifyMyPasswordlessResponse",
    },
    documented_refusals: &[],
    limits: VERIFICATION_LIMITS,
};

/// Removes an enrolled factor.
pub const REMOVE_PASSWORDLESS: Endpoint = Endpoint {
    name: "RemoveMyPasswordless",
    flow: Flow::V1Passwordless,
    operation: Operation::Remove,
    rest: RestBinding { method: "DELETE", path: "/auth/v1/users/me/passwordless/{tokenId}" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "RemoveMyPasswordless",
        request: "zitadel.auth.v1.RemoveMyPasswordlessRequest",
        response: "zitadel.auth.v1.RemoveMyPasswordlessResponse",
    },
    documented_refusals: &[],
    limits: &[],
};

/// Lists the enrolled factors.
pub const LIST_U2F: Endpoint = Endpoint {
    name: "ListMyAuthFactors",
    flow: Flow::V1U2f,
    operation: Operation::List,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/auth_factors/_search" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "ListMyAuthFactors",
        request: "zitadel.auth.v1.ListMyAuthFactorsRequest",
        response: "zitadel.auth.v1.ListMyAuthFactorsResponse",
    },
    documented_refusals: &[],
    limits: &[],
};

/// Lists the enrolled factors.
pub const LIST_PASSWORDLESS: Endpoint = Endpoint {
    name: "ListMyPasswordless",
    flow: Flow::V1Passwordless,
    operation: Operation::List,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/passwordless/_search" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "ListMyPasswordless",
        request: "zitadel.auth.v1.ListMyPasswordlessRequest",
        response: "zitadel.auth.v1.ListMyPasswordlessResponse",
    },
    documented_refusals: &[],
    limits: &[],
};
