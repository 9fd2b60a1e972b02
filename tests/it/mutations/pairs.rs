//! A mutation has to cope with whatever another one left.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use proofmark::authenticator::{
    Args, Client, CreationRequest, CredentialKey, Format, Mutation, Stage, VectorAttestation,
};
use proofmark::runner::offline_case::ORIGIN;
use serde_json::{Value, json};

use super::{Use, algorithm, cases, create, uses};

/// The place of a stage in the making of a response.
fn rank(stage: &Stage) -> usize {
    match stage {
        Stage::ClientData(_) => 0,
        Stage::ClientDataJson(_) => 1,
        Stage::AuthenticatorData(_) => 2,
        Stage::PublicKey(_) => 3,
        Stage::AuthenticatorDataBytes(_) => 4,
        Stage::Attesting(_) => 5,
        Stage::Encoded(_) => 6,
        Stage::Credential(_) => 7,
        Stage::CredentialText(_) => 8,
    }
}

/// Whether the pair is one: mutations of one stage are applied in their order, those of others in the order of the stages.
fn is_pair(first: &Use, second: &Use) -> bool {
    rank(&first.mutation.stage) <= rank(&second.mutation.stage)
}

fn is_attesting(one: &Use) -> bool {
    matches!(one.mutation.stage, Stage::Attesting(_))
}

/// Makes both; gives the words of a panic.
fn panics(format: Format, first: &Use, second: &Use) -> Option<String> {
    // A pair of different keys is not a chain.
    let case = if first.case.algorithm == second.case.algorithm && first.case.key == second.case.key {
        &first.case
    } else if algorithm(&first.case).0 == -7 && first.case.key.is_none() {
        &second.case
    } else if algorithm(&second.case).0 == -7 && second.case.key.is_none() {
        &first.case
    } else {
        return None;
    };
    let mutations = [(first.mutation, first.args.clone()), (second.mutation, second.args.clone())];
    // One elliptic key for all: RSA would take most of the time.
    let model = VectorAttestation {
        authority_private_key: vec![7; 32],
        private_key: Some(vec![9; 32]),
        certificate_serial: vec![1; 16],
    };
    let request = CreationRequest {
        mutations: &mutations,
        algorithm: algorithm(case),
        key: case.key.as_deref().map(CredentialKey::Named),
        vector_attestation: (format == Format::Tpm).then_some(model),
        ..CreationRequest::new([3; 32], format)
    };
    let client = Client { honours_algorithms: false, ..Client::new(ORIGIN) };
    let options = crate::catalogue::options(&[0xc3; 32]);
    let made = catch_unwind(AssertUnwindSafe(|| client.create(&options, &request).map(drop)));
    let panic = made.err()?;
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned()).or_else(|| panic.downcast_ref().cloned());
    let names = [first, second].map(|one| format!("{}={}", one.mutation.id, one.args.0)).join(" then ");
    Some(format!("{}: {names}: {}", format.slug(), text.unwrap_or_default()))
}

fn play(pairs: &[(Format, usize, usize)], uses: &[Use]) -> Vec<String> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((format, first, second)) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(panic) = panics(*format, &uses[*first], &uses[*second]) {
                found.lock().expect("no panic here").push(panic);
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        (0..threads).for_each(|_thread| drop(scope.spawn(work)));
    });
    found.into_inner().expect("no panic here")
}

/// The same with less in it, where only the amount is great.
fn smaller(value: &Value) -> Value {
    const AMOUNTS: [&str; 8] = ["$nested", "$list", "$repeat", "$fill", "$random", "$members", "repeat", "$slice"];
    let fewer =
        |value: &Value| if value.as_u64().is_some_and(|number| number > 40) { json!(40) } else { value.clone() };
    match value {
        Value::Array(items) => items.iter().map(smaller).collect(),
        Value::Object(members) => {
            let one = |(name, value): (&String, &Value)| {
                let value = match smaller(value) {
                    Value::Array(items) if AMOUNTS.contains(&name.as_str()) => items.iter().map(fewer).collect(),
                    value if AMOUNTS.contains(&name.as_str()) => fewer(&value),
                    value => value,
                };
                (name.clone(), value)
            };
            Value::Object(members.iter().map(one).collect())
        }
        other => other.clone(),
    }
}

fn small_uses() -> Vec<Use> {
    let mut uses = uses();
    for one in &mut uses {
        one.args = Args(smaller(&one.args.0));
        // Every certificate is signed.
        if let Some(times) = one.args.0.pointer_mut("/repeat/1") {
            *times = json!(2);
        }
    }
    uses
}

/// Formats in which a mutation is about something, which its case's formats tell only in part.
fn works(format: Format, one: &Use) -> bool {
    create(format, &one.case, &[(one.mutation, one.args.clone())]).is_ok()
}

fn all_pairs(format: Format, first: &[usize], second: &[usize], uses: &[Use]) -> Vec<(Format, usize, usize)> {
    let pairs = first.iter().flat_map(|first| second.iter().map(move |second| (format, *first, *second)));
    pairs.filter(|(_, first, second)| is_pair(&uses[*first], &uses[*second])).collect()
}

fn those(uses: &[Use], mut wanted: impl FnMut(&Use) -> bool) -> Vec<usize> {
    (0..uses.len()).filter(|index| wanted(&uses[*index])).collect()
}

