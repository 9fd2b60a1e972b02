//! Calls that say two things of one: servers that go by the wrong one are found, those that refuse or ignore it are not.

use std::collections::BTreeSet;
use std::sync::Arc;

use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::outcome::{CaseRecord, RunRecord, Verdict};
use proofmark::runner::target::Target;
use proofmark::server::RunningServer;
use proofmark::transport::carried::{Carried, Content};
use proofmark::transport::{self, Address, Call, Limits, Tamper};
use proofmark::wire::secret::Secret;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::misbehaving::proxy::{Act, Proxy, Request};
use crate::misbehaving::{json as answer, not_passed, run, server, target};

const FLOWS: [Flow; 2] = [Flow::V1_U2F, Flow::V2_PASSKEY];

/// Plays cases over REST through a proxy that is given the administrator's token.
async fn played(patterns: &[&str], act: impl Fn(&Request, &RunningServer) -> Act + Send + Sync + 'static) -> RunRecord {
    let server = Arc::new(server(40, &[]).await);
    let decides = Arc::clone(&server);
    let proxy = Proxy::start(server.address, move |request| act(request, &decides)).await;
    let protocols = vec![Protocol::Rest];
    run(Target { web: Address::new(proxy.base_url()), protocols, flows: FLOWS.to_vec(), ..target(&server) }, patterns)
        .await
}

/// The user id and the rest in the path of a v2 call.
fn user_of(request: &Request) -> Option<&str> {
    request.line.split("/users/").nth(1)?.split(['/', '?', ' ']).next().filter(|id| *id != "me")
}

fn query<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let (_, query) = request.line.split(' ').nth(1)?.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The permission is had by the path, and what is done is done to whom `other` names.
fn misled(request: &Request, server: &RunningServer, other: Option<&str>) -> Act {
    let authorization = request.header("authorization").unwrap_or_default();
    let own = server.accounts.subjects.iter().find(|subject| {
        user_of(request) == Some(&subject.user_id) && authorization == format!("Bearer {}", subject.token.expose())
    });
    let (Some(own), Some(other)) = (own, other) else { return Act::Forward };
    let admin = format!("Bearer {}", server.accounts.admin.expose());
    Act::ForwardBytes(request.rewritten(&[(&own.user_id, other), (&authorization, &admin)]))
}

/// Reason and deciding clause of what is not a pass.
fn found(run: &RunRecord) -> BTreeSet<String> {
    let bad = run.cases.iter().filter(|case| case.verdict != Verdict::Pass);
    let decides = |case: &CaseRecord| {
        let finding = case.findings.iter().find(|finding| finding.reason == case.reason);
        format!("{} {}", case.reason.name(), finding.map_or("", |finding| &finding.clause))
    };
    bad.map(decides).collect()
}

