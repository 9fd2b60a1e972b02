//! The null server: the cheapest server that a load generator can't tell from a correct one as long as it sends what is good. It
//! answers start, verify and remove of all flows over all protocols with documented replies, fresh challenges and the user's own
//! handle, and checks nothing. The rate that a load run reaches against it is the generator's own limit.
//!
//! Replies are written once, with marks where values are filled in. The server remembers only names: where a remove needs an id
//! that is only in a list, the list finds it by the name of the verify.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, on};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::{BodyExt as _, Full};
use jiff::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use futures_util::future::BoxFuture;

use super::accounts::accounts_of;
use super::config::ServerConfig;
use super::counts::Counts;
use super::factors::{self, READY};
use super::listener::Manner;
use super::running::{RunningServer, Server};
use super::store::{Store, User};
use super::{body, listener, rest};
use crate::contract::{Contract, Endpoint, Flow, Form, Operation, Protocol, What};
use crate::wire::{framing, schema};

/// How old a reply may be: its details have the time of the change, which has to be about now.
const FRESH: Duration = Duration::from_secs(60);

/// The only factor of a user whose factors are listed.
const THE_FACTOR: &str = "100000000000000000";

impl Server {
    /// Like [`Server::start`], but a server that checks nothing and has no defects.
    ///
    /// # Errors
    /// The error of binding the address.
    pub fn start_null(config: ServerConfig) -> BoxFuture<'static, io::Result<RunningServer>> {
        Box::pin(Server::serve_null(config))
    }

    async fn serve_null(config: ServerConfig) -> io::Result<RunningServer> {
        let store = Store::new(config.seed, config.users);
        let (accounts, counts) = (accounts_of(&store), Arc::new(Counts::default()));
        let random = Mutex::new(ChaCha8Rng::seed_from_u64(config.seed));
        let null = Null { store, random, names: Mutex::default(), counts: Arc::clone(&counts) };
        let router = router(&Arc::new(null), config.contract, &config.rp_id).map_err(io::Error::other)?;
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = watch::channel(false);
        let manner =
            Manner { max_connections: config.max_connections, has_title_case: false, remembers_callers: false };
        let task = tokio::spawn(listener::run(listener, router, manner, stopped));
        let (rp_id, origin) = (config.rp_id, config.origin);
        let (contract, domains) = (config.contract, Vec::new());
        Ok(RunningServer {
            contract,
            address,
            accounts,
            rp_id,
            domains,
            origin,
            has_trust_anchors: false,
            counts,
            stop,
            task,
        })
    }
}

fn router(null: &Arc<Null>, contract: &Contract, rp_id: &str) -> Result<Router, schema::SchemaError> {
    let mut router = Router::new();
    for endpoint in contract.endpoints() {
        let replies = Arc::new(Replies::new(endpoint, rp_id)?);
        let handler = |is_rest: bool| {
            let (null, replies) = (Arc::clone(null), Arc::clone(&replies));
            move |request: Request| async move {
                let protocol = if is_rest { Protocol::Rest } else { grpc_protocol(request.headers()) };
                null.answer(protocol, &replies, request).await
            }
        };
        router = router.route(endpoint.rest.path, on(rest::documented_method(endpoint), handler(true)));
        if let Some(grpc) = &endpoint.grpc {
            router = router.route(&grpc.path(), any(handler(false)));
        }
    }
    Ok(router)
}

fn grpc_protocol(headers: &HeaderMap) -> Protocol {
    let is_web = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/grpc-web"));
    if is_web { Protocol::GrpcWeb } else { Protocol::Grpc }
}

struct Null {
    store: Store,
    random: Mutex<ChaCha8Rng>,
    /// Names of the factors whose ids are only in a list, by the index of their user.
    names: Mutex<HashMap<u64, String>>,
    counts: Arc<Counts>,
}

impl Null {
    async fn answer(&self, protocol: Protocol, replies: &Replies, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let endpoint = replies.endpoint;
        // It has to be read in any case, or the connection is lost.
        let Ok(body) = body::read(body, body::MAX_MESSAGE + framing::PREFIX).await else {
            return status_only(StatusCode::BAD_REQUEST);
        };
        let Some(user) = self.user(&parts.headers) else { return status_only(StatusCode::UNAUTHORIZED) };
        self.counts.add(endpoint.operation);
        if endpoint.operation == Operation::Verify && !endpoint.flow.names_registration() {
            let name = name(endpoint, protocol, &body).unwrap_or_default();
            self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(user.index, name);
        }
        let message = match endpoint.operation {
            Operation::List => self.list(endpoint, protocol, user),
            Operation::Start => replies.at(Instant::now()).of(protocol).fill(&self.draw(user)),
            Operation::Verify | Operation::Remove => replies.at(Instant::now()).of(protocol).fill(&[]),
        };
        respond(protocol, message)
    }

