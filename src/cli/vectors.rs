//! `vectors`: the cases about the credential alone, as files for other tools.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{VectorsArguments, VectorsVerb};
use super::exit::{Exit, Failure};
use super::{output, pem};
use crate::authenticator::{Format, attestation_root};
use crate::contract::clause;
use crate::runner::offline_case::{NOW, ORIGIN, RP_ID, Vector};
use crate::scenario::{self, Case, Expectation};
use crate::webauthn::base64;
use crate::webauthn::cose::CoseAlgorithm;

/// A built-in case, with the format and length that a vector's name gives.
pub struct Named {
    pub case: Case,
    pub format: Option<Format>,
    pub length: Option<usize>,
}

/// The built-in case with this id, or the case of the vector with this name: the id, followed by format, algorithm and length.
pub fn named(name: &str) -> Result<Named, Failure> {
    let cases = scenario::embedded().map_err(Failure::config)?;
    let usage = |text: String| Failure::text(Exit::Usage, text);
    let found = cases.into_iter().find_map(|mut case| {
        let rest = name.strip_prefix(case.id.as_str())?.to_owned();
        let (mut format, mut length) = (None, None);
        for part in rest.split('/').skip(1) {
            let algorithm = CoseAlgorithm::from_name(part).filter(|algorithm| case.algorithms.contains(algorithm));
            if let Some(algorithm) = algorithm {
                case = case.with_algorithm(algorithm);
                continue;
            }
            match (Format::from_slug(part).filter(|format| case.formats.contains(format)), part.parse()) {
                (Some(known), _) => format = Some(known),
                (_, Ok(number)) if case.each.is_some() => length = Some(number),
                _ => return None,
            }
        }
        (rest.is_empty() || rest.starts_with('/')).then_some(Named { case, format, length })
    });
    let named = found.ok_or_else(|| usage(format!("there is no case `{name}`; `proofmark list cases` shows all")))?;
    let id = &named.case.id;
    if !named.case.sampled {
        return Err(usage(format!(
            "the case `{id}` is about calls, not about a credential alone; play it with `proofmark run {id}`"
        )));
    }
    if named.case.each.is_some() && named.length.is_none() {
        return Err(usage(format!("the case `{id}` covers every length of a part; name one length, as in `{id}/0`")));
    }
    Ok(named)
}

/// Writes every case's options and credential, with the expected verdict and that of our own verifier.
pub fn vectors(arguments: &VectorsArguments) -> Result<Exit, Failure> {
    let VectorsVerb::Export { directory, all } = &arguments.verb;
    let occupied = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        let message = format!("{} is not empty; give a new directory", directory.display());
        return Err(Failure::text(Exit::Usage, message));
    }
    let mut files = Vec::new();
    let mut controls = BTreeSet::new();
    for case in
        scenario::embedded().map_err(Failure::config)?.iter().flat_map(Case::each_algorithm).filter(|case| case.sampled)
    {
        for vector in Vector::of(&case, *all).map_err(Failure::internal)? {
            let (name, control) = (vector.name.clone(), vector.control.clone());
            if controls.insert(control.clone()) {
                let good = Vector::control(&case, vector.format).map_err(Failure::internal)?;
                write(directory, &good, &good_case(&case, vector.format))?;
            }
            write(directory, &vector, &case)?;
            files.push(json!({ "name": name, "expected": expected(&case), "control": control }));
        }
    }
    let count = files.len();
    let index = json!({
        "format": 1,
        "version": env!("CARGO_PKG_VERSION"),
        "rpId": RP_ID,
        "origin": ORIGIN,
        "time": NOW,
        "attestationRoot": base64::encode_url(&attestation_root()),
        "controls": controls.iter().map(|name| json!({ "name": name, "expected": "must-accept" })).collect::<Vec<_>>(),
        "vectors": files,
    });
    put(directory, "index.json", format!("{index:#}\n").as_bytes())?;
    put(directory, "attestation-root.pem", pem::pem(&attestation_root()).as_bytes())?;
    output::line(&format!(
        "{count} vectors and {} controls in {}; index.json lists them",
        controls.len(),
        directory.display()
    ));
    Ok(Exit::Green)
}

/// The case of a control: the good credential that a vector is compared with.
fn good_case(case: &Case, format: Format) -> Case {
    let mut good = case.control_of(format).case(Vec::new());
    good.requires = case.control_of(format).requires();
    good.steps.push(scenario::Step { expect: Some(Expectation::ACCEPT), ..scenario::Step::default() });
    good
}

/// `must-reject`, `should-reject`, `must-accept` or `may`.
fn expected(case: &Case) -> &'static str {
    let expectation = case.expectation().unwrap_or(Expectation::EITHER);
    Expectation::NAMED.iter().find(|(_, known)| *known == expectation).map_or("may", |(name, _)| name)
}

fn write(directory: &Path, vector: &Vector, case: &Case) -> Result<(), Failure> {
    let created = &vector.created;
    let clauses = case.clauses.iter().filter_map(|id| clause::find(id)).map(
        |clause| json!({ "id": clause.id, "basis": clause.basis.name(), "text": clause.text, "source": clause.source }),
    );
    let verifier = match &vector.verdict {
        Ok(()) => json!({ "accepts": true }),
        Err(refusal) => {
            json!({ "accepts": false, "clause": format!("webauthn/{}", refusal.clause()), "detail": refusal.detail })
        }
    };
    let mut document = json!({
        "name": vector.name,
        "case": case.id,
        "title": case.title,
        "clauses": clauses.collect::<Vec<Value>>(),
        "expected": expected(case),
        "basis": case.basis().name(),
        "source": case.source(),
        "requires": case.requires.iter().map(scenario::Requirement::name).collect::<Vec<String>>(),
        "control": vector.control,
        "attestationFormat": vector.format.identifier(),
        "verifier": verifier,
        "seed": vector.seed,
        "options": vector.options.to_json(),
        "clientDataJSON": base64::encode_url(&created.client_data_json),
        "attestationObject": base64::encode_url(&created.attestation_object),
        "authenticatorData": base64::encode_url(&created.authenticator_data),
        "credentialText": base64::encode_url(&created.text),
    });
    // A text that JSON readers do not accept, because it is not JSON or too deep, is only in `credentialText`.
    if let Ok(credential) = serde_json::from_slice::<Value>(&created.text) {
        document["credential"] = credential;
    }
    if let Some(policy) = &case.policy {
        document["policy"] = policy.as_str().into();
    }
    put(directory, &format!("{}.json", vector.name), format!("{document:#}\n").as_bytes())?;
    put(directory, &format!("{}.credential", vector.name), &created.text)?;
    put(directory, &format!("{}.client-data", vector.name), &created.client_data_json)?;
    put(directory, &format!("{}.attestation-object", vector.name), &created.attestation_object)
}

fn put(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = directory.join(name);
    let fail = |error: std::io::Error| Failure::text(Exit::Config, format!("{}: {error}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(fail)?;
    }
    fs::write(&path, bytes).map_err(fail)
}
