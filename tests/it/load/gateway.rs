//! Targets behind a gateway that has a word of its own.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use proofmark::contract::Flow;
use proofmark::load::{Plan, render};
use proofmark::outcome::load::{Judgement, Outcome, Shares};
use proofmark::transport::Address;

use super::{attack, plan, server};
use crate::misbehaving::proxy::{Act, Proxy};

const LIMITED: &[u8] =
    b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-type: text/plain\r\ncontent-length: 4\r\nconnection: close\r\n\r\nslow";

const GATEWAY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nserver: nginx\r\ncontent-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\nbusy";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_gateway_says_is_counted_by_kind_and_is_never_wrong() {
    let server = server(&[], 4).await;
    let calls = AtomicU64::new(0);
    let proxy = Proxy::start(server.address, move |_| match calls.fetch_add(1, Ordering::Relaxed) % 10 {
        3 => Act::Say(Bytes::from_static(LIMITED)),
        7 => Act::Say(Bytes::from_static(GATEWAY)),
        _ => Act::Forward,
    })
    .await;
    let shares = Shares { negatives: 0.4, races: 0.1, lookups: 0.1 };
    let thresholds = ["errors<=0%", "errors<90%"].map(|rule| rule.parse().expect("a rule")).to_vec();
    let plan =
        Plan { web: Address::new(proxy.base_url()), shares, thresholds, ..plan(&server, Flow::V2_PASSKEY, 3_000) };
    let record = attack(plan).await;
    let network = record.network();
    let count = |kind| network.iter().find(|(found, _)| *found == kind).map_or(0, |(_, count)| *count);
    assert!(count("rate-limited") > 0 && count("gateway") > 0, "{network:?}");
    assert!(record.is_correct(), "{:?}", record.errors);
    let is_network = |outcome| matches!(outcome, Outcome::RateLimited | Outcome::Gateway);
    let other: Vec<_> = record.errors.iter().filter(|error| !is_network(error.outcome)).collect();
    // A removal that a gateway kept from its target leaves something behind.
    assert!(other.iter().all(|error| error.class == "cleanup/left-behind"), "{other:?}");
    // Errors they are all the same, and no negative has passed by one.
    let judged: Vec<_> = record.thresholds.iter().map(|judged| judged.verdict).collect();
    assert_eq!(judged, [Judgement::Missed, Judgement::Met], "{:?}", record.thresholds);
    let text = render(&record).expect("readable");
    let words = record.network_words().expect("there were some");
    assert!(text.contains(&format!("by the network or a gateway: {words}\n")), "{text}");
    assert!(record.causes().iter().any(|cause| cause.ends_with(&words)), "{:?}", record.causes());
}
