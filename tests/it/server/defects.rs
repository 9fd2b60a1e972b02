//! Every defect shows: a battery of observations differs from that of a server without defects.

use std::collections::BTreeMap;

use bytes::Bytes;
use proofmark::authenticator::{Args, Client, CreatedCredential, CreationRequest, Format, Mutation};
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::server::defect::{Class, DEFECTS};
use proofmark::transport::{Call, Exchange};
use proofmark::webauthn::authenticator_data::Flags;
use proofmark::webauthn::base64::encode_url;
use serde_json::{Value, json};

use super::limits::padded;
use super::{Session, Started, World, call, endpoint};

/// What is seen, by a name for the observation.
type Seen = BTreeMap<String, String>;

/// Replies without what differs from one server to the next: dates, beyond that they are of today.
async fn observe(world: &World, seen: &mut Seen, name: &str, protocol: Protocol, call: &Call) -> Option<Exchange> {
    let outcome = world.try_call(protocol, call).await;
    let text = match &outcome {
        Err(error) => error.cause().to_owned(),
        Ok(exchange) => {
            let now = jiff::Timestamp::now();
            let is_near = |date: jiff::Timestamp| date.duration_since(now).abs() < jiff::SignedDuration::from_hours(1);
            let dates = |value: &Value| value.as_str().map(|text| text.parse().is_ok_and(is_near));
            let mut body: Value = serde_json::from_slice(&exchange.body).unwrap_or_default();
            let mut reply = match &exchange.reply {
                proofmark::transport::Reply::Success(message) => message.clone(),
                other => json!(format!("{other:?}")),
            };
            for details in [body.get_mut("details"), reply.get_mut("details")].into_iter().flatten() {
                for member in ["creationDate", "changeDate"] {
                    if let Some(date) = details.get_mut(member) {
                        *date = json!(dates(date));
                    }
                }
            }
            let body = if protocol == Protocol::Rest { body } else { Value::Null };
            let status = [&exchange.headers, &exchange.trailers].map(|headers| headers.get("grpc-status").cloned());
            let content_type = exchange.headers.get("content-type").cloned();
            format!("{} {status:?} {content_type:?} {reply} {body}", exchange.http_status)
        }
    };
    seen.insert(name.to_owned(), text);
    outcome.ok()
}

/// One way to make a response wrong; with `none` attestation nothing has to be signed anew.
type Spoil = fn(&mut Value, &CreatedCredential);

fn client_data(json: &mut Value, credential: &CreatedCredential, member: &str, value: Value) {
    let mut data: Value = serde_json::from_slice(&credential.client_data_json).expect("client data");
    data[member] = value;
    json["response"]["clientDataJSON"] = json!(encode_url(data.to_string().as_bytes()));
}

/// Replaces bytes of the authenticator data at an offset within the attestation object.
fn authenticator_data(json: &mut Value, credential: &CreatedCredential, offset: usize, change: fn(u8) -> u8) {
    let (object, data) = (&credential.attestation_object, &credential.authenticator_data);
    let start = object.windows(data.len()).position(|window| window == data).expect("contained");
    let mut changed = object.clone();
    changed[start + offset] = change(changed[start + offset]);
    json["response"]["attestationObject"] = json!(encode_url(&changed));
    json["response"].as_object_mut().expect("an object").remove("authenticatorData");
}

const SPOILS: &[(&str, Spoil)] = &[
    ("credential-json", |json, _| json["rawId"] = json!("AAAA")),
    ("type", |json, c| client_data(json, c, "type", json!("webauthn.get"))),
    ("challenge", |json, c| client_data(json, c, "challenge", json!(encode_url(&[1; 32])))),
    ("origin", |json, c| client_data(json, c, "origin", json!("https://attacker.example"))),
    ("cross-origin", |json, c| client_data(json, c, "crossOrigin", json!(true))),
    ("top-origin", |json, c| client_data(json, c, "topOrigin", json!("https://attacker.example"))),
    ("client-data-json", |json, c| {
        json["response"]["clientDataJSON"] = json!(encode_url(&[&c.client_data_json[..], b"x"].concat()));
    }),
    ("attestation-object", |json, c| {
        json["response"]["attestationObject"] = json!(encode_url(&[&c.attestation_object[..], &[0]].concat()));
    }),
    ("truncated", |json, c| {
        json["response"]["attestationObject"] =
            json!(encode_url(&c.attestation_object[..c.attestation_object.len() - 9]));
    }),
    ("rp-id-hash", |json, c| authenticator_data(json, c, 0, |byte| byte ^ 1)),
    ("user-present", |json, c| authenticator_data(json, c, 32, |byte| byte & !Flags::USER_PRESENT)),
    ("user-verified", |json, c| authenticator_data(json, c, 32, |byte| byte & !Flags::USER_VERIFIED)),
    ("backup-state", |json, c| authenticator_data(json, c, 32, |byte| byte | Flags::BACKUP_STATE)),
];

