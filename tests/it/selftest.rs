//! The judge is judged: the clean reference server and every variant of it stay green, each defect makes the run red for the
//! clause that it breaks, and `selftest` says so when it is otherwise.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use proofmark::authenticator::attestation_root;
use proofmark::cli::embedded;
use proofmark::cli::selftest::{self, Aim, Matrix, Outcome, Trial};
use proofmark::contract::clause;
use proofmark::contract::{Flow, Protocol};
use proofmark::outcome::{CaseRecord, Event, Profile, Reason, RunRecord, Statement, Verdict};
use proofmark::runner::target::Target;
use proofmark::runner::{Runner, Settings, Stop, offline_case};
use proofmark::scenario::{self, Pattern, Plan, Policy, Selection};
use proofmark::server::defect::{self, Defect, Shows};
use proofmark::server::variant::{self, Variant};
use proofmark::server::{Server, ServerConfig};

async fn play(trials: Vec<Trial>) -> Matrix {
    selftest::play(trials, 7, &Stop::default(), |_| ()).await.unwrap_or_else(|failure| panic!("{failure}"))
}

/// Every defect of a class is killed for its clause.
async fn kills(class: &str) {
    let (_, defects) = defect::CLASSES.iter().find(|(name, _)| *name == class).expect("a class");
    assert_green(defects.iter().copied().map(Trial::of_defect).collect()).await;
}

/// Every variant of a group stays green.
async fn spares(group: &str) {
    let (_, variants) = variant::GROUPS.iter().find(|(name, _)| *name == group).expect("a group");
    assert_green(variants.iter().copied().map(Trial::of_variant).collect()).await;
}

async fn assert_green(trials: Vec<Trial>) {
    let matrix = play(trials).await;
    assert!(matrix.is_green(), "{}", matrix.text());
}

/// A test for each class of defects or group of variants, and what they are called.
macro_rules! tests_of {
    ($names:ident, $play:ident: $($test:ident = $name:literal,)+) => {
        const $names: &[&str] = &[$($name),+];
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                $play($name).await;
            }
        )+
    };
}

tests_of! {
    CLASSES, kills:
    kills_statuses = "Statuses",
    kills_bodies = "Bodies",
    kills_creation_options = "Creation options",
    kills_length_limits = "Length limits",
    kills_challenges = "Challenges",
    kills_the_registration_ceremony = "The registration ceremony",
    kills_attestation_statements = "Attestation statements",
    kills_protocols = "Protocols",
    kills_authorization = "Authorization",
    kills_state = "State",
    kills_concurrency = "Concurrency",
    kills_robustness_and_leaks = "Robustness and leaks",
    kills_sequences_of_calls = "Sequences of calls",
    kills_what_is_stored = "What is stored",
    kills_leaks_to_others = "Leaks to others",
    kills_carriers_that_contradict_each_other = "Carriers that contradict each other",
    kills_http_and_grpc_around_the_api = "HTTP and gRPC around the API",
    kills_identifiers_and_options = "Identifiers and options",
    kills_algorithms_and_encodings = "Algorithms and encodings",
    kills_rare_conditions = "Rare conditions",
}

tests_of! {
    GROUPS, spares:
    spares_replies = "Replies",
    spares_creation_options = "Creation options",
    spares_refusals = "Refusals",
    spares_behaviour = "Behaviour",
    spares_surroundings = "Around the API",
}

/// What `proofmark selftest` plays is what the tests above play, and the clean server.
#[test]
fn every_class_has_its_test() {
    assert_eq!(defect::CLASSES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), CLASSES);
    assert_eq!(variant::GROUPS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), GROUPS);
    let trials = selftest::trials(&[]).unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(trials.len(), defect::all().count() + variant::all().count() + 1, "and the clean server");
}

#[tokio::test(flavor = "multi_thread")]
async fn spares_the_clean_server() {
    let matrix = play(vec![Trial::clean()]).await;
    assert!(matrix.is_green(), "{}", matrix.text());
    assert!(matrix.played[0].tests >= 4000, "{}", matrix.played[0].tests);
}

fn defect(id: &str) -> &'static Defect {
    Defect::find(id).unwrap_or_else(|| panic!("no defect {id}"))
}

