//! The dictionary of signatures is whole and fresh, and a diagnosis by it names the right defects, and no wrong ones.
//!
//! `cargo run --release -- selftest --signatures fixtures/signatures.json --seed 17` writes the dictionary again.

mod page;

use std::collections::{BTreeMap, BTreeSet};

use proofmark::cli::selftest::{self, Stage, Trial};
use proofmark::contract::clause;
use proofmark::diagnosis::{self, Diagnosis, Dictionary, Known, Observed, Place};
use proofmark::runner::Stop;
use proofmark::scenario;
use proofmark::server::defect::{self, Defect, Shows};

/// How to write the dictionary again.
const FIX: &str = "`selftest NAMES --signatures fixtures/signatures.json --seed 17` plays defects again";
/// The seed of the dictionary.
const SEED: u64 = 17;

/// Every defect that a run can show.
fn shown() -> impl Iterator<Item = &'static Defect> {
    defect::all().filter(|defect| defect.shows != Shows::UnderLoad)
}

/// So many different defects, drawn by a seed (the generator is SplitMix64).
fn drawn(mut seed: u64, count: usize) -> Vec<&'static Defect> {
    let all: Vec<&Defect> = shown().collect();
    let mut drawn: Vec<&Defect> = Vec::new();
    while drawn.len() < count {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let defect = all[usize::try_from(mixed >> 33).expect("small") % all.len()];
        if !drawn.contains(&defect) {
            drawn.push(defect);
        }
    }
    drawn
}

