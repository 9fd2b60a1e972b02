//! The reference server over real connections: what it promises, what it refuses.

mod faults;
mod flows;
mod limits;
mod null;
mod refusals;
mod variants;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proofmark::authenticator::{Client, CreatedCredential, CreationRequest, Format, attestation_root};
use proofmark::contract::{Endpoint, Flow, Operation, Protocol, Slot, What};
use proofmark::server::defect::Defect;
use proofmark::server::variant::Variant;
use proofmark::server::{Account, RunningServer, Server, ServerConfig};
use proofmark::transport::{Address, Call, Exchange, Limits, Reply, Tamper, Transport, TransportError, connect};
use proofmark::webauthn::options::PublicKeyCredentialCreationOptions;
use proofmark::wire::secret::Secret;
use serde_json::{Value, json};

/// A server and a connection to it over each protocol.
pub struct World {
    pub server: RunningServer,
    transports: HashMap<Protocol, Arc<dyn Transport>>,
    seeds: AtomicU64,
}

impl World {
    pub async fn new() -> World {
        World::with(Vec::new(), Vec::new()).await
    }

    pub async fn with(defects: Vec<&'static Defect>, variants: Vec<&'static Variant>) -> World {
        let config = ServerConfig {
            users: 40,
            seed: 11,
            defects,
            variants,
            trust_anchors: vec![attestation_root()],
            ..ServerConfig::default()
        };
        World::of(Server::start(config).await.expect("a free port"))
    }

    pub fn of(server: RunningServer) -> World {
        let address = Address::new(server.base_url());
        let limits = Limits { timeout: Duration::from_secs(5), ..Limits::default() };
        let transports = Protocol::ALL.map(|p| (p, connect(p, &address, &limits).expect("a good address")));
        World { server, transports: HashMap::from(transports), seeds: AtomicU64::new(0) }
    }

    pub fn subject(&self, index: usize) -> &Account {
        &self.server.accounts.subjects[index]
    }

    pub fn admin(&self) -> String {
        self.server.accounts.admin.expose().to_owned()
    }

    /// A seed that no other credential of this world has.
    pub fn fresh_seed(&self) -> [u8; 32] {
        let mut seed = [7; 32];
        seed[..8].copy_from_slice(&self.seeds.fetch_add(1, Ordering::Relaxed).to_le_bytes());
        seed
    }

    pub async fn try_call(&self, protocol: Protocol, call: &Call) -> Result<Exchange, TransportError> {
        self.transports[&protocol].send(call).await
    }

    pub async fn call(&self, protocol: Protocol, call: &Call) -> Exchange {
        self.try_call(protocol, call).await.expect("a reply")
    }
}

/// A call with a bearer token; an empty token sends no authorization.
pub fn call(endpoint: &'static Endpoint, message: Value, token: &str) -> Call {
    let authorization = (!token.is_empty()).then(|| Secret::new(format!("Bearer {token}")));
    Call { endpoint, message: message.into(), authorization, tamper: Tamper::default() }
}

pub fn endpoint(flow: Flow, operation: Operation) -> &'static Endpoint {
    flow.endpoint(operation).expect("a documented operation")
}

pub fn success(exchange: &Exchange) -> &Value {
    match &exchange.reply {
        Reply::Success(message) => message,
        other => panic!("{} {}: {other:?}", exchange.protocol, exchange.endpoint.name),
    }
}

/// Code and error id of a refusal.
pub fn refusal(exchange: &Exchange) -> (i32, String) {
    match &exchange.reply {
        Reply::Refusal(refusal) => {
            let status = refusal.status.as_ref().expect("a status");
            (status.code, status.error_id().unwrap_or_default().to_owned())
        }
        other => panic!("{} {}: {other:?}", exchange.protocol, exchange.endpoint.name),
    }
}

pub fn error_id(exchange: &Exchange) -> String {
    refusal(exchange).1
}

/// One user's way through one flow over one protocol.
pub struct Session<'w> {
    pub world: &'w World,
    pub flow: Flow,
    pub protocol: Protocol,
    pub account: Account,
}

/// What a start answered.
pub struct Started {
    pub factor_id: String,
    pub options: PublicKeyCredentialCreationOptions,
    pub raw_options: Value,
    pub reply: Value,
}

