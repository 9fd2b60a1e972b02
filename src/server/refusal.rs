//! How the server refuses: one table of stable error ids, each with its gRPC code and HTTP status.

use serde_json::json;

use crate::contract::clause;
use crate::wire::status::{Code, Status};

/// The `@type` of the error detail that carries an id.
pub const ERROR_DETAIL_TYPE: &str = "type.googleapis.com/zitadel.v1.ErrorDetail";

/// A reason for which the server refuses.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorId {
    /// Stable id, sent as `id` of the error detail. A reason map compares it.
    pub id: &'static str,
    /// gRPC status code, also `code` of the REST body.
    pub code: i32,
    /// HTTP status over REST.
    pub http_status: u16,
    /// What was wrong, in one line; sent as the message unless the place of refusal has a better one.
    pub meaning: &'static str,
}

/// A refusal on its way to the caller.
#[derive(Debug, Clone, PartialEq)]
pub struct Refused {
    /// HTTP status over REST.
    pub http_status: u16,
    /// The status in both the REST body and the gRPC trailers.
    pub status: Status,
}

impl Refused {
    /// A refusal with the meaning of its id as message.
    pub fn new(id: &str) -> Refused {
        let entry = find(id);
        Refused::with_message(id, entry.meaning)
    }

    /// A refusal with a message of its own.
    pub fn with_message(id: &str, message: impl Into<String>) -> Refused {
        let entry = find(id);
        let message = message.into();
        let detail = json!({ "@type": ERROR_DETAIL_TYPE, "id": entry.id, "message": message });
        let status = Status { code: entry.code, message, details: vec![detail] };
        Refused { http_status: entry.http_status, status }
    }

    /// The id of the refusal.
    pub fn id(&self) -> &str {
        self.status.error_id().unwrap_or_default()
    }

    /// The same reason with another code, as the status defects send it.
    pub(super) fn disguised(mut self, code: Code) -> Refused {
        self.status.code = code.number();
        self.http_status = code.http_status();
        self
    }
}

fn find(id: &str) -> &'static ErrorId {
    let found = ERROR_IDS.iter().find(|entry| entry.id == id);
    debug_assert!(found.is_some(), "unlisted error id {id}");
    found.unwrap_or(&INTERNAL)
}

/// Whether there is a refusal with this id.
pub(super) fn is_listed(id: &str) -> bool {
    ERROR_IDS.iter().any(|entry| entry.id == id)
}

/// An id that replaces another one and says nothing about its meaning.
pub(super) fn number(id: &str) -> String {
    let at = ERROR_IDS.iter().position(|entry| entry.id == id).unwrap_or(ERROR_IDS.len());
    format!("E-{}", 1000 + at * 7)
}

const fn entry(id: &'static str, code: Code, http_status: u16, meaning: &'static str) -> ErrorId {
    ErrorId { id, code: code.number(), http_status, meaning }
}

const fn invalid(id: &'static str, meaning: &'static str) -> ErrorId {
    entry(id, Code::INVALID_ARGUMENT, 400, meaning)
}

const INTERNAL: ErrorId = entry("INTERNAL-error", Code::INTERNAL, 500, "internal error");

