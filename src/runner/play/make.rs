//! Makes credentials from the creation options of the last start.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::case_run::CaseRun;
use super::ceremony::{MadeCredential, Recipe, ids_of};
use super::ledger::Ended;
use super::oracle;
use super::starts::{options_of, remember_made, repeated};
use crate::authenticator::{Client, ClientError, CreationRequest, CredentialKey, MutationError, mark};
use crate::outcome::Reason;
use crate::runner::memory::controls::Form;
use crate::runner::offline_case::not_offered;
use crate::scenario::{AlgorithmChoice, Made, Requirement, Step};
use crate::webauthn::base64;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// How often a registration is started again because a mutation depends on the challenge.
const MOST_CHANCES: u8 = 12;

/// Makes a credential from the last start's options, and asks the own verifier about it.
pub(crate) fn make_credential(run: &mut CaseRun<'_>, step: &Step, made: Made, following: &[Step]) -> Result<(), Ended> {
    let Some(options) = options_of(run, step) else {
        return run.end("setup", run.clause(), Reason::Setup, "creation options", "no registration was started");
    };
    let algorithm = require(run, &options, made)?;
    match create(run, &options, step, made, algorithm) {
        Ok(credential) => {
            run.shared.traces.made(ids_of(&credential));
            let expected = oracle::expected(run, step, made, following);
            let finding = oracle::consult(run, &options, &credential.created, &expected);
            remember_made(run, step, &credential);
            run.ceremony.first_credential.get_or_insert_with(|| credential.clone());
            run.ceremony.credential = Some(credential);
            match finding {
                None => Ok(()),
                Some(finding) => {
                    run.find(finding);
                    Err(Ended)
                }
            }
        }
        Err(ClientError::Mutation { source: MutationError::Shorter(length), .. }) => {
            let received = format!("the credential for this target has {length}");
            run.end("length", run.clause(), Reason::Filtered, "a part with more bytes than the test keeps", received)
        }
        Err(ClientError::Mutation { source: MutationError::Chance(_), .. }) if run.unlucky < MOST_CHANCES => {
            run.unlucky += 1;
            Ok(())
        }
        // Nothing in the target's options is wrong, but the part to be spoiled is absent: such as the padding of a challenge whose
        // length is a multiple of three.
        Err(ClientError::Mutation {
            source: source @ (MutationError::Impossible(_) | MutationError::Chance(_)),
            ..
        }) => {
            let expected = "options from which the case can be made";
            run.end("requires", run.clause(), Reason::NotDeclared, expected, source.to_string())
        }
        Err(why) => run.end("authenticator", run.clause(), Reason::Setup, "a credential", why.to_string()),
    }
}

/// Checks that the options have what the case presupposes; gives the algorithm of the credential key.
fn require(
    run: &mut CaseRun<'_>,
    options: &PublicKeyCredentialCreationOptions,
    made: Made,
) -> Result<CoseAlgorithm, Ended> {
    if made == Made::Good {
        return Ok(form_of(run, made).1);
    }
    let case = &run.test.case;
    let clause = run.clause();
    let requires_verification = options.user_verification.as_deref() == Some("required");
    let offered = options.offered();
    let offers = |algorithm| offered.contains(&algorithm);
    for requirement in &case.requires {
        let holds = match requirement {
            Requirement::Algorithm(algorithm) => offers(*algorithm),
            Requirement::UserVerificationRequired => requires_verification,
            Requirement::UserVerificationNotRequired => !requires_verification,
            Requirement::CredPropsRequested | Requirement::Format(_) | Requirement::Property(_) => true,
        };
        if !holds {
            let name = requirement.name();
            let (expected, received) = match requirement {
                Requirement::UserVerificationRequired => ("that require user verification", "do not require it"),
                Requirement::UserVerificationNotRequired => ("that do not require user verification", "require it"),
                _ => ("that offer this algorithm", "do not offer it"),
            };
            let (expected, received) =
                (format!("creation options {expected} ({name})"), format!("the options {received}"));
            return run.end("requires", clause, Reason::NotDeclared, expected, received);
        }
    }
    let unmet = |requirement: &Requirement| match requirement {
        Requirement::CredPropsRequested => {
            options.extensions.as_ref().and_then(|extensions| extensions.get("credProps")).is_none()
        }
        Requirement::Format(format) => !run.shared.target.policy.formats.contains(format),
        Requirement::Property(name) => !run.shared.target.policy.holds(name),
        _ => false,
    };
    run.unmet = case.requires.iter().any(unmet);
    let wanted = match case.algorithm {
        AlgorithmChoice::Given(algorithm) => Some(algorithm).filter(|_| case.stated_algorithm().is_none_or(offers)),
        AlgorithmChoice::NotOffered => not_offered(options),
    };
    match wanted {
        Some(algorithm) => Ok(algorithm),
        None => {
            let received = format!("the options offer {:?}", options.pub_key_cred_params);
            let expected = match case.algorithm {
                AlgorithmChoice::Given(algorithm) => {
                    format!("options that offer algorithm {}", case.stated_algorithm().unwrap_or(algorithm))
                }
                AlgorithmChoice::NotOffered => "options that leave out at least one known algorithm".to_owned(),
            };
            run.end("requires", clause, Reason::NotDeclared, expected, received)
        }
    }
}

