//! The cases of the registration catalogue, made and judged offline.

use std::collections::{BTreeMap, BTreeSet};

use proofmark::authenticator::{Args, Client, CreationRequest, Format, MUTATIONS, Mutation};
use proofmark::contract::clause::{Basis, Severity, severity};
use proofmark::outcome::severity::catalogued;
use proofmark::relying_party::{Ceremony, Omission, Step, verify_registration, verify_registration_without};
use proofmark::runner::offline_case::{ORIGIN, RP_ID, Vector, expected};
use proofmark::scenario::catalogue::{Catalogue, Counts};
use proofmark::scenario::{self, Case};
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::options::{PublicKeyCredentialCreationOptions, RpEntity, UserEntity};
use serde_json::{Value, json};

fn cases() -> Vec<Case> {
    scenario::embedded().expect("valid suites").into_iter().filter(|case| case.sampled).collect()
}

#[test]
fn each_case_is_refused_at_its_step_or_accepted_by_our_verifier() {
    let mut wrong = Vec::new();
    for case in cases() {
        let wanted = expected(&case);
        for vector in Vector::of(&case, true).unwrap_or_else(|error| panic!("{}: {error}", case.id)) {
            if !wanted.includes(&vector.said()) {
                let verdict = vector.verdict.map_err(|refusal| refusal.to_string());
                wrong.push(format!("{}: {wanted:?} expected, {verdict:?}", vector.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A mutation that changed nothing would make a case about nothing; one that no case uses would be tested by nothing.
#[test]
fn each_mutation_is_used_and_changes_something() {
    let mut used = BTreeSet::new();
    let mut idle = Vec::new();
    for case in scenario::embedded().expect("valid suites") {
        used.extend(case.steps.iter().flat_map(|step| &step.mutate.0).map(|mutate| mutate.id.clone()));
        if !case.sampled || case.mutations(None).is_empty() || case.each.is_some() {
            continue;
        }
        let mut good = case.clone();
        good.steps.iter_mut().for_each(|step| step.mutate.0.clear());
        let (made, unchanged) = (Vector::of(&case, false), Vector::of(&good, false));
        let (made, unchanged) = (made.expect("made"), unchanged.expect("made"));
        if made.iter().zip(&unchanged).any(|(made, good)| made.created.text == good.created.text) {
            idle.push(case.id);
        }
    }
    // What the good credential has anyway: values at the edge of their range, and forms that browsers write.
    let usual = [
        "auth-data/flags-uv-set-discouraged",
        "auth-data/sign-count-00000000",
        "auth-data/aaguid-zero",
        "auth-data/credid-length-32",
        "packed-self/sig-high-s",
    ];
    idle.retain(|id| !usual.contains(&id.as_str()));
    assert_eq!(idle, [""; 0], "cases whose mutation changes nothing");
    let unused: Vec<&str> = MUTATIONS.iter().map(|mutation| mutation.id).filter(|id| !used.contains(*id)).collect();
    assert_eq!(unused, [""; 0], "mutations that no case uses");
    let ids: BTreeSet<&str> = MUTATIONS.iter().map(|mutation| mutation.id).collect();
    assert_eq!(ids.len(), MUTATIONS.len(), "two mutations have one id");
}

#[test]
fn the_catalogue_is_played_checked_or_excluded() {
    let catalogue = Catalogue::embedded().expect("readable");
    let wrong = catalogue.lint(&proofmark::runner::checked_clauses());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let total: usize = catalogue.counts().iter().map(|(_, counts)| counts.cases).sum();
    assert_eq!(total, 1085);
}

/// The catalogue says how severe a wrong verdict on each of its cases is; the severity of a clause lies within what it says.
#[test]
fn the_severity_of_a_clause_agrees_with_the_catalogue() {
    let mut of_clauses: BTreeMap<String, BTreeSet<Severity>> = BTreeMap::new();
    for case in scenario::embedded().expect("valid suites") {
        let Some(severity) = catalogued(&case.id) else { continue };
        if let Some(clause) = case.clauses.first() {
            of_clauses.entry(clause.clone()).or_default().insert(severity);
        }
    }
    assert!(of_clauses.len() > 80, "{}", of_clauses.len());
    let agrees = |id: &str, found: &BTreeSet<Severity>| {
        let own = severity(id).expect("every clause has one");
        found.first().zip(found.last()).is_some_and(|(gravest, least)| (*gravest..=*least).contains(&own))
    };
    let wrong: Vec<_> = of_clauses.iter().filter(|(id, found)| !agrees(id, found)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The part of docs/catalogue.md that is written from the data.
fn page() -> String {
    let catalogue = Catalogue::embedded().expect("readable");
    let mut page = String::from(
        "| group | cases | to refuse | to accept | may | checked on every answer | excluded |\n|---|---|---|---|---|---|---|\n",
    );
    let row = |name: &str, c: &Counts| {
        let Counts { cases, must_reject, must_accept, may, checked, excluded, .. } = c;
        format!("| {name} | {cases} | {must_reject} | {must_accept} | {may} | {checked} | {excluded} |\n")
    };
    let mut all = Counts::default();
    for (group, counts) in catalogue.counts() {
        page += &row(&group, &counts);
        all += counts;
    }
    page += &row("all", &all);
    page += "\n## The bases of the played cases\n\n";
    page += &format!("| group | {} |\n|---|{}\n", Basis::ALL.map(Basis::name).join(" | "), "---|".repeat(8));
    let bases = |name: &str, bases: &[usize]| {
        let counts: Vec<String> = bases.iter().map(usize::to_string).collect();
        format!("| {name} | {} |\n", counts.join(" | "))
    };
    for (group, counts) in catalogue.counts() {
        page += &bases(&group, &counts.bases);
    }
    page += &bases("all", &all.bases);
    page += "\n## Where the text corrects the catalogue\n\n";
    for (id, expect, text) in catalogue.corrected() {
        page += &format!("- `{id}` is {expect}: {text}.\n");
    }
    page += "\n## Cases with another basis than the catalogue gives\n\n";
    for other in catalogue.other_bases() {
        let (cases, basis) = (other.cases.join("`, `"), other.basis.name());
        page += &format!("- on {basis}: {}. (`{cases}`)\n", other.text);
    }
    page += "\n## Excluded cases, and why\n\n";
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for (id, why) in catalogue.excluded() {
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, ids)) => ids.push(id),
            None => reasons.push((why, vec![id])),
        }
    }
    for (why, ids) in reasons {
        page += &format!("- `{}`: {why}.\n", ids.join("`, `"));
    }
    page
}

/// `PROOFMARK_WRITE_DOCS=1 cargo test` writes the part.
#[test]
fn the_page_of_the_catalogue_is_up_to_date() {
    const MARKS: [&str; 2] = ["<!-- written from the catalogue -->\n", "<!-- end -->\n"];
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/catalogue.md");
    let written = std::fs::read_to_string(&path).expect("docs/catalogue.md");
    let (head, rest) = written.split_once(MARKS[0]).expect("the first mark");
    let (_, tail) = rest.split_once(MARKS[1]).expect("the second mark");
    let wanted = [head, MARKS[0], &page(), MARKS[1], tail].concat();
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        std::fs::write(&path, &wanted).expect("a writable page");
        return;
    }
    assert_eq!(written, wanted, "docs/catalogue.md is old; PROOFMARK_WRITE_DOCS=1 cargo test writes it");
}

/// Lint has to be able to fail: without the checks' clauses, the cases that stand for them are checked by nothing.
#[test]
fn lint_names_what_is_missing() {
    let wrong = Catalogue::embedded().expect("readable").lint(&[]);
    assert!(wrong.iter().any(|line| line == "options/rp-id: no check is about api/options/rp-id"), "{wrong:?}");
    assert!(
        wrong.iter().any(|line| line.contains("no case, no check and no exclusion is about the clause")),
        "{wrong:?}"
    );
}

pub fn options(challenge: &[u8]) -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions {
        rp: RpEntity { id: Some(RP_ID.to_owned()), name: "Example".to_owned() },
        user: UserEntity { id: vec![7; 16], name: "a".to_owned(), display_name: "A".to_owned() },
        challenge: challenge.to_vec(),
        pub_key_cred_params: vec![-7],
        user_verification: Some("required".to_owned()),
        ..PublicKeyCredentialCreationOptions::default()
    }
}

const CHALLENGE: [u8; 32] = [0xc3; 32];

fn create(format: Format, mutations: &[(&'static Mutation, Args)]) -> Value {
    let request = CreationRequest { mutations, ..CreationRequest::new([3; 32], format) };
    Client::new(ORIGIN).create(&options(&CHALLENGE), &request).unwrap_or_else(|error| panic!("{error}")).json
}

/// A verifier without the step accepts what only that step refuses, except where nothing can be read any more.
#[test]
fn skipping_the_step_accepts_what_only_it_refuses() {
    let skippable = [
        ("challenge", Value::Null, Format::None),
        ("type", Value::Null, Format::None),
        ("origin", Value::Null, Format::None),
        ("client-data-member-value", json!({"crossOrigin": true}), Format::None),
        ("client-data-member-value", json!({"topOrigin": "https://a.example"}), Format::None),
        ("client-data-json", json!("${json}{}"), Format::None),
        ("rp-id-hash", Value::Null, Format::None),
        ("flags", json!(0x44), Format::None),
        ("flags", json!(0x41), Format::None),
        ("flags", json!(0x55), Format::None),
        ("cose-key", json!({"set": [[3, -65000]]}), Format::None),
        ("attestation-object", json!({"set": [["fmt", "example"]]}), Format::None),
        ("statement", json!({"set": [["alg", -257]]}), Format::PackedSelf),
        ("statement", json!({"set": [["x", 1]]}), Format::None),
        ("attestation-object", json!({"suffix": "00"}), Format::None),
        ("auth-data", json!({"append": "00"}), Format::None),
        ("certificate", json!({"issuer": "other-root"}), Format::PackedX5c),
        ("credential-id-length", json!(1024), Format::None),
        ("credential-json", json!({"set": {"/id": "AAAA"}}), Format::None),
        ("credential-json", json!({"set": {"/type": "password"}}), Format::None),
        ("client-data-json", json!("${hex:fffe}${utf16le}"), Format::None),
    ];
    let root = proofmark::webauthn::x509::Certificate::from_der(&proofmark::authenticator::attestation_root());
    let root = [root.expect("a certificate")];
    let ceremony = Ceremony {
        challenge: &CHALLENGE,
        rp_id: RP_ID,
        origins: &[ORIGIN.to_owned()],
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: true,
        algorithms: &[CoseAlgorithm::ES256],
        is_registered: &|_id| false,
        trust_anchors: &root,
        now: 1_800_000_000,
    };
    let mut skipped = BTreeSet::new();
    for (id, args, format) in skippable {
        let name = format!("{id} {args}");
        let json = create(format, &[(Mutation::find(id).expect(id), Args(args))]);
        let refusal = verify_registration(&ceremony, &json).expect_err(&name);
        let result = verify_registration_without(&ceremony, &json, Some(Omission::Step(refusal.step)));
        assert!(result.is_ok(), "{name} without {}: {:?}", refusal.step, result.err());
        skipped.insert(refusal.step);
    }
    // Uniqueness is about other credentials.
    let rest: Vec<Step> = Step::ALL.into_iter().filter(|step| !skipped.contains(step)).collect();
    assert_eq!(rest, [Step::CredentialIdUnique]);
}

#[test]
fn a_padded_credential_has_the_exact_length() {
    let pad = |args: Value| create(Format::None, &[(Mutation::find("pad-json-to").expect("listed"), Args(args))]);
    let length = |json: &Value| json.to_string().chars().count();
    let good = length(&create(Format::None, &[]));
    for wanted in (good + 26..good + 60).chain([1_048_575, 1_048_576, 1_048_577]) {
        assert_eq!(length(&pad(json!(wanted))), wanted);
    }
    assert_eq!(length(&pad(json!({"characters": 5000, "text": "\u{e9}"}))), 5000);
    let mutation = Mutation::find("pad-json-to").expect("listed");
    for wanted in [0, 55, good - 1, good + 1, good + 5] {
        let mutations = [(mutation, Args(json!(wanted)))];
        let request = CreationRequest { mutations: &mutations, ..CreationRequest::new([3; 32], Format::None) };
        let error = Client::new(ORIGIN).create(&options(&CHALLENGE), &request).expect_err("too short");
        assert!(error.to_string().contains(&format!("{wanted} characters")), "{error}");
    }
}

#[test]
fn a_replacement_has_the_exact_length() {
    for wanted in [9, 54, 55, 56] {
        let mutations = [(Mutation::find("credential-replace").expect("listed"), Args(json!(wanted)))];
        assert_eq!(create(Format::None, &mutations).to_string().len(), wanted);
    }
}

#[test]
fn arguments_of_another_form_are_refused_with_what_they_have_to_be() {
    for mutation in MUTATIONS {
        let mutations = [(mutation, Args(json!({"no-such-member": [[{}]]})))];
        for format in Format::ALL {
            let request = CreationRequest { mutations: &mutations, ..CreationRequest::new([3; 32], format) };
            let result = Client::new(ORIGIN).create(&options(&CHALLENGE), &request);
            // Mutations of members take any member.
            let takes_any = ["client-data-extra-member", "client-data-member-value"].contains(&mutation.id);
            assert!(result.is_err() || takes_any, "{} {}", mutation.id, format.slug());
        }
    }
}