/// Every id that the server sends. `WEBAUTHN-` ids end in the slug of a step of the registration ceremony.
pub const ERROR_IDS: &[ErrorId] = &[
    entry("AUTH-missing", Code::UNAUTHENTICATED, 401, "the call has no authorization"),
    entry("AUTH-invalid", Code::UNAUTHENTICATED, 401, "the authorization is not a bearer token that is known here"),
    entry("PERMISSION-denied", Code::PERMISSION_DENIED, 403, "the token's user may not do this"),
    entry(
        "SESSION-mfa-required",
        Code::PERMISSION_DENIED,
        403,
        "mfa required: the session has checked one factor only",
    ),
    entry("SESSION-user-gone", Code::NOT_FOUND, 404, "the session's user does not exist any more"),
    entry("NOTFOUND-path", Code::NOT_FOUND, 404, "there is nothing at this path"),
    entry("NOTFOUND-user", Code::NOT_FOUND, 404, "the user does not exist"),
    entry("NOTFOUND-factor", Code::NOT_FOUND, 404, "the factor does not exist"),
    entry("NOTFOUND-registration", Code::NOT_FOUND, 404, "no registration is waiting to be verified"),
    entry("MANAGE-name-taken", Code::ALREADY_EXISTS, 409, "there is a user of this name already"),
    invalid("MANAGE-password", "the password is wrong"),
    entry("REQUEST-method", Code::UNIMPLEMENTED, 405, "the method is not allowed at this path"),
    invalid("REQUEST-host", "the request does not name one host"),
    entry("REQUEST-unknown-method", Code::UNIMPLEMENTED, 501, "there is no such service or method"),
    entry("REQUEST-content-type", Code::INVALID_ARGUMENT, 415, "the content type is not application/json"),
    entry("REQUEST-body-size", Code::RESOURCE_EXHAUSTED, 413, "the body has more than 4 MiB"),
    // DEADLINE_EXCEEDED
    ErrorId { id: "REQUEST-timeout", code: 4, http_status: 504, meaning: "the body did not come in time" },
    invalid("REQUEST-body-incomplete", "the body broke off"),
    invalid("REQUEST-path", "a path member is not UTF-8"),
    invalid("REQUEST-json", "the body is not one JSON object without duplicate members"),
    invalid("REQUEST-frame", "the body is not one uncompressed gRPC message"),
    invalid("REQUEST-message", "the message does not fit its type"),
    invalid("REQUEST-domain", "the domain is not a host name"),
    invalid("REQUEST-code", "the registration code was not issued here"),
    invalid("LIMIT-userId", "userId is too short or too long"),
    invalid("LIMIT-u2fId", "u2fId is too short or too long"),
    invalid("LIMIT-passkeyId", "passkeyId is too short or too long"),
    invalid("LIMIT-tokenName", "tokenName is too short or too long"),
    invalid("LIMIT-passkeyName", "passkeyName is too short or too long"),
    invalid("LIMIT-publicKeyCredential", "publicKeyCredential is too short or too long"),
    invalid("WEBAUTHN-credential-json", "the credential is not a registration response in JSON"),
    invalid("WEBAUTHN-client-data-utf8", "the client data is not UTF-8"),
    invalid("WEBAUTHN-client-data-json", "the client data is not JSON with the required members"),
    invalid("WEBAUTHN-type", "the type of the client data is not webauthn.create"),
    invalid("WEBAUTHN-challenge", "the challenge is not the one that was issued"),
    invalid("WEBAUTHN-origin", "the origin is not expected"),
    invalid("WEBAUTHN-cross-origin", "the ceremony was cross-origin"),
    invalid("WEBAUTHN-top-origin", "the top origin is not expected"),
    invalid("WEBAUTHN-attestation-object", "the attestation object cannot be read"),
    invalid("WEBAUTHN-rp-id-hash", "the authenticator data is for another RP ID"),
    invalid("WEBAUTHN-user-present", "the user was not present"),
    invalid("WEBAUTHN-user-verified", "the user was not verified"),
    invalid("WEBAUTHN-backup-state", "the credential is backed up without being eligible"),
    invalid("WEBAUTHN-algorithm", "the algorithm was not offered"),
    invalid("WEBAUTHN-format", "the attestation statement format is not supported"),
    invalid("WEBAUTHN-attestation-statement", "the attestation statement is not valid"),
    invalid("WEBAUTHN-attestation-trust", "the attestation is not trustworthy"),
    invalid("WEBAUTHN-credential-id-length", "the credential id has more than 1023 bytes"),
    invalid("WEBAUTHN-credential-id-unique", "the credential id is registered already"),
    entry("INTERNAL-panic", Code::INTERNAL, 500, "a handler has failed"),
    INTERNAL,
];

/// The refusal that tonic sends by itself before the service sees the call.
const OF_LIBRARY: (&str, &str) = ("message:Content is compressed with*", "grpc/encoding-unknown");

/// The refusals as a reason map: patterns, each with the clause that such a refusal is about.
pub fn meanings() -> impl Iterator<Item = (&'static str, String)> {
    let meaning = |entry: &'static ErrorId| (entry.id, clause_of(entry.id));
    let of_ids = ERROR_IDS.iter().map(meaning).filter(|(_, clause)| clause::find(clause).is_some());
    of_ids.chain([(OF_LIBRARY.0, OF_LIBRARY.1.to_owned())])
}

fn clause_of(id: &str) -> String {
    let (kind, what) = id.split_once('-').unwrap_or((id, ""));
    match (kind, what) {
        ("WEBAUTHN", step) => format!("webauthn/7.1/{step}"),
        ("LIMIT", "tokenName" | "passkeyName") => "api/limit/token-name".to_owned(),
        ("LIMIT", "publicKeyCredential") => "api/limit/credential".to_owned(),
        ("LIMIT", "userId") => "api/limit/user-id".to_owned(),
        ("LIMIT", _) => "api/limit/factor-id".to_owned(),
        ("AUTH", _) => "api/status/unauthenticated".to_owned(),
        ("PERMISSION", _) => "api/status/permission-denied".to_owned(),
        ("NOTFOUND", _) => "api/status/not-found".to_owned(),
        ("REQUEST", "domain") => "webauthn/4/rp-id".to_owned(),
        ("REQUEST", "code") => "api/request/passkey-code".to_owned(),
        ("REQUEST", _) => "api/request/malformed".to_owned(),
        ("INTERNAL", "panic") => "api/robustness".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::relying_party::Step;

    #[test]
    fn ids_are_unique_and_complete() {
        let ids: BTreeSet<_> = ERROR_IDS.iter().map(|entry| entry.id).collect();
        assert_eq!(ids.len(), ERROR_IDS.len());
        for step in Step::ALL {
            let id = format!("WEBAUTHN-{}", step.slug());
            assert!(ids.contains(id.as_str()), "{id}");
        }
    }

    #[test]
    fn every_id_of_the_contract_has_a_clause() {
        let meant: Vec<&str> = meanings().map(|(id, _)| id).collect();
        let without: Vec<&str> = ERROR_IDS.iter().map(|entry| entry.id).filter(|id| !meant.contains(id)).collect();
        // Refusals about sessions and those of the management calls are not a part of the contract.
        let others = ["SESSION-mfa-required", "SESSION-user-gone", "MANAGE-name-taken", "MANAGE-password"];
        assert_eq!(without, [&others[..], &["INTERNAL-error"]].concat());
    }

    #[test]
    fn the_detail_carries_the_id() {
        let refused = Refused::new("NOTFOUND-user");
        assert_eq!((refused.http_status, refused.status.code, refused.id()), (404, 5, "NOTFOUND-user"));
        assert_eq!(refused.status.details[0]["@type"], ERROR_DETAIL_TYPE);
    }
}
