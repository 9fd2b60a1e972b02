//! Each defect of the classes about sequences, stored data, leaks, carriers, HTTP, identifiers and algorithms shows: a probe sees on the
//! clean server what is right, and on the faulty one what is wrong. One that changes nothing would be worth nothing.

mod algorithm;
mod canary;
mod carrier;
mod http;
mod identifier;
mod rare;
mod sequence;
mod stored;
pub mod variant;

use std::collections::BTreeSet;
use std::pin::Pin;

use ::http::{HeaderMap, Method, StatusCode};
use bytes::Bytes;
use proofmark::authenticator::{CreationRequest, Format};
use proofmark::contract::{Flow, Operation, Protocol, What};
use proofmark::server::defect::{self, Defect};
use proofmark::server::variant::Variant;
use proofmark::transport::{Exchange, Reply};
use proofmark::wire::secret::Secret;
use proofmark::wire::{framing, schema};
use serde_json::{Value, json};

use super::{Session, Started, World, endpoint, error_id};

type Seen<'w> = Pin<Box<dyn Future<Output = String> + 'w>>;

/// A defect, how it is looked at, what a correct server shows and what the faulty one shows.
type Row = (&'static str, for<'w> fn(&'w World) -> Seen<'w>, &'static str, &'static str);

/// Every defect of the class has its row, and shows in it.
async fn assert_shows(class: &str, rows: &[Row]) {
    let (_, defects) = defect::CLASSES.iter().find(|(name, _)| *name == class).expect("a class");
    let wanted: BTreeSet<&str> = defects.iter().map(|defect| defect.id).collect();
    let looked_at: BTreeSet<&str> = rows.iter().map(|(id, ..)| *id).collect();
    assert_eq!(looked_at, wanted);
    assert_differ(rows, |id| (vec![Defect::find(id).expect("listed")], Vec::new())).await;
}

/// What each row says of the usual server and of the other one.
async fn assert_differ(rows: &[Row], other: impl Fn(&str) -> (Vec<&'static Defect>, Vec<&'static Variant>)) {
    let mut wrong = Vec::new();
    for (id, probe, right, otherwise) in rows {
        let usual = probe(&World::new().await).await;
        let (defects, variants) = other(id);
        let seen = probe(&World::with(defects, variants).await).await;
        if (usual.as_str(), seen.as_str()) != (*right, *otherwise) {
            wrong.push(format!("{id}: {usual} without, {seen} with it, not {right} and {otherwise}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// One of two words.
fn either(holds: bool, yes: &str, no: &str) -> String {
    if holds { yes } else { no }.to_owned()
}

/// `accepted`, or the id of the refusal.
fn outcome(exchange: &Exchange) -> String {
    match &exchange.reply {
        Reply::Success(_) => "accepted".to_owned(),
        _ => error_id(exchange),
    }
}

/// Whether a text is anywhere in a reply.
fn tells(exchange: &Exchange, text: &str) -> String {
    let shown = format!("{:?} {:?} {:?}", exchange.headers, exchange.trailers, exchange.reply);
    either(shown.contains(text), "tells", "quiet")
}

/// Enrols a credential under a name; gives the start and the credential id.
async fn enrol(session: &Session<'_>, name: &str) -> (Started, Vec<u8>) {
    let started = session.start().await;
    let credential = session.create(&started, Format::None);
    let message = session.verify_message(&started.factor_id, &credential.json, name);
    assert_eq!(outcome(&session.send(Operation::Verify, message).await), "accepted");
    (started, credential.credential_id)
}

/// Verifies a start with a credential of this id.
async fn verify_as(session: &Session<'_>, started: &Started, id: &[u8], name: &str) -> Exchange {
    let mut request = CreationRequest::new(session.world.fresh_seed(), Format::None);
    request.credential_id = Some(id.to_vec());
    let credential = session.create_as(started, &proofmark::authenticator::Client::new("https://localhost"), &request);
    session.send(Operation::Verify, session.verify_message(&started.factor_id, &credential.json, name)).await
}

/// The names in the list, in its order; of v2's second factors in that of v1.
async fn names(session: &Session<'_>) -> String {
    let names = listed(session).await.into_iter().map(|(_, name)| name);
    names.collect::<Vec<_>>().join(" ")
}

/// Ids and names.
async fn listed(session: &Session<'_>) -> Vec<(String, String)> {
    let flow = if session.flow == Flow::V2_U2F { Flow::V1_U2F } else { session.flow };
    let of_flow = Session { flow, world: session.world, protocol: session.protocol, account: session.account.clone() };
    of_flow.list().await.expect("a list")
}

/// How many credentials the next options exclude.
async fn excluded(session: &Session<'_>) -> String {
    session.start().await.options.exclude_credentials.len().to_string()
}

fn session(world: &World, flow: Flow, protocol: Protocol) -> Session<'_> {
    Session::new(world, flow, protocol, 0)
}

/// A reply over HTTP, as it came.
struct Raw {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Raw {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn header(&self, name: &str) -> String {
        self.headers.get(name).map_or_else(|| "none".to_owned(), |value| value.to_str().expect("text").to_owned())
    }

    /// The user whose handle options have: `own` for the first subject, `other` for the second.
    fn acted_on(&self, world: &World) -> String {
        let text = String::from_utf8_lossy(&self.body).into_owned();
        let text = match self.json().pointer("/key/publicKey").and_then(Value::as_str) {
            Some(options) => String::from_utf8_lossy(&decoded(options)).into_owned(),
            None => text,
        };
        let has = |index: usize| {
            text.contains(&proofmark::webauthn::base64::encode_url(world.subject(index).user_id.as_bytes()))
        };
        match (self.status.as_u16(), has(0), has(1)) {
            (200, true, false) => "own".to_owned(),
            (200, false, true) => "other".to_owned(),
            (status, ..) => status.to_string(),
        }
    }
}

fn decoded(text: &str) -> Vec<u8> {
    proofmark::webauthn::base64::decode_any(text).expect("base64")
}

/// The path of an operation on the session's user, and on a factor.
fn path(session: &Session<'_>, operation: Operation, factor_id: &str) -> String {
    let endpoint = endpoint(session.flow, operation);
    let path = endpoint.rest.path.replace("{userId}", &session.account.user_id);
    endpoint.asks(What::FactorId).map_or(path.clone(), |slot| path.replace(&format!("{{{}}}", slot.name()), factor_id))
}

/// A client that shows codings as they come.
fn client() -> reqwest::Client {
    reqwest::Client::builder().no_gzip().build().expect("a client")
}

/// Sends a request over HTTP/1.1 with the session's token; an empty one sends none.
async fn send(session: &Session<'_>, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Raw {
    let client = client();
    send_by(&client, session, method, path, headers, body).await
}

async fn send_by(
    client: &reqwest::Client,
    session: &Session<'_>,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Raw {
    let url = format!("{}{path}", session.world.server.base_url());
    let mut request = client.request(method, url).body(body.to_owned());
    if !session.account.token.expose().is_empty() {
        request = request.bearer_auth(session.account.token.expose());
    }
    if !body.is_empty() && !headers.iter().any(|(name, _)| *name == "content-type") {
        request = request.header("content-type", "application/json");
    }
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.expect("a reply");
    let (status, headers) = (response.status(), response.headers().clone());
    Raw { status, headers, body: response.bytes().await.expect("a body") }
}

/// A gRPC call with further metadata: the message of the reply.
async fn send_grpc(session: &Session<'_>, operation: Operation, metadata: &[(&str, &str)]) -> Value {
    let grpc = endpoint(session.flow, operation).grpc.as_ref().expect("a method");
    let message = schema::encode(grpc.request, &session.message(operation, "")).expect("encoded");
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let url = format!("{}{}", session.world.server.base_url(), grpc.path());
    let request = client.post(url).bearer_auth(session.account.token.expose());
    let request = request.header("content-type", "application/grpc").header("te", "trailers");
    let request = metadata.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.body(framing::frame(framing::FLAG_MESSAGE, &message)).send().await.expect("a reply");
    let frames = framing::parse(&response.bytes().await.expect("a body")).expect("frames");
    schema::decode(grpc.response, &frames.first().expect("a message").payload).unwrap_or_else(|_| json!({}))
}

/// The administrator's session on the same user.
fn administrator(mut session: Session<'_>) -> Session<'_> {
    session.account.token = Secret::new(session.world.admin());
    session
}

/// The session of nobody: without a token.
fn nobody(mut session: Session<'_>) -> Session<'_> {
    session.account.token = Secret::new("");
    session
}
