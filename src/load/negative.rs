//! What is wrong in negative cycles: cases of the catalogue about the credential alone, which every server has to refuse.

use serde_json::Value;

use crate::authenticator::{Args, Client, CreatedCredential, CreationRequest, Format, Mutation};
use crate::relying_party::{Ceremony, verify_registration};
use crate::scenario::{self, AlgorithmChoice, Case, OperationRef, ScenarioError};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// How many cases are tried until one goes with the options.
const MOST_TRIES: usize = 8;

/// The cases that can be played on any options and with any format.
#[derive(Debug, Clone)]
pub(super) struct Negatives(Vec<(String, Vec<(&'static Mutation, Args)>)>);

impl Negatives {
    /// Those of the built-in cases.
    pub(super) fn new() -> Result<Negatives, ScenarioError> {
        let cases = scenario::embedded()?;
        let fits = cases.iter().filter(|case| is_about_credential(case));
        Ok(Negatives(fits.map(|case| (case.id.clone(), case.mutations(None))).collect()))
    }

    /// For plans without negative cycles.
    pub(super) fn none() -> Negatives {
        Negatives(Vec::new())
    }

    #[cfg(test)]
    fn count(&self) -> usize {
        self.0.len()
    }

    /// A credential that must be refused, which the own verifier confirms, and the id of its case.
    ///
    /// # Errors
    /// A text that says why there is none.
    pub(super) fn make(
        &self,
        client: &Client,
        options: &PublicKeyCredentialCreationOptions,
        (format, seed, choice): (Format, [u8; 32], u32),
    ) -> Result<(String, CreatedCredential), String> {
        let first = usize::try_from(choice).unwrap_or_default() % self.0.len().max(1);
        let cases = self.0.iter().cycle().skip(first).take(MOST_TRIES);
        for (id, mutations) in cases {
            let request = CreationRequest { mutations, ..CreationRequest::new(seed, format) };
            if let Ok(created) = client.create(options, &request)
                && is_carried(&created)
                && !is_accepted(client, options, &created.json)
            {
                return Ok((id.clone(), created));
            }
        }
        Err("no malformed attestation goes with these options".to_owned())
    }
}

/// A mutated credential that must be refused, whatever the options ask for and whatever the target's policy is.
/// Cases with format none are about what all formats have.
fn is_about_credential(case: &Case) -> bool {
    let calls = |step: &scenario::Step| {
        step.call.is_some_and(|call| !matches!(call, OperationRef::Start | OperationRef::Verify))
    };
    case.formats.contains(&Format::None)
        && case.sampled
        && case.has_mutation()
        && case.expectation().is_some_and(|expectation| expectation.must_refuse())
        && case.algorithm == AlgorithmChoice::Given(CoseAlgorithm::ES256)
        && (case.requires.is_empty() && case.policy.is_none() && case.key.is_none() && case.each.is_none())
        && case.subjects() <= 1
        && case.steps.len() <= 3
        && !case.steps.iter().any(|step| step.is_malformed() || calls(step))
}

/// Whether the JSON value says all of it: v2 has no other form.
fn is_carried(created: &CreatedCredential) -> bool {
    created.json.is_object() && serde_json::from_slice::<Value>(&created.text).is_ok_and(|json| json == created.json)
}

fn is_accepted(client: &Client, options: &PublicKeyCredentialCreationOptions, credential: &Value) -> bool {
    // An empty list stands for ES256 and RS256 (WebAuthn L3 section 5.4).
    let offered = options.pub_key_cred_params.iter().copied().map(CoseAlgorithm);
    let mut algorithms: Vec<CoseAlgorithm> = offered.collect();
    if algorithms.is_empty() {
        algorithms = vec![CoseAlgorithm::ES256, CoseAlgorithm::RS256];
    }
    let ceremony = Ceremony {
        challenge: &options.challenge,
        rp_id: options.rp.id.as_deref().unwrap_or_default(),
        origins: std::slice::from_ref(&client.origin),
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: options.user_verification.as_deref() == Some("required"),
        algorithms: &algorithms,
        is_registered: &|_id| false,
        trust_anchors: &[],
        now: 0,
    };
    verify_registration(&ceremony, credential).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webauthn::options::{RpEntity, UserEntity};

    #[test]
    fn there_are_many_and_the_own_verifier_refuses_each() {
        let options = PublicKeyCredentialCreationOptions {
            rp: RpEntity { id: Some("localhost".to_owned()), name: "n".to_owned() },
            user: UserEntity { id: vec![1], name: "n".to_owned(), display_name: "d".to_owned() },
            challenge: vec![7; 32],
            pub_key_cred_params: vec![-7],
            ..PublicKeyCredentialCreationOptions::default()
        };
        let client = Client::new("https://localhost");
        let negatives = Negatives::new().expect("built in");
        assert!(negatives.count() > 50, "{}", negatives.count());
        for format in [Format::None, Format::PackedSelf] {
            let mut played = std::collections::BTreeSet::new();
            for choice in 0..u32::try_from(negatives.count()).expect("few") {
                let (id, created) = negatives.make(&client, &options, (format, [3; 32], choice)).expect("one");
                assert!(!is_accepted(&client, &options, &created.json), "{id}");
                played.insert(id);
            }
            assert!(played.len() * 2 > negatives.count(), "{} of {}", played.len(), negatives.count());
            let good = client.create(&options, &CreationRequest::new([3; 32], format)).expect("made");
            assert!(is_accepted(&client, &options, &good.json));
        }
    }
}
