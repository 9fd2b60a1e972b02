//! The right refusal in another form: wrong codes and messages of defects, other codes and messages of variants.

use super::defect;
use super::refusal::{self, Refused};
use super::switches::Switches;
use super::variant;
use crate::contract::Protocol;
use crate::wire::status::Code;

/// An example of a stack trace.
const TRACE: &str = "thread 'worker' panicked at src/ceremony.rs:71:9: assertion failed";
/// The error of Go's JSON reader.
const LIBRARY_ERROR: &str = "invalid character '}' looking for beginning of value";
/// The beginning of a logger's line.
const FILE_AND_LINE: &str = "webauthn.go:214: error validating challenge";
/// The error of PostgreSQL.
const SQL_ERROR: &str = "ERROR: duplicate key value violates unique constraint \"credentials_pkey\" (SQLSTATE 23505)";
/// A message that is technical, and shows nothing of the inside of the server.
const TECHNICAL_TEXT: &str = "response.clientDataJSON: base64url was expected at character 12 (WebAuthn L3 section 7.1:8), error \
     23505; SELECT another key, or see https://docs.example.rs:8443/errors";
/// A message that is not a single ASCII line.
const OTHER_TEXT: &str = "Das geht so nicht: \u{dc}berpr\u{fc}fung \u{1f511} fehlgeschlagen\nbitte noch einmal (100 %)";

/// The refusal as it goes out over a protocol.
pub(super) fn disguised(switches: &Switches, protocol: Protocol, refused: Refused) -> Refused {
    vary(switches, protocol, spoil(switches, protocol, refused))
}

fn spoil(switches: &Switches, protocol: Protocol, mut refused: Refused) -> Refused {
    let is_ceremony = refused.id().starts_with("WEBAUTHN-");
    let is_limit = refused.id().starts_with("LIMIT-");
    if is_ceremony && switches.has(&defect::robustness::ROBUST_STACK_TRACE) {
        TRACE.clone_into(&mut refused.status.message);
    }
    if let Some(text) = inner_text(switches, refused.id()) {
        text.clone_into(&mut refused.status.message);
    }
    if protocol == Protocol::Rest && switches.has(&defect::status::REST_CODE_IS_HTTP) {
        refused.status.code = i32::from(refused.http_status);
    }
    if protocol == Protocol::Rest && is_ceremony && switches.has(&defect::status::REFUSAL_AS_202) {
        refused.http_status = 202;
    }
    if protocol == Protocol::Rest
        && refused.id() == "REQUEST-content-type"
        && switches.has(&defect::rare::CONTENT_TYPE_REFUSED_WITH_CODE_ZERO)
    {
        refused.status.code = Code::OK.number();
    }
    let code = match (protocol, refused.status.code) {
        (_, 5) if switches.has(&defect::status::NOT_FOUND_AS_500) => Code::INTERNAL,
        (_, 16) if switches.has(&defect::status::UNAUTHENTICATED_AS_400) => Code::INVALID_ARGUMENT,
        (_, 7) if switches.has(&defect::status::PERMISSION_DENIED_AS_404) => Code::NOT_FOUND,
        (Protocol::Grpc, 5) if switches.has(&defect::status::GRPC_NOT_FOUND_AS_UNKNOWN) => Code::UNKNOWN,
        (Protocol::Grpc, 16) if switches.has(&defect::status::GRPC_UNAUTHENTICATED_AS_PERMISSION_DENIED) => {
            Code::PERMISSION_DENIED
        }
        (Protocol::GrpcWeb, 7) if switches.has(&defect::status::GRPC_WEB_PERMISSION_DENIED_AS_INVALID_ARGUMENT) => {
            Code::INVALID_ARGUMENT
        }
        _ if is_limit && switches.has(&defect::status::LIMIT_AS_500) => Code::INTERNAL,
        _ if is_ceremony && switches.has(&defect::status::CEREMONY_REFUSAL_AS_500) => Code::INTERNAL,
        _ => return refused,
    };
    refused.disguised(code)
}

/// The texts of libraries and of the database that a defect passes on to the caller.
fn inner_text(switches: &Switches, id: &str) -> Option<&'static str> {
    match id {
        "REQUEST-json" if switches.has(&defect::robustness::ROBUST_LIBRARY_ERROR) => Some(LIBRARY_ERROR),
        "WEBAUTHN-challenge" if switches.has(&defect::robustness::ROBUST_FILE_AND_LINE) => Some(FILE_AND_LINE),
        "WEBAUTHN-credential-id-unique" if switches.has(&defect::robustness::ROBUST_SQL_ERROR) => Some(SQL_ERROR),
        _ => None,
    }
}

fn vary(switches: &Switches, protocol: Protocol, mut refused: Refused) -> Refused {
    let id = refused.id().to_owned();
    let is_ceremony = id.starts_with("WEBAUTHN-");
    if switches.varies(&variant::refusals::TEXTS) {
        OTHER_TEXT.clone_into(&mut refused.status.message);
    }
    if switches.varies(&variant::refusals::TEXTS_TECHNICAL) {
        TECHNICAL_TEXT.clone_into(&mut refused.status.message);
    }
    if switches.varies(&variant::refusals::IDS)
        && let Some(shown) = refused.status.details.first_mut().and_then(|detail| detail.get_mut("id"))
    {
        *shown = refusal::number(&id).into();
    }
    if is_ceremony && switches.varies(&variant::refusals::BODY_422) {
        refused.http_status = 422;
    }
    if id == "REQUEST-method" && switches.varies(&variant::refusals::METHOD_501) {
        refused.http_status = 501;
    }
    if id == "REQUEST-content-type" && switches.varies(&variant::refusals::CONTENT_TYPE_400) {
        refused.http_status = 400;
    }
    let is_unreadable = protocol != Protocol::Rest && ["REQUEST-frame", "REQUEST-message"].contains(&id.as_str());
    let code = match id.as_str() {
        "WEBAUTHN-credential-id-unique" if switches.varies(&variant::refusals::ALREADY_EXISTS) => {
            Some(Code::ALREADY_EXISTS)
        }
        "REQUEST-method" if switches.varies(&variant::refusals::METHOD_404) => Some(Code::NOT_FOUND),
        _ if is_ceremony && switches.varies(&variant::refusals::FAILED_PRECONDITION) => Some(Code::FAILED_PRECONDITION),
        _ if id.starts_with("LIMIT-") && switches.varies(&variant::refusals::OUT_OF_RANGE) => Some(Code::OUT_OF_RANGE),
        _ if is_unreadable && switches.varies(&variant::refusals::UNREADABLE_INTERNAL) => Some(Code::INTERNAL),
        _ => None,
    };
    if let Some(code) = code {
        refused = refused.disguised(code);
    }
    if switches.varies(&variant::refusals::WITHOUT_DETAILS) {
        refused.status.details.clear();
    }
    refused
}
