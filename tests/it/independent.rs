//! The verifier beside two independent libraries: webauthn_rp in its strict form, and webauthn-rs-core.
//!
//! Every case about one credential whose verdict is not left open is given to both. They accept or refuse as the case
//! says (which our verifier does by other tests), except where [`DISAGREEMENTS`] says otherwise, with the text that
//! decides. `docs/disagreements.md` is the same list.

mod libraries;
mod list;

use std::collections::BTreeSet;

use proofmark::authenticator::Format;
use proofmark::runner::offline_case::Vector;
use proofmark::scenario::{self, Case, Expectation};
use proofmark::webauthn::cose::CoseAlgorithm;

use libraries::{Answer, LIBRARIES, Library, Subject};
use list::{DISAGREEMENTS, Says};

/// The good credentials are accepted by a library exactly where its table says that it knows format and algorithm, so
/// that cases are left out only where a refusal would say nothing.
#[test]
fn good_credentials_are_accepted_by_a_library_that_knows_them() {
    let mut wrong = Vec::new();
    for format in Format::ALL {
        for (algorithm, name, _) in CoseAlgorithm::ALL {
            let case = Case::control(Vec::new(), format, algorithm);
            // Not every algorithm goes with every format, and no keys on Ed448 are made.
            let made = Vector::of(&case, false).unwrap_or_default();
            for vector in made.into_iter().filter(|vector| vector.verdict.is_ok()) {
                let subject = Subject { case: &case, vector };
                for library in &LIBRARIES {
                    let answer = library.judge(&subject);
                    if (answer == Answer::Accepts) != library.knows(format, algorithm) {
                        wrong.push(format!("{}: {} {name}: it says {answer:?}", library.name, format.slug()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn cases_are_judged_alike_except_as_listed() {
    let cases = scenario::embedded().expect("valid suites");
    let listed: BTreeSet<(&str, Says, String)> = DISAGREEMENTS
        .iter()
        .flat_map(|entry| entry.cases.iter().map(|case| (entry.library, entry.library_says, (*case).to_owned())))
        .collect();
    let mut found = BTreeSet::new();
    let mut unlisted = Vec::new();
    let mut compared = [0; LIBRARIES.len()];
    for (case, we_accept) in cases.iter().filter_map(|case| Some((case, we_accept(case)?))) {
        for vector in one_length(case) {
            let subject = Subject { case, vector };
            for (library, compared) in LIBRARIES.iter().zip(&mut compared).filter(|(it, _)| it.can_judge(&subject)) {
                *compared += 1;
                let answer = library.judge(&subject);
                if answer.says() == if we_accept { Says::Accepts } else { Says::Refuses } {
                    continue;
                }
                let disagreement = (library.name, answer.says(), name(&subject));
                if !listed.contains(&disagreement) {
                    unlisted.push(format!("{disagreement:?}: we say {we_accept}, it says {answer:?}"));
                }
                found.insert(disagreement);
            }
        }
    }
    assert!(unlisted.is_empty(), "not listed:\n{}", unlisted.join("\n"));
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(gone.is_empty(), "no disagreements: {gone:?}");
    assert!(compared.iter().all(|cases| *cases > 400), "{compared:?} cases were compared");
}

/// What the case says of its credential; `None` if that is left open, or is for the configuration of certificates that
/// the libraries are not given.
fn we_accept(case: &Case) -> Option<bool> {
    let expectation = case.expectation().filter(|_| case.sampled && case.policy.is_none())?;
    let (accept, reject) = (Expectation::ACCEPT, Expectation::REJECT);
    let decided = [accept, reject, Expectation::SHOULD_ACCEPT, Expectation::SHOULD_REJECT].contains(&expectation);
    let about_trust = case.clauses.iter().any(|clause| clause == "webauthn/7.1/attestation-trust");
    (decided && !about_trust).then_some(!expectation.must_refuse())
}

/// The credentials of a case; where it is about every length, only the one that lacks the last byte.
fn one_length(case: &Case) -> Vec<Vector> {
    let mut vectors = Vector::of(case, false).unwrap_or_else(|error| panic!("{}: {error}", case.id));
    vectors.retain(|vector| case.each.is_none() || !vector.name.ends_with("/0"));
    vectors
}

/// The case, and which of its formats if it has several.
fn name(subject: &Subject<'_>) -> String {
    match subject.case.formats.len() {
        1 => subject.case.id.clone(),
        _ => format!("{}/{}", subject.case.id, subject.vector.format.slug()),
    }
}

#[test]
fn the_documented_list_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/disagreements.md");
    let expected = document();
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        std::fs::write(path, &expected).expect("docs/ is writable");
    }
    let found = std::fs::read_to_string(path).expect("docs/disagreements.md is there");
    assert!(found == expected, "docs/disagreements.md differs: run the tests with PROOFMARK_WRITE_DOCS=1");
}

fn document() -> String {
    let mut out = String::from(
        "# Where independent libraries judge otherwise

This page is about the two libraries that the tests can link: webauthn_rp 0.3 (strict form) and webauthn-rs-core 0.6.
Libraries in other languages judge otherwise in further cases. This page does not cover them: `proofmark vectors export`
writes the credentials for them. The tests give every case about a single credential to the two libraries, unless the case
leaves its verdict open (`tests/it/independent.rs`; the list is `tests/it/independent/list.rs`). Our verifier and the
libraries judge as the case says, except for the cases below. Sections are those of WebAuthn Level 3; its text is
paraphrased. The basis says how strong our verdict is ([judging.md](judging.md#basis-and-profile)): if the basis is `fido`,
`spec-should` or `security`, a library that judges otherwise breaks no text.

A library is asked only if it accepts the good credential of the same format and algorithm:

",
    );
    for library in &LIBRARIES {
        out += &format!("- {}: {}\n", library.name, known(library));
    }
    out += "
webauthn_rp draws its own challenges (16 bytes), so its credentials are made from its options. Its strict form compares
the convenience copies `authenticatorData` and `publicKey` with the attestation object before it decodes that object. If it
refuses because of them, it gets the client data and the attestation object without the JSON. webauthn-rs-core gets our
options. It gets no list of attestation CAs, so cases about trust (§7.1 step 24) are left out. For a case about every
length of a part, one length is compared. A panic of a library would be listed as a refusal of its own kind.
";
    for entry in DISAGREEMENTS {
        let verdicts = match entry.library_says {
            Says::Accepts => "accepts, we refuse",
            Says::Refuses => "refuses, we accept",
            Says::Panics => "panics",
        };
        let cases: Vec<_> = entry.cases.iter().map(|case| format!("`{case}`")).collect();
        out += &format!("\n## {} {verdicts}: {}\n\n", entry.library, cases.join(", "));
        let bases: BTreeSet<&str> = entry.cases.iter().map(|id| basis(id)).collect();
        let bases: Vec<String> = bases.into_iter().map(|basis| format!("`{basis}`")).collect();
        out += &format!("- Basis: {}\n- Text: {}\n- Reading: {}\n", bases.join(", "), entry.text, entry.reading);
    }
    out
}

/// What the case of a disagreement rests on; its format may stand behind its id.
fn basis(name: &str) -> &'static str {
    let cases = scenario::embedded().expect("valid suites");
    let is_named = |case: &&Case| name == case.id || name.rsplit_once('/').is_some_and(|(id, _)| id == case.id);
    cases.iter().find(is_named).map(|case| case.basis().name()).expect("a case")
}

fn known(library: &Library) -> String {
    let names = |algorithms: &[CoseAlgorithm]| {
        algorithms.iter().map(|algorithm| algorithm.name().unwrap_or_default()).collect::<Vec<_>>().join(", ")
    };
    let known = library.knows.iter().map(|(format, algorithms)| format!("{} ({})", format.slug(), names(algorithms)));
    known.collect::<Vec<_>>().join(", ")
}