/// A survivor, a kill for another reason, a variant that is red, and cases that only skip are each told, and none is green.
#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told() {
    let blind =
        Trial { patterns: vec!["v2/u2f/rest/enrolment/start"], ..Trial::of_defect(defect("state-remove-keeps")) };
    let leak = Aim::Red { clause: "api/no-leak", shows: Shows::Fail };
    let otherwise = Trial { aim: leak, ..Trial::of_defect(defect("shape-start-details-missing")) };
    // A deviation is not a fail.
    let graver = Aim::Red { clause: "webauthn/13.4.3/challenge-length", shows: Shows::Fail };
    let milder = Trial { aim: graver, ..Trial::of_defect(defect("challenge-short")) };
    let dates = Trial::of_variant(Variant::find("dates-offset").expect("listed"));
    let red = Trial { defects: vec![defect("shape-sequence-number")], ..dates.clone() };
    let only = Variant::find("algorithms-es256-only").expect("listed");
    let skipped = Trial { patterns: vec!["v2/u2f/rest/cose/alg-es384"], ..Trial::of_variant(only) };
    let matrix = play(vec![blind, otherwise, milder, dates, red, skipped]).await;
    let outcomes: Vec<&Outcome> = matrix.played.iter().map(|played| &played.outcome).collect();
    let [
        Outcome::Survived,
        Outcome::WrongReason(seen),
        Outcome::WrongReason(_),
        Outcome::Green,
        Outcome::Red(bad),
        last,
    ] = outcomes[..]
    else {
        panic!("{outcomes:?}");
    };
    assert!(seen[0].starts_with("enrolment/start (wrong-shape, api/shape/start/details/v1: "), "{seen:?}");
    assert!(bad[0].contains("(wrong-shape, api/shape/details/sequence: "), "{bad:?}");
    assert_eq!(*last, Outcome::Red(Vec::new()));
    assert!(!matrix.is_green());
    let text = matrix.text();
    for line in [
        "survivors: no case is red\n  state-remove-keeps (breaks api/remove)\n",
        "found for another reason: cases are red, but none for the clause\n  shape-start-details-missing (breaks api/no-leak)\n",
        "reported as wrong, but nothing is wrong\n  dates-offset\n",
        "0 of 3 defects killed for their clause, 1 survived, 2 found for another reason; 0 only under load\n1 of 3 that",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

/// Under the strict profile an unmet recommendation, an unmet demand of FIDO's tools and unsafe behaviour are fails. A variant
/// does not even have a deviation under the usual profile, so that no profile takes it for wrong.
#[tokio::test(flavor = "multi_thread")]
async fn the_strict_profile_fails_for_more_and_alarms_no_variant() {
    let defects = ["challenge-short", "verification-skips-credential-json", "verification-skips-client-data-json"];
    let defects = defects.into_iter().map(|id| Trial::of_defect(defect(id)));
    let variants = variant::all().filter(|variant| variant.clause.starts_with("webauthn/")).map(Trial::of_variant);
    let strict = |trial| Trial { profile: Profile::Strict, ..trial };
    let matrix = play(defects.chain(variants).map(strict).collect()).await;
    assert!(matrix.is_green(), "{}", matrix.text());
    let defects = defect::all().filter(|defect| {
        let clause = clause::find(defect.clause).expect("listed");
        defect.shows == Shows::Fail && !clause.basis.binds()
    });
    // A leak and a state that belies the answer are observed, trust is declared by the target, and the cases of a host rest on the
    // step of the ceremony.
    let stronger: BTreeSet<&str> =
        defects.map(|defect| defect.clause).filter(|clause| !clause.starts_with("api/no-leak")).collect();
    let declared = BTreeSet::from(["api/carriers/host", "api/carriers/user-handle", "webauthn/7.1/attestation-trust"]);
    assert_eq!(stronger, declared, "no defect counts as a fail where no text binds");
}

/// Of a whole run every clause of the source pages is verified over every transport.
#[tokio::test(flavor = "multi_thread")]
async fn the_clean_server_shows_every_clause() {
    let run = run_as(&[], |target| target).await;
    assert_eq!(run.statement(), Statement::Conformant);
    crate::coverage::assert_whole(&run);
}

/// Of a target of which nothing is said less is expected, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn the_clean_server_is_conformant_whatever_is_said_of_it() {
    let nothing = |target| Target { policy: Policy::default(), ..target };
    let run = run_as(&["v1/u2f/rest", "v2/passkey/grpc"], nothing).await;
    let is_good = |case: &&CaseRecord| {
        case.verdict == Verdict::Pass || (case.verdict, case.reason) == (Verdict::Skip, Reason::NotDeclared)
    };
    let bad: Vec<String> = run.cases.iter().filter(|case| !is_good(case)).map(|case| format!("{case:?}")).collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(run.tally().left_open > 100, "{:?}", run.tally());
}

/// Who does not ask for it does not wait five minutes, and is told what to ask for.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_not_asked_to_wait_skips_what_waits() {
    let run = run_as(&["v2/u2f/rest/ceremony/expired-challenge"], |target| target).await;
    let [record] = &run.cases[..] else { panic!("{:?}", run.cases) };
    assert_eq!((record.verdict, record.reason), (Verdict::Skip, Reason::NotDeclared));
    assert_eq!(record.findings[0].expected, "a run that waits for a time-out of 300 s");
    assert!(record.findings[0].received.contains("--wait-expiry"), "{:?}", record.findings);
}

