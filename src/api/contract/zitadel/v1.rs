//! auth v1: the endpoints that act on the token's own user.

use super::binding::{DETAILS, LISTED, endpoint, grpc};
use crate::contract::{Endpoint, Flow, GrpcBinding, LengthUnit, Limit, Operation, Slot, What};

/// Second factors.
pub(super) static U2F: [&Endpoint; 4] = [&START_U2F, &VERIFY_U2F, &REMOVE_U2F, &LIST_U2F];

/// Passkeys.
pub(super) static PASSWORDLESS: [&Endpoint; 4] =
    [&START_PASSWORDLESS, &VERIFY_PASSWORDLESS, &REMOVE_PASSWORDLESS, &LIST_PASSWORDLESS];

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
const TOKEN_ID: &[Slot] = &[Slot::new(What::FactorId, "/tokenId")];

/// Limits of `WebAuthNVerification`, as the pages 000 and 002 give them.
const VERIFICATION_LIMITS: &[Limit] = &[
    Limit { member: "/verification/publicKeyCredential", min: 55, max: 1_048_576, unit: LengthUnit::DecodedBytes },
    Limit { member: "/verification/tokenName", min: 1, max: 200, unit: LengthUnit::Characters },
];

/// An endpoint of a flow.
macro_rules! own {
    ($flow:ident, $operation:ident, $method:literal, $path:literal) => {
        endpoint(Flow::$flow, Operation::$operation, $path, grpc!("zitadel.auth.v1", "AuthService", $method))
    };
}

static START_U2F: Endpoint =
    Endpoint { response: STARTED, ..own!(V1_U2F, Start, "AddMyAuthFactorU2F", "/auth/v1/users/me/auth_factors/u2f") };

/// Finishes the last started registration.
static VERIFY_U2F: Endpoint = Endpoint {
    request: VERIFICATION,
    limits: VERIFICATION_LIMITS,
    ..own!(V1_U2F, Verify, "VerifyMyAuthFactorU2F", "/auth/v1/users/me/auth_factors/u2f/_verify")
};

static REMOVE_U2F: Endpoint = Endpoint {
    request: TOKEN_ID,
    ..own!(V1_U2F, Remove, "RemoveMyAuthFactorU2F", "/auth/v1/users/me/auth_factors/u2f/{tokenId}")
};

static LIST_U2F: Endpoint = Endpoint {
    response: LISTED_U2F,
    ..own!(V1_U2F, List, "ListMyAuthFactors", "/auth/v1/users/me/auth_factors/_search")
};

static START_PASSWORDLESS: Endpoint = Endpoint {
    response: STARTED,
    ..own!(V1_PASSWORDLESS, Start, "AddMyPasswordless", "/auth/v1/users/me/passwordless")
};

/// Finishes the last started registration.
static VERIFY_PASSWORDLESS: Endpoint = Endpoint {
    request: VERIFICATION,
    limits: VERIFICATION_LIMITS,
    ..own!(V1_PASSWORDLESS, Verify, "VerifyMyPasswordless", "/auth/v1/users/me/passwordless/_verify")
};

static REMOVE_PASSWORDLESS: Endpoint = Endpoint {
    request: TOKEN_ID,
    ..own!(V1_PASSWORDLESS, Remove, "RemoveMyPasswordless", "/auth/v1/users/me/passwordless/{tokenId}")
};

static LIST_PASSWORDLESS: Endpoint = Endpoint {
    response: LISTED,
    ..own!(V1_PASSWORDLESS, List, "ListMyPasswordless", "/auth/v1/users/me/passwordless/_search")
};
