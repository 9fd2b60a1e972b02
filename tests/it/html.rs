//! The HTML report as text: its form, and its bounds. What it does is in `browser`.

use proofmark::gate::Judged;
use proofmark::outcome::{CaseRecord, Finding, Profile, Reason};
use proofmark::report;
use serde_json::json;

use crate::reports;

fn written(run: &Judged) -> String {
    let mut bytes = Vec::new();
    (report::find("html").expect("listed").write)(run, &mut bytes).expect("memory takes everything");
    String::from_utf8(bytes).expect("text")
}

/// A failed record with everything that a record can have.
fn example(case: &str, clause: &str) -> CaseRecord {
    let credential = |id: &str, flags: u8| {
        let data = [[7; 32].as_slice(), &[flags], &[0, 0, 0, 5]].concat();
        let data = proofmark::webauthn::base64::encode_url(&data);
        json!({"id": id, "rawId": id, "type": "public-key", "response": {"authenticatorData": data}}).to_string()
    };
    let mut record = reports::hostile();
    record.case = format!("many/{case}");
    record.id = format!("v2/u2f/rest/many/{case}");
    record.findings = vec![Finding::new("expectation", clause, Reason::AcceptedInvalid, "refused", "accepted: 200")];
    record.exchanges[0].response_body = "{\"details\": []}".to_owned();
    record.curl = "curl -sS 'http://localhost/'".to_owned();
    record.grpcurl = "grpcurl localhost:80 a.B/C".to_owned();
    let credential =
        json!({"sent": credential("AAAB", 0x05), "good": credential("AAAB", 0x01), "mutations": ["flag/uv"]});
    record.credential = Some(serde_json::from_value(credential).expect("a credential"));
    record.decide(Profile::Webauthn);
    record
}

/// 5,000 failures beside those of the other reports, of a clause for each: none shares its cause with another.
pub fn failing_everywhere() -> Judged {
    let mut run = reports::run();
    run.run.cases.retain(|record| record.verdict != proofmark::outcome::Verdict::Fail);
    let kept = run.run.cases.len();
    run.run.cases.extend((0..5000).map(|index| example(&format!("case-{index}"), &format!("api/none-{index}"))));
    let passes = (kept..10).map(|index| {
        let mut record = example(&format!("pass-{index}"), "api/status/ok");
        record.findings = vec![Finding::new("expectation", "api/status/ok", Reason::Met, "accepted", "accepted: 200")];
        record.decide(Profile::Webauthn);
        record
    });
    let passes: Vec<CaseRecord> = passes.collect();
    run.run.cases.extend(passes);
    run
}

#[test]
fn the_form_of_the_page() {
    let mut run = reports::run();
    run.run.cases.push(example("flag", "webauthn/7.1/user-verified"));
    let page = written(&run);
    let between = |from: &str, to: &str| -> String {
        let (_, rest) = page.split_once(from).expect(from);
        rest.split_once(to).expect(to).0.to_owned()
    };
    // What has its own tests, or is the catalogue's, would only be noise here.
    let style = between("<style>", "</style>");
    let script = between("<script>", "</script>");
    let policy = between("http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let text = page.replace(&style, "[style]").replace(&script, "[script]").replace(&policy, "[policy]");
    let (before, rest) = text.split_once("<table class=\"matrix\">").expect("a matrix");
    let (matrix, after) = rest.split_once("</table>").expect("its end");
    let row =
        matrix.split("<tr id=").find(|row| row.starts_with("\"clause-webauthn/7.1/user-verified\"")).expect("its row");
    let row = row.split_once("</tr>").expect("its end").0;
    insta::assert_snapshot!(format!("{before}<table class=\"matrix\">[…]<tr id={row}</tr>[…]</table>{after}"));
    let bad = |character: &char| character.is_control() && *character != '\n';
    assert_eq!(page.chars().find(bad), None);
    assert!(policy.starts_with("default-src &#39;none&#39;; style-src &#39;sha256-"), "{policy}");
}

#[test]
fn a_page_has_bounds() {
    let page = written(&failing_everywhere());
    assert!(page.len() < 8_000_000, "{} bytes", page.len());
    assert_eq!(page.matches("<details class=\"example\"").count(), 100, "records with every detail");
    let mut long = reports::run();
    let mut record = example("long", "api/status/ok");
    record.curl = "x".repeat(1_000_000);
    record.exchanges[0].response_body = "y".repeat(1_000_000);
    record.findings[0].received = "z".repeat(1_000_000);
    record.credential.as_mut().expect("there").sent = "\"".repeat(1_000_000);
    long.run.cases = vec![record];
    let page = written(&long);
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert!(page.contains("(cut: 1000000 characters)"));
    let mut alike = reports::run();
    alike.run.cases.extend((0..15).map(|index| example(&format!("case-{index}"), "webauthn/7.1/user-verified")));
    assert!(written(&alike).contains("<summary>5 more tests</summary>"), "a long list is folded");
}