    fn user(&self, headers: &HeaderMap) -> Option<&Arc<User>> {
        let (_, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
        self.store.user_of_token(token)
    }

    fn draw(&self, user: &User) -> [(Mark, String); 3] {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let mut challenge = [0; 32];
        random.fill_bytes(&mut challenge);
        let id = random.next_u64() >> 8;
        drop(random);
        [
            (Mark::Challenge, URL_SAFE_NO_PAD.encode(challenge)),
            (Mark::Handle, URL_SAFE_NO_PAD.encode(&user.id)),
            (Mark::FactorId, format!("{id:018}")),
        ]
    }

    fn list(&self, endpoint: &Endpoint, protocol: Protocol, user: &User) -> Vec<u8> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let factor = names.get(&user.index).map(|name| factors::entry(endpoint.flow, READY, THE_FACTOR, name));
        drop(names);
        let reply = factors::filled(endpoint.flow, factor.into_iter().collect());
        match &endpoint.grpc {
            Some(grpc) if protocol != Protocol::Rest => schema::encode(grpc.response, &reply).unwrap_or_default(),
            _ => reply.to_string().into_bytes(),
        }
    }
}

/// The name that a verify gives its factor.
fn name(endpoint: &Endpoint, protocol: Protocol, body: &[u8]) -> Option<String> {
    let message: Value = match &endpoint.grpc {
        Some(grpc) if protocol != Protocol::Rest => schema::decode(grpc.request, body.get(framing::PREFIX..)?).ok()?,
        _ => serde_json::from_slice(body).ok()?,
    };
    endpoint.asked(What::FactorName, &message).map(str::to_owned)
}

fn respond(protocol: Protocol, message: Vec<u8>) -> Response {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = match protocol {
        Protocol::Rest => Body::from(message),
        Protocol::Grpc => {
            let frame = Full::new(framing::frame(framing::FLAG_MESSAGE, &message));
            Body::new(frame.with_trailers(async { Some(Ok(trailers)) }))
        }
        Protocol::GrpcWeb => {
            let message = framing::frame(framing::FLAG_MESSAGE, &message);
            let trailers = framing::frame(framing::FLAG_TRAILERS, &framing::encode_trailers(&trailers));
            Body::from(Bytes::from([message, trailers].concat()))
        }
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(protocol.content_type()));
    response
}

fn status_only(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// A part that is filled in. A mark is as long as the value that replaces it, and is the same in JSON and protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// 32 bytes in base64url.
    Challenge,
    /// A user id of 18 digits in base64url.
    Handle,
    /// 18 digits.
    FactorId,
}

impl Mark {
    const ALL: [Mark; 3] = [Mark::Challenge, Mark::Handle, Mark::FactorId];

    fn text(self) -> String {
        match self {
            Mark::Challenge => "!".repeat(43),
            Mark::Handle => "*".repeat(24),
            Mark::FactorId => "#".repeat(18),
        }
    }
}

/// The replies of one endpoint, written again as time goes by.
struct Replies {
    endpoint: &'static Endpoint,
    rp_id: String,
    written: Mutex<(Instant, Arc<Written>)>,
}

/// The replies of a moment.
struct Written {
    rest: Template,
    grpc: Template,
}

impl Replies {
    fn new(endpoint: &'static Endpoint, rp_id: &str) -> Result<Replies, schema::SchemaError> {
        let written = Arc::new(Written::now(endpoint, rp_id)?);
        Ok(Replies { endpoint, rp_id: rp_id.to_owned(), written: Mutex::new((Instant::now(), written)) })
    }

    fn at(&self, now: Instant) -> Arc<Written> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(written.0) > FRESH {
            // It was written once, so it can be written again.
            if let Ok(new) = Written::now(self.endpoint, &self.rp_id) {
                *written = (now, Arc::new(new));
            }
        }
        Arc::clone(&written.1)
    }
}

