//! user v2: the endpoints that act on `{userId}`.

use super::{Endpoint, Flow, GrpcBinding, LengthUnit, Limit, Operation, RestBinding};

const SERVICE: &str = "zitadel.user.v2.UserService";

/// Page 004 and 001: "does not have permission" and "does not exist".
const REFUSALS: &[u16] = &[403, 404];

const USER_ID: Limit = Limit { member: "/userId", min: 1, max: 200, unit: LengthUnit::Characters };
const CREDENTIAL: Limit = Limit { member: "/publicKeyCredential", min: 55, max: 1_048_576, unit: LengthUnit::JsonText };

const fn characters(member: &'static str) -> Limit {
    Limit { member, min: 1, max: 200, unit: LengthUnit::Characters }
}

/// Starts a registration for a user.
pub const START_U2F: Endpoint = Endpoint {
    name: "RegisterU2F",
    flow: Flow::V2U2f,
    operation: Operation::Start,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/u2f" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "RegisterU2F",
        request: "zitadel.user.v2.RegisterU2FRequest",
        response: "zitadel.user.v2.RegisterU2FResponse",
    },
    documented_refusals: REFUSALS,
    limits: &[USER_ID],
};

/// Finishes a started registration.
pub const VERIFY_U2F: Endpoint = Endpoint {
    name: "VerifyU2FRegistration",
    flow: Flow::V2U2f,
    operation: Operation::Verify,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/u2f/{u2fId}" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "VerifyU2FRegistration",
        request: "zitadel.user.v2.VerifyU2FRegistrationRequest",
        response: "zitadel.user.v2.VerifyU2FRegistrationResponse",
    },
    documented_refusals: REFUSALS,
    limits: &[USER_ID, characters("/u2fId"), CREDENTIAL, characters("/tokenName")],
};

/// Removes an enrolled factor.
pub const REMOVE_U2F: Endpoint = Endpoint {
    name: "RemoveU2F",
    flow: Flow::V2U2f,
    operation: Operation::Remove,
    rest: RestBinding { method: "DELETE", path: "/v2/users/{userId}/u2f/{u2fId}" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "RemoveU2F",
        request: "zitadel.user.v2.RemoveU2FRequest",
        response: "zitadel.user.v2.RemoveU2FResponse",
    },
    documented_refusals: REFUSALS,
    limits: &[USER_ID, characters("/u2fId")],
};

/// Starts a registration for a user.
pub const START_PASSKEY: Endpoint = Endpoint {
    name: "RegisterPasskey",
    flow: Flow::V2Passkey,
    operation: Operation::Start,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/passkeys" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "RegisterPasskey",
        request: "zitadel.user.v2.RegisterPasskeyRequest",
        response: "zitadel.user.v2.RegisterPasskeyResponse",
    },
    documented_refusals: REFUSALS,
    limits: &[USER_ID],
};

/// Finishes a started registration.
pub const VERIFY_PASSKEY: Endpoint = Endpoint {
    name: "VerifyPasskeyRegistration",
    flow: Flow::V2Passkey,
    operation: Operation::Verify,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/passkeys/{passkeyId}" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "VerifyPasskeyRegistration",
        request: "zitadel.user.v2.VerifyPasskeyRegistrationRequest",
        response: "zitadel.user.v2.VerifyPasskeyRegistrationResponse",
    },
    documented_refusals: REFUSALS,
    limits: &[USER_ID, characters("/passkeyId"), CREDENTIAL, characters("/passkeyName")],
};

/// Removes an enrolled factor.
pub const REMOVE_PASSKEY: Endpoint = Endpoint {
    name: "RemovePasskey",
    flow: Flow::V2Passkey,
    operation: Operation::Remove,
    rest: RestBinding { method: "DELETE", path: "/v2/users/{userId}/passkeys/{passkeyId}" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "RemovePasskey",
        request: "zitadel.user.v2.RemovePasskeyRequest",
        response: "zitadel.user.v2.RemovePasskeyResponse",
    },
    documented_refusals: REFUSALS,
    limits: &[USER_ID, characters("/passkeyId")],
};

/// Lists the enrolled factors.
pub const LIST_PASSKEYS: Endpoint = Endpoint {
    name: "ListPasskeys",
    flow: Flow::V2Passkey,
    operation: Operation::List,
    rest: RestBinding { method: "POST", path: "/v2/users/{userId}/passkeys/_search" },
    grpc: GrpcBinding {
        service: SERVICE,
        method: "ListPasskeys",
        request: "zitadel.user.v2.ListPasskeysRequest",
        response: "zitadel.user.v2.ListPasskeysResponse",
    },
    documented_refusals: &[],
    limits: &[],
};
