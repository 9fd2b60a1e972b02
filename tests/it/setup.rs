//! What is looked at before a run, and how few subjects a run can do with.

use std::time::Duration;

use proofmark::authenticator::attestation_root;
use proofmark::cli::embedded;
use proofmark::contract::{Flow, Protocol};
use proofmark::outcome::{Event, RunRecord, Statement, Verdict};
use proofmark::runner::doctor::check;
use proofmark::runner::estimate::Effort;
use proofmark::runner::preflight::{Grade, PreflightError, SetupError};
use proofmark::runner::target::Target;
use proofmark::runner::{Runner, Settings, Stop};
use proofmark::scenario::{self, Pattern, Plan, Selection};
use proofmark::server::defect::{self, Defect};
use proofmark::server::{Conditions, RunningServer, Server, ServerConfig};
use proofmark::wire::secret::Secret;

async fn server(users: usize, defects: Vec<&'static Defect>, conditions: Conditions) -> RunningServer {
    let trust_anchors = vec![attestation_root()];
    let config = ServerConfig { users, seed: 7, defects, conditions, trust_anchors, ..ServerConfig::default() };
    Server::start(config).await.expect("a free port")
}

fn plan(target: &Target, patterns: &[&str]) -> Plan {
    let patterns = patterns.iter().map(|text| Pattern::new(text).expect("a glob")).collect();
    let (flows, protocols) = (target.flows.clone(), target.protocols.clone());
    let plan = Plan::new(
        scenario::embedded().expect("valid suites"),
        &Selection { flows, protocols, patterns, ..Selection::default() },
    );
    assert_eq!(plan.unmatched, [""; 0]);
    plan
}

fn runner(target: Target, plan: Plan, concurrency: usize) -> Runner {
    Runner::new(target, plan, Settings { seed: 3, concurrency, now: embedded::now() }).expect("a good address")
}

async fn preflight(target: Target) -> Result<(), PreflightError> {
    let plan = plan(&target, &["enrolment/good"]);
    runner(target, plan, 4).preflight().await
}

async fn run(target: Target, plan: Plan, concurrency: usize) -> RunRecord {
    let mut events = Vec::new();
    runner(target, plan, concurrency).run(&Stop::default(), |event: &Event| events.push(event.clone())).await;
    RunRecord::fold(events).expect("a first event")
}

