//! Properties of the mutations of all cases about the credential alone.

mod encodings;
mod pairs;
mod parts;
mod places;

use std::collections::BTreeSet;

use proofmark::authenticator::{
    Args, Client, ClientError, CreatedCredential, CreationRequest, CredentialKey, Format, Mutation,
};
use proofmark::runner::offline_case::ORIGIN;
use proofmark::scenario::{self, AlgorithmChoice, Case};
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::options::PublicKeyCredentialCreationOptions;

/// One mutation as a case uses it.
#[derive(Clone)]
pub struct Use {
    pub mutation: &'static Mutation,
    pub args: Args,
    pub case: Case,
}

/// The cases about the credential alone.
pub fn cases() -> impl Iterator<Item = Case> {
    scenario::embedded().expect("valid suites").into_iter().filter(|case| case.sampled)
}

/// Every mutation that a case uses, with its arguments, once for each kind of key; of cases about every length one length.
fn uses() -> Vec<Use> {
    let mut seen = BTreeSet::new();
    let mut uses = Vec::new();
    for case in cases() {
        for (mutation, args) in case.mutations(case.each.map(|_part| 20)) {
            if seen.insert(format!("{} {} {:?} {:?}", mutation.id, args.0, case.algorithm, case.key)) {
                uses.push(Use { mutation, args, case: case.clone() });
            }
        }
    }
    uses
}

fn algorithm(case: &Case) -> CoseAlgorithm {
    match case.algorithm {
        AlgorithmChoice::Given(algorithm) => algorithm,
        AlgorithmChoice::NotOffered => CoseAlgorithm::ES384,
    }
}

fn options() -> PublicKeyCredentialCreationOptions {
    crate::catalogue::options(&[0xc3; 32])
}

/// A credential with the key of a case, and these mutations.
fn create(
    format: Format,
    case: &Case,
    mutations: &[(&'static Mutation, Args)],
) -> Result<CreatedCredential, ClientError> {
    create_from(format, case, mutations, 3)
}

/// As [`create`], from another seed.
fn create_from(
    format: Format,
    case: &Case,
    mutations: &[(&'static Mutation, Args)],
    seed: u8,
) -> Result<CreatedCredential, ClientError> {
    let request = CreationRequest {
        mutations,
        algorithm: algorithm(case),
        key: case.key.as_deref().map(CredentialKey::Named),
        ..CreationRequest::new([seed; 32], format)
    };
    let client = Client { honours_algorithms: false, ..Client::new(ORIGIN) };
    client.create(&options(), &request)
}
