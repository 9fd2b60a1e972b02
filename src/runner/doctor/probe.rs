//! What can be found out about a target without an account: how to reach it, what it speaks and offers. No token is sent to anybody.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Method;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, TE};
use serde_json::Value;

use futures_util::future::LocalBoxFuture;

use super::hosts::{host_unknown, other_hosts, start_path, unknown_host};
use crate::contract::{self, Flow, Protocol};
use crate::provisioner::KINDS;
use crate::runner::preflight::line::Line;
use crate::runner::preflight::reach;
use crate::runner::preflight::start::{self, Start};
use crate::transport::probe::{self, Answer, Place, Question};
use crate::transport::{self, Address, Limits, TlsOptions};
use crate::wire::status::GRPC_STATUS;
use crate::wire::{framing, schema};

// UNRESOLVED ?preflight/start|preflight/setup check::start

/// Where a server publishes its issuer (OpenID Connect Discovery section 4).
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// Services that are listed by name.
const LISTED: usize = 6;

/// Bounds of every step. A slow server answers within them; a server that does not answer takes a few time-outs.
pub fn limits() -> Limits {
    let seconds = Duration::from_secs;
    Limits { timeout: seconds(5), connect_timeout: seconds(3), max_body: 1 << 20, ..Limits::default() }
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Flows whose start is there over some protocol.
    pub flows: Vec<Flow>,
    /// Protocols that are spoken.
    pub protocols: Vec<Protocol>,
    /// The base URL by which the server knows itself, if it does not know the one that was given.
    pub base_url: Option<String>,
    /// The issuer that it calls itself.
    pub issuer: Option<String>,
    /// Whether its certificate is not trusted.
    pub is_distrusted: bool,
    /// The kind of server that it is, by its management calls: accounts can be made on it.
    pub provisioner: Option<&'static str>,
}

/// Looks at a base URL, and at that of gRPC if it is elsewhere.
pub fn look<'r>(
    web: &'r Address,
    grpc: Option<&'r Address>,
    limits: &'r Limits,
    tell: &'r mut dyn FnMut(Line),
) -> LocalBoxFuture<'r, Found> {
    Box::pin(look_at(web, grpc, limits, tell))
}

async fn look_at(web: &Address, grpc: Option<&Address>, limits: &Limits, tell: &mut dyn FnMut(Line)) -> Found {
    let mut found = Found::default();
    let reached = reach::look(web, None, limits, tell).await;
    found.is_distrusted = reached.is_distrusted;
    if !reached.is_open && !reached.is_distrusted {
        return found;
    }
    if let Some(to) = reached.answer.as_ref().and_then(location) {
        tell(Line::note("redirect", "redirect", format!("the root redirects to {to}; proofmark follows no redirects")));
    }
    // No token is sent, so an untrusted server learns nothing; `check` confirms later what is found here.
    let unchecked = |address: &Address| Address {
        tls: TlsOptions { insecure: reached.is_distrusted || address.tls.insecure, ..address.tls.clone() },
        ..address.clone()
    };
    let web = unchecked(web);
    if let Some(grpc) = grpc {
        reach::look(grpc, Some(Protocol::Grpc), limits, tell).await;
    }
    let grpc = grpc.map_or_else(|| web.clone(), unchecked);
    for protocol in Protocol::ALL {
        let address = if protocol == Protocol::Grpc { &grpc } else { &web };
        spoken(protocol, address, limits, (&mut found, &mut *tell)).await;
    }
    found.flows.sort();
    found.flows.dedup();
    infrastructure(&grpc, limits, tell).await;
    if let Some(kind) = kind(&web, found.base_url.as_deref(), limits).await {
        let text = format!(
            "it has the management calls of {kind}: users can be made for each run, with an administrator's token (--provisioner {kind})"
        );
        tell(Line::ok("management", "management", text));
        found.provisioner = Some(kind);
    }
    if let Some(issuer) = issuer(&web, limits).await {
        tell(Line::ok("issuer", "issuer", format!("it calls itself {issuer}")));
        found.issuer = Some(issuer);
    }
    found
}