fn only(one: &str) -> BTreeSet<String> {
    BTreeSet::from([one.to_owned()])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_checked_on_one_user_and_acts_on_another_is_found() {
    let patterns = ["carriers/user-id-start-v2*", "carriers/user-id-remove-v2", "carriers/user-id-verify-v2"];
    let run = played(&patterns, |request, server| misled(request, server, query(request, "user_id"))).await;
    assert!(found(&run).contains("accepted-invalid api/carriers/user-id/v2"), "{:?}", not_passed(&run));
    let case = |id: &str| run.cases.iter().find(|case| case.id == id).expect("played");
    let start = case("v2/passkey/rest/carriers/user-id-start-v2");
    let said = &start.findings.iter().find(|finding| finding.reason == start.reason).expect("a finding").received;
    assert_eq!(
        said, "creation options for the other user; query user_id had the other user's user id",
        "the place that did it, alone"
    );
    assert!(start.curl.contains("user_id=") && !start.curl.contains("x-user-id"), "{}", start.curl);
    assert_eq!(case("v2/passkey/rest/carriers/user-id-start-v2-query-user-id").verdict, Verdict::Fail);
    assert_eq!(case("v2/passkey/rest/carriers/user-id-start-v2-header-x-user-id").verdict, Verdict::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_factor_that_another_place_names_is_missed_afterwards() {
    let act = |request: &Request, _: &RunningServer| {
        let (Some(id), true) = (query(request, "id"), request.line.starts_with("DELETE ")) else { return Act::Forward };
        let own = request.line.split(['/', '?']).nth(5).unwrap_or_default().to_owned();
        Act::ForwardBytes(request.rewritten(&[(&own, id)]))
    };
    let run = played(&["carriers/factor-id-own-query-id"], act).await;
    assert_eq!(found(&run), only("state-changed api/carriers/factor-id"), "{:?}", not_passed(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_in_a_header_a_method_in_a_header_and_a_user_in_a_header_are_found() {
    let path = |request: &Request, server: &RunningServer| {
        let header = request.header("x-original-url");
        let other = header.as_deref().and_then(|path| path.split('/').nth(3));
        misled(request, server, other)
    };
    let run = played(&["carriers/target-start"], path).await;
    assert_eq!(found(&run), only("security-unmet api/carriers/target"), "{:?}", not_passed(&run));

    let method = |request: &Request, _: &RunningServer| match request.header("x-http-method-override") {
        Some(method) => Act::ForwardBytes(request.replaced("POST", &method)),
        None => Act::Forward,
    };
    let run = played(&["carriers/method-remove-v2", "carriers/method-remove-v1"], method).await;
    assert_eq!(found(&run), only("state-changed api/carriers/method"), "{:?}", not_passed(&run));

    let user = |request: &Request, server: &RunningServer| {
        let Some(id) = request.header("x-user-id").filter(|_| request.header("authorization").is_none()) else {
            return Act::Forward;
        };
        let named = server.accounts.subjects.iter().find(|subject| subject.user_id == id).expect("a subject");
        let line = format!("HTTP/1.1\r\nauthorization: Bearer {}", named.token.expose());
        Act::ForwardBytes(request.replaced("HTTP/1.1", &line))
    };
    let run = played(&["carriers/identity-nobody"], user).await;
    assert_eq!(found(&run), only("accepted-invalid api/carriers/identity"), "{:?}", not_passed(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_another_place_that_decides_is_a_deviation() {
    let act = |request: &Request, _: &RunningServer| {
        let own = request.header("authorization").unwrap_or_default();
        match query(request, "access_token") {
            Some(token) => Act::ForwardBytes(request.rewritten(&[(&own, &format!("Bearer {token}"))])),
            None => Act::Forward,
        }
    };
    let run = played(&["carriers/token-unknown", "v1/u2f/rest/carriers/token-start"], act).await;
    assert_eq!(found(&run), only("security-unmet api/carriers/token"), "{:?}", not_passed(&run));
    let text = serde_json::to_string(&run.cases).expect("JSON");
    assert!(text.contains("$OTHER_TOKEN"), "the line has a variable");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_rp_id_that_follows_a_header_is_found() {
    fn elsewhere(body: &[u8]) -> Vec<u8> {
        String::from_utf8_lossy(body)
            .replace("\"id\":\"localhost\"", "\"id\":\"elsewhere.proofmark.example\"")
            .into_bytes()
    }
    let act = |request: &Request, _: &RunningServer| match request.header("x-forwarded-host") {
        Some(_) => Act::Edit(elsewhere),
        None => Act::Forward,
    };
    let run = played(&["v2/passkey/rest/carriers/host-start"], act).await;
    assert_eq!(found(&run), only("security-unmet api/carriers/host"), "{:?}", not_passed(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_refuses_what_it_does_not_know_is_correct() {
    let act = |request: &Request, _: &RunningServer| {
        let is_strange = request.line.contains('?')
            || ["x-user-id", "x-original-url", "x-forwarded-host", "cookie"]
                .iter()
                .any(|name| request.header(name).is_some());
        let body = r#"{"code": 3, "message": "what is this?", "details": []}"#;
        if is_strange { answer("400 Bad Request", body) } else { Act::Forward }
    };
    let run = played(&["carriers/user-id-start-v1", "carriers/user-id-remove-v2", "carriers/target-start"], act).await;
    assert_eq!(not_passed(&run).len(), 0, "{:?}", not_passed(&run));
}

/// What comes to a server that answers nothing useful, in order.
async fn sent(places: &[(&str, Content)], operation: Operation) -> (String, transport::SentRequest) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut bytes = Vec::new();
        while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            stream.read_buf(&mut bytes).await.expect("bytes");
        }
        // What follows the head comes with it, or right after.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let mut rest = [0; 4096];
        if let Ok(count) = stream.try_read(&mut rest) {
            bytes.extend_from_slice(&rest[..count]);
        }
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.expect("taken");
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let also = places
        .iter()
        .map(|(place, content)| Carried { place: place.parse().expect("a place"), content: content.clone() })
        .collect();
    let is_start = operation == Operation::Start;
    let message = if is_start { json!({ "userId": "1" }) } else { json!({ "userId": "1", "u2fId": "2" }) };
    let call = Call {
        endpoint: Flow::V2_U2F.endpoint(operation).expect("listed"),
        message: message.into(),
        authorization: Some(Secret::new("Bearer own-token")),
        tamper: Tamper { also, ..Tamper::default() },
    };
    let transport = transport::connect(Protocol::Rest, &Address::new(base), &Limits::default()).expect("an address");
    let exchange = transport.send(&call).await.expect("a reply");
    (served.await.expect("no panic"), exchange.request)
}

fn text(text: &str) -> Content {
    Content::Plain(text.into())
}

fn token() -> Content {
    Content::Token(Secret::new("other-token"))
}

#[tokio::test]
async fn every_place_is_sent_as_it_is_written() {
    let places = [
        ("query:userId", text("a b")),
        ("query:access_token", token()),
        ("header:X-User-Id", text("9")),
        ("header:Proxy-Authorization", token()),
        ("cookie:a", text("1")),
        ("cookie:t", token()),
        ("authorization-first", token()),
        ("second-host", text("elsewhere.example")),
        ("body:userId", text("9")),
        ("body:user.id", text("8")),
    ];
    let (came, shown) = sent(&places, Operation::Start).await;
    let (head, body) = came.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("POST /v2/users/1/u2f?userId=a%20b&access_token=other-token HTTP/1.1\r\n"), "{head}");
    for line in ["x-user-id: 9", "proxy-authorization: Bearer other-token", "cookie: a=1; t=other-token"] {
        assert!(head.lines().any(|found| found == line), "{line} in {head}");
    }
    let of = |name: &str| head.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of("authorization: "), ["authorization: Bearer other-token", "authorization: Bearer own-token"]);
    let hosts = of("host: ");
    assert!(hosts.len() == 2 && hosts[1] == "host: elsewhere.example", "{hosts:?}");
    assert_eq!(body, r#"{"userId":"9","user":{"id":"8"}}"#);
    let shown = format!("{shown:?}");
    assert!(!shown.contains("other-token") && !shown.contains("own-token"), "{shown}");
    assert!(shown.contains("access_token=$OTHER_TOKEN"), "{shown}");
}

#[tokio::test]
async fn two_lengths_and_a_length_beside_a_coding_are_sent() {
    let (came, _) = sent(&[("content-length", text("7"))], Operation::Start).await;
    let lengths: Vec<&str> = came.lines().filter(|line| line.starts_with("content-length: ")).collect();
    assert_eq!(lengths, ["content-length: 2", "content-length: 9"], "{came}");
    let (came, shown) = sent(&[("chunked", text("1"))], Operation::Start).await;
    let (head, body) = came.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(head.contains(&format!("content-length: {}", body.len())), "{came}");
    assert_eq!(body, "2\r\n{}\r\n0\r\n\r\n");
    assert_eq!(shown.headers.get("content-length").expect("shown"), &body.len().to_string());
}

#[tokio::test]
async fn another_host_and_a_joined_token_are_sent_and_a_body_of_a_removal_too() {
    let places =
        [("authority", text("elsewhere.example")), ("authorization-joined", token()), ("body:u2fId", text("3"))];
    let (came, shown) = sent(&places, Operation::Remove).await;
    assert!(came.contains("\r\nhost: elsewhere.example\r\n"), "{came}");
    assert!(came.contains("authorization: Bearer own-token, Bearer other-token\r\n"), "{came}");
    assert!(came.starts_with("DELETE /v2/users/1/u2f/2 ") && came.ends_with("\r\n\r\n{\"u2fId\":\"3\"}"), "{came}");
    assert_eq!(shown.headers["authorization"], "Bearer $TOKEN, Bearer $OTHER_TOKEN");
    let form = sent(&[("form:access_token", token())], Operation::Start).await.0;
    assert!(form.contains("content-type: application/x-www-form-urlencoded\r\n"), "{form}");
    assert!(form.ends_with("\r\n\r\naccess_token=other-token"), "{form}");
}
