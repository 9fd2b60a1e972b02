//! A contract that nothing in `src/` knows is played end to end: its flows are other data, and no other code.

use std::time::Duration;

use proofmark::cli::embedded;
use proofmark::contract::{
    Contract, Endpoint, Flow, FlowData, LengthUnit, Limit, Operation, Protocol, RestBinding, Slot, What,
};
use proofmark::outcome::load::{LoadStep, Shares};
use proofmark::outcome::{CaseRecord, Event, Reason, RunRecord, Verdict};
use proofmark::runner::{Runner, Settings, Stop, offline_case, sequences};
use proofmark::scenario::{self, Pattern, Plan, Selection};
use proofmark::server::defect::Defect;
use proofmark::server::{RunningServer, Server, ServerConfig};

use crate::load::{attack, plan as load_plan};

/// Other paths, methods, members, depths and encodings than those of the documented API, no gRPC, no details, and in one flow a list
/// that has other things too.
static INVENTED: Contract = Contract { name: "invented", flows: &[Flow(&KEYRING), Flow(&FOB)] };

/// Acts on a named person; a start tells a ticket, and credentials travel in base64.
static KEYRING: FlowData = FlowData {
    slug: "door/keyring",
    contract: || &INVENTED,
    is_u2f: false,
    verifies_user: true,
    locks_token: false,
    endpoints: || {
        static ALL: [&Endpoint; 4] = [&ASK, &ANSWER, &FORGET, &SHOW];
        &ALL
    },
};

/// Acts on whose token it is; only the list tells ids, and credentials travel as JSON.
static FOB: FlowData = FlowData {
    slug: "door/fob",
    contract: || &INVENTED,
    is_u2f: true,
    verifies_user: false,
    locks_token: false,
    endpoints: || {
        static ALL: [&Endpoint; 4] = [&FOB_ASK, &FOB_ANSWER, &FOB_FORGET, &FOB_SHOW];
        &ALL
    },
};

const PERSON: Slot = Slot::new(What::User, "/person");
const TICKET: Slot = Slot::new(What::FactorId, "/ticket");
const LABEL: Limit = Limit { member: "/label/text", min: 1, max: 40, unit: LengthUnit::Characters };

