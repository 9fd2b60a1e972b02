//! Exchanges for people: readable, cut, and without secrets.

use super::evidence::Evidence;
use super::record::ExchangeRecord;
use super::slow::LARGE;
use crate::contract::Protocol;
use crate::transport::{Exchange, Reply};
use crate::wire::secret::Masker;
use crate::wire::{framing, schema};
use crate::words::beginning;

/// Characters of a body that are kept.
const MOST: usize = 2_000;

/// One exchange as records hold it; HTTP status 0 stands for no reply.
pub fn exchange(exchange: &Exchange, evidence: Option<Evidence>, masker: &Masker) -> ExchangeRecord {
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
        large_request: Some(exchange.request.body.len()).filter(|bytes| *bytes >= LARGE),
        status,
        response_body: cut(&masker.mask(&response_body)),
        duration_us: u64::try_from(exchange.timings.last_byte.as_micros()).unwrap_or(u64::MAX),
        evidence,
        tries: Vec::new(),
    }
}

/// JSON as it is; a well-formed frame as the JSON of its message; anything else as text with its length.
fn readable_request(exchange: &Exchange) -> String {
    let body = &exchange.request.body;
    let framed = framing::parse(body).ok().and_then(|frames| frames.into_iter().next());
    let binding = exchange.endpoint.grpc.as_ref().filter(|_| exchange.protocol != Protocol::Rest);
    let message = framed.zip(binding).and_then(|(frame, grpc)| schema::decode(grpc.request, &frame.payload).ok());
    message.map_or_else(|| String::from_utf8_lossy(body).into_owned(), |message| message.to_string())
}

fn cut(text: &str) -> String {
    let count = text.chars().count();
    if count <= MOST {
        return text.to_owned();
    }
    format!("{} ... ({count} characters)", beginning(text, MOST))
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
