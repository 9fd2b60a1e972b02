//! Servers that are wrong or slow only under load: load finds each, by itself where there is something to go by, and says in words
//! what is wrong.

use std::time::Duration;

use proofmark::contract::Flow;
use proofmark::load::{Plan, Tolerance, render};
use proofmark::outcome::load::{Judgement, LoadRecord, LoadStep, Shares};
use proofmark::server::defect::Defect;
use proofmark::server::variant::Variant;
use proofmark::server::{Conditions, Server, ServerConfig};

use crate::load::{attack, open, plan, server};

/// What load says of a server with this defect, or without one; whether the run is green; and its record.
async fn played(
    defect: Option<&str>,
    millis: u64,
    change: impl FnOnce(Plan) -> Plan,
) -> (Vec<String>, bool, LoadRecord) {
    let defects: Vec<&str> = defect.into_iter().collect();
    let server = server(&defects, 4).await;
    let record = attack(change(plan(&server, Flow::V2_PASSKEY, millis))).await;
    (record.causes(), record.is_correct() && record.is_met(), record)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_crossed_between_users_are_named() {
    let (causes, is_green, record) = played(Some("concurrency-answers-crossed"), 1_000, |plan| plan).await;
    assert!(!is_green && record.correctness.crossed > 0, "{record:?}");
    assert!(causes[0].starts_with("answers are crossed between users: "), "{causes:?}");
    let found = record.errors.iter().find(|error| error.class.starts_with("start/cross-talk/"));
    assert_eq!(found.map(|error| error.exchanges.len()), Some(1), "with its exchange");
    let (causes, is_green, _) = played(None, 1_000, |plan| plan).await;
    assert_eq!((causes, is_green), (Vec::new(), true));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_answer_in_ten_is_named_as_one_in_ten() {
    let (causes, is_green, record) = played(Some("concurrency-one-in-ten"), 2_000, |plan| plan).await;
    assert!(!is_green, "{record:?}");
    // Of 109 cycles ten, for example, which is nearer to one in eleven.
    let named = |n| causes == [format!("one cycle in {n} fails with verify/refused/400/3")];
    assert!(named(10) || named(11), "{causes:?}");
}

/// Where there is no list of factors, the next start's excludeCredentials tells. One worker alone loses nothing.
#[tokio::test(flavor = "multi_thread")]
async fn registrations_that_are_lost_when_two_end_at_once_are_named() {
    let shares = Shares { lookups: 0.5, ..Shares::default() };
    for (users, variant) in [(4, None), (4, Some("list-v1-only")), (1, Some("list-v1-only"))] {
        let config = ServerConfig {
            users,
            seed: 5,
            defects: vec![Defect::find("concurrency-registration-lost").expect("listed")],
            variants: variant.into_iter().map(|id| Variant::find(id).expect("listed")).collect(),
            ..ServerConfig::default()
        };
        let server = Server::start(config).await.expect("a free port");
        let record = attack(Plan { shares, preflight: true, ..plan(&server, Flow::V2_PASSKEY, 1_500) }).await;
        let (lost, lookups) = (record.correctness.lost, record.correctness.lookups);
        assert!(lookups > 0, "{users} {variant:?}: {:?}", record.correctness);
        let expected =
            format!("confirmed registrations are lost: {lost} of {lookups} that were looked up were not there");
        let expected = if users == 1 { Vec::new() } else { vec![expected] };
        assert_eq!(record.causes(), expected, "{users} {variant:?}");
        assert_eq!((lost > 0, record.is_correct()), (users > 1, users == 1), "{users} {variant:?}");
    }
}

/// No limit is needed, and it is not a verdict: a run on such a server is green.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_works_on_one_call_at_a_time_is_named() {
    let looking = |plan| Plan { preflight: true, ..plan };
    let (causes, is_green, record) = played(Some("concurrency-one-at-a-time"), 5_000, looking).await;
    assert!(is_green, "{record:?}");
    let scaling = record.scaling.clone().expect("a ramp");
    assert_eq!(scaling.steps.last().map(|step| step.workers), Some(4), "{scaling:?}");
    assert!(
        causes.len() == 1 && causes[0].starts_with("4 workers complete hardly more cycles than one: "),
        "{causes:?}"
    );
    let before = record.preflight.expect("it looked");
    assert!(before.starts >= scaling.steps.iter().map(|step| step.ok).sum(), "{before:?} {scaling:?}");
    // Calls that take as long, side by side.
    let conditions = Conditions { delay: Duration::from_millis(10), ..Conditions::default() };
    let config = ServerConfig { users: 4, seed: 5, conditions, ..ServerConfig::default() };
    let server = Server::start(config).await.expect("a free port");
    let record = attack(looking(plan(&server, Flow::V2_PASSKEY, 5_000))).await;
    assert_eq!(record.causes(), [""; 0], "{:?}", record.scaling);
    let before = record.preflight.expect("it looked");
    assert_eq!(server.counts.verified(), record.correctness.confirmed + before.confirmed);
    assert_eq!((server.counts.removed(), before.left_behind), (server.counts.verified(), 0));
    // A load that is short has no ramp.
    let record = attack(looking(plan(&server, Flow::V2_PASSKEY, 500))).await;
    assert_eq!(record.scaling, None);
}

/// Nobody knows what is slow for a target but its owner: a limit is needed, and then the cause is said.
#[tokio::test(flavor = "multi_thread")]
async fn the_step_that_is_slow_is_named() {
    let limit = |plan| Plan { thresholds: vec!["cycle.mean<150ms".parse().expect("a rule")], ..plan };
    let (causes, is_green, record) = played(Some("concurrency-slow-verify"), 2_000, limit).await;
    assert!(!is_green && record.errors.is_empty(), "{record:?}");
    let named = |share: &str| causes[0].starts_with(&format!("the time is spent in verify: {share}"));
    assert!(causes.len() == 1 && (named("9") || named("100%")), "{causes:?}");
    let (causes, is_green, _) = played(None, 1_000, limit).await;
    assert_eq!((causes, is_green), (Vec::new(), true));
}

/// No limit is set by hand: that a step surely becomes twice as slow while the load stays the same is enough.
#[tokio::test(flavor = "multi_thread")]
async fn what_slows_down_as_data_grow_is_found_without_a_limit() {
    let patient = |plan: Plan| {
        let mut plan = plan;
        plan.limits.timeout = Duration::from_secs(20);
        plan
    };
    let (causes, is_green, record) = played(Some("concurrency-slow-with-data"), 12_500, patient).await;
    assert!(!is_green && record.errors.is_empty(), "{record:?}");
    let judged = record.thresholds.iter().find(|judged| judged.rule == "start.growth<=100%").expect("judged");
    assert_eq!(judged.verdict, Judgement::Missed);
    assert!(
        causes.len() == 1 && causes[0].starts_with("start grows slower while the load stays the same: "),
        "{causes:?}"
    );
    let growth = record.growth(LoadStep::Start, None).expect("readable").expect("enough intervals");
    // 5 ms for each start.
    assert!((4_000.0..6_500.0).contains(&(growth.slope_us / 1_000.0)), "{growth:?}");
}

/// What a call costs for each registration is told long before it breaks a limit, with how many there were.
#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_slower_with_each_registration_is_told() {
    for defect in [Some("concurrency-slow-with-registrations"), None] {
        let config = ServerConfig {
            users: 4,
            seed: 5,
            defects: defect.into_iter().map(|id| Defect::find(id).expect("listed")).collect(),
            // So that a busy machine matters little.
            conditions: Conditions { delay: Duration::from_millis(10), ..Conditions::default() },
            ..ServerConfig::default()
        };
        let server = Server::start(config).await.expect("a free port");
        let record = attack(Plan { preflight: true, ..plan(&server, Flow::V2_PASSKEY, 12_500) }).await;
        let causes = record.causes();
        let said: Vec<&String> = record.notes.iter().chain(&causes).filter(|text| text.starts_with("start ")).collect();
        assert_eq!(said.len(), usize::from(defect.is_some()), "{defect:?}: {causes:?} {:?}", record.notes);
        let before = record.preflight.expect("it looked");
        let text = render(&record).expect("readable");
        let added = server.counts.verified();
        assert_eq!(record.correctness.confirmed + before.confirmed, added);
        assert!(text.contains(&format!("registrations added to the target: {added}, ")), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_steady_server_grows_by_nothing_that_is_sure() {
    let (causes, is_green, record) = played(None, 12_500, |plan| plan).await;
    assert!(is_green && causes.is_empty(), "{causes:?} {:?}", record.thresholds);
    let rules: Vec<_> = record.thresholds.iter().map(|judged| (judged.rule.as_str(), judged.verdict)).collect();
    let expected = ["errors<=0%", "start.growth<=100%", "verify.growth<=100%"].map(|rule| (rule, Judgement::Met));
    assert_eq!(rules, expected);
}

/// Above what a target can take, an open model shows the queue, and the generator is not to blame; with too few workers for an idle
/// target, it is.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_to_blame_for_a_queue() {
    // 300 ms for each verify.
    let server = server(&["concurrency-slow-verify"], 4).await;
    let tolerance = Tolerance { waited: 0.01, ..plan(&server, Flow::V2_PASSKEY, 1).tolerance };
    let few = Plan { tolerance, ..plan(&server, Flow::V2_PASSKEY, 2_000) };
    let record = attack(open(few, 40.0, 4)).await;
    assert!(record.generators[0].reasons[0].ends_with("write a greater --users"), "{:?}", record.generators);
    // Each start waits for all those before.
    let server = self::server(&["concurrency-slow-with-data"], 30).await;
    let mut slow = Plan { tolerance, ..plan(&server, Flow::V2_PASSKEY, 2_000) };
    slow.limits.timeout = Duration::from_secs(20);
    let record = attack(open(slow, 60.0, 10)).await;
    assert_eq!(record.generators[0].reasons, [""; 0], "{:?}", record.generators);
    let notes = &record.generators[0].notes;
    assert!(notes.iter().any(|note| note.contains("the target was slow")), "{notes:?}");
    let p50 = |step| record.good(step, None).expect("readable").value_at_quantile(0.5);
    assert!(p50(LoadStep::Cycle) > p50(LoadStep::Service), "time counts from when it was due");
}