/// How many of something an environment variable asks for.
fn asked(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A run of every common case in which a defect shows all that its signature has.
fn as_in(dictionary: &Dictionary, known: &Known) -> Observed {
    let mut observed = Observed::default();
    for (case, common) in &dictionary.common {
        let played = observed.played.entry(case.clone()).or_default();
        played.cells = common.cells.clone();
        let places = common.cells.values().fold(0, |places, more| places | more);
        Place::PROTOCOLS.iter().filter(|place| place.is_in(places)).for_each(|place| played.tests[*place as usize] = 1);
        played.tests[Place::Compared as usize] = u32::from(places.count_ones() > 1);
    }
    for (sign, shown) in &known.signature.signs {
        let played = observed.played.entry(sign.case.clone()).or_default();
        for flow in known.signature.flows.iter().take(usize::from(played.cells.is_empty())) {
            played.cells.insert(flow.clone(), shown.red);
        }
        for place in Place::ALL.into_iter().filter(|place| place.is_in(shown.red)) {
            let at = place as usize;
            played.tests[at] = 1;
            observed.failed.entry(sign.clone()).or_default()[at] = 1;
            observed.decided.entry(sign.clone()).or_default()[at] = 1;
            observed.red.entry(sign.case.clone()).or_default()[at] = 1;
        }
    }
    observed.flows = known.signature.flows.clone();
    observed
}

/// Whether one of the first causes is the defect, or can't be told from it.
fn names(diagnosis: &Diagnosis, first: usize, id: &str) -> bool {
    diagnosis.causes.iter().take(first).any(|cause| cause.defect == id || cause.same.iter().any(|same| same == id))
}

#[test]
fn every_defect_has_its_signature_and_its_words() {
    let known = &diagnosis::embedded().defects;
    let wanted: BTreeSet<&str> = shown().map(|defect| defect.id).collect();
    let found: BTreeSet<&str> = known.keys().map(String::as_str).collect();
    assert_eq!(found, wanted, "{FIX}");
    for defect in shown() {
        let there = &known[defect.id];
        assert!(!there.signature.signs.is_empty(), "{} shows nothing; {FIX}", defect.id);
        assert_eq!(*there, selftest::known(defect, there.signature.clone()), "its words are old; {FIX}");
    }
    let text = include_str!("../../fixtures/signatures.json");
    assert_eq!(diagnosis::embedded().text(), text, "it is not as it is written; {FIX}");
    assert!(text.len() < 300_000, "{} bytes", text.len());
}

#[test]
fn signatures_name_only_what_exists() {
    let mut cases: BTreeSet<String> =
        scenario::embedded().expect("valid suites").into_iter().map(|case| case.id).collect();
    // Drawn sequences, and what is found about a whole run.
    cases.insert("model".to_owned());
    let dictionary = diagnosis::embedded();
    let is_known = |case: &str| cases.contains(case) || (!case.contains('/') && clause::find(case).is_none());
    assert!(dictionary.common.len() > 1_000, "{}", dictionary.common.len());
    assert!(dictionary.common.keys().all(|case| cases.contains(case)), "{FIX}");
    for (id, known) in &dictionary.defects {
        for sign in known.signature.signs.keys() {
            assert!(is_known(&sign.case) || clause::find(&sign.case).is_some(), "{id}: case {}; {FIX}", sign.case);
            let is_clause = sign.clause.is_empty() || clause::find(&sign.clause).is_some();
            assert!(is_clause, "{id}: clause {}; {FIX}", sign.clause);
        }
    }
}

/// Defects are played again: what they show now is what the dictionary has of them. `PROOFMARK_SIGNATURES=20` plays more.
#[tokio::test(flavor = "multi_thread")]
async fn signatures_are_fresh() {
    let (stage, stop) = (Stage::new(SEED).unwrap_or_else(|failure| panic!("{failure}")), Stop::default());
    for defect in drawn(5, asked("PROOFMARK_SIGNATURES", 2)) {
        let played = selftest::signature(&stage, &Trial::of_defect(defect), &stop).await;
        let played = played.unwrap_or_else(|failure| panic!("{failure}")).expect("played");
        let kept = &diagnosis::embedded().defects[defect.id].signature;
        let both = played.signs.keys().filter(|sign| kept.signs.contains_key(sign)).count();
        let all = played.signs.len() + kept.signs.len() - both;
        assert!(both * 10 >= all * 8, "{}: {both} of {all} failures are in both; {FIX}", defect.id);
    }
}

#[test]
fn each_signature_is_explained_by_its_defect() {
    let dictionary = diagnosis::embedded();
    let (mut alone, mut all) = (0, 0);
    for (id, known) in dictionary.defects.iter().step_by(asked("PROOFMARK_EACH", 6)) {
        all += 1;
        let diagnosis = diagnosis::diagnose(dictionary, &as_in(dictionary, known));
        assert!(names(&diagnosis, 1, id), "{id}: {:?}", diagnosis.causes.first());
        alone += usize::from(diagnosis.causes[0].same.is_empty());
    }
    // The others fail in the same cases, for the same clauses, in the same ways as another one.
    assert!(alone * 10 >= all * 9, "{alone} of {all}");
}

/// Without its signature a defect is an unknown fault. `PROOFMARK_UNKNOWN=1` looks at every one.
#[test]
fn an_unknown_fault_gets_no_wrong_name() {
    let dictionary = diagnosis::embedded();
    let (mut wrong, mut all) = (BTreeMap::new(), 0);
    for (id, known) in dictionary.defects.iter().step_by(asked("PROOFMARK_UNKNOWN", 12)) {
        all += 1;
        let mut others = dictionary.clone();
        others.defects.remove(id);
        let diagnosis = diagnosis::diagnose(&others, &as_in(dictionary, known));
        if let Some(cause) = diagnosis.causes.first().filter(|cause| cause.clause != known.clause) {
            wrong.insert(id, cause.defect.clone());
        }
    }
    assert!(wrong.len() * 10 <= all, "{} of {all} are named after another clause: {wrong:#?}", wrong.len());
}

/// Defects alone and in pairs, played on the reference server with another seed than that of the dictionary. `PROOFMARK_PAIRS=40` and
/// `PROOFMARK_ALONE=40` play more, and print what was missed.
#[tokio::test(flavor = "multi_thread")]
async fn defects_are_named_alone_and_in_pairs() {
    let stage = Stage::new(23).unwrap_or_else(|failure| panic!("{failure}"));
    let (alone, pairs) = (asked("PROOFMARK_ALONE", 1), asked("PROOFMARK_PAIRS", 1));
    let singles = drawn(7, alone).into_iter().map(|defect| vec![defect]);
    let pairs = drawn(11, 2 * pairs);
    let (mut all, mut missed) = (0, Vec::new());
    for defects in singles.chain(pairs.chunks(2).map(<[_]>::to_vec)) {
        let observed = selftest::observed(&stage, defects.clone(), &Stop::default()).await;
        let observed = observed.unwrap_or_else(|failure| panic!("{failure}")).expect("played");
        let diagnosis = diagnosis::diagnose(diagnosis::embedded(), &observed);
        let first = if defects.len() == 1 { 1 } else { 3 };
        all += 1;
        if !defects.iter().all(|defect| names(&diagnosis, first, defect.id)) {
            let ids: Vec<&str> = defects.iter().map(|defect| defect.id).collect();
            let named: Vec<(&String, u32)> =
                diagnosis.causes.iter().map(|cause| (&cause.defect, cause.explains)).collect();
            missed.push(format!(
                "{ids:?}: {} failed, {named:?}, {} unexplained",
                diagnosis.failed, diagnosis.unexplained
            ));
        }
    }
    assert!(missed.len() * 10 <= all, "{} of {all}:\n{}", missed.len(), missed.join("\n"));
}

/// Of defects that explain the same, the one is named that shows little else: a run may have played a part of what it shows.
#[test]
fn the_narrowest_of_equals_is_named_and_no_family_alone() {
    let dictionary = diagnosis::embedded();
    let mut observed = as_in(dictionary, &dictionary.defects["verification-skips-origin"]);
    let is_played = |case: &str| case == "client-data/origin-other-site";
    observed.played.retain(|case, _| is_played(case));
    observed.red.retain(|case, _| is_played(case));
    observed.failed.retain(|sign, _| is_played(&sign.case));
    observed.decided.retain(|sign, _| is_played(&sign.case));
    let diagnosis = diagnosis::diagnose(dictionary, &observed);
    assert_eq!(diagnosis.causes[0].defect, "verification-skips-origin", "{diagnosis:#?}");
    assert!(diagnosis.causes[0].same.iter().any(|same| same == "status-ceremony-refusal-as-200"), "{diagnosis:#?}");
    // A case that no signature knows is like others of its suite, but that alone says nothing.
    let mut own = Observed::default();
    for (sign, tests) in &observed.failed {
        let sign = diagnosis::Sign { case: "client-data/of-ours".to_owned(), ..sign.clone() };
        own.played.insert(sign.case.clone(), observed.played.values().next().expect("one").clone());
        own.red.insert(sign.case.clone(), *tests);
        own.decided.insert(sign.clone(), *tests);
        own.failed.insert(sign, *tests);
    }
    own.flows = observed.flows.clone();
    let diagnosis = diagnosis::diagnose(dictionary, &own);
    assert_eq!((diagnosis.causes.len(), diagnosis.nearest), (0, None));
}
