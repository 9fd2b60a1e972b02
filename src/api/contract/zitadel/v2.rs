//! user v2: the endpoints that act on `{userId}`.

use super::binding::{DETAILS, LISTED, endpoint, grpc};
use crate::contract::{Endpoint, Flow, GrpcBinding, LengthUnit, Limit, Operation, Slot, What};

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

/// An endpoint of a flow, with the refusals and the limit that all have.
macro_rules! of_user {
    ($flow:ident, $operation:ident, $method:literal, $path:literal) => {
        Endpoint {
            documented_refusals: REFUSALS,
            limits: &[USER_ID],
            ..endpoint(Flow::$flow, Operation::$operation, $path, grpc!("zitadel.user.v2", "UserService", $method))
        }
    };
}

static START_U2F: Endpoint = Endpoint {
    request: &[USER, DOMAIN],
    response: &[U2F_ID, OPTIONS, DETAILS],
    ..of_user!(V2_U2F, Start, "RegisterU2F", "/v2/users/{userId}/u2f")
};

static VERIFY_U2F: Endpoint = Endpoint {
    request: &[USER, U2F_ID, PUBLIC_KEY_CREDENTIAL, Slot::new(What::FactorName, "/tokenName")],
    limits: &[USER_ID, characters("/u2fId"), CREDENTIAL, characters("/tokenName")],
    ..of_user!(V2_U2F, Verify, "VerifyU2FRegistration", "/v2/users/{userId}/u2f/{u2fId}")
};

static REMOVE_U2F: Endpoint = Endpoint {
    request: &[USER, U2F_ID],
    limits: &[USER_ID, characters("/u2fId")],
    ..of_user!(V2_U2F, Remove, "RemoveU2F", "/v2/users/{userId}/u2f/{u2fId}")
};

static START_PASSKEY: Endpoint = Endpoint {
    request: &[USER, DOMAIN, Slot::new(What::Authenticator, "/authenticator"), Slot::new(What::Code, "/code")],
    response: &[PASSKEY_ID, OPTIONS, DETAILS],
    ..of_user!(V2_PASSKEY, Start, "RegisterPasskey", "/v2/users/{userId}/passkeys")
};

static VERIFY_PASSKEY: Endpoint = Endpoint {
    request: &[USER, PASSKEY_ID, PUBLIC_KEY_CREDENTIAL, Slot::new(What::FactorName, "/passkeyName")],
    limits: &[USER_ID, characters("/passkeyId"), CREDENTIAL, characters("/passkeyName")],
    ..of_user!(V2_PASSKEY, Verify, "VerifyPasskeyRegistration", "/v2/users/{userId}/passkeys/{passkeyId}")
};

static REMOVE_PASSKEY: Endpoint = Endpoint {
    request: &[USER, PASSKEY_ID],
    limits: &[USER_ID, characters("/passkeyId")],
    ..of_user!(V2_PASSKEY, Remove, "RemovePasskey", "/v2/users/{userId}/passkeys/{passkeyId}")
};

static LIST_PASSKEYS: Endpoint = Endpoint {
    request: &[USER],
    response: LISTED,
    documented_refusals: &[],
    limits: &[],
    ..of_user!(V2_PASSKEY, List, "ListPasskeys", "/v2/users/{userId}/passkeys/_search")
};