impl Written {
    fn now(endpoint: &Endpoint, rp_id: &str) -> Result<Written, schema::SchemaError> {
        let now = format!("{:.6}", Timestamp::now());
        let details = json!({ "sequence": "1", "creationDate": now, "changeDate": now, "resourceOwner": THE_FACTOR });
        let (mut reply, mut coded) = (json!({}), None);
        endpoint.answer(What::Details, &mut reply, details);
        endpoint.answer(What::FactorId, &mut reply, Mark::FactorId.text());
        if let Some(slot) = endpoint.answers(What::Options) {
            let options = options(endpoint.flow, rp_id);
            slot.put(
                &mut reply,
                match slot.form {
                    Form::Json => options,
                    Form::Base64 => STANDARD.encode(coded.insert(options.to_string())).into(),
                },
            );
        }
        let grpc = match &endpoint.grpc {
            Some(grpc) => schema::encode(grpc.response, &reply)?,
            None => Vec::new(),
        };
        let grpc = Template::new(grpc);
        let text = reply.to_string();
        let rest = coded.and_then(|options| Template::with_base64(&text, options));
        Ok(Written { rest: rest.unwrap_or_else(|| Template::new(text.into_bytes())), grpc })
    }

    fn of(&self, protocol: Protocol) -> &Template {
        if protocol == Protocol::Rest { &self.rest } else { &self.grpc }
    }
}

fn options(flow: Flow, rp_id: &str) -> Value {
    let is_passkey = !flow.is_u2f();
    json!({ "publicKey": {
        "rp": { "id": rp_id, "name": "Null server" },
        "user": { "id": Mark::Handle.text(), "name": "user", "displayName": "User" },
        "challenge": Mark::Challenge.text(),
        "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
        "timeout": 300_000,
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": if is_passkey { "required" } else { "discouraged" },
            "requireResidentKey": is_passkey,
            "userVerification": if flow.verifies_user() { "required" } else { "discouraged" },
        },
        "attestation": "none",
    }})
}

/// A reply with marks.
struct Template {
    /// The part before the one in base64; everything if there is no part in base64.
    before: Marked,
    /// The part that is sent in base64, as v1 sends options in JSON, and the part behind it.
    coded: Option<(Marked, Vec<u8>)>,
}

struct Marked {
    bytes: Vec<u8>,
    places: Vec<(Mark, usize)>,
}

impl Template {
    fn new(bytes: Vec<u8>) -> Template {
        Template { before: Marked::new(bytes), coded: None }
    }

    /// A text that contains another one in base64.
    fn with_base64(text: &str, inner: String) -> Option<Template> {
        let (before, after) = text.split_once(&STANDARD.encode(&inner))?;
        let before = Marked::new(before.as_bytes().to_vec());
        Some(Template { before, coded: Some((Marked::new(inner.into_bytes()), after.as_bytes().to_vec())) })
    }

    fn fill(&self, filling: &[(Mark, String)]) -> Vec<u8> {
        let mut filled = self.before.fill(filling);
        if let Some((inner, after)) = &self.coded {
            filled.extend_from_slice(STANDARD.encode(inner.fill(filling)).as_bytes());
            filled.extend_from_slice(after);
        }
        filled
    }
}

impl Marked {
    fn new(bytes: Vec<u8>) -> Marked {
        let place = |mark: Mark| {
            let text = mark.text();
            let at = bytes.windows(text.len()).position(|window| window == text.as_bytes())?;
            Some((mark, at))
        };
        let places = Mark::ALL.into_iter().filter_map(place).collect();
        Marked { bytes, places }
    }

    fn fill(&self, filling: &[(Mark, String)]) -> Vec<u8> {
        let mut filled = self.bytes.clone();
        for (mark, at) in &self.places {
            let Some((_, text)) = filling.iter().find(|(known, _)| known == mark) else { continue };
            if let Some(place) = filled.get_mut(*at..*at + text.len()) {
                place.copy_from_slice(text.as_bytes());
            }
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_written_again_before_their_times_are_old() {
        let endpoint = Flow::V2_PASSKEY.endpoint(Operation::Verify).expect("one");
        let replies = Replies::new(endpoint, "localhost").expect("written");
        let begin = Instant::now();
        let text = |written: &Written| String::from_utf8(written.of(Protocol::Rest).fill(&[])).expect("UTF-8");
        let (first, same) = (replies.at(begin), replies.at(begin + FRESH / 2));
        assert!(Arc::ptr_eq(&first, &same));
        std::thread::sleep(Duration::from_millis(2));
        let later = replies.at(begin + 2 * FRESH);
        assert!(text(&first).contains("changeDate") && text(&first) != text(&later), "{}", text(&later));
        assert!(Arc::ptr_eq(&later, &replies.at(begin + 2 * FRESH)));
    }
}