/// What is wrong with a target file that fits but for one change.
async fn wrong(change: impl Fn(&mut Target), conditions: Conditions) -> String {
    let server = server(4, Vec::new(), conditions).await;
    let mut target = embedded::target_of(&server);
    target.limits.timeout = Duration::from_secs(2);
    change(&mut target);
    let error = preflight(target).await.expect_err("it does not fit");
    server.shutdown().await;
    error.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_look_before_a_run_leaves_every_defect_to_the_cases() {
    let mut planned = None;
    for defect in defect::all() {
        let server = server(4, vec![defect], Conditions::default()).await;
        let mut target = embedded::target_of(&server);
        target.limits.timeout = Duration::from_millis(500);
        let plan = planned.get_or_insert_with(|| plan(&target, &["enrolment/good"])).clone();
        let outcome = runner(target, plan, 4).preflight().await;
        server.shutdown().await;
        assert!(outcome.is_ok(), "{}: {}", defect.id, outcome.expect_err("told"));
    }
}

/// Defects that look to `check` as a wrong set-up does: with the target file alone nobody can tell.
const LOOKS_WRONG: &[&str] = &[
    // Every flow names another RP ID than the file.
    "options-rp-id-other",
    // The callers of the file may do what they should not, or may not do what they should.
    "authorization-no-rights-accepted",
    "authorization-read-only-accepted",
    "authorization-administrator-denied",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_check_takes_no_defect_for_a_wrong_set_up() {
    let mut told = Vec::new();
    for defect in defect::all() {
        let server = server(4, vec![defect], Conditions::default()).await;
        let mut target = embedded::target_of(&server);
        target.limits.timeout = Duration::from_millis(500);
        let settings = Settings { seed: 3, concurrency: 1, now: embedded::now() };
        let mut lines = Vec::new();
        let counts = check(&target, settings, true, &mut |line| lines.push(line.clone())).await;
        server.shutdown().await;
        let bad: Vec<_> = lines.iter().filter(|line| line.grade == Grade::Problem).collect();
        assert_eq!(bad.len(), counts.problems);
        let looks_wrong = LOOKS_WRONG.contains(&defect.id);
        if bad.is_empty() == looks_wrong {
            told.push(format!("{}: {bad:#?}", defect.id));
        }
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_enrolment_is_ok_whatever_a_run_finds_of_it() {
    let defect = Defect::find("state-not-stored").expect("listed");
    let server = server(4, vec![defect], Conditions::default()).await;
    let target = embedded::target_of(&server);
    let mut lines = Vec::new();
    let settings = Settings { seed: 3, concurrency: 1, now: embedded::now() };
    let counts = check(&target, settings, true, &mut |line| lines.push(line.clone())).await;
    server.shutdown().await;
    assert_eq!(counts.problems, 0);
    let of = |id: &str| lines.iter().find(|line| line.id == id).expect("told");
    let enrolled = of("enrolment");
    assert!(enrolled.grade == Grade::Ok && enrolled.text.starts_with("a good credential was enrolled"), "{enrolled:?}");
    let finding = of("enrolment-finding");
    let words = "the result of the enrolment is state-changed: 0 times (api/options/exclude-credentials";
    assert!(finding.grade == Grade::Note && finding.text.starts_with(words), "{finding:?}");
    assert!(finding.text.ends_with(": a run judges that"), "{finding:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_fit_is_told_with_what_to_write() {
    let none = Conditions::default;
    let rp = |rp_id: &'static str, origin: &'static str| {
        move |target: &mut Target| (target.rp_id, target.origin) = (rp_id.to_owned(), origin.to_owned())
    };
    let right = "write rp-id = \"localhost\" and origin = \"https://localhost\"";
    for change in [rp("example.org", "https://example.org"), rp("localhost", "https://localhost:8443")] {
        let told = wrong(change, none()).await;
        assert!(told.starts_with("configuration: ") && told.contains(right), "{told}");
    }
    let told = wrong(|target| target.accounts.admin = Some(Secret::new("not-a-token-of-anybody")), none()).await;
    assert!(told.contains("accounts.admin-token (HTTP 401, code 16") && !told.contains("not-a-token"), "{told}");
    let told = wrong(|target| target.accounts.no_rights = Some(Secret::new("not-a-token-of-anybody")), none()).await;
    assert!(told.contains("accounts.no-rights-token (HTTP 401"), "{told}");
    let told = wrong(|target| target.accounts.no_rights.clone_from(&target.accounts.admin), none()).await;
    assert!(told.contains("no-rights-token is the same as accounts.admin-token"), "{told}");
    let told =
        wrong(|target| target.accounts.no_rights = Some(target.accounts.subjects[1].token.clone()), none()).await;
    assert!(told.contains("the same as the token of subject "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_off_is_told_unless_nothing_of_it_is_asked_for() {
    let off = |off: &[Flow]| Conditions { off: off.to_vec(), ..Conditions::default() };
    let told = wrong(|_| {}, off(&[Flow::V2_U2F, Flow::V1_PASSWORDLESS])).await;
    let fix = "flows = [\"v1/u2f\", \"v2/passkey\"]";
    assert!(
        told.starts_with("setup: the target refuses to start v1/passwordless and v2/u2f") && told.contains(fix),
        "{told}"
    );
    let server = server(4, Vec::new(), off(&[Flow::V2_U2F])).await;
    let target = embedded::target_of(&server);
    let asked = plan(&target, &["v2/passkey/*/enrolment/good"]);
    runner(target.clone(), asked, 4).preflight().await.expect("the other flow is not asked for");
    let error = preflight(target).await.expect_err("it is off");
    assert!(matches!(error, PreflightError::Setup(SetupError::FlowOff { .. })), "{error}");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_on_as_few_subjects_as_are_enough_is_conformant() {
    const PATTERNS: [&str; 4] =
        ["v1/u2f/*/ceremony", "v1/u2f/*/authorization", "v2/u2f/*/ceremony", "v2/u2f/*/authorization"];
    let other = server(2, Vec::new(), Conditions::default()).await;
    let plan = plan(&embedded::target_of(&other), &PATTERNS);
    other.shutdown().await;
    let (concurrency, demand) = (4, plan.demand());
    assert!(demand.fresh > 0 && demand.own > 0 && demand.shared > 100, "{demand:?}");
    let users = demand.subjects(concurrency);
    assert!(users < plan.subjects(), "{users} of {}", plan.subjects());
    let server = server(users, Vec::new(), Conditions::default()).await;
    let run = run(embedded::target_of(&server), plan, concurrency).await;
    server.shutdown().await;
    let bad: Vec<_> = run.cases.iter().filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::Skip)).collect();
    assert!(bad.is_empty(), "{users} users: {bad:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capped_run_plays_what_it_can_and_is_partial() {
    let server = server(6, Vec::new(), Conditions::default()).await;
    let target = embedded::target_of(&server);
    let mut capped = plan(&target, &["ceremony/verify-*", "enrolment/good"]);
    let before = capped.tests.len();
    let left_out = capped.cap(6, 16);
    assert!(left_out.iter().all(|name| name.contains("-without-start")) && !left_out.is_empty(), "{left_out:?}");
    // Each was to be played over three protocols.
    assert_eq!(capped.tests.len() + 3 * left_out.len(), before);
    let run = run(target, capped, 16).await;
    server.shutdown().await;
    assert_eq!(run.tally().fail + run.tally().error, 0);
    assert_eq!(run.statement(), Statement::Partial);
}

/// No clock decides: what is compared is the number of calls.
#[tokio::test(flavor = "multi_thread")]
async fn the_plan_foretells_the_calls_of_a_run_against_a_slow_server() {
    let delay = Duration::from_millis(20);
    let server = server(200, Vec::new(), Conditions { delay, ..Conditions::default() }).await;
    let target = Target { protocols: Protocol::ALL.to_vec(), ..embedded::target_of(&server) };
    let plan = plan(&target, &["v2/passkey/*/enrolment", "v1/u2f/*/limits/name-201-*", "v2/*/*/ceremony/replay-*"]);
    let effort = Effort::of(&plan);
    let run = run(target, plan, 16).await;
    server.shutdown().await;
    assert_eq!(run.tally().fail + run.tally().error, 0);
    let of_cases: usize = run.cases.iter().filter(|case| case.protocol != "all").map(|case| case.exchanges.len()).sum();
    assert!(of_cases <= effort.calls, "{of_cases} calls, {effort:?}");
    assert!(effort.calls - of_cases <= effort.calls / 4, "{of_cases} calls, {effort:?}");
    let slowest = run.cases.iter().flat_map(|case| &case.exchanges).map(|exchange| exchange.duration_us).min();
    assert!(slowest >= Some(20_000), "every call waits: {slowest:?}");
}
