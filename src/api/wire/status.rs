//! Error codes and the error body that REST and gRPC share.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value, json};

use super::percent;
use super::schema::{self, AnyParts, SchemaError};

/// Header that carries the code.
pub const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Header that carries the percent-encoded message.
pub const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// Header that carries a base64 `google.rpc.Status`.
pub const GRPC_STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// The gRPC specification writes unpadded base64 and reads both.
const EITHER_PADDING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A canonical gRPC status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(i32);

/// Number, name and the HTTP status of the usual mapping (google.rpc.Code).
const CODES: [(&str, u16); 17] = [
    ("OK", 200),
    ("CANCELLED", 499),
    ("UNKNOWN", 500),
    ("INVALID_ARGUMENT", 400),
    ("DEADLINE_EXCEEDED", 504),
    ("NOT_FOUND", 404),
    ("ALREADY_EXISTS", 409),
    ("PERMISSION_DENIED", 403),
    ("RESOURCE_EXHAUSTED", 429),
    ("FAILED_PRECONDITION", 400),
    ("ABORTED", 409),
    ("OUT_OF_RANGE", 400),
    ("UNIMPLEMENTED", 501),
    ("INTERNAL", 500),
    ("UNAVAILABLE", 503),
    ("DATA_LOSS", 500),
    ("UNAUTHENTICATED", 401),
];

impl Code {
    /// `OK`
    pub const OK: Code = Code(0);
    /// `UNKNOWN`
    pub const UNKNOWN: Code = Code(2);
    /// `INVALID_ARGUMENT`
    pub const INVALID_ARGUMENT: Code = Code(3);
    /// `NOT_FOUND`
    pub const NOT_FOUND: Code = Code(5);
    /// `ALREADY_EXISTS`
    pub const ALREADY_EXISTS: Code = Code(6);
    /// `PERMISSION_DENIED`
    pub const PERMISSION_DENIED: Code = Code(7);
    /// `RESOURCE_EXHAUSTED`
    pub const RESOURCE_EXHAUSTED: Code = Code(8);
    /// `FAILED_PRECONDITION`
    pub const FAILED_PRECONDITION: Code = Code(9);
    /// `OUT_OF_RANGE`
    pub const OUT_OF_RANGE: Code = Code(11);
    /// `UNIMPLEMENTED`
    pub const UNIMPLEMENTED: Code = Code(12);
    /// `INTERNAL`
    pub const INTERNAL: Code = Code(13);
    /// `UNAVAILABLE`
    pub const UNAVAILABLE: Code = Code(14);
    /// `UNAUTHENTICATED`
    pub const UNAUTHENTICATED: Code = Code(16);

    /// The code with this number, if it is one of the seventeen.
    pub fn new(number: i32) -> Option<Code> {
        usize::try_from(number).ok().filter(|index| *index < CODES.len()).map(|_| Code(number))
    }

    /// 0 to 16.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// Such as `NOT_FOUND`.
    pub fn name(self) -> &'static str {
        self.entry().0
    }

    /// The HTTP status that goes with the code.
    pub fn http_status(self) -> u16 {
        self.entry().1
    }

    fn entry(self) -> (&'static str, u16) {
        usize::try_from(self.0).ok().and_then(|index| CODES.get(index).copied()).unwrap_or(("UNKNOWN", 500))
    }
}

/// The documented error body, `{"code": int32, "message": string, "details": [{"@type": string, ..}]}`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Status {
    /// gRPC status code; any int32, since a server may send a number that is not a [`Code`].
    pub code: i32,
    /// Human text.
    pub message: String,
    /// Each an object with `@type`.
    pub details: Vec<Value>,
}

impl Status {
    /// The JSON form.
    pub fn to_json(&self) -> Value {
        json!({ "code": self.code, "message": self.message, "details": self.details })
    }

