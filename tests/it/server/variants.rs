//! Every variant shows: it does something otherwise that a client could see. One that does nothing would stay green for nothing.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use bytes::Bytes;
use proofmark::authenticator::{Args, Client, CreationRequest, Format, Mutation};
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::server::variant::{self, Variant};
use proofmark::transport::{Call, Exchange, Reply, Tamper};
use proofmark::wire::secret::Secret;
use serde_json::{Value, json};

use super::{Session, World, endpoint};

type Seen = BTreeMap<String, String>;

/// What a client could see of a reply, without what differs from one call to the next: the time.
fn shown(exchange: &Exchange) -> String {
    let headers = |map: &http::HeaderMap| {
        let shown = map.iter().filter(|(name, _)| *name != "date" && *name != "content-length");
        shown.map(|(name, value)| format!("{name}: {value:?}")).collect::<Vec<_>>()
    };
    let reply = match &exchange.reply {
        Reply::Success(message) => message.to_string(),
        other => format!("{other:?}"),
    };
    let body = String::from_utf8_lossy(&exchange.body);
    let body =
        if exchange.protocol == Protocol::Rest { undated(&body) } else { format!("{:?}", exchange.body.first()) };
    let (head, tail) = (headers(&exchange.headers), headers(&exchange.trailers));
    // Of a message, protobuf JSON writes as many digits of a second as it takes: three for one in a thousand.
    let reply = undated(&reply);
    let reply = if exchange.protocol == Protocol::Rest { reply } else { reply.replace(".000Z", ".000000Z") };
    format!("{} {head:?} {tail:?} {reply} {body}", exchange.http_status)
}

/// The text with a zero for each digit of a date.
fn undated(text: &str) -> String {
    let mut parts = text.split("Date\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // Up to the quotation mark that ends the value, and the one that begins it before.
        let end = part.match_indices('"').nth(1).map_or(0, |(at, _)| at);
        let date: String = part[..end].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        out.push_str(&format!("Date\"{date}{}", &part[end..]));
    }
    out
}

/// One user's calls over one protocol.
struct Walk<'w> {
    session: Session<'w>,
    seen: Seen,
}

