//! Exchanges for people: readable, cut, and without secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::player::{Context, MadeCredential, Played};
use crate::outcome::{CaseRecord, CredentialRecord, Evidence, ExchangeRecord, Finding, Reason, RecordedBody};
use crate::transport::{Exchange, Reply};
use crate::wire::secret::Masker;

/// Characters of a body that are kept.
const MOST: usize = 2_000;

/// Bytes of a reply's body up to which it is recorded whole.
const MOST_RECORDED: usize = 16 * 1024;

/// One exchange as records hold it.
pub(super) fn exchange(played: &Played, masker: &Masker) -> ExchangeRecord {
    let exchange = &played.exchange;
    let grpc = exchange.trailers.get("grpc-status").or_else(|| exchange.headers.get("grpc-status"));
    let grpc = grpc.map(|value| format!(", grpc-status {}", String::from_utf8_lossy(value.as_bytes())));
    let response_body = match &exchange.reply {
        Reply::Success(value) => value.to_string(),
        Reply::Refusal(refusal) => match &refusal.json {
            Some(json) => json.to_string(),
            None => String::from_utf8_lossy(&exchange.body).into_owned(),
        },
        Reply::Unreadable(_) => String::from_utf8_lossy(&exchange.body).into_owned(),
    };
    let status = match exchange.http_status {
        0 => "no reply".to_owned(),
        http => format!("HTTP {http}{}", grpc.unwrap_or_default()),
    };
    ExchangeRecord {
        operation: exchange.endpoint.name.to_owned(),
        request: format!("{} {}", exchange.request.method, exchange.request.url),
        request_body: cut(&masker.mask(&readable_request(exchange))),
        status,
        response_body: cut(&masker.mask(&response_body)),
        duration_us: u64::try_from(exchange.timings.last_byte.as_micros()).unwrap_or(u64::MAX),
        evidence: played.context.as_ref().map(|context| evidence(exchange, context, masker)),
    }
}

/// What the exchange was judged by.
fn evidence(exchange: &Exchange, context: &Context, masker: &Masker) -> Evidence {
    let lines = |headers: &HeaderMap| {
        let line = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), masker.mask(&String::from_utf8_lossy(value.as_bytes())).into_owned())
        };
        headers.iter().map(line).collect()
    };
    let body = match std::str::from_utf8(&exchange.body) {
        _ if exchange.body.len() > MOST_RECORDED => RecordedBody::LeftOut(exchange.body.len()),
        Ok(text) => RecordedBody::Text(masker.mask(text).into_owned()),
        Err(_) => RecordedBody::Base64(STANDARD.encode(&exchange.body)),
    };
    Evidence {
        flow: exchange.endpoint.flow.slug().to_owned(),
        operation: exchange.endpoint.operation.slug().to_owned(),
        protocol: exchange.protocol.slug().to_owned(),
        http_status: exchange.http_status,
        headers: lines(&exchange.headers),
        trailers: lines(&exchange.trailers),
        body,
        undocumented_request: context.undocumented_request,
        malformed: context.malformed,
        rp_id: context.rp_id.clone(),
        expected: context.expected.clone(),
    }
}

/// A credential that was sent, beside the good one.
pub(super) fn credential(made: &MadeCredential, good: Option<Vec<u8>>) -> CredentialRecord {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // A mutation of the JSON value is in the text too; one of the text is in it alone.
    let sent = text(&made.created.text);
    let good = good.as_deref().map_or_else(|| sent.clone(), text);
    CredentialRecord { sent, good, mutations: made.recipe.mutations.clone() }
}

/// JSON as it is; a well-formed frame as the JSON of its message; anything else as text with its length.
fn readable_request(exchange: &Exchange) -> String {
    let body = &exchange.request.body;
    let framed = crate::wire::framing::parse(body).ok().and_then(|frames| frames.into_iter().next());
    let message = framed
        .filter(|_| exchange.protocol != crate::contract::Protocol::Rest)
        .and_then(|frame| crate::wire::schema::decode(exchange.endpoint.grpc.request, &frame.payload).ok());
    message.map_or_else(|| String::from_utf8_lossy(body).into_owned(), |message| message.to_string())
}

fn cut(text: &str) -> String {
    let count = text.chars().count();
    if count <= MOST {
        return text.to_owned();
    }
    format!("{} ... ({count} characters)", text.chars().take(MOST).collect::<String>())
}

/// The record with every known secret masked in every text.
pub(super) fn masked(record: CaseRecord, masker: &Masker) -> CaseRecord {
    let masked = serde_json::to_value(&record).and_then(|mut value| {
        if mask_strings(&mut value, masker) { serde_json::from_value(value).map(Some) } else { Ok(None) }
    });
    match masked {
        Ok(Some(masked)) => masked,
        Ok(None) => record,
        // Rather no details than a secret.
        Err(_) => {
            let received = "a secret is part of a name, so that the record can't be shown";
            let finding = Finding::new("runner", "", Reason::HarnessBug, "a record without secrets", received);
            let mut bare = super::case::empty_record("masked", "masked");
            bare.findings = vec![finding];
            bare.decide();
            bare
        }
    }
}

/// Whether anything was masked.
fn mask_strings(value: &mut Value, masker: &Masker) -> bool {
    match value {
        Value::String(text) => {
            let masked = masker.mask(text);
            let changed = masked != text.as_str();
            if changed {
                *text = masked.into_owned();
            }
            changed
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| mask_strings(item, masker) | changed),
        Value::Object(map) => map.values_mut().fold(false, |changed, item| mask_strings(item, masker) | changed),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::secret::Secret;

    #[test]
    fn a_secret_is_masked_before_a_body_is_cut() {
        let masker = Masker::new([&Secret::new("a-secret-of-24-characters")]);
        let body = format!("{}a-secret-of-24-characters", "x".repeat(MOST - 10));
        let shown = cut(&masker.mask(&body));
        assert!(!shown.contains("a-secret"), "{}", &shown[MOST - 20..]);
    }
}