const fn endpoint(
    (name, flow, operation): (&'static str, Flow, Operation),
    (method, path): (&'static str, &'static str),
    (request, response): (&'static [Slot], &'static [Slot]),
    limits: &'static [Limit],
) -> Endpoint {
    let rest = RestBinding { method, path };
    Endpoint { name, flow, operation, rest, grpc: None, request, response, documented_refusals: &[403, 404], limits }
}

static ASK: Endpoint = endpoint(
    ("Ask", Flow(&KEYRING), Operation::Start),
    ("PUT", "/door/{person}/keyring"),
    (&[PERSON], &[TICKET, Slot::new(What::Options, "/please/make")]),
    &[],
);
static ANSWER: Endpoint = endpoint(
    ("Answer", Flow(&KEYRING), Operation::Verify),
    ("POST", "/door/{person}/keyring/answer"),
    (&[PERSON, TICKET, Slot::in_base64(What::Credential, "/made/it"), Slot::new(What::FactorName, "/label/text")], &[]),
    &[LABEL],
);
static FORGET: Endpoint = endpoint(
    ("Forget", Flow(&KEYRING), Operation::Remove),
    ("POST", "/door/{person}/keyring/forget"),
    (&[PERSON, Slot::new(What::FactorId, "/which")], &[]),
    &[],
);
static SHOW: Endpoint = endpoint(
    ("Show", Flow(&KEYRING), Operation::List),
    ("GET", "/door/{person}/keyring"),
    (
        &[PERSON],
        &[
            Slot::new(What::Entries, "/all/of/them"),
            Slot::new(What::EntryId, "/number"),
            Slot::new(What::EntryName, "/label/text"),
            Slot::new(What::EntryState, "/how"),
        ],
    ),
    &[],
);
static FOB_ASK: Endpoint = endpoint(
    ("FobAsk", Flow(&FOB), Operation::Start),
    ("POST", "/fob"),
    (&[], &[Slot::in_base64(What::Options, "/text")]),
    &[],
);
static FOB_ANSWER: Endpoint = endpoint(
    ("FobAnswer", Flow(&FOB), Operation::Verify),
    ("PATCH", "/fob"),
    (&[Slot::new(What::Credential, "/a/b/c"), Slot::new(What::FactorName, "/name")], &[]),
    &[Limit { member: "/name", ..LABEL }],
);
static FOB_FORGET: Endpoint = endpoint(
    ("FobForget", Flow(&FOB), Operation::Remove),
    ("DELETE", "/fob/{number}"),
    (&[Slot::new(What::FactorId, "/number")], &[]),
    &[],
);
static FOB_SHOW: Endpoint = endpoint(
    ("FobShow", Flow(&FOB), Operation::List),
    ("POST", "/fob/all"),
    (
        &[],
        &[
            Slot::new(What::Entries, "/things"),
            Slot::new(What::Entry, "/fob"),
            Slot::new(What::EntryId, "/fob/number"),
            Slot::new(What::EntryName, "/fob/name"),
            Slot::new(What::EntryState, "/how"),
        ],
    ),
    &[],
);

/// What no other contract has to promise: error bodies, length limits, members and paths of the documented API.
const GENERIC: [&str; 14] = [
    "enrolment",
    "ceremony",
    "client-data",
    "auth-data",
    "att-obj",
    "cose",
    "packed-self",
    "packed-x5c",
    "fido-u2f",
    "tpm",
    "android-key",
    "envelope",
    "stored",
    "sequences",
];

async fn server(defects: Vec<&'static Defect>, users: usize) -> RunningServer {
    let trust_anchors = vec![proofmark::authenticator::attestation_root()];
    let config = ServerConfig { contract: &INVENTED, users, trust_anchors, defects, ..ServerConfig::default() };
    Server::start(config).await.expect("a free port")
}

async fn played(defects: Vec<&'static Defect>, patterns: &[&str]) -> Vec<CaseRecord> {
    let protocols = vec![Protocol::Rest];
    let mut cases = scenario::embedded().expect("valid suites");
    let usual = ServerConfig::default();
    let selection = Selection {
        sizes: offline_case::sizes(&cases, &usual.origin, &usual.rp_id).expect("made"),
        flows: INVENTED.flows.to_vec(),
        patterns: patterns.iter().map(|text| Pattern::new(text).expect("a glob")).collect(),
        protocols: protocols.clone(),
        ..Selection::default()
    };
    cases.extend(sequences::sequences(7, INVENTED.flows, &protocols, false));
    let plan = Plan::new(cases, &selection);
    let server = server(defects, plan.subjects()).await;
    let mut target = embedded::target_of(&server);
    (target.protocols, target.limits.timeout) = (protocols, Duration::from_secs(60));
    let settings = Settings { seed: 7, concurrency: 16, now: embedded::now() };
    let runner = Runner::new(target, plan, settings).expect("a usable address");
    let mut events = Vec::new();
    runner.run(&Stop::default(), |event: &Event| events.push(event.clone())).await;
    server.shutdown().await;
    RunRecord::fold(events).expect("a whole stream").cases
}

fn bad(records: &[CaseRecord]) -> Vec<String> {
    let bad = records.iter().filter(|record| record.verdict > Verdict::Skip);
    bad.map(|record| format!("{} {:?} {:?}", record.id, record.verdict, record.findings.first())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_of_the_tests_alone_is_judged() {
    let records = played(Vec::new(), &[&GENERIC[..], &["model"]].concat()).await;
    assert_eq!(bad(&records), [""; 0]);
    for flow in INVENTED.flows {
        let passed = records.iter().filter(|record| record.flow == flow.slug() && record.verdict == Verdict::Pass);
        assert!(passed.count() > 300, "{flow}");
    }
    let skipped = records.iter().filter(|record| record.verdict == Verdict::Skip).count();
    assert!(skipped * 10 < records.len(), "{skipped} of {}", records.len());
}

/// A fault shows over it as over the documented API.
#[tokio::test(flavor = "multi_thread")]
async fn its_faults_are_found() {
    for (defect, pattern, reason) in [
        ("verification-skips-origin", "client-data/origin-other-site", Reason::AcceptedInvalid),
        ("state-remove-keeps", "sequences", Reason::StateChanged),
        ("challenge-reused", "enrolment", Reason::WrongShape),
    ] {
        let defects = vec![Defect::find(defect).expect("listed")];
        let records = played(defects, &[pattern]).await;
        let found = records.iter().any(|record| record.verdict == Verdict::Fail && record.reason == reason);
        assert!(found, "{defect}: {:?}", bad(&records));
    }
}

/// The same data drive the load and the null server.
#[tokio::test(flavor = "multi_thread")]
async fn it_is_load_tested() {
    let null = Server::start_null(ServerConfig { contract: &INVENTED, ..ServerConfig::default() });
    // The null server keeps no lists of what has ids.
    for (server, lookups) in [(server(Vec::new(), 4).await, 0.2), (null.await.expect("a free port"), 0.0)] {
        for flow in INVENTED.flows {
            let mut plan = load_plan(&server, *flow, 400);
            plan.shares = Shares { lookups, ..plan.shares };
            let record = attack(plan).await;
            assert_eq!(
                (record.cycles_failed(None), record.correctness.left_behind),
                (0, 0),
                "{flow}: {:?}",
                record.errors
            );
            assert!(record.count(|row| row.is_good(LoadStep::Cleanup, None)) > 3, "{flow}");
        }
        server.shutdown().await;
    }
}