fn create(
    run: &mut CaseRun<'_>,
    options: &PublicKeyCredentialCreationOptions,
    step: &Step,
    made: Made,
    algorithm: CoseAlgorithm,
) -> Result<MadeCredential, ClientError> {
    let mutations = step.mutations(run.test.length);
    run.made = run.made.wrapping_add(1);
    let mut seed = run.seed;
    seed[0] ^= run.made;
    let earlier = repeated(run, step);
    if let (Made::SameCredential | Made::SameKey, Some(earlier)) = (made, earlier) {
        seed = earlier.seed;
    }
    let credential_id = match (made, earlier) {
        (Made::SameCredentialId | Made::SameCredential, Some(earlier)) => earlier.created.credential_id.clone(),
        _ => fresh_id(&seed, &options.challenge),
    };
    let case = &run.test.case;
    let (format, _) = form_of(run, made);
    let request = CreationRequest {
        mutations: &mutations,
        algorithm,
        key: case.key.as_deref().filter(|_| made != Made::Good).map(CredentialKey::Named),
        credential_id: Some(credential_id),
        ..CreationRequest::new(seed, format)
    };
    let created = client_for(run, options).create(options, &request)?;
    let mutations = mutations.iter().map(|(mutation, _)| mutation.id.to_owned()).collect();
    let recipe = Recipe { options: options.clone(), format, algorithm, keyed: request.key.is_some(), mutations };
    let mut ids = vec![created.credential_id.clone()];
    let text = |name: &str| created.json.get(name).and_then(Value::as_str).and_then(|id| base64::decode_any(id).ok());
    ids.extend(["id", "rawId"].into_iter().filter_map(text));
    ids.dedup();
    Ok(MadeCredential { created, ids, seed, recipe })
}

/// The text of the same credential with nothing wrong in it; `None` if the client refuses to make it.
pub(crate) fn good(run: &CaseRun<'_>, made: &MadeCredential) -> Option<Vec<u8>> {
    let MadeCredential { created, seed, recipe, .. } = made;
    let request = CreationRequest {
        algorithm: recipe.algorithm,
        key: run.test.case.key.as_deref().filter(|_| recipe.keyed).map(CredentialKey::Named),
        credential_id: Some(created.credential_id.clone()),
        ..CreationRequest::new(*seed, recipe.format)
    };
    client_for(run, &recipe.options).create(&recipe.options, &request).ok().map(|good| good.text)
}

/// Format and algorithm of the new credential: those of the case, except for a good credential that needs another form.
fn form_of(run: &CaseRun<'_>, made: Made) -> Form {
    let format = run.test.format;
    let own = (format, run.test.case.control_algorithm(format));
    run.good_form.filter(|_| made == Made::Good).unwrap_or(own)
}

/// A client on a page that may ask for these options.
fn client_for(run: &CaseRun<'_>, options: &PublicKeyCredentialCreationOptions) -> Client {
    let mut client = Client::new(run.shared.target.origin_for(options.rp.id.as_deref()));
    client.honours_algorithms = false;
    // A test authenticator registers a credential again even if the options exclude it.
    client.honours_exclude_credentials = false;
    client
}

/// A credential id that is new in every run, because a target may keep the credentials of an earlier run with the same seed. The
/// key follows from the seed alone.
fn fresh_id(seed: &[u8; 32], challenge: &[u8]) -> Vec<u8> {
    let hash = Sha256::new_with_prefix(b"credential id").chain_update(seed).chain_update(challenge);
    let mut id = hash.finalize().to_vec();
    mark(&mut id);
    id
}
