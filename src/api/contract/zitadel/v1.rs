//! auth v1: the endpoints that act on the token's own user.

use super::binding::grpc;
use crate::contract::{Endpoint, Flow, GrpcBinding, LengthUnit, Limit, Operation, RestBinding, Slot, What};

/// Second factors.
pub(super) static U2F: [&Endpoint; 4] = [&START_U2F, &VERIFY_U2F, &REMOVE_U2F, &LIST_U2F];

/// Passkeys.
pub(super) static PASSWORDLESS: [&Endpoint; 4] =
    [&START_PASSWORDLESS, &VERIFY_PASSWORDLESS, &REMOVE_PASSWORDLESS, &LIST_PASSWORDLESS];

const DETAILS: Slot = Slot::new(What::Details, "/details");
const STARTED: &[Slot] = &[Slot::in_base64(What::Options, "/key/publicKey"), DETAILS];
const VERIFICATION: &[Slot] = &[
    Slot::in_base64(What::Credential, "/verification/publicKeyCredential"),
    Slot::new(What::FactorName, "/verification/tokenName"),
];
/// Second factors are listed with those of other kinds.
const LISTED_U2F: &[Slot] = &[
    Slot::new(What::Entries, "/result"),
    Slot::new(What::Entry, "/u2f"),
    Slot::new(What::EntryId, "/u2f/id"),
    Slot::new(What::EntryName, "/u2f/name"),
    Slot::new(What::EntryState, "/state"),
];
const LISTED_PASSWORDLESS: &[Slot] = &[
    Slot::new(What::Entries, "/result"),
    Slot::new(What::EntryId, "/id"),
    Slot::new(What::EntryName, "/name"),
    Slot::new(What::EntryState, "/state"),
];
const TOKEN_ID: &[Slot] = &[Slot::new(What::FactorId, "/tokenId")];

/// Limits of `WebAuthNVerification`, as the pages 000 and 002 give them.
const VERIFICATION_LIMITS: &[Limit] = &[
    Limit { member: "/verification/publicKeyCredential", min: 55, max: 1_048_576, unit: LengthUnit::DecodedBytes },
    Limit { member: "/verification/tokenName", min: 1, max: 200, unit: LengthUnit::Characters },
];

/// Starts a registration for the token's user.
static START_U2F: Endpoint = Endpoint {
    name: "AddMyAuthFactorU2F",
    flow: Flow::V1_U2F,
    operation: Operation::Start,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/auth_factors/u2f" },
    grpc: grpc!("zitadel.auth.v1", "AuthService", "AddMyAuthFactorU2F"),
    request: &[],
    response: STARTED,
    documented_refusals: &[],
    limits: &[],
};

/// Finishes the last started registration.
static VERIFY_U2F: Endpoint = Endpoint {
    name: "VerifyMyAuthFactorU2F",
    flow: Flow::V1_U2F,
    operation: Operation::Verify,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/auth_factors/u2f/_verify" },
    grpc: grpc!("zitadel.auth.v1", "AuthService", "VerifyMyAuthFactorU2F"),
    request: VERIFICATION,
    response: &[DETAILS],
    documented_refusals: &[],
    limits: VERIFICATION_LIMITS,
};

/// Removes an enrolled factor.
static REMOVE_U2F: Endpoint = Endpoint {
    name: "RemoveMyAuthFactorU2F",
    flow: Flow::V1_U2F,
    operation: Operation::Remove,
    rest: RestBinding { method: "DELETE", path: "/auth/v1/users/me/auth_factors/u2f/{tokenId}" },
    grpc: grpc!("zitadel.auth.v1", "AuthService", "RemoveMyAuthFactorU2F"),
    request: TOKEN_ID,
    response: &[DETAILS],
    documented_refusals: &[],
    limits: &[],
};

/// Lists the enrolled factors.
static LIST_U2F: Endpoint = Endpoint {
    name: "ListMyAuthFactors",
    flow: Flow::V1_U2F,
    operation: Operation::List,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/auth_factors/_search" },
    grpc: grpc!("zitadel.auth.v1", "AuthService", "ListMyAuthFactors"),
    request: &[],
    response: LISTED_U2F,
    documented_refusals: &[],
    limits: &[],
};

/// Starts a registration for the token's user.
static START_PASSWORDLESS: Endpoint = Endpoint {
    name: "AddMyPasswordless",
    flow: Flow::V1_PASSWORDLESS,
    operation: Operation::Start,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/passwordless" },
    grpc: grpc!("zitadel.auth.v1", "AuthService", "AddMyPasswordless"),
    request: &[],
    response: STARTED,
    documented_refusals: &[],
    limits: &[],
};

/// Finishes the last started registration.
static VERIFY_PASSWORDLESS: Endpoint = Endpoint {
    name: "VerifyMyPasswordless",
    flow: Flow::V1_PASSWORDLESS,
    operation: Operation::Verify,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/passwordless/_verify" },
    grpc: grpc!("zitadel.auth.v1", "AuthService", "VerifyMyPasswordless"),
    request: VERIFICATION,
    response: &[DETAILS],
    documented_refusals: &[],
    limits: VERIFICATION_LIMITS,
};

/// Removes an enrolled factor.
static REMOVE_PASSWORDLESS: Endpoint = Endpoint {
    name: "RemoveMyPasswordless",
    flow: Flow::V1_PASSWORDLESS,
    operation: Operation::Remove,
    rest: RestBinding { method: "DELETE", path: "/auth/v1/users/me/passwordless/{tokenId}" },
    grpc: grpc!("zitadel.auth.v1", "AuthService", "RemoveMyPasswordless"),
    request: TOKEN_ID,
    response: &[DETAILS],
    documented_refusals: &[],
    limits: &[],
};

/// Lists the enrolled factors.
static LIST_PASSWORDLESS: Endpoint = Endpoint {
    name: "ListMyPasswordless",
    flow: Flow::V1_PASSWORDLESS,
    operation: Operation::List,
    rest: RestBinding { method: "POST", path: "/auth/v1/users/me/passwordless/_search" },
    grpc: grpc!("zitadel.auth.v1", "AuthService", "ListMyPasswordless"),
    request: &[],
    response: LISTED_PASSWORDLESS,
    documented_refusals: &[],
    limits: &[],
};
