use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use super::super::draw::Draw;
use super::super::negative::Negatives;
use super::super::pool::Pool;
use super::super::{Ceilings, LoadUser, Plan, Subjects, Tolerance};
use super::*;
use crate::authenticator::Client;
use crate::contract::Flow;
use crate::outcome::CaseRecord;
use crate::outcome::load::{LoadModel, Shares, Stages};
use crate::transport::{Address, Connection, Limits, Phase, Refusal, SentRequest, Timings, TransportError};
use crate::webauthn::base64;
use crate::wire::secret::Secret;
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

    async fn send_over(&self, call: &Call, _over: Connection) -> Result<Exchange, TransportError> {
        self.seen.lock().expect("no panic").push((call.endpoint.operation, call.message.as_ref().clone()));
        let Some((http_status, body)) = (self.script)(call.endpoint.operation, &call.message) else {
            let (address, after) = ("http://target".to_owned(), Duration::from_secs(1));
            return Err(TransportError::TimedOut { address, after, during: Phase::Headers });
        };
        let reply = match http_status {
            200 => Reply::Success(body.clone()),
            _ => Reply::Refusal(Refusal { status: Some(Status::from_json(&body)), json: Some(body.clone()) }),
        };
        let json = HeaderValue::from_static("application/json");
        let date = HeaderValue::from_static("Fri, 02 Jan 2026 03:04:05 GMT");
        Ok(Exchange {
            protocol: Protocol::Rest,
            endpoint: call.endpoint,
            request: self.prepare(call)?,
            http_status,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, json), (header::DATE, date)]),
            trailers: HeaderMap::new(),
            body: body.to_string().into(),
            is_http2: false,
            has_surplus: false,
            reply,
            timings: Timings {
                set_up: None,
                first_byte: Duration::from_millis(1),
                last_byte: Duration::from_millis(3),
            },
        })
    }
}

fn plan(flow: Flow) -> Plan {
    let user = LoadUser { user_id: "u".to_owned(), token: Secret::new("a-long-enough-token") };
    Plan {
        name: "target".to_owned(),
        web: Address::new("http://127.0.0.1:1"),
        grpc: Address::new("http://127.0.0.1:1"),
        allowed_host: None,
        limits: Limits::default(),
        rp_id: "localhost".to_owned(),
        origin: "https://localhost".to_owned(),
        flows: vec![(flow, 1)],
        protocols: vec![(Protocol::Rest, 1)],
        format: Format::None,
        fresh_keys: false,
        model: LoadModel::Closed { workers: 1 },
        stages: Stages { hold_us: 1_000_000, ..Stages::default() },
        shares: Shares::default(),
        subjects: Subjects::Listed(vec![user]),
        think: Duration::ZERO,
        cleanup: Cleanup::Remove,
        seed: 4,
        thresholds: Vec::new(),
        excuses: Excuses::default(),
        known_file: None,
        preflight: false,
        give_up: Duration::MAX,
        shard: None,
        start_at: None,
        ceilings: Ceilings::default(),
        tolerance: Tolerance::default(),
        attesters: Some(1),
        embedded: false,
        defects: Vec::new(),
        target_file: None,
        build: String::new(),
        dashboard: None,
    }
}

fn site(flow: Flow, transport: Arc<dyn Transport>) -> Site {
    let negatives = Negatives::new(&Client::new("https://localhost"), "localhost", Format::None).expect("built in");
    Site {
        transports: vec![(Protocol::Rest, transport)],
        rp_id: "localhost".to_owned(),
        seed: 4,
        attester: Arc::new(Attester::start(&plan(flow), &negatives, 1).expect("threads")),
        witness: Arc::new(Witness::new()),
        neighbours: Arc::new(crate::load::neighbours::Neighbours::new(false)),
        cleanup: Cleanup::Remove,
        lookups: Lookups::default(),
        excuses: Excuses::default(),
        format: Format::None,
    }
}

/// Plays one cycle; also gives what was called.
async fn play(flow: Flow, script: Script) -> (Cycle, Vec<(Operation, Value)>) {
    play_kind(flow, Kind::Good, script).await
}

async fn play_kind(flow: Flow, kind: Kind, script: Script) -> (Cycle, Vec<(Operation, Value)>) {
    let transport = Arc::new(Scripted { script, seen: Mutex::default() });
    let site = site(flow, transport.clone());
    let pool = Pool::open(&plan(flow).subjects, None, 1).expect("one");
    let lease = pool.lease().await.expect("one");
    let mut cycle = Cycle::new(draw(flow, kind), Instant::now());
    site.play(&lease.subject, &mut cycle).await;
    let seen = std::mem::take(&mut *transport.seen.lock().expect("no panic"));
    (cycle, seen)
}

