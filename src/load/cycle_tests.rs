use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use super::*;
use crate::authenticator::{Client, Format};
use crate::contract::Protocol;
use crate::transport::{Phase, SentRequest, Timings, TransportError};
use crate::wire::status::Status;

/// What a target answers: HTTP status and body, or nothing at all.
type Script = fn(Operation, &Value) -> Option<(u16, Value)>;

#[derive(Debug)]
struct Scripted {
    script: Script,
    seen: Mutex<Vec<(Operation, Value)>>,
}

#[async_trait]
impl Transport for Scripted {
    fn protocol(&self) -> Protocol {
        Protocol::Rest
    }

    fn prepare(&self, _call: &Call) -> Result<SentRequest, TransportError> {
        Ok(SentRequest {
            method: "POST".to_owned(),
            url: "http://target".to_owned(),
            headers: HeaderMap::new(),
            authorized: true,
            body: Bytes::new(),
            message: None,
        })
    }

    async fn send(&self, call: &Call) -> Result<Exchange, TransportError> {
        self.seen.lock().expect("no panic").push((call.endpoint.operation, call.message.clone()));
        let Some((http_status, body)) = (self.script)(call.endpoint.operation, &call.message) else {
            let (address, after) = ("http://target".to_owned(), Duration::from_secs(1));
            return Err(TransportError::TimedOut { address, after, during: Phase::Headers });
        };
        let reply = match http_status {
            200 => Reply::Success(body.clone()),
            _ => Reply::Refusal(Refusal { status: Some(Status::from_json(&body)), json: Some(body.clone()) }),
        };
        let json = HeaderValue::from_static("application/json");
        Ok(Exchange {
            protocol: Protocol::Rest,
            endpoint: call.endpoint,
            request: self.prepare(call)?,
            http_status,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, json)]),
            trailers: HeaderMap::new(),
            body: body.to_string().into(),
            reply,
            timings: Timings { first_byte: Duration::from_millis(1), last_byte: Duration::from_millis(3) },
        })
    }
}

/// Plays one cycle; also gives what was called.
async fn play(flow: Flow, script: Script) -> (Cycle, Vec<(Operation, Value)>) {
    let transport = Arc::new(Scripted { script, seen: Mutex::default() });
    let attester = Attester::start(&Client::new("https://localhost"), Format::None, 1).expect("threads");
    let shared: Arc<dyn Transport> = transport.clone();
    let site = Site { transport: shared, flow, rp_id: "localhost".to_owned(), seed: 4, attester };
    let authorization = Secret::new("Bearer a-long-enough-token");
    let worker = Worker { index: 2, user_id: "u".to_owned(), authorization, begun: 7 };
    let mut cycle = Cycle::default();
    site.play(&worker, &mut cycle).await;
    let seen = std::mem::take(&mut *transport.seen.lock().expect("no panic"));
    (cycle, seen)
}

fn operations(seen: &[(Operation, Value)]) -> Vec<Operation> {
    seen.iter().map(|(operation, _)| *operation).collect()
}

fn class(cycle: &Cycle) -> &str {
    cycle.failure.as_ref().map_or("", |failure| &failure.class)
}

fn details() -> Value {
    let date = "2026-01-02T03:04:05Z";
    json!({ "details": { "sequence": "1", "creationDate": date, "changeDate": date, "resourceOwner": "1" } })
}

fn started() -> Value {
    let options = json!({ "publicKey": {
        "rp": { "name": "n", "id": "localhost" }, "user": { "id": "AQ", "name": "n", "displayName": "d" },
        "challenge": "AAAAAAAAAAAAAAAAAAAAAA", "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }],
    }});
    let text = base64::encode_standard(options.to_string().as_bytes());
    json!({ "details": details()["details"], "key": { "publicKey": text }, "u2fId": "f", "passkeyId": "f",
        "publicKeyCredentialCreationOptions": options })
}

fn refused(status: u16, code: i64) -> (u16, Value) {
    (status, json!({ "code": code, "message": "no", "details": [] }))
}

const FOREIGN: &str = "another factor";

