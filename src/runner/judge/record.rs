//! Exchanges for people: readable, cut, and without secrets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::played::{Context, Played};
use crate::outcome::{
    CaseRecord, CredentialRecord, Evidence, ExchangeRecord, Finding, Profile, Reason, RecordedBody, exchange_text,
};
use crate::runner::sending::attempts::Try;
use crate::scenario::Test;
use crate::transport::Exchange;
use crate::wire::secret::Masker;

/// Bytes of a reply's body up to which it is recorded whole.
const MOST_RECORDED: usize = 16 * 1024;

/// One exchange as records hold it.
pub(crate) fn exchange(played: &Played, masker: &Masker) -> ExchangeRecord {
    let evidence = played.context.as_ref().map(|context| evidence(&played.exchange, context, masker));
    let tries = played.tries.iter().map(Try::record).collect();
    ExchangeRecord { tries, ..exchange_text::exchange(&played.exchange, evidence, masker) }
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
        attachment: context.attachment.clone(),
        expected: context.expected.clone(),
    }
}

/// A credential that was sent, beside the good one.
pub(crate) fn credential(sent: &[u8], good: Option<&[u8]>, mutations: &[String]) -> CredentialRecord {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    // A mutation of the JSON value is in the text too; one of the text is in it alone.
    let sent = text(sent);
    let good = good.map_or_else(|| sent.clone(), text);
    CredentialRecord { sent, good, mutations: mutations.to_vec() }
}

/// The record with every known secret masked in every text.
pub(crate) fn masked(record: CaseRecord, masker: &Masker) -> CaseRecord {
    let masked = serde_json::to_value(&record).and_then(|mut value| {
        if mask_strings(&mut value, masker) { serde_json::from_value(value).map(Some) } else { Ok(None) }
    });
    match masked {
        Ok(Some(masked)) => masked,
        Ok(None) => record,
        // A record without details is better than one with a secret.
        Err(_) => {
            let received = "a name in the record contains a secret, so the record can't be shown";
            let finding = Finding::new("runner", "", Reason::HarnessBug, "a record without secrets", received);
            let mut bare = CaseRecord::empty("masked", "masked");
            bare.findings = vec![finding];
            bare.decide(Profile::default());
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

/// The record of a test, without findings yet.
pub(crate) fn record_of(test: &Test) -> CaseRecord {
    let mut record = CaseRecord::empty(&test.id, &test.case.id);
    record.title.clone_from(&test.case.title);
    record.flow = test.flow.slug().to_owned();
    record.protocol = test.protocol.slug().to_owned();
    record.clauses.clone_from(&test.case.clauses);
    record.suite.clone_from(&test.case.file);
    record.basis = Some(test.case.basis());
    record.source.clone_from(&test.case.source);
    record
}

/// The record of a test that panicked: a fault of proofmark.
pub(crate) fn of_bug(id: &str, error: &tokio::task::JoinError) -> CaseRecord {
    let mut record = CaseRecord::empty(id, id);
    record.findings = vec![Finding::new("runner", "", Reason::HarnessBug, "no panic", error.to_string())];
    record.decide(crate::outcome::Profile::default());
    record
}