pub(in crate::load) fn draw(flow: Flow, kind: Kind) -> Draw {
    Draw { number: 7, flow, protocol: Protocol::Rest, kind, choice: 3 }
}

fn took(cycle: &Cycle, step: LoadStep) -> Vec<(Outcome, Duration)> {
    let samples = cycle.samples.iter().filter(|sample| sample.step == step);
    samples.map(|sample| (sample.outcome, sample.took)).collect()
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

/// With a challenge of its own.
fn started_anew() -> Value {
    use std::sync::atomic::{AtomicU16, Ordering};
    static STARTS: AtomicU16 = AtomicU16::new(0);
    let number = STARTS.fetch_add(1, Ordering::Relaxed);
    let mut started = started();
    let challenge = format!("{number:0>5}{}", "A".repeat(17));
    started["publicKeyCredentialCreationOptions"]["publicKey"]["challenge"] = challenge.into();
    started
}

fn refused(status: u16, code: i64) -> (u16, Value) {
    (status, json!({ "code": code, "message": "no", "details": [] }))
}

const FOREIGN: &str = "another factor";

#[tokio::test]
async fn v1_removes_the_factor_that_it_enrolled_and_no_other() {
    for (flow, wrap) in [(Flow::V1_U2F, true), (Flow::V1_PASSWORDLESS, false)] {
        let script: Script = match wrap {
            true => |operation, _| {
                let factor = |id, name| json!({ "u2f": { "id": id, "name": name } });
                let list = [factor("1", FOREIGN), factor("2", "proofmark load 4 0-7"), factor("3", FOREIGN)];
                Some((
                    200,
                    [started(), details(), details(), json!({ "result": list })][operation_index(operation)].clone(),
                ))
            },
            false => |operation, _| {
                let factor = |id, name| json!({ "id": id, "name": name });
                let list = [factor("1", FOREIGN), factor("2", "proofmark load 4 0-7"), factor("3", FOREIGN)];
                Some((
                    200,
                    [started(), details(), details(), json!({ "result": list })][operation_index(operation)].clone(),
                ))
            },
        };
        let (cycle, seen) = play(flow, script).await;
        assert_eq!((class(&cycle), &cycle.left_behind, cycle.counts.confirmed), ("", &None, 1), "{flow}");
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
    let (cycle, seen) = play(Flow::V2_PASSKEY, |operation, _| match operation {
        Operation::Start => Some((200, started())),
        Operation::Verify => Some((200, details())),
        _ => Some(refused(404, 5)),
    })
    .await;
    assert_eq!(class(&cycle), "");
    assert!(cycle.left_behind.as_ref().is_some_and(|why| why.starts_with("refused/404/5: ")), "{cycle:?}");
    assert_eq!(cycle.counts.left_behind, 1);
    assert_eq!(seen[2].1, json!({ "passkeyId": "f", "userId": "u" }));
    for step in [LoadStep::Start, LoadStep::Verify] {
        assert_eq!(took(&cycle, step), [(Outcome::Ok, Duration::from_millis(3))], "the last byte counts");
    }
    assert_eq!(took(&cycle, LoadStep::Cleanup).len(), 1);
}

#[tokio::test]
async fn a_verify_without_reply_may_have_enrolled() {
    let (cycle, seen) = play(Flow::V2_U2F, |operation, _| match operation {
        Operation::Start => Some((200, started())),
        Operation::Verify => None,
        _ => Some(refused(404, 5)),
    })
    .await;
    assert_eq!(class(&cycle), "verify/transport/timed-out");
    assert!(cycle.is_lost() && cycle.counts.confirmed == 0);
    let failure = cycle.failure.as_ref().expect("it failed");
    assert!(failure.exchange.as_ref().is_some_and(|exchange| exchange.http_status == 0), "the call can be shown");
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
        let (cycle, seen) = play(Flow::V2_PASSKEY, script).await;
        assert_eq!((class(&cycle), operations(&seen)), (expected, vec![Operation::Start]));
        assert!(cycle.service.is_some() && took(&cycle, LoadStep::Start).len() == 1, "{cycle:?}");
        assert!(took(&cycle, LoadStep::Verify).is_empty(), "{cycle:?}");
    }
}

fn without_es256() -> Value {
    let mut started = started();
    started["publicKeyCredentialCreationOptions"]["publicKey"]["pubKeyCredParams"][0]["alg"] = json!(-257);
    started
}

#[test]
fn a_cycle_that_is_cut_off_says_where() {
    for (at, expected) in [
        (LoadStep::Start, "start/unfinished"),
        (LoadStep::Attest, "attest/unfinished"),
        (LoadStep::Verify, "verify/unfinished"),
    ] {
        let mut cycle = Cycle::new(draw(Flow::V2_PASSKEY, Kind::Good), Instant::now());
        cycle.at = at;
        cycle.cut_off();
        assert_eq!((class(&cycle), took(&cycle, at).len(), &cycle.left_behind), (expected, 1, &None));
        assert!(cycle.is_lost() && cycle.service.is_some());
    }
    let mut cleaning = Cycle::new(draw(Flow::V2_PASSKEY, Kind::Good), Instant::now());
    cleaning.service = Some(Duration::ZERO);
    cleaning.cut_off();
    assert!(cleaning.failure.is_none() && cleaning.left_behind.is_some());
    assert_eq!(cleaning.counts.left_behind, 1);
}

fn good(operation: Operation) -> Option<(u16, Value)> {
    Some((200, [started(), details(), details(), json!({ "result": [] })][operation_index(operation)].clone()))
}

#[tokio::test]
async fn a_malformed_attestation_has_to_be_refused() {
    let (cycle, seen) = play_kind(Flow::V2_PASSKEY, Kind::Negative, |operation, _| match operation {
        Operation::Verify => Some(refused(400, 3)),
        other => good(other),
    })
    .await;
    assert_eq!((class(&cycle), operations(&seen)), ("", vec![Operation::Start, Operation::Verify]));
    assert_eq!((cycle.counts.negatives, cycle.counts.negatives_accepted), (1, 0));
    assert_eq!(took(&cycle, LoadStep::Verify)[0].0, Outcome::Ok);
    let (cycle, seen) = play_kind(Flow::V2_PASSKEY, Kind::Negative, |operation, _| good(operation)).await;
    assert!(class(&cycle).starts_with("verify/accepted/"), "{}", class(&cycle));
    assert_eq!((cycle.counts.negatives_accepted, cycle.counts.wrong()), (1, 1));
    assert!(cycle.failure.as_ref().is_some_and(|failure| failure.exchange.is_some()), "with its exchange");
    assert_eq!(operations(&seen)[2], Operation::Remove, "it has to go again");
}

#[tokio::test]
async fn what_is_known_fails_nothing_and_is_counted() {
    let crashes: Script = |operation, _| match operation {
        Operation::Verify => Some(refused(500, 13)),
        other => good(other),
    };
    let cycles = [
        (crashes, Reason::Crash, "verify/check/no-server-error", "verify/known/no-server-error"),
        (|operation, _| good(operation), Reason::AcceptedInvalid, "verify/accepted/", "verify/known/accepted/"),
    ];
    for (script, reason, unknown, known) in cycles {
        for knows in [false, true] {
            let transport = Arc::new(Scripted { script, seen: Mutex::default() });
            let mut site = site(Flow::V2_PASSKEY, transport);
            if knows {
                let is_meant = move |record: &CaseRecord| {
                    record.reason == reason && record.protocol == "rest" && !record.case.starts_with("enrolment/")
                };
                site.excuses = Excuses::new(is_meant);
            }
            let pool = Pool::open(&plan(Flow::V2_PASSKEY).subjects, None, 1).expect("one");
            let lease = pool.lease().await.expect("one");
            let mut cycle = Cycle::new(draw(Flow::V2_PASSKEY, Kind::Negative), Instant::now());
            site.play(&lease.subject, &mut cycle).await;
            assert_eq!((cycle.counts.known, cycle.counts.wrong()), (u64::from(knows), u64::from(!knows)), "{unknown}");
            let told =
                cycle.harmless.known.first().map_or_else(|| class(&cycle).to_owned(), |(class, _)| class.clone());
            assert!(told.starts_with(if knows { known } else { unknown }), "{told}");
            // A good cycle is another case.
            let mut good = Cycle::new(draw(Flow::V2_PASSKEY, Kind::Good), Instant::now());
            site.play(&lease.subject, &mut good).await;
            assert_eq!(good.counts.known, 0, "{:?}", good.harmless);
        }
    }
}

/// A limit of the rate is not a refusal of a malformed credential, and a gateway is not the target.
#[tokio::test]
async fn the_network_is_never_the_targets_answer() {
    let cases: [(Kind, Operation, Script, &str, Outcome); 4] = [
        (
            Kind::Good,
            Operation::Start,
            |operation, _| match operation {
                Operation::Start => Some((503, json!({ "fault": "no healthy upstream" }))),
                other => good(other),
            },
            "start/network/gateway",
            Outcome::Gateway,
        ),
        (
            Kind::Negative,
            Operation::Verify,
            |operation, _| match operation {
                Operation::Verify => Some((429, json!({ "code": 8, "message": "slow down", "details": [] }))),
                other => good(other),
            },
            "verify/network/rate-limited",
            Outcome::RateLimited,
        ),
        (
            Kind::Race,
            Operation::Verify,
            |operation, _| match operation {
                Operation::Verify => Some((429, json!({ "code": 8, "message": "slow down", "details": [] }))),
                other => good(other),
            },
            "verify/network/rate-limited",
            Outcome::RateLimited,
        ),
        (
            Kind::Lookup,
            Operation::Verify,
            |operation, _| match operation {
                Operation::Verify => Some((502, json!({}))),
                other => good(other),
            },
            "verify/network/gateway",
            Outcome::Gateway,
        ),
    ];
    for (kind, at, script, expected, outcome) in cases {
        let (cycle, seen) = play_kind(Flow::V2_PASSKEY, kind, script).await;
        let failure = cycle.failure.as_ref().expect("it failed");
        assert_eq!((failure.class.as_str(), failure.outcome), (expected, outcome));
        let of = &cycle.counts;
        assert_eq!((of.wrong(), of.negatives, of.races, of.confirmed), (0, 0, 0, 0), "{expected}: {of:?}");
        // What a gateway has answered may have been enrolled.
        let is_open = outcome == Outcome::Gateway && at == Operation::Verify;
        assert_eq!(operations(&seen).contains(&Operation::Remove), is_open, "{expected}: {seen:?}");
    }
}

#[tokio::test]
async fn of_two_verifies_one_may_win() {
    use std::sync::atomic::{AtomicU8, Ordering};
    static VERIFIES: AtomicU8 = AtomicU8::new(0);
    let (cycle, _) = play_kind(Flow::V2_PASSKEY, Kind::Race, |operation, _| match operation {
        Operation::Verify if VERIFIES.fetch_add(1, Ordering::Relaxed) > 0 => Some(refused(404, 5)),
        other => good(other),
    })
    .await;
    assert_eq!((class(&cycle), cycle.counts.races, cycle.counts.double_wins), ("", 1, 0));
    assert_eq!((took(&cycle, LoadStep::Verify).len(), cycle.counts.confirmed, cycle.counts.judged), (2, 1, 4));
    let (cycle, _) = play_kind(Flow::V2_PASSKEY, Kind::Race, |operation, _| good(operation)).await;
    assert_eq!((class(&cycle), cycle.counts.double_wins, cycle.counts.confirmed), ("verify/double-win", 1, 1));
    let (cycle, _) = play_kind(Flow::V2_PASSKEY, Kind::Race, |operation, _| match operation {
        Operation::Verify => Some(refused(404, 5)),
        other => good(other),
    })
    .await;
    assert_eq!((class(&cycle), cycle.counts.confirmed), ("verify/refused/404/5", 0), "somebody has to win");
    let (cycle, _) = play_kind(Flow::V2_PASSKEY, Kind::Race, |operation, _| match operation {
        Operation::Verify => Some((200, json!({}))),
        other => good(other),
    })
    .await;
    assert_eq!((class(&cycle), cycle.counts.nonconformant), ("verify/check/verify-shape", 2));
}

#[tokio::test]
async fn what_was_confirmed_has_to_be_there() {
    for (flow, script, expected) in [
        (Flow::V2_PASSKEY, (|operation, _| good(operation)) as Script, "lookup/lost"),
        (Flow::V2_U2F, |operation, _| good(operation), "lookup/lost"),
        (
            Flow::V2_PASSKEY,
            |operation, _| match operation {
                Operation::List => Some((200, json!({ "result": [{ "id": "1", "name": "proofmark load 4 0-7" }] }))),
                other => good(other),
            },
            "",
        ),
        (
            Flow::V2_PASSKEY,
            |operation, _| match operation {
                Operation::List => Some((200, json!({ "result": vec![json!({ "id": "1", "name": "n" }); 50] }))),
                other => good(other),
            },
            "",
        ),
    ] {
        let (cycle, _) = play_kind(flow, Kind::Lookup, script).await;
        assert_eq!(class(&cycle), expected, "{flow}");
        assert_eq!((cycle.counts.lookups, cycle.counts.lost), (1, u64::from(!expected.is_empty())));
        assert_eq!(took(&cycle, LoadStep::Cleanup).len(), 1, "it is removed all the same");
    }
}

/// What the look before the load finds of a target: how it looks up, or why it can't be loaded.
async fn looked_before(lookups: f64, script: Script) -> (Site, Vec<Operation>) {
    let plan = Plan { shares: Shares { lookups, ..Shares::default() }, ..plan(Flow::V2_PASSKEY) };
    let transport = Arc::new(Scripted { script, seen: Mutex::default() });
    let mut site = site(Flow::V2_PASSKEY, transport.clone());
    let pool = Pool::open(&plan.subjects, None, 1).expect("one");
    super::super::preflight::look(&plan, &mut site, &pool).await.expect("it can be loaded");
    let seen = std::mem::take(&mut *transport.seen.lock().expect("no panic"));
    (site, operations(&seen))
}

#[tokio::test]
async fn lookups_that_can_not_be_done_are_done_otherwise_or_left_out() {
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::super::lookups::LookUp;
    let way = |site: &Site| site.lookups.of(Flow::V2_PASSKEY, Protocol::Rest);
    let unlisted: Script = |operation, _| match operation {
        Operation::List => Some(refused(501, 12)),
        Operation::Start => Some((200, started_anew())),
        other => good(other),
    };
    // A start that names nothing is what a load has to say something about.
    let (site, seen) = looked_before(0.5, unlisted).await;
    assert_eq!(way(&site), LookUp::Start, "{seen:?}");
    let (site, seen) = looked_before(0.0, unlisted).await;
    assert!(way(&site) == LookUp::List && !seen.contains(&Operation::List), "nobody asked for lookups: {seen:?}");
    let (site, _) = looked_before(0.5, |operation, _| match operation {
        Operation::Start => Some((200, started_anew())),
        other => good(other),
    })
    .await;
    assert_eq!(way(&site), LookUp::List, "that it is not in the list is judged under load");
    // Nor is there a further start for what was verified.
    static VERIFIED: AtomicU8 = AtomicU8::new(0);
    let (site, _) = looked_before(0.5, |operation, _| match operation {
        Operation::List => Some(refused(501, 12)),
        Operation::Start if VERIFIED.load(Ordering::Relaxed) > 0 => {
            VERIFIED.store(0, Ordering::Relaxed);
            Some(refused(400, 9))
        }
        Operation::Verify => {
            VERIFIED.store(1, Ordering::Relaxed);
            good(operation)
        }
        Operation::Remove => {
            VERIFIED.store(0, Ordering::Relaxed);
            good(operation)
        }
        Operation::Start => Some((200, started_anew())),
    })
    .await;
    assert_eq!(way(&site), LookUp::Nothing);
}

#[tokio::test]
async fn an_answer_that_is_somebody_elses_is_cross_talk() {
    let transport = Arc::new(Scripted { script: |operation, _| good(operation), seen: Mutex::default() });
    let site = site(Flow::V2_PASSKEY, transport);
    let user = |name: &str| LoadUser { user_id: name.to_owned(), token: Secret::new("a-long-enough-token") };
    let pool = Pool::open(&Subjects::Listed(vec![user("a"), user("b")]), None, 2).expect("two");
    let mut classes = Vec::new();
    for _ in 0..3 {
        let lease = pool.lease().await.expect("one");
        let mut cycle = Cycle::new(draw(Flow::V2_PASSKEY, Kind::Good), Instant::now());
        site.play(&lease.subject, &mut cycle).await;
        classes.push((class(&cycle).to_owned(), cycle.counts.crossed, cycle.counts.nonconformant));
    }
    let expected = [("", 0, 0), ("start/cross-talk/user-handle", 1, 0), ("start/check/challenge-fresh", 0, 1)];
    assert_eq!(classes, expected.map(|(class, crossed, wrong)| (class.to_owned(), crossed, wrong)));
}
