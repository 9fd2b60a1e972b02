//! What a negative is worth: controls, reasons, and the state afterwards.

use super::*;

const NEGATIVES: [&str; 3] = ["client-data/origin*", "client-data/type*", "auth-data/rpid-hash-other-rp"];

fn one(server: &RunningServer) -> Target {
    Target { flows: vec![Flow::V2_U2F], protocols: vec![Protocol::Rest], ..target(server) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_everything_gets_no_pass_for_its_negatives() {
    let server = server(40, &[]).await;
    let body = r#"{"code": 3, "message": "no", "details": [{"@type": "type.googleapis.com/zitadel.v1.ErrorDetail", "id": "X", "message": "no"}]}"#;
    let act = move |request: &Request| {
        let verify =
            request.line.starts_with("POST") && request.body.windows(19).any(|part| part == b"publicKeyCredential");
        if verify { json("400 Bad Request", body) } else { Act::Forward }
    };
    let proxy = Proxy::start(server.address, act).await;
    let target = Target { web: Address::new(proxy.base_url()), ..one(&server) };
    let run = run(target, &[&NEGATIVES[..], &["limits/*", "ceremony/*", "enrolment/good"]].concat()).await;
    let rejecting: Vec<&str> = scenario_ids_with_refused_verify();
    let mut seen = 0;
    for case in &run.cases {
        if rejecting.contains(&case.case.as_str()) && case.protocol == "rest" {
            seen += 1;
            assert_eq!((case.verdict, case.reason), (Verdict::Error, Reason::ControlFailed), "{}", case.id);
            assert!(case.findings[0].received.contains("refused: HTTP 400"), "{:?}", case.findings[0]);
            // What can be sent again is the control: the case itself has sent nothing.
            assert!(case.exchanges.is_empty() && case.curl.contains("/u2f/"), "{}", case.curl);
            assert!(case.curl.contains("publicKeyCredential") && case.curl.contains("$TOKEN"), "{}", case.curl);
        }
    }
    assert!(seen > 10, "{seen} negatives");
    let shown = proofmark::report::summary(&proofmark::gate::Judged::new(run.clone()));
    let (_, group) = shown.split_once("ERROR control-failed").expect("one group");
    let lines = group.lines().take_while(|line| !line.is_empty());
    assert!(lines.filter(|line| line.starts_with("  replay    proofmark replay ")).count() == 1, "{group}");
    let good = case(&run, "v2/u2f/rest/enrolment/good/none");
    assert_eq!((good.verdict, good.reason), (Verdict::Fail, Reason::RejectedValid));
}

/// Cases whose verify has to be refused.
fn scenario_ids_with_refused_verify() -> Vec<&'static str> {
    use proofmark::scenario::OperationRef;
    let cases = scenario::embedded().expect("valid suites");
    let refused = |case: &&scenario::Case| {
        case.steps.iter().any(|step| {
            step.call == Some(OperationRef::Verify) && step.expect.is_some_and(|expectation| expectation.must_refuse())
        })
    };
    cases.iter().filter(refused).map(|case| &*Box::leak(case.id.clone().into_boxed_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_moment_of_a_control_does_not_cost_the_negatives() {
    let server = server(40, &[]).await;
    let count = AtomicUsize::new(0);
    let act = move |request: &Request| {
        let verify = request.line.contains("/u2f/") && count.fetch_add(1, Ordering::SeqCst) == 0;
        if verify { Act::Say(Bytes::new()) } else { Act::Forward }
    };
    let proxy = Proxy::start(server.address, act).await;
    let target = Target { web: Address::new(proxy.base_url()), ..one(&server) };
    let run = run(target, &["client-data/origin-scheme-http"]).await;
    assert_eq!(not_passed(&run), BTreeMap::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_map_grades_refusals() {
    let server = server(40, &[]).await;
    let graded = [
        (None, Verdict::Pass, Reason::Unattributed),
        (Some(("WEBAUTHN-origin", "webauthn/7.1/origin")), Verdict::Pass, Reason::RightReason),
        (Some(("WEBAUTHN-*", "webauthn/7.1/origin")), Verdict::Pass, Reason::RightReason),
        (Some(("WEBAUTHN-origin", "webauthn/7.1/type")), Verdict::Deviation, Reason::WrongReason),
        (Some(("OTHER-id", "webauthn/7.1/origin")), Verdict::Pass, Reason::Unattributed),
    ];
    for (entry, verdict, reason) in graded {
        let mut target = one(&server);
        if let Some((pattern, clause)) = entry {
            target.reasons.add(pattern, clause).expect("a pattern");
        }
        let run = run(target, &["client-data/origin-scheme-http"]).await;
        let case = case(&run, "v2/u2f/rest/client-data/origin-scheme-http");
        let decided = case.findings.iter().map(|finding| finding.reason).find(|reason| *reason != Reason::Met);
        assert_eq!((case.verdict, decided), (verdict, Some(reason)), "{entry:?}: {:?}", case.findings);
        assert_eq!(run.tally().unattributed, usize::from(reason == Reason::Unattributed), "{entry:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_has_to_fit_the_answer() {
    let cases = [
        ("state-stored-after-refusal", "client-data/origin-scheme-http", "v2/u2f/rest/client-data/origin-scheme-http"),
        ("state-not-stored", "enrolment/good", "v2/u2f/rest/enrolment/good/none"),
        ("state-remove-keeps", "enrolment/remove", "v2/u2f/rest/enrolment/remove"),
    ];
    for (defect, pattern, id) in cases {
        let sound = server(40, &[]).await;
        assert_eq!(not_passed(&run(one(&sound), &[pattern]).await), BTreeMap::new(), "{pattern} without a defect");
        let faulty = server(40, &[defect]).await;
        let run = run(one(&faulty), &[pattern]).await;
        let case = case(&run, id);
        assert_eq!((case.verdict, case.reason), (Verdict::Fail, Reason::StateChanged), "{defect}: {:?}", case.findings);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_can_be_repeated_with_its_seed() {
    let server = server(4, &[]).await;
    for time in ["first", "second"] {
        let run = run(one(&server), &["enrolment/good", "client-data/origin-scheme-http"]).await;
        assert_eq!(not_passed(&run), BTreeMap::new(), "the {time} time");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_subjects_are_enough() {
    let server = server(2, &[]).await;
    let mut target = target(&server);
    target.flows = vec![Flow::V1_U2F, Flow::V2_PASSKEY];
    // Cases with one subject and with two, with and without a control, that find what others left behind.
    let patterns =
        [&NEGATIVES[..], &["enrolment/remove", "authorization/remove-twice", "authorization/foreign-token*"]].concat();
    let run = run(target, &patterns).await;
    assert!(run.cases.len() > 40, "{}", run.cases.len());
    assert_eq!(not_passed(&run), BTreeMap::new());
}