    /// Reads the JSON form leniently: a member that is missing or of another type gets its default.
    pub fn from_json(value: &Value) -> Status {
        Status {
            code: value.get("code").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok()).unwrap_or(0),
            message: value.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
            details: value.get("details").and_then(Value::as_array).cloned().unwrap_or_default(),
        }
    }

    /// The bytes of `google.rpc.Status`. A detail `{"@type": url, "value": base64}` whose type is unknown here is sent as those bytes.
    ///
    /// # Errors
    /// [`SchemaError`] if a detail is neither a message of its `@type` nor such raw bytes.
    pub fn encode(&self) -> Result<Vec<u8>, SchemaError> {
        let details = self.details.iter().map(detail_to_any).collect::<Result<Vec<_>, _>>()?;
        schema::encode_status(self.code, &self.message, &details)
    }

    /// Reads `google.rpc.Status`. A detail of a known type becomes `{"@type": url, ..members}`; one whose type is unknown or whose bytes
    /// are not that type becomes `{"@type": url, "value": base64}` and does not fail the rest.
    ///
    /// # Errors
    /// [`SchemaError::Bytes`] if the bytes are not a `google.rpc.Status` at all.
    pub fn decode(bytes: &[u8]) -> Result<Status, SchemaError> {
        let (code, message, details) = schema::decode_status(bytes)?;
        Ok(Status { code, message, details: details.iter().map(any_to_detail).collect() })
    }

    /// The three gRPC headers, for trailers, a trailer frame, or the headers of a reply without body. The details are sent only if there are some.
    ///
    /// # Errors
    /// As [`Status::encode`].
    pub fn to_headers(&self) -> Result<HeaderMap, SchemaError> {
        let mut headers = HeaderMap::new();
        headers.insert(GRPC_STATUS, HeaderValue::from(self.code));
        let values = [
            (GRPC_MESSAGE, (!self.message.is_empty()).then(|| percent::encode_message(&self.message))),
            (
                GRPC_STATUS_DETAILS,
                if self.details.is_empty() { None } else { Some(STANDARD_NO_PAD.encode(self.encode()?)) },
            ),
        ];
        for (name, value) in values {
            if let Some(value) = value.and_then(|text| HeaderValue::from_str(&text).ok()) {
                headers.insert(name, value);
            }
        }
        Ok(headers)
    }

    /// Reads the three gRPC headers; `None` if there is no `grpc-status`, or if it is not an int32. Details that cannot be read are left out;
    /// code and message come from their own headers even if the details have other values.
    pub fn from_headers(headers: &HeaderMap) -> Option<Status> {
        let code = headers.get(GRPC_STATUS)?.to_str().ok()?.trim().parse().ok()?;
        let message =
            headers.get(GRPC_MESSAGE).map(|value| percent::decode_message(value.as_bytes())).unwrap_or_default();
        let details = headers
            .get(GRPC_STATUS_DETAILS)
            .and_then(|value| Status::from_details_header(value.as_bytes()).ok())
            .map(|status| status.details)
            .unwrap_or_default();
        Some(Status { code, message, details })
    }

    /// Reads the value of `grpc-status-details-bin`.
    ///
    /// # Errors
    /// Why it is not base64 of a `google.rpc.Status`.
    pub fn from_details_header(value: &[u8]) -> Result<Status, String> {
        let bytes = EITHER_PADDING.decode(value).map_err(|error| format!("no base64: {error}"))?;
        Status::decode(&bytes).map_err(|error| error.to_string())
    }

    /// The id of the first detail that has one. Reason maps compare it.
    pub fn error_id(&self) -> Option<&str> {
        self.details.iter().find_map(|detail| detail.get("id").and_then(Value::as_str))
    }
}

fn detail_to_any(detail: &Value) -> Result<AnyParts, SchemaError> {
    let bad = |why: &str| SchemaError::Json { message: "google.protobuf.Any".to_owned(), why: why.to_owned() };
    let mut members = detail.as_object().cloned().ok_or_else(|| bad("not an object"))?;
    let Some(Value::String(url)) = members.remove("@type") else {
        return Err(bad("no @type"));
    };
    if let Some(bytes) = raw_value(&members) {
        return Ok((url, bytes));
    }
    let bytes = schema::encode(message_of(&url), &Value::Object(members))?;
    Ok((url, bytes))
}

fn raw_value(members: &Map<String, Value>) -> Option<Vec<u8>> {
    let value = members.get("value").filter(|_| members.len() == 1)?;
    EITHER_PADDING.decode(value.as_str()?).ok()
}

fn any_to_detail((url, bytes): &AnyParts) -> Value {
    let mut detail = Map::from_iter([("@type".to_owned(), json!(url))]);
    match schema::decode(message_of(url), bytes) {
        Ok(Value::Object(members)) if !message_of(url).starts_with("google.protobuf.") => detail.extend(members),
        _ => {
            detail.insert("value".to_owned(), json!(STANDARD.encode(bytes)));
        }
    }
    Value::Object(detail)
}

fn message_of(type_url: &str) -> &str {
    type_url.rsplit_once('/').map_or(type_url, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_that_do_not_decode_are_kept_as_bytes() {
        let known = "type.googleapis.com/zitadel.v1.ErrorDetail";
        let status = Status {
            code: 5,
            message: "gone".into(),
            details: vec![
                json!({"@type": known, "id": "X-1", "message": "m"}),
                json!({"@type": known, "value": "/w=="}),
                json!({"@type": "type.googleapis.com/other.Detail", "value": "AAE="}),
            ],
        };
        let bytes = status.encode().expect("encodes");
        assert_eq!(Status::decode(&bytes), Ok(status));
        assert!(Status::decode(b"\xff").is_err());
    }

    #[test]
    fn headers_round_trip() {
        let detail = json!({"@type": "type.googleapis.com/zitadel.v1.ErrorDetail", "id": "X-1"});
        let status = Status { code: 3, message: "über 100%\n".into(), details: vec![detail] };
        let mut headers = status.to_headers().expect("encodes");
        assert_eq!(headers[GRPC_MESSAGE], "%C3%BCber 100%25%0A");
        assert_eq!(Status::from_headers(&headers), Some(status.clone()));
        headers.insert(GRPC_STATUS_DETAILS, HeaderValue::from_static("!"));
        assert_eq!(Status::from_headers(&headers), Some(Status { details: vec![], ..status }));
        headers.insert(GRPC_STATUS, HeaderValue::from_static("five"));
        assert_eq!(Status::from_headers(&headers), None);
    }
}
