//! What is checked of client data, in any ceremony.

use serde_json::Value;

use super::context::{Context, Row, holds, show};
use super::step::Step;
use crate::webauthn::base64;
use crate::webauthn::client_data::ReceivedClientData;

/// The checks in the order of evaluation.
pub(super) const CHECKS: &[Row<ReceivedClientData>] = &[
    (Step::Type, is_of_type),
    (Step::Challenge, has_challenge),
    (Step::Origin, has_origin),
    (Step::CrossOrigin, may_be_cross_origin),
    (Step::TopOrigin, has_top_origin),
];

fn is_of_type(context: &Context<'_>, data: &ReceivedClientData) -> Result<(), String> {
    let expected = context.procedure.client_data_type;
    let is_it = text(&data.r#type) == Some(expected);
    holds(is_it, || format!("type is {}, not \"{expected}\"", show(&data.r#type)))
}

fn has_challenge(context: &Context<'_>, data: &ReceivedClientData) -> Result<(), String> {
    let is_it = text(&data.challenge) == Some(&base64::encode_url(context.ceremony.challenge));
    holds(is_it, || format!("challenge is {}, not the one that was sent", show(&data.challenge)))
}

fn has_origin(context: &Context<'_>, data: &ReceivedClientData) -> Result<(), String> {
    let is_it = is_expected(context.ceremony.origins, &data.origin);
    holds(is_it, || format!("origin is {}, which is not expected", show(&data.origin)))
}

fn may_be_cross_origin(context: &Context<'_>, data: &ReceivedClientData) -> Result<(), String> {
    let stands = match &data.cross_origin {
        None | Some(Value::Bool(false)) => true,
        Some(Value::Bool(true)) => context.ceremony.allow_cross_origin,
        Some(_) => false,
    };
    holds(stands, || format!("crossOrigin is {}, which is not expected", show(&data.cross_origin)))
}

fn has_top_origin(context: &Context<'_>, data: &ReceivedClientData) -> Result<(), String> {
    let ceremony = context.ceremony;
    let stands = data.top_origin.is_none()
        || (ceremony.allow_cross_origin && is_expected(ceremony.top_origins, &data.top_origin));
    holds(stands, || format!("topOrigin is {}, which is not expected", show(&data.top_origin)))
}

fn text(member: &Option<Value>) -> Option<&str> {
    member.as_ref().and_then(Value::as_str)
}

fn is_expected(origins: &[String], origin: &Option<Value>) -> bool {
    text(origin).is_some_and(|origin| origins.iter().any(|expected| expected == origin))
}
