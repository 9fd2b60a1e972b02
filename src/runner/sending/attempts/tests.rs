use std::collections::VecDeque;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::*;
use crate::contract::Flow;
use crate::runner::target::resending::RetryBudget;
use crate::transport::{RecordedReply, Tamper, Unprocessed, recorded};

/// What a call comes to.
#[derive(Debug, Clone, Copy)]
enum Came {
    Answer,
    /// HTTP 429 that says how long to wait, in seconds.
    Limited(&'static str),
    /// HTTP 503 without a body.
    Gateway,
    GoAway,
    Stale,
    Hang,
}

/// A transport whose calls come to one thing after the other.
#[derive(Debug, Default)]
struct Script(Mutex<(VecDeque<Came>, Vec<Connection>)>);

impl Script {
    fn of(came: impl IntoIterator<Item = Came>) -> Arc<Script> {
        Arc::new(Script(Mutex::new((came.into_iter().collect(), Vec::new()))))
    }

    /// Over which connections the calls went.
    fn over(&self) -> Vec<Connection> {
        self.0.lock().expect("no panic").1.clone()
    }
}

#[async_trait]
impl Transport for Script {
    fn protocol(&self) -> Protocol {
        Protocol::Rest
    }

    fn prepare(&self, _call: &Call) -> Result<SentRequest, TransportError> {
        Err(TransportError::Other("nothing is sent".to_owned()))
    }