/// Starts every flow without a token, for a user that need not exist: a flow that asks for a token is there.
async fn spoken(
    protocol: Protocol,
    address: &Address,
    limits: &Limits,
    (found, tell): (&mut Found, &mut dyn FnMut(Line)),
) {
    let transport = match transport::connect(protocol, address, limits) {
        Ok(transport) => transport,
        Err(error) => return tell(Line::problem(protocol.slug(), "address", error.to_string(), "correct the URL")),
    };
    let start = |flow: Flow| {
        let transport = &transport;
        async move { (flow, start::start(transport.as_ref(), flow, "1", None).await) }
    };
    let starts = join_all(contract::flows().map(start)).await;
    let is_there = |start: &Start| matches!(start, Start::Token { .. } | Start::Begun(_) | Start::Refused { .. });
    let there: Vec<Flow> = starts.iter().filter(|(_, start)| is_there(start)).map(|(flow, _)| *flow).collect();
    if there.is_empty() {
        return absent(protocol, address, limits, (&starts, found, tell)).await;
    }
    let names: Vec<&str> = there.iter().map(|flow| flow.slug()).collect();
    tell(Line::ok(protocol.slug(), "spoken", format!("answers the start of {}", names.join(", "))));
    if there.len() < starts.len() {
        let missing = contract::flows().filter(|flow| !there.contains(flow)).map(Flow::slug);
        let missing = missing.collect::<Vec<_>>().join(", ");
        tell(Line::note(protocol.slug(), "flows-missing", format!("{missing}: not there")));
    }
    found.protocols.push(protocol);
    found.flows.extend(there);
}

/// What the start of each flow came to.
type Starts<'a> = &'a [(Flow, Start)];

async fn absent(
    protocol: Protocol,
    address: &Address,
    limits: &Limits,
    (starts, found, tell): (Starts<'_>, &mut Found, &mut dyn FnMut(Line)),
) {
    let Some((flow, start)) = starts.first() else { return };
    if let Start::Silent(cause) = start {
        return tell(reach::silent(protocol, address, limits, cause).await);
    }
    if let Start::Absent { answer } = start {
        let path = start_path(*flow).unwrap_or_default();
        let hosts = other_hosts(address, None);
        if let Some(host) = host_unknown(address, limits, (&path, &hosts)).await {
            found.base_url = Some(address.base_url.replacen(&authority(address), &host, 1));
            return tell(unknown_host(protocol, address, answer, &host));
        }
    }
    let line = start.everywhere(protocol, &address.base_url).or_else(|| start.problem(*flow, protocol, "1"));
    line.into_iter().for_each(tell);
}

/// A path that no server has.
const NOWHERE: &str = "/v2/no-such-call-of-anybody";

/// The kind of server whose management calls ask for a token, if not every path asks for one.
async fn kind(address: &Address, known_as: Option<&str>, limits: &Limits) -> Option<&'static str> {
    let place = Place::of(address).ok()?;
    // A server that goes by its host name is asked by the name that it knows.
    let host = known_as.and_then(|url| Some(url.parse::<http::Uri>().ok()?.authority()?.to_string()));
    let asks = |path: &'static str| {
        let (path, host) = (place.path() + path, host.clone());
        async move {
            let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
            let question = Question {
                method: Method::POST,
                path: &path,
                headers: &headers,
                body: "{}".into(),
                host: host.as_deref(),
                ..Question::default()
            };
            matches!(probe::ask(address, limits, &question).await, Ok(answer) if answer.status == 401)
        }
    };
    if asks(NOWHERE).await {
        return None;
    }
    for kind in KINDS {
        let asked = join_all(kind.paths.iter().map(|path| asks(path))).await;
        if !asked.is_empty() && asked.into_iter().all(|asks| asks) {
            return Some(kind.name);
        }
    }
    None
}

fn authority(address: &Address) -> String {
    Place::of(address).map(|place| place.authority().to_owned()).unwrap_or_default()
}