/// Nothing of this depends on the format, except through the key.
#[test]
fn every_pair_of_mutations_of_what_all_formats_have_is_made_or_refused() {
    let uses = small_uses();
    let common = those(&uses, |one| !is_attesting(one));
    let pairs = all_pairs(Format::None, &common, &common, &uses);
    assert!(pairs.len() > 150_000, "{} pairs", pairs.len());
    assert_eq!(play(&pairs, &uses), [""; 0]);
}

/// What mutations of certificates, messages and signatures do to each other is the same in every format, so that those pairs
/// are made in two; what a format alone has meets all of them there, and every edit of the encoded statement.
#[test]
fn every_pair_of_mutations_of_a_statement_is_made_or_refused() {
    const SHARED: [&str; 3] = ["certificate", "signature", "signed-message"];
    let uses = small_uses();
    let shared = those(&uses, |one| SHARED.contains(&one.mutation.id) && works(Format::PackedX5c, one));
    let mut pairs = Vec::new();
    for format in Format::ALL {
        let attesting = those(&uses, |one| is_attesting(one) && works(format, one));
        let of_all = [Format::PackedSelf, Format::PackedX5c].contains(&format);
        let of_statements = all_pairs(format, &attesting, &attesting, &uses);
        pairs
            .extend(of_statements.into_iter().filter(|(_, a, b)| of_all || !shared.contains(a) || !shared.contains(b)));
        let edits = those(&uses, |one| one.mutation.id == "statement" && works(format, one));
        pairs.extend(all_pairs(format, &attesting, &edits, &uses));
        pairs.extend(all_pairs(format, &edits, &edits, &uses));
    }
    assert!(pairs.len() > 20_000, "{} pairs", pairs.len());
    assert_eq!(play(&pairs, &uses), [""; 0]);
}

/// A statement is made from the key that stands in the authenticator data, if one can be read there: one mutation for each
/// such key and length of the data meets every mutation of a statement.
#[test]
fn every_statement_is_made_or_refused_over_every_kind_of_authenticator_data() {
    let uses = small_uses();
    let mut seen = BTreeSet::new();
    let of_data = those(&uses, |one| {
        let is_of_data = (2..5).contains(&rank(&one.mutation.stage));
        let made = create(Format::None, &one.case, &[(one.mutation, one.args.clone())]);
        let Some(made) = made.ok().filter(|_| is_of_data) else { return false };
        let key = made.json.pointer("/response/publicKey").map(|key| key.as_str().map(str::len));
        seen.insert(format!("{key:?} {:?}", made.json.pointer("/response/publicKeyAlgorithm")))
    });
    assert!(of_data.len() > 10, "{} kinds", of_data.len());
    let pairs: Vec<_> = Format::ALL
        .into_iter()
        .flat_map(|format| {
            let attesting = those(&uses, |one| is_attesting(one) && works(format, one));
            all_pairs(format, &of_data, &attesting, &uses)
        })
        .collect();
    assert_eq!(play(&pairs, &uses), [""; 0]);
}

/// A chain says of all its mutations what came of it, so that one that did nothing is left out.
#[test]
fn a_mutation_of_a_chain_that_changes_nothing_is_refused() {
    let flags = Mutation::find("flags").expect("listed");
    let type_ = Mutation::find("type").expect("listed");
    let compound = Mutation::find("compound").expect("listed");
    let case = cases().next().expect("a case");
    let refusal = |format, mutations: &[(&'static Mutation, Args)]| {
        create(format, &case, mutations).err().map(|error| error.to_string())
    };
    // UP, UV and AT are set anyway.
    let (idle, real) = ((flags, Args(json!(69))), (type_, Args::none()));
    let said = Some("mutation flags: it changes nothing here".to_owned());
    assert_eq!(refusal(Format::None, &[idle.clone(), real.clone()]), said);
    assert_eq!(refusal(Format::None, &[real.clone(), idle.clone()]), said);
    assert_eq!(refusal(Format::None, &[idle]), None, "alone it may be what the response has anyway");
    let twice = [(compound, Args(json!("none"))), (compound, Args(json!("none")))];
    assert_eq!(refusal(Format::Compound, &twice), Some("mutation compound: it changes nothing here".to_owned()));
    let foreign = [(compound, Args(json!("none"))), real];
    let said = Some("mutation compound: it does not apply to format none".to_owned());
    assert_eq!(refusal(Format::None, &foreign), said);
    let after = [(compound, Args(json!("none"))), (compound, Args(json!("one-invalid")))];
    let said = Some("mutation compound: there is no statement to change".to_owned());
    assert_eq!(refusal(Format::Compound, &after), said);
}

/// ECDSA over a digest that is shorter than half of the field.
#[test]
fn every_elliptic_key_signs_a_sha1_digest() {
    let signature = Mutation::find("signature").expect("listed");
    for algorithm in ["ES256", "ES384", "ES512", "ES256K"] {
        let mut case = cases().next().expect("a case");
        case.algorithm = algorithm.to_owned().try_into().expect("known");
        let made = create(Format::PackedSelf, &case, &[(signature, Args(json!("sha1")))]);
        assert!(made.is_ok(), "{algorithm}: {made:?}");
    }
}