    async fn send_over(&self, call: &Call, over: Connection) -> Result<Exchange, TransportError> {
        let came = {
            let mut script = self.0.lock().expect("no panic");
            script.1.push(over);
            script.0.pop_front().expect("no further call")
        };
        let (address, why) = (String::new(), String::new());
        let mut headers = HeaderMap::new();
        let (http_status, body) = match came {
            Came::Answer => (200, "{}"),
            Came::Limited(after) => {
                headers.insert("retry-after", HeaderValue::from_static(after));
                (429, "")
            }
            Came::Gateway => (503, ""),
            Came::GoAway => return Err(TransportError::NotProcessed { address, by: Unprocessed::GoAway, why }),
            Came::Stale => return Err(TransportError::Stale { address, why }),
            Came::Hang => {
                let (after, during) = (Duration::from_secs(1), crate::transport::Phase::Headers);
                return Err(TransportError::TimedOut { address, after, during });
            }
        };
        let body = Bytes::from_static(body.as_bytes());
        recorded(
            Protocol::Rest,
            call.endpoint,
            RecordedReply { http_status, headers, trailers: HeaderMap::new(), body },
        )
    }
}

fn call(operation: Operation) -> Call {
    Call {
        endpoint: Flow::V2_PASSKEY.endpoint(operation).expect("it has one"),
        message: json!({}).into(),
        authorization: None,
        tamper: Tamper::default(),
    }
}

/// Sends one call, with nothing to wait for but what a script says.
async fn sent(operation: Operation, resending: Resending, script: &Arc<Script>) -> (Sent, SentAgain) {
    let attempts = Arc::new(Attempts::new(resending, 1));
    let line = Line::new(Arc::clone(script) as Arc<dyn Transport>, Arc::clone(&attempts));
    let sent = line.call(&call(operation), Way::USUAL).await;
    (sent, attempts.sent_again())
}

use Came::{Answer, Gateway, GoAway, Hang, Limited, Stale};
use Connection::{Any, New};
use Operation::{Start, Verify};

#[tokio::test]
async fn what_was_not_processed_is_sent_again_whatever_it_is() {
    let script = Script::of([GoAway, Limited("0"), Answer]);
    let (sent, again) = sent(Verify, Resending::default(), &script).await;
    assert!(sent.result.is_ok_and(|exchange| exchange.http_status == 200) && sent.fault.is_none());
    let causes: Vec<String> = sent.tries.iter().map(|tried| tried.record().cause).collect();
    assert_eq!(causes, ["go-away", "rate-limited"]);
    assert_eq!(sent.tries[0].waited, Duration::ZERO, "another connection takes it at once");
    assert!(sent.tries[1].waited >= FIRST_WAIT, "later than the first time");
    assert_eq!(script.over(), [Any, New, New], "what ended a connection is met by another");
    assert_eq!((again.go_away, again.rate_limited), (1, 1));
}

#[tokio::test]
async fn what_may_have_been_processed_is_sent_again_only_if_that_does_no_harm() {
    for fault in [Stale, Gateway] {
        let script = Script::of([fault, Answer]);
        assert!(sent(Start, Resending::default(), &script).await.0.fault.is_none(), "{fault:?}");
        let script = Script::of([fault]);
        let (sent, again) = sent(Verify, Resending::default(), &script).await;
        let given_up = sent.given_up().expect("a fault");
        assert!(given_up.ends_with("(sent once; it may have been processed)"), "{given_up}");
        assert!(again.is_none() && script.over() == [Any]);
    }
}

#[tokio::test]
async fn the_targets_word_is_never_asked_for_again() {
    let (sent, again) = sent(Start, Resending::default(), &Script::of([Hang])).await;
    assert!(sent.fault.is_none() && sent.tries.is_empty() && sent.result.is_err() && again.is_none());
}

#[tokio::test]
async fn retries_and_the_budget_of_the_run_are_bounds() {
    let bounded = |retries, budget| Resending { retries, budget, rate: None };
    let cases = [
        (bounded(0, RetryBudget::Calls(9)), 1, "(sent once; as often as --retries allows)"),
        (bounded(2, RetryBudget::Calls(9)), 3, "(sent 3 times; as often as --retries allows)"),
        (bounded(9, RetryBudget::Calls(1)), 2, "(sent 2 times; the run's --retry-budget is used up)"),
    ];
    for (resending, times, end) in cases {
        let script = Script::of(vec![GoAway; times]);
        let (sent, again) = sent(Start, resending, &script).await;
        let given_up = sent.given_up().expect("a fault");
        assert!(given_up.ends_with(end), "{given_up}");
        assert_eq!(again.go_away + 1, u64::try_from(times).expect("few"), "{end}");
    }
}

#[tokio::test]
async fn nobody_waits_for_an_hour() {
    let script = Script::of([Limited("3600")]);
    let given_up = sent(Start, Resending::default(), &script).await.0.given_up().expect("a fault");
    assert_eq!(given_up, "HTTP 429, to be tried again after 3600 s (sent once; that is longer than proofmark waits)");
}

#[test]
fn waits_grow_and_follow_from_the_seed() {
    let waits = |seed| {
        let attempts = Attempts::new(Resending::default(), seed);
        let fault = Fault { kind: FaultKind::Unreachable, may_be_processed: false, wait: None, seen: String::new() };
        [0, 1, 2].map(|before| attempts.wait(&fault, Start, before).expect("within bounds"))
    };
    let [first, second, third] = waits(1);
    let within = |wait: Duration, most: Duration| wait >= most / 2 && wait <= most;
    assert!(within(first, FIRST_WAIT) && within(second, 2 * FIRST_WAIT) && within(third, 4 * FIRST_WAIT));
    assert_eq!(waits(1), [first, second, third]);
    assert_ne!(waits(2), [first, second, third]);
}

#[tokio::test]
async fn a_refusal_for_an_amount_answers_a_call_that_is_about_a_limit() {
    let attempts = Arc::new(Attempts::new(Resending::default(), 1));
    let way = Way { about_limits: true, ..Way::USUAL };
    // Without a status of the API's it is a gateway's, whatever the call is about.
    let script = Script::of([Limited("0"), Answer]);
    let line = Line::new(script, attempts);
    assert_eq!(line.call(&call(Verify), way).await.tries.len(), 1);
    let reply = RecordedReply {
        http_status: 429,
        headers: HeaderMap::new(),
        trailers: HeaderMap::new(),
        body: Bytes::from_static(br#"{"code": 8, "message": "too much", "details": []}"#),
    };
    let result = recorded(Protocol::Rest, call(Verify).endpoint, reply);
    let fault = Fault::of(&result).expect("a fault");
    assert!(is_answer(&fault, &result, way) && !is_answer(&fault, &result, Way::USUAL));
}