/// Health and reflection, which servers offer or not.
async fn infrastructure(address: &Address, limits: &Limits, tell: &mut dyn FnMut(Line)) {
    match unary(address, limits, "/grpc.health.v1.Health/Check", &[]).await {
        Some(message) => {
            let health = schema::decode("grpc.health.v1.HealthCheckResponse", &message);
            let status = health.ok().and_then(|health| Some(health.get("status")?.as_str()?.to_owned()));
            match status.as_deref() {
                Some("SERVING") => tell(Line::ok("health", "health", "the gRPC health service reports SERVING")),
                status => {
                    let text = format!("the gRPC health service reports {}", status.unwrap_or("nothing readable"));
                    tell(Line::note("health", "health-not-serving", text));
                }
            }
        }
        None => tell(Line::note("health", "no-health", "there is no gRPC health service; none is needed")),
    }
    match services(address, limits).await {
        Some(services) => tell(reflected(&services)),
        None => tell(Line::note("reflection", "no-reflection", "there is no gRPC reflection; none is needed")),
    }
}

fn reflected(services: &[String]) -> Line {
    let mut ours: Vec<&str> = contract::flows()
        .flat_map(Flow::endpoints)
        .filter_map(|endpoint| Some(endpoint.grpc.as_ref()?.service))
        .collect();
    ours.sort_unstable();
    ours.dedup();
    let missing: Vec<&str> = ours.iter().copied().filter(|ours| !services.iter().any(|one| one == ours)).collect();
    if missing.is_empty() {
        return Line::ok("reflection", "reflection", format!("lists {}", ours.join(", ")));
    }
    let listed: Vec<&str> = services.iter().take(LISTED).map(String::as_str).collect();
    let text =
        format!("does not list {}; it lists {} others ({})", missing.join(", "), services.len(), listed.join(", "));
    Line::note("reflection", "services-missing", text)
}

/// The services that reflection lists, by either version of its name.
async fn services(address: &Address, limits: &Limits) -> Option<Vec<String>> {
    let request =
        schema::encode("grpc.reflection.v1.ServerReflectionRequest", &serde_json::json!({ "listServices": "" }));
    let request = request.ok()?;
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let Some(message) = unary(address, limits, &path, &request).await else { continue };
        let answer = schema::decode("grpc.reflection.v1.ServerReflectionResponse", &message).ok()?;
        let listed = answer.pointer("/listServicesResponse/service").and_then(Value::as_array)?;
        let name = |service: &Value| service.get("name").and_then(Value::as_str).map(str::to_owned);
        return Some(listed.iter().filter_map(name).collect());
    }
    None
}

/// One message to a method of gRPC and the first one back; `None` for anything else.
async fn unary(address: &Address, limits: &Limits, path: &str, message: &[u8]) -> Option<Bytes> {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (CONTENT_TYPE, HeaderValue::from_static(Protocol::Grpc.content_type())),
        (TE, HeaderValue::from_static("trailers")),
    ];
    let body = framing::frame(framing::FLAG_MESSAGE, message);
    let question = Question { method: Method::POST, path, headers: &headers, body, http2: true, host: None };
    let Answer { trailers, body, .. } = probe::ask(address, limits, &question).await.ok()?;
    let is_ok = trailers.get(GRPC_STATUS).is_some_and(|status| status == "0");
    let first = framing::parse(&body).ok()?.into_iter().next()?;
    is_ok.then_some(first.payload)
}

async fn issuer(address: &Address, limits: &Limits) -> Option<String> {
    let path = Place::of(address).map(|place| place.path()).unwrap_or_default() + DISCOVERY;
    let answer = probe::ask(address, limits, &Question { path: &path, ..Question::default() }).await.ok()?;
    let document: Value = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200)?;
    document
        .get("issuer")
        .and_then(Value::as_str)
        .filter(|issuer| issuer.parse::<http::Uri>().is_ok())
        .map(str::to_owned)
}

fn location(answer: &Answer) -> Option<String> {
    let location = answer.headers.get("location").and_then(|location| location.to_str().ok())?;
    matches!(answer.status, 300..=399).then(|| location.to_owned())
}
