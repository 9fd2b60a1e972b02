//! Subjects that others use too: cases before, earlier runs, other runs at the same time.

use std::collections::BTreeMap;
use std::time::Duration;

use proofmark::cli::embedded;
use proofmark::contract::{Flow, Protocol};
use proofmark::outcome::{Reason, RunRecord, Verdict};
use proofmark::runner::target::Target;
use proofmark::runner::{Runner, Settings, Stop};
use proofmark::scenario::{self, Pattern, Plan, Policy, Selection};
use proofmark::server::defect::Defect;
use proofmark::server::{RunningServer, Server, ServerConfig};
use proofmark::transport::{self, Call, Limits};

async fn server(users: usize) -> RunningServer {
    with(ServerConfig { users, ..ServerConfig::default() }).await
}

async fn with(config: ServerConfig) -> RunningServer {
    Server::start(ServerConfig { seed: 4, ..config }).await.expect("a free port")
}

/// The server as a target whose subjects are listed, so that others may have used them.
fn listed(server: &RunningServer) -> Target {
    let mut target = embedded::target_of(server);
    target.accounts.listed_in = Some("pool.json".into());
    target
}

fn runner(target: Target, patterns: &[&str], seed: u64) -> Runner {
    let patterns = patterns.iter().map(|text| Pattern::new(text).expect("a pattern")).collect();
    let (flows, protocols) = (target.flows.clone(), target.protocols.clone());
    let selection = Selection { flows, protocols, patterns, seed, ..Selection::default() };
    let plan = Plan::new(scenario::embedded().expect("valid suites"), &selection);
    assert_eq!(plan.unmatched, [""; 0]);
    Runner::new(target, plan, Settings { seed, concurrency: 8, now: embedded::now() }).expect("a good address")
}

async fn run(target: Target, patterns: &[&str], seed: u64) -> RunRecord {
    let mut events = Vec::new();
    let stop = Stop::default();
    let run = runner(target, patterns, seed).run(&stop, |event| events.push(event.clone()));
    tokio::time::timeout(Duration::from_secs(100), run).await.expect("the run ends");
    RunRecord::fold(events).expect("a first event")
}

/// What did not pass, by id.
fn not_passed(run: &RunRecord) -> BTreeMap<&str, (Verdict, Reason)> {
    let bad = run.cases.iter().filter(|case| case.verdict != Verdict::Pass);
    bad.map(|case| (case.id.as_str(), (case.verdict, case.reason))).collect()
}

/// Starts a registration of every second subject, on both flows of v1, and leaves it open.
async fn leave_open(target: &Target) {
    let rest = transport::connect(Protocol::Rest, &target.web, &Limits::default()).expect("an address");
    for subject in target.accounts.subjects.iter().step_by(2) {
        for flow in [Flow::V1_U2F, Flow::V1_PASSWORDLESS] {
            let call = Call::start(flow, &subject.user_id, Some(&subject.token)).expect("a start");
            assert_eq!(rest.send(&call).await.expect("an answer").http_status, 200);
        }
    }
}

const PRESUPPOSE_NOTHING_OPEN: [&str; 4] = [
    "ceremony/verify-without-start",
    "ceremony/verify-empty-challenge-without-start",
    "ceremony/other-api-version-challenge",
    "authorization/unknown-factor-v1",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_earlier_runs_left_open_makes_no_difference() {
    let server = server(70).await;
    let target = listed(&server);
    for seed in 1..=3 {
        leave_open(&target).await;
        let run = run(target.clone(), &PRESUPPOSE_NOTHING_OPEN, seed).await;
        assert_eq!(not_passed(&run), BTreeMap::new(), "seed {seed}");
    }
    // So few that some have to take one that was used before.
    let mut few = target;
    few.accounts.subjects.truncate(9);
    let run = run(few, &PRESUPPOSE_NOTHING_OPEN, 4).await;
    assert_eq!(not_passed(&run), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_refused_format_the_user_enrols_with_one_that_is_taken() {
    // It trusts somebody else's root only, and the target file does not say that it takes ours.
    let root = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).expect("a certificate");
    let server = with(ServerConfig { trust_anchors: vec![root.cert.der().to_vec()], ..ServerConfig::default() }).await;
    let target = Target { policy: Policy::default(), ..embedded::target_of(&server) };
    let patterns = ["apple/valid", "android-key/valid", "packed-x5c/valid", "client-data/origin-other-site"];
    let run = run(target, &patterns, 1).await;
    assert_eq!(not_passed(&run), BTreeMap::new());
    let refused = run.cases.iter().filter(|case| case.case == "apple/valid" && case.protocol != "all");
    for case in refused {
        assert!(
            case.reason == Reason::LeftOpen && case.observed.starts_with("refused"),
            "{}: {}",
            case.id,
            case.observed
        );
    }
}

/// Cases that others on the same subject can disturb.
const DISTURBED: [&str; 6] = [
    "enrolment",
    "ceremony/replayed-response",
    "ceremony/second-start-then-verify-second",
    "ceremony/excluded-credential",
    "ceremony/retry-after-failure",
    "limits/name-2*-ascii",
];

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_on_the_same_subjects_say_so_and_nothing_of_the_target() {
    // On machines that share no files, each with a copy of the list.
    let server = server(40).await;
    let target = listed(&server);
    let (one, two) = tokio::join!(run(target.clone(), &DISTURBED, 1), run(target, &DISTURBED, 2));
    let mut disturbed = 0;
    for run in [one, two] {
        for (id, came_to) in not_passed(&run) {
            assert_eq!(came_to, (Verdict::Error, Reason::Interference), "{id}");
            disturbed += 1;
        }
    }
    // Whether they met in a case is a matter of chance; that they met at all is not.
    println!("{disturbed} tests were disturbed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_of_the_target_is_found_although_others_use_the_subjects() {
    let defects = vec![Defect::find("challenge-not-one-time").expect("listed")];
    let server = with(ServerConfig { users: 60, defects, ..ServerConfig::default() }).await;
    let target = listed(&server);
    let cases = ["ceremony/challenge-reuse-new-key", "ceremony/replay-into-new-registration"];
    let (one, _) = tokio::join!(run(target.clone(), &cases, 1), run(target, &DISTURBED, 2));
    let failed = not_passed(&one).into_values().filter(|(verdict, _)| *verdict == Verdict::Fail).count();
    assert!(failed > 0, "{:?}", not_passed(&one));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_says_that_others_use_its_subjects() {
    let server = crate::load::server(&[], 6).await;
    let plan = || crate::load::plan(&server, Flow::V2_PASSKEY, 2_000);
    let stop = proofmark::load::Stop::default();
    let mut silent = |_: &_| ();
    let load = proofmark::load::run(plan(), &stop, &mut silent);
    // As long as the load goes on, one run follows the other.
    let others = async {
        for seed in 1.. {
            run(listed(&server), &["v2/passkey/*/enrolment"], seed).await;
        }
    };
    let record = tokio::select! {
        record = load => record.expect("a record"),
        () = others => unreachable!("there is no last run"),
    };
    assert!(record.correctness.interfered > 0, "{:?}", record.correctness);
    let causes = record.causes();
    assert!(causes[0].starts_with("others use the same subjects"), "{causes:?}");
    // What the run has left there is nobody's doing by then.
    let alone = proofmark::load::run(plan(), &proofmark::load::Stop::default(), &mut |_| ()).await.expect("a record");
    assert_eq!((alone.correctness.interfered, alone.correctness.wrong()), (0, 0), "{:?}", alone.causes());
}