impl Walk<'_> {
    async fn see(&mut self, name: &str, operation: Operation, message: Value, tamper: Tamper) {
        let endpoint = endpoint(self.session.flow, operation);
        let authorization = Some(self.session.account.token.as_bearer());
        self.see_call(name, Call { endpoint, message: message.into(), authorization, tamper }).await;
    }

    async fn see_call(&mut self, name: &str, call: Call) {
        let Session { world, flow, protocol, .. } = &self.session;
        let text = match world.try_call(*protocol, &call).await {
            Ok(exchange) => shown(&exchange),
            Err(error) => error.cause().to_owned(),
        };
        self.seen.insert(format!("{flow} {protocol} {name}"), text);
    }

    async fn verify(&mut self, name: &str, factor_id: &str, credential: &Value, key: &str) {
        let message = self.session.verify_message(factor_id, credential, key);
        self.see(name, Operation::Verify, message, Tamper::default()).await;
    }

    async fn start(&mut self, name: &str) {
        let message = self.session.message(Operation::Start, "");
        self.see(name, Operation::Start, message, Tamper::default()).await;
    }

    async fn registrations(&mut self) {
        let (first, second) = (self.session.start().await, self.session.start().await);
        let credential = |started| self.session.create(started, Format::None).json;
        let (old, new) = (credential(&first), credential(&second));
        self.verify("the first of two", &first.factor_id, &old, "key").await;
        self.verify("the second of two", &second.factor_id, &new, "key").await;
        for name in ["one enrolled", "two enrolled"] {
            self.start(name).await;
            let started = self.session.start().await;
            let credential = self.session.create(&started, Format::None).json;
            self.verify(name, &started.factor_id, &credential, "key").await;
        }
        let started = self.session.start().await;
        let mut same = CreationRequest::new(self.session.world.fresh_seed(), Format::None);
        same.credential_id = Some(started.options.exclude_credentials[0].clone());
        let client = Client::new("https://localhost");
        let taken = self.session.create_as(&started, &client_that_registers_again(client), &same).json;
        self.verify("a credential id that is taken", &started.factor_id, &taken, "key").await;
        let good = self.session.create(&started, Format::None).json;
        self.verify("after a refusal", &started.factor_id, &good, "key").await;
        let started = self.session.start().await;
        self.see(
            "a removal",
            Operation::Remove,
            self.session.message(Operation::Remove, &started.factor_id),
            Tamper::default(),
        )
        .await;
        let started = self.session.start().await;
        let mutations = [(Mutation::find("certificate").expect("listed"), Args(json!({ "issuer": "other-root" })))];
        let mut request = CreationRequest::new(self.session.world.fresh_seed(), Format::PackedX5c);
        request.mutations = &mutations;
        let untrusted = self.session.create_as(&started, &Client::new("https://localhost"), &request).json;
        self.verify("another root", &started.factor_id, &untrusted, "key").await;
    }

    async fn refusals(&mut self) {
        let started = self.session.start().await;
        let credential = self.session.create(&started, Format::None).json;
        self.verify("a long name", &started.factor_id, &credential, &"x".repeat(201)).await;
        let message = self.session.message(Operation::Start, "");
        for method in ["PUT", "GET", "OPTIONS"] {
            let tamper = Tamper { method: Some(method.to_owned()), ..Tamper::default() };
            self.see(method, Operation::Start, message.clone(), tamper).await;
        }
        let authorization = Some(Secret::new(format!("Bearer {}=", self.session.account.token.expose())));
        let (flow, tamper) = (self.session.flow, Tamper::default());
        let call =
            Call { endpoint: endpoint(flow, Operation::Start), message: message.clone().into(), authorization, tamper };
        self.see_call("a padded token", call).await;
        let started = self.session.start().await;
        let mut nameless = self.session.create(&started, Format::None).json;
        nameless.as_object_mut().expect("an object").remove("rawId");
        self.verify("no rawId", &started.factor_id, &nameless, "key").await;
        let content_type = Tamper { content_type: Some("text/plain".to_owned()), ..Tamper::default() };
        self.see("another content type", Operation::Start, message.clone(), content_type).await;
        for (name, body) in [
            ("no protobuf", (|_| Bytes::from_static(b"\0\0\0\0\x01\xff")) as fn(Bytes) -> Bytes),
            ("a member twice", |_| Bytes::from_static(br#"{"a":1,"a":2}"#)),
            ("a further member", |_| Bytes::from_static(br#"{"furtherMember":1}"#)),
        ] {
            let tamper = Tamper { body: Some(body), ..Tamper::default() };
            self.see(name, Operation::Start, message.clone(), tamper).await;
        }
        if self.session.flow.names_user() {
            let mut elsewhere = message.clone();
            elsewhere["domain"] = json!("elsewhere.example");
            self.see("a domain", Operation::Start, elsewhere, Tamper::default()).await;
            let list = Call {
                endpoint: endpoint(Flow::V2_PASSKEY, Operation::List),
                message: message.clone().into(),
                authorization: Some(self.session.account.token.as_bearer()),
                tamper: Tamper::default(),
            };
            self.see_call("the list of passkeys", list).await;
            let mut coded = message;
            coded["code"] = json!({});
            let authorization = Some(self.session.account.token.as_bearer());
            let (endpoint, tamper) = (endpoint(Flow::V2_PASSKEY, Operation::Start), Tamper::default());
            self.see_call("an empty code", Call { endpoint, message: coded.into(), authorization, tamper }).await;
        }
    }
}

fn client_that_registers_again(mut client: Client) -> Client {
    client.honours_exclude_credentials = false;
    client
}

async fn seen_with(variants: Vec<&'static Variant>) -> Seen {
    let world = World::with(Vec::new(), variants).await;
    let mut seen = Seen::new();
    let walks =
        Protocol::ALL.map(|protocol| (Flow::V2_U2F, protocol)).into_iter().chain([(Flow::V1_U2F, Protocol::Rest)]);
    for (subject, (flow, protocol)) in walks.enumerate() {
        let mut walk = Walk { session: Session::new(&world, flow, protocol, subject), seen };
        walk.registrations().await;
        walk.refusals().await;
        seen = walk.seen;
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn every_variant_shows() {
    let usual = seen_with(Vec::new()).await;
    assert_eq!(usual, seen_with(Vec::new()).await, "the walk is not reproducible");
    // What no HTTP library shows, what shows after minutes only, and what nobody asks for here: each has a test of its own.
    let elsewhere = ["http-header-case", "challenge-expires-late"].into_iter();
    let elsewhere: Vec<_> = elsewhere.chain(super::faults::variant::ROWS.iter().map(|(id, ..)| *id)).collect();
    let walked = variant::all().filter(|variant| !elsewhere.contains(&variant.id));
    let walks: Vec<_> = walked.map(|variant| (variant, tokio::spawn(seen_with(vec![variant])))).collect();
    for (variant, seen) in walks {
        assert_ne!(seen.await.expect("no panic"), usual, "{} does nothing", variant.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn header_names_are_in_title_case_if_they_shall_be() {
    for (variants, name) in [(Vec::new(), "content-type: "), (vec!["http-header-case"], "Content-Type: ")] {
        let variants = variants.into_iter().map(|id| Variant::find(id).expect("listed")).collect();
        let world = World::with(Vec::new(), variants).await;
        let address = world.server.address;
        let reply = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.write_all(b"GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
            let mut reply = String::new();
            stream.read_to_string(&mut reply).expect("text");
            reply
        });
        assert!(reply.await.expect("no panic").contains(name), "{name}");
    }
}