#[tokio::test]
async fn v1_removes_the_factor_that_it_enrolled_and_no_other() {
    for (flow, wrap) in [(Flow::V1U2f, true), (Flow::V1Passwordless, false)] {
        let script: Script = match wrap {
            true => |operation, _| {
                let factor = |id, name| json!({ "u2f": { "id": id, "name": name } });
                let list = [factor("1", FOREIGN), factor("2", "proofmark load 4 2-7"), factor("3", FOREIGN)];
                Some((
                    200,
                    [started(), details(), details(), json!({ "result": list })][operation_index(operation)].clone(),
                ))
            },
            false => |operation, _| {
                let factor = |id, name| json!({ "id": id, "name": name });
                let list = [factor("1", FOREIGN), factor("2", "proofmark load 4 2-7"), factor("3", FOREIGN)];
                Some((
                    200,
                    [started(), details(), details(), json!({ "result": list })][operation_index(operation)].clone(),
                ))
            },
        };
        let (cycle, seen) = play(flow, script).await;
        assert_eq!((class(&cycle), &cycle.left_behind, cycle.enrolled), ("", &None, true), "{flow}");
        assert_eq!(operations(&seen), [Operation::Start, Operation::Verify, Operation::List, Operation::Remove]);
        assert_eq!(seen[3].1["tokenId"], "2");
    }
}

fn operation_index(operation: Operation) -> usize {
    match operation {
        Operation::Start => 0,
        Operation::Verify => 1,
        Operation::Remove => 2,
        Operation::List => 3,
    }
}

#[tokio::test]
async fn a_refused_removal_is_no_failure_of_the_cycle() {
    let (cycle, seen) = play(Flow::V2Passkey, |operation, _| match operation {
        Operation::Start => Some((200, started())),
        Operation::Verify => Some((200, details())),
        _ => Some(refused(404, 5)),
    })
    .await;
    assert_eq!(class(&cycle), "");
    assert!(cycle.left_behind.as_ref().is_some_and(|why| why.starts_with("HTTP 404")), "{cycle:?}");
    assert_eq!(seen[2].1, json!({ "passkeyId": "f", "userId": "u" }));
    let took = [cycle.start, cycle.verify].map(|answered| answered.map(|answered| answered.took));
    assert_eq!(took, [Some(Duration::from_millis(3)); 2], "the last byte counts");
}

#[tokio::test]
async fn a_verify_without_reply_may_have_enrolled() {
    let (cycle, seen) = play(Flow::V2U2f, |operation, _| match operation {
        Operation::Start => Some((200, started())),
        Operation::Verify => None,
        _ => Some(refused(404, 5)),
    })
    .await;
    assert_eq!(class(&cycle), "verify/transport/timed-out");
    assert!(cycle.failure.as_ref().is_some_and(|failure| failure.lost) && !cycle.enrolled);
    assert_eq!(operations(&seen), [Operation::Start, Operation::Verify, Operation::Remove]);
    assert_eq!(cycle.left_behind, None, "what was not enrolled need not be there");
}

#[tokio::test]
async fn a_failed_step_is_the_last_one() {
    let scripts: [(Script, &str); 6] = [
        (|_, _| None, "start/transport/timed-out"),
        (|_, _| Some(refused(403, 7)), "start/refused/403/7"),
        // Codes and statuses that are none must not become classes of their own.
        (|_, _| Some(refused(999, 77_777)), "start/refused/other/other"),
        (|_, _| Some(refused(500, 13)), "start/check/no-server-error"),
        (|_, _| Some((200, json!({}))), "start/check/start-details"),
        (|_, _| Some((200, without_es256())), "attest/credential"),
    ];
    for (script, expected) in scripts {
        let (cycle, seen) = play(Flow::V2Passkey, script).await;
        assert_eq!((class(&cycle), operations(&seen)), (expected, vec![Operation::Start]));
        assert!(cycle.measured && cycle.start.is_some() && cycle.verify.is_none(), "{cycle:?}");
    }
}

fn without_es256() -> Value {
    let mut started = started();
    started["publicKeyCredentialCreationOptions"]["publicKey"]["pubKeyCredParams"][0]["alg"] = json!(-257);
    started
}

#[test]
fn a_cycle_that_is_cut_off_says_where() {
    let answered = Some(Answered { took: Duration::ZERO, http_status: Some(200) });
    let at = |start, attest| Cycle { start, attest, ..Cycle::default() };
    for (mut cycle, expected, lost) in [
        (at(None, None), "start/unfinished", true),
        (at(answered, None), "attest/unfinished", false),
        (at(answered, Some(Duration::ZERO)), "verify/unfinished", true),
    ] {
        cycle.cut_off();
        assert_eq!((class(&cycle), cycle.failure.as_ref().map(|failure| failure.lost)), (expected, Some(lost)));
        assert_eq!(cycle.left_behind, None);
    }
    let mut cleaning = Cycle { measured: true, enrolled: true, ..at(answered, Some(Duration::ZERO)) };
    cleaning.cut_off();
    assert!(cleaning.failure.is_none() && cleaning.left_behind.is_some());
}
