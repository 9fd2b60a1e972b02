//! The list of all checks.

use super::check::Check;
use super::{details, grpc, http, leak, options, protocol, robustness, shape, sharing, values};

/// Every check, in the order in which findings are listed.
pub const CHECKS: &[Check] = &[
    robustness::NO_SERVER_ERROR,
    leak::NO_TOKEN,
    leak::NO_OTHER_USER,
    leak::NO_STACK_TRACE,
    leak::NO_INTERNALS,
    protocol::READABLE,
    protocol::CONTENT_TYPE,
    protocol::SUCCESS_STATUS,
    protocol::REFUSAL_STATUS,
    protocol::ENDPOINT,
    protocol::GRPC_WEB_FRAMING,
    protocol::GRPC_STATUS,
    protocol::GRPC_MESSAGE,
    shape::ERROR_BODY,
    shape::ERROR_CODE,
    shape::ERROR_MESSAGE,
    shape::ERROR_DETAILS,
    shape::ERROR_TYPE,
    shape::START_DETAILS,
    shape::START_FACTOR_ID,
    shape::START_OPTIONS,
    shape::VERIFY,
    shape::REMOVE,
    details::SEQUENCE,
    details::CREATION_DATE,
    details::CHANGE_DATE,
    details::RESOURCE_OWNER,
    details::CHANGED_NOW,
    details::CREATED_BEFORE_CHANGED,
    options::MEMBERS,
    options::CHALLENGE,
    options::RP_ID,
    options::ENCODING,
    options::ATTACHMENT,
    values::TIMEOUT,
    values::ENUMERATIONS,
    values::RESIDENT_KEY,
    values::ALGORITHMS,
    values::EXTENSIONS,
    values::PERSONAL,
    http::CHALLENGE,
    http::BEARER,
    http::ALLOWED,
    http::DATED,
    http::FIELD_ONCE,
    http::FRAMING,
    http::CONDITIONAL,
    http::REDIRECT,
    http::TRACE,
    http::JSON_UTF8,
    http::REFUSAL_CODE,
    sharing::CACHE,
    sharing::CREDENTIALS,
    sharing::VARIES,
    sharing::EXPOSED,
    sharing::CODING,
    sharing::CODING_NAMED,
    grpc::HTTP_STATUS,
    grpc::STATUS_PLACE,
    grpc::MESSAGE_ENCODED,
    grpc::ENCODING_UNKNOWN,
    grpc::UNKNOWN_METHOD,
    grpc::WEB_LOWER_CASE,
];

/// Ids of the checks that need information that records do not hold: secrets, and what belongs to whom.
pub const NEED_SECRET: [&str; 2] = [NO_TOKEN, NO_OTHER_USER];
/// The check that looks for tokens.
pub const NO_TOKEN: &str = leak::NO_TOKEN.id;
/// The check that looks for what belongs to other users.
pub const NO_OTHER_USER: &str = leak::NO_OTHER_USER.id;

/// Ids of the checks that depend on the request or on the connection, in ways that records do not hold.
pub const NEED_REQUEST: [&str; 12] = [
    http::ALLOWED.id,
    http::FRAMING.id,
    http::CONDITIONAL.id,
    http::REDIRECT.id,
    http::TRACE.id,
    sharing::CACHE.id,
    sharing::CREDENTIALS.id,
    sharing::VARIES.id,
    sharing::EXPOSED.id,
    sharing::CODING.id,
    grpc::ENCODING_UNKNOWN.id,
    grpc::UNKNOWN_METHOD.id,
];