impl Session<'_> {
    pub fn new(world: &World, flow: Flow, protocol: Protocol, subject: usize) -> Session<'_> {
        Session { world, flow, protocol, account: world.subject(subject).clone() }
    }

    /// The message of an operation with what belongs to its path.
    pub fn message(&self, operation: Operation, factor_id: &str) -> Value {
        let mut message = json!({});
        if self.flow.names_user() {
            message["userId"] = json!(self.account.user_id);
        }
        if let Some(member) = endpoint(self.flow, operation).asks(What::FactorId).map(Slot::name) {
            message[member] = json!(factor_id);
        }
        message
    }

    pub async fn send(&self, operation: Operation, message: Value) -> Exchange {
        let call = call(endpoint(self.flow, operation), message, self.account.token.expose());
        self.world.call(self.protocol, &call).await
    }

    pub async fn start(&self) -> Started {
        let exchange = self.send(Operation::Start, self.message(Operation::Start, "")).await;
        self.read_start(success(&exchange))
    }

    pub fn read_start(&self, reply: &Value) -> Started {
        let pointer = endpoint(self.flow, Operation::Start).answers(What::Options).expect("a start").at;
        let member = reply.pointer(pointer).expect("options");
        let raw_options = match member.as_str() {
            Some(text) => serde_json::from_slice(&STANDARD.decode(text).expect("base64")).expect("JSON"),
            None => member.clone(),
        };
        let options = PublicKeyCredentialCreationOptions::from_json(&raw_options).expect("options");
        let id = reply.get("u2fId").or_else(|| reply.get("passkeyId")).and_then(Value::as_str).unwrap_or_default();
        Started { factor_id: id.to_owned(), options, raw_options, reply: reply.clone() }
    }

    pub fn create(&self, started: &Started, format: Format) -> CreatedCredential {
        let request = CreationRequest::new(self.world.fresh_seed(), format);
        self.create_as(started, &Client::new("https://localhost"), &request)
    }

    pub fn create_as(&self, started: &Started, client: &Client, request: &CreationRequest<'_>) -> CreatedCredential {
        client.create(&started.options, request).expect("a credential")
    }

    /// The message that verifies a credential under a name.
    pub fn verify_message(&self, factor_id: &str, credential: &Value, name: &str) -> Value {
        let mut message = self.message(Operation::Verify, factor_id);
        if !self.flow.names_user() {
            let encoded = STANDARD.encode(credential.to_string());
            message["verification"] = json!({ "publicKeyCredential": encoded, "tokenName": name });
            return message;
        }
        message[if self.flow.is_u2f() { "tokenName" } else { "passkeyName" }] = json!(name);
        message["publicKeyCredential"] = credential.clone();
        message
    }

    pub async fn verify(&self, started: &Started, credential: &Value) -> Exchange {
        self.send(Operation::Verify, self.verify_message(&started.factor_id, credential, "key")).await
    }

    /// Ids and names of the enrolled factors; `None` where the flow has no list.
    pub async fn list(&self) -> Option<Vec<(String, String)>> {
        let endpoint = self.flow.endpoint(Operation::List)?;
        let call = call(endpoint, self.message(Operation::List, ""), self.account.token.expose());
        let exchange = self.world.call(self.protocol, &call).await;
        let result = success(&exchange).get("result").and_then(Value::as_array).cloned().unwrap_or_default();
        let read = |entry: &Value| {
            let of = entry.get("u2f").unwrap_or(entry);
            (of["id"].as_str().unwrap_or_default().to_owned(), of["name"].as_str().unwrap_or_default().to_owned())
        };
        Some(result.iter().map(read).collect())
    }

    pub async fn remove(&self, factor_id: &str) -> Exchange {
        self.send(Operation::Remove, self.message(Operation::Remove, factor_id)).await
    }

    /// Starts, creates and verifies; gives the start and the credential.
    pub async fn enrol(&self) -> (Started, CreatedCredential) {
        let started = self.start().await;
        let credential = self.create(&started, Format::None);
        success(&self.verify(&started, &credential.json).await);
        (started, credential)
    }
}

/// Every flow over every protocol, with an index for a subject of its own.
pub fn combinations() -> impl Iterator<Item = (usize, Flow, Protocol)> {
    let all = Flow::ALL.into_iter().flat_map(|flow| Protocol::ALL.map(|protocol| (flow, protocol)));
    all.enumerate().map(|(index, (flow, protocol))| (index, flow, protocol))
}
