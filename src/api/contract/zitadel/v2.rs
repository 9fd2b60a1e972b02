//! user v2: the endpoints that act on `{userId}`.

use super::binding::grpc;
use crate::contract::{Endpoint, Flow, GrpcBinding, LengthUnit, Limit, Operation, RestBinding, Slot, What};

/// Second factors.
pub(super) static U2F: [&Endpoint; 3] = [&START_U2F, &VERIFY_U2F, &REMOVE_U2F];

/// Passkeys.
pub(super) static PASSKEY: [&Endpoint; 4] = [&START_PASSKEY, &VERIFY_PASSKEY, &REMOVE_PASSKEY, &LIST_PASSKEYS];

/// Page 004 and 001: "does not have permission" and "does not exist".
const REFUSALS: &[u16] = &[403, 404];

const USER_ID: Limit = characters("/userId");
const CREDENTIAL: Limit = Limit { member: "/publicKeyCredential", min: 55, max: 1_048_576, unit: LengthUnit::JsonText };

const fn characters(member: &'static str) -> Limit {
    Limit { member, min: 1, max: 200, unit: LengthUnit::Characters }
}

const USER: Slot = Slot::new(What::User, "/userId");
const U2F_ID: Slot = Slot::new(What::FactorId, "/u2fId");
const PASSKEY_ID: Slot = Slot::new(What::FactorId, "/passkeyId");
const PUBLIC_KEY_CREDENTIAL: Slot = Slot::new(What::Credential, "/publicKeyCredential");
const DOMAIN: Slot = Slot::new(What::Domain, "/domain");
const OPTIONS: Slot = Slot::new(What::Options, "/publicKeyCredentialCreationOptions");
const DETAILS: Slot = Slot::new(What::Details, "/details");

/// Starts a registration for a user.
static START_U2F: Endpoint = Endpoint {
    name: "RegisterU2F",
    flow: Flow::V2_U2F,
    operation: Operation::Start,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/u2f" },
    grpc: grpc!("zitadel.user.v2", "UserService", "RegisterU2F"),
    request: &[USER, DOMAIN],
    response: &[U2F_ID, OPTIONS, DETAILS],
    documented_refusals: REFUSALS,
    limits: &[USER_ID],
};

/// Finishes a started registration.
static VERIFY_U2F: Endpoint = Endpoint {
    name: "VerifyU2FRegistration",
    flow: Flow::V2_U2F,
    operation: Operation::Verify,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/u2f/{u2fId}" },
    grpc: grpc!("zitadel.user.v2", "UserService", "VerifyU2FRegistration"),
    request: &[USER, U2F_ID, PUBLIC_KEY_CREDENTIAL, Slot::new(What::FactorName, "/tokenName")],
    response: &[DETAILS],
    documented_refusals: REFUSALS,
    limits: &[USER_ID, characters("/u2fId"), CREDENTIAL, characters("/tokenName")],
};

/// Removes an enrolled factor.
static REMOVE_U2F: Endpoint = Endpoint {
    name: "RemoveU2F",
    flow: Flow::V2_U2F,
    operation: Operation::Remove,
    rest: RestBinding { method: "DELETE", path: "/v2/users/{userId}/u2f/{u2fId}" },
    grpc: grpc!("zitadel.user.v2", "UserService", "RemoveU2F"),
    request: &[USER, U2F_ID],
    response: &[DETAILS],
    documented_refusals: REFUSALS,
    limits: &[USER_ID, characters("/u2fId")],
};

/// Starts a registration for a user.
static START_PASSKEY: Endpoint = Endpoint {
    name: "RegisterPasskey",
    flow: Flow::V2_PASSKEY,
    operation: Operation::Start,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/passkeys" },
    grpc: grpc!("zitadel.user.v2", "UserService", "RegisterPasskey"),
    request: &[USER, DOMAIN, Slot::new(What::Authenticator, "/authenticator"), Slot::new(What::Code, "/code")],
    response: &[PASSKEY_ID, OPTIONS, DETAILS],
    documented_refusals: REFUSALS,
    limits: &[USER_ID],
};

/// Finishes a started registration.
static VERIFY_PASSKEY: Endpoint = Endpoint {
    name: "VerifyPasskeyRegistration",
    flow: Flow::V2_PASSKEY,
    operation: Operation::Verify,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/passkeys/{passkeyId}" },
    grpc: grpc!("zitadel.user.v2", "UserService", "VerifyPasskeyRegistration"),
    request: &[USER, PASSKEY_ID, PUBLIC_KEY_CREDENTIAL, Slot::new(What::FactorName, "/passkeyName")],
    response: &[DETAILS],
    documented_refusals: REFUSALS,
    limits: &[USER_ID, characters("/passkeyId"), CREDENTIAL, characters("/passkeyName")],
};

/// Removes an enrolled factor.
static REMOVE_PASSKEY: Endpoint = Endpoint {
    name: "RemovePasskey",
    flow: Flow::V2_PASSKEY,
    operation: Operation::Remove,
    rest: RestBinding { method: "DELETE", path: "/v2/users/{userId}/passkeys/{passkeyId}" },
    grpc: grpc!("zitadel.user.v2", "UserService", "RemovePasskey"),
    request: &[USER, PASSKEY_ID],
    response: &[DETAILS],
    documented_refusals: REFUSALS,
    limits: &[USER_ID, characters("/passkeyId")],
};

/// Lists the enrolled factors.
static LIST_PASSKEYS: Endpoint = Endpoint {
    name: "ListPasskeys",
    flow: Flow::V2_PASSKEY,
    operation: Operation::List,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/passkeys/_search" },
    grpc: grpc!("zitadel.user.v2", "UserService", "ListPasskeys"),
    request: &[USER],
    response: &[
        Slot::new(What::Entries, "/result"),
        Slot::new(What::EntryId, "/id"),
        Slot::new(What::EntryName, "/name"),
        Slot::new(What::EntryState, "/state"),
    ],
    documented_refusals: &[],
    limits: &[],
};