struct Battery<'w> {
    session: Session<'w>,
    seen: Seen,
}

impl<'w> Battery<'w> {
    /// Observes a call of the session's flow by the session's user.
    async fn see(&mut self, name: &str, operation: Operation, message: Value) -> Option<Exchange> {
        let token = self.session.account.token.expose().to_owned();
        self.see_as(name, operation, message, &token, |_| {}).await
    }

    async fn see_as(
        &mut self,
        name: &str,
        operation: Operation,
        message: Value,
        token: &str,
        tamper: fn(&mut Call),
    ) -> Option<Exchange> {
        let Session { world, flow, protocol, .. } = self.session;
        let mut call = call(endpoint(flow, operation), message, token);
        tamper(&mut call);
        observe(world, &mut self.seen, &format!("{flow} {protocol} {name}"), protocol, &call).await
    }

    async fn see_verify(&mut self, name: &str, started: &Started, credential: &Value) {
        let message = self.session.verify_message(&started.factor_id, credential, "key");
        self.see(name, Operation::Verify, message).await;
    }

    /// Starts anew; `None` where a defect makes the start unusable, which is itself an observation.
    async fn start(&mut self) -> Option<Started> {
        let exchange = self.see("start", Operation::Start, self.session.message(Operation::Start, "")).await?;
        match &exchange.reply {
            proofmark::transport::Reply::Success(reply) => {
                let options = reply.pointer(endpoint(self.session.flow, Operation::Start).options_member()?)?;
                options.pointer("/publicKey/challenge")?;
                Some(self.session.read_start(reply))
            }
            _ => None,
        }
    }

    async fn credentials(&mut self) -> Option<()> {
        for (name, spoil) in SPOILS {
            let started = self.start().await?;
            let credential = self.session.create(&started, Format::None);
            let mut json = credential.json.clone();
            spoil(&mut json, &credential);
            self.see_verify(name, &started, &json).await;
            self.see_list(name).await;
        }
        let started = self.start().await?;
        let mut packed = self.session.create(&started, Format::PackedSelf);
        let signature = packed.attestation_object.iter().position(|byte| *byte == 0x30).expect("a DER signature");
        packed.attestation_object[signature + 12] ^= 1;
        packed.json["response"]["attestationObject"] = json!(encode_url(&packed.attestation_object));
        self.see_verify("attestation-statement", &started, &packed.json).await;

        for (name, format, id, args) in [
            ("algorithm", Format::None, "cose-key", json!({ "set": [[3, -65000]] })),
            ("format", Format::None, "attestation-object", json!({ "set": [["fmt", "example"]] })),
            ("credential-id-length", Format::None, "credential-id-length", json!(1024)),
            ("attestation-trust", Format::PackedX5c, "certificate", json!({ "issuer": "other-root" })),
        ] {
            let started = self.start().await?;
            let mutations = [(Mutation::find(id).expect("a listed mutation"), Args(args))];
            let mut request = CreationRequest::new(self.session.world.fresh_seed(), format);
            request.mutations = &mutations;
            let credential = self.session.create_as(&started, &Client::new("https://localhost"), &request).json;
            self.see_verify(name, &started, &credential).await;
        }
        Some(())
    }