/// That a format is refused that a target does not support is a promise, also in a case that rests on less.
#[tokio::test(flavor = "multi_thread")]
async fn a_format_that_is_not_supported_is_refused_by_the_text() {
    let case = "v2/u2f/rest/compound/nested";
    let unchecked = vec![defect("attestation-unchecked-compound")];
    let supported = run_with(unchecked.clone(), &[case], |target| target).await;
    let unsupported = run_with(unchecked, &[case], |target| Target { policy: Policy::default(), ..target }).await;
    let seen = |run: &RunRecord| {
        let record = run.cases.iter().find(|record| record.id.starts_with(case)).expect("played");
        (record.verdict, record.reason, record.findings[0].clause.clone())
    };
    let syntax = (Verdict::Deviation, Reason::SecurityUnmet, "webauthn/8.9/syntax".to_owned());
    assert_eq!(seen(&supported), syntax);
    let refused = (Verdict::Fail, Reason::AcceptedInvalid, "webauthn/8.9/syntax".to_owned());
    assert_eq!(seen(&unsupported), refused);
}

/// Plays the selected cases against the clean server, of which something else is said.
async fn run_as(patterns: &[&str], said: fn(Target) -> Target) -> RunRecord {
    run_with(Vec::new(), patterns, said).await
}

/// The same against a server with defects.
async fn run_with(defects: Vec<&'static Defect>, patterns: &[&str], said: fn(Target) -> Target) -> RunRecord {
    let cases = scenario::embedded().expect("valid suites");
    let usual = ServerConfig::default();
    let selection = Selection {
        sizes: offline_case::sizes(&cases, &usual.origin, &usual.rp_id).expect("made"),
        flows: Flow::ALL.to_vec(),
        protocols: Protocol::ALL.to_vec(),
        patterns: patterns.iter().map(|text| Pattern::new(text).expect("a glob")).collect(),
        ..Selection::default()
    };
    let plan = Plan::new(cases, &selection);
    assert_eq!(plan.unmatched, [""; 0], "every pattern selects something");
    let (users, trust_anchors) = (plan.subjects(), vec![attestation_root()]);
    let server = Server::start(ServerConfig { users, trust_anchors, defects, ..usual }).await.expect("a free port");
    let mut target = embedded::target_of(&server);
    target.limits.timeout = Duration::from_secs(60);
    let settings = Settings { seed: 7, concurrency: 16, now: embedded::now() };
    let runner = Runner::new(said(target), plan, settings).expect("a usable address");
    let mut events = Vec::new();
    runner.run(&Stop::default(), |event: &Event| events.push(event.clone())).await;
    server.shutdown().await;
    RunRecord::fold(events).expect("a whole stream")
}

/// The page of the defects.
fn defects_page() -> String {
    let mut page = String::from(
        "# Defects of the reference server, and what finds them\n\n\
         `proofmark serve --defect NAME` and `proofmark run --defect NAME` switch a defect on. `proofmark selftest` plays the cases\n\
         in the last column for each defect. At least one of them has to be red for the clause that the defect breaks. A defect\n\
         with a star is a deviation under the profile `webauthn`: the server does not meet a demand that only a SHOULD, FIDO's\n\
         conformance tools or safety make, or (the limits) it refuses for another reason than the length. A defect that only `load`\n\
         sees has no case: a run does not judge how fast a server is, and it does not make calls end at the same time.\n",
    );
    for (class, defects) in defect::CLASSES {
        page.push_str(&format!(
            "\n## {class}\n\n| defect | what the server does wrong | clause | found by |\n|---|---|---|---|\n"
        ));
        for defect in *defects {
            let star = if defect.shows == Shows::Deviation { " *" } else { "" };
            let cases = match defect.found_by {
                [] => "`load`".to_owned(),
                patterns => format!("`{}`", patterns.join("`, `")),
            };
            page.push_str(&format!("| `{}`{star} | {} | `{}` | {cases} |\n", defect.id, defect.summary, defect.clause));
        }
    }
    page
}

/// The page of the variants.
fn variants_page() -> String {
    let mut page = String::from(
        "# What the documents leave open\n\n\
         Variants are behaviours that the documents leave open. proofmark does not judge them. With `proofmark serve --variant NAME`\n\
         or `proofmark run --variant NAME` the reference server behaves in another way than by default. `proofmark selftest` demands\n\
         that the run stays green with each variant: a check that can't tell a variant from a defect is wrong.\n\
         [judging.md](judging.md) says what else is not judged, and why.\n",
    );
    for (group, variants) in variant::GROUPS {
        page.push_str(&format!(
            "\n## {group}\n\n| variant | what the server does | clause | why this is allowed |\n|---|---|---|---|\n"
        ));
        for variant in *variants {
            page.push_str(&format!(
                "| `{}` | {} | `{}` | {} |\n",
                variant.id, variant.summary, variant.clause, variant.why
            ));
        }
    }
    page
}

/// `PROOFMARK_WRITE_DOCS=1 cargo test` writes the pages.
#[test]
fn the_pages_of_defects_and_of_variants_are_up_to_date() {
    for (name, page) in [("docs/defects.md", defects_page()), ("docs/variants.md", variants_page())] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
        if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
            std::fs::write(&path, &page).expect("a writable page");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, page, "{name} is old; PROOFMARK_WRITE_DOCS=1 cargo test writes it");
    }
}