    async fn limits(&mut self) -> Option<()> {
        let names = [String::new(), "é".repeat(101), "x".repeat(200), "x".repeat(201)];
        for (index, name) in names.iter().enumerate() {
            let started = self.start().await?;
            let credential = self.session.create(&started, Format::None).json;
            let message = self.session.verify_message(&started.factor_id, &credential, name);
            self.see(&format!("name {index}"), Operation::Verify, message).await;
        }
        for length in [54, 1_048_576, 1_048_577] {
            let started = self.start().await?;
            let credential = match length {
                54 => json!({ "id": "x".repeat(54 - r#"{"id":""}"#.len()) }),
                _ => padded(&self.session.create(&started, Format::None).json, length),
            };
            self.see_verify(&format!("credential {length}"), &started, &credential).await;
        }
        Some(())
    }

    async fn challenges(&mut self) -> Option<()> {
        let world = self.session.world;
        let other = Session::new(world, self.session.flow, Protocol::Rest, 30);
        let foreign = self.session.read_start_of(&other).await?;
        let (replaced, current) = (self.start().await?, self.start().await?);
        let stale = self.session.create(&replaced, Format::None).json;
        self.see_verify("stale challenge", &current, &stale).await;
        let current = self.start().await?;
        let borrowed = self.session.create(&foreign, Format::None).json;
        self.see_verify("foreign challenge", &current, &borrowed).await;
        let current = self.start().await?;
        let good = self.session.create(&current, Format::None).json;
        self.see_verify("good", &current, &good).await;
        self.see_list("good").await;
        self.see_verify("replay", &current, &good).await;
        let again = self.start().await?;
        let mut duplicate = CreationRequest::new(world.fresh_seed(), Format::None);
        duplicate.credential_id = Some(vec![3; 16]);
        for name in ["first of its id", "second of its id"] {
            let current = if name.starts_with("first") { &again } else { &self.start().await? };
            let credential = self.session.create_as(current, &Client::new("https://localhost"), &duplicate).json;
            self.see_verify(name, current, &credential).await;
        }
        self.see("remove", Operation::Remove, self.session.message(Operation::Remove, &current.factor_id)).await;
        self.see_list("remove").await;
        Some(())
    }

    async fn see_list(&mut self, after: &str) {
        self.see(&format!("list after {after}"), Operation::List, self.session.message(Operation::List, "")).await;
    }

    async fn access(&mut self) {
        let long = "1".repeat(201);
        let mut message = self.session.message(Operation::Remove, &long);
        self.see("factor id 201", Operation::Remove, message.clone()).await;
        message["userId"] = json!(long);
        self.see("user id 201", Operation::Remove, message).await;
        let world = self.session.world;
        let no_rights = world.server.accounts.no_rights.clone();
        let start = self.session.message(Operation::Start, "");
        let mut own = start.clone();
        own["userId"] = json!(no_rights.user_id);
        let mut unknown = start.clone();
        unknown["userId"] = json!("404");
        let foreign = world.subject(31).token.expose().to_owned();
        self.see_as("missing token", Operation::Start, start.clone(), "", |_| {}).await;
        self.see_as("unknown token", Operation::Start, start.clone(), "x", |_| {}).await;
        self.see_as("foreign token", Operation::Start, start.clone(), &foreign, |_| {}).await;
        self.see_as("no rights", Operation::Start, own, no_rights.token.expose(), |_| {}).await;
        self.see_as("unknown user", Operation::Start, unknown, &world.admin(), |_| {}).await;
        let basic = |call: &mut Call| {
            let token = call.authorization.take().map(|secret| secret.expose().replace("Bearer", "Basic"));
            call.authorization = token.map(proofmark::wire::secret::Secret::new);
        };
        let token = self.session.account.token.expose().to_owned();
        self.see_as("basic scheme", Operation::Start, start.clone(), &token, basic).await;
        let broken = |call: &mut Call| call.tamper.body = Some(|_| Bytes::from_static(b"{"));
        self.see_as("broken body", Operation::Start, start, &token, broken).await;
    }
}

impl Session<'_> {
    async fn read_start_of(&self, other: &Session<'_>) -> Option<Started> {
        let exchange = other.send(Operation::Start, other.message(Operation::Start, "")).await;
        match &exchange.reply {
            proofmark::transport::Reply::Success(reply) => {
                reply.pointer("/publicKeyCredentialCreationOptions/publicKey/challenge")?;
                Some(self.read_start(reply))
            }
            _ => None,
        }
    }
}

/// Everything is observed on the passkeys of v2, which have a list and require user verification: what concerns a protocol on all three, the rest
/// over REST. The limits are dear and only asked for where they matter.
async fn battery(defects: &[&str], limits: bool) -> Seen {
    let world = World::with_defects(defects).await;
    let mut seen = Seen::new();
    for (subject, protocol) in Protocol::ALL.into_iter().enumerate() {
        let mut battery = Battery { session: Session::new(&world, Flow::V2Passkey, protocol, subject), seen };
        // A defect may end each part early: what was not observed is a difference, too.
        let _ = battery.challenges().await;
        battery.access().await;
        if protocol == Protocol::Rest {
            let _ = battery.credentials().await;
        }
        if protocol == Protocol::Rest && limits {
            let _ = battery.limits().await;
        }
        seen = battery.seen;
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_defect_shows_and_only_when_it_is_switched_on() {
    let healthy = [battery(&[], false).await, battery(&[], true).await];
    assert_eq!(healthy[0], battery(&[], false).await, "the battery is not reproducible");
    let batteries: Vec<_> = DEFECTS
        .iter()
        .map(|defect| {
            let limits = defect.class == Class::Limit;
            (defect, limits, tokio::spawn(async move { battery(&[defect.id], limits).await }))
        })
        .collect();
    for (defect, limits, seen) in batteries {
        let seen = seen.await.expect("no panic");
        let differs = |(name, text): &(&String, &String)| seen.get(*name) != Some(*text);
        let names: Vec<_> =
            healthy[usize::from(limits)].iter().filter(differs).map(|(name, _)| name.as_str()).collect();
        assert!(!names.is_empty(), "{} does not show", defect.id);
        if let Some(slug) = defect.id.strip_prefix("verification-skips-") {
            let expected = if slug == "credential-id-unique" { "second of its id" } else { slug };
            assert!(names.iter().any(|name| name.ends_with(expected)), "{} shows in {names:?}", defect.id);
        }
    }
}
