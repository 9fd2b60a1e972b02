//! The credentials of negative cycles: cases of the catalogue that are only about the credential, and that every server must refuse.

use serde_json::Value;

use super::judge::PROFILE;
use crate::authenticator::{Args, Client, CreatedCredential, CreationRequest, Format, Mutation};
use crate::relying_party::{Ceremony, verify_registration};
use crate::scenario::{self, AlgorithmChoice, Case, OperationRef, ScenarioError};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::{PublicKeyCredentialCreationOptions, RpEntity, UserEntity};

/// How many cases are tried until one fits the options.
const MOST_TRIES: usize = 8;

/// The cases that can be played with the plan's format.
#[derive(Debug, Clone)]
pub(super) struct Negatives(Vec<(String, Vec<(&'static Mutation, Args)>)>);

impl Negatives {
    /// The built-in cases that fit ordinary options.
    pub(super) fn new(client: &Client, rp_id: &str, format: Format) -> Result<Negatives, ScenarioError> {
        let cases = scenario::embedded()?;
        let options = ordinary_options(rp_id);
        let fits = cases.iter().filter(|case| is_about_credential(case)).filter_map(|case| {
            let negative = (case.id.clone(), case.mutations(None));
            malformed(client, &options, &negative.1, (format, [7; 32])).map(|_| negative)
        });
        Ok(Negatives(fits.collect()))
    }

    /// For plans without negative cycles.
    pub(super) fn none() -> Negatives {
        Negatives(Vec::new())
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
            if let Some(created) = malformed(client, options, mutations, (format, seed)) {
                return Ok((id.clone(), created));
            }
        }
        Err("no malformed attestation fits these options".to_owned())
    }
}

/// A credential with these mutations that can be sent and that the own verifier refuses.
fn malformed(
    client: &Client,
    options: &PublicKeyCredentialCreationOptions,
    mutations: &[(&'static Mutation, Args)],
    (format, seed): (Format, [u8; 32]),
) -> Option<CreatedCredential> {
    let request = CreationRequest { mutations, ..CreationRequest::new(seed, format) };
    let created = client.create(options, &request).ok()?;
    (is_carried(&created) && !is_accepted(client, options, &created.json)).then_some(created)
}

fn ordinary_options(rp_id: &str) -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions {
        rp: RpEntity { id: Some(rp_id.to_owned()), name: "n".to_owned() },
        user: UserEntity { id: vec![1], name: "n".to_owned(), display_name: "d".to_owned() },
        challenge: vec![7; 32],
        pub_key_cred_params: vec![CoseAlgorithm::ES256.0],
        ..PublicKeyCredentialCreationOptions::default()
    }
}

/// A mutated credential that must be refused, whatever the options ask for and whatever the target's policy is: by a text that binds every
/// target, since a run calls anything less a deviation.
/// Cases with format none are about what all formats have.
fn is_about_credential(case: &Case) -> bool {
    let calls = |step: &scenario::Step| {
        step.call.is_some_and(|call| !matches!(call, OperationRef::Start | OperationRef::Verify))
    };
    case.formats.contains(&Format::None)
        && case.sampled
        && case.has_mutation()
        && case.expectation().is_some_and(|expectation| expectation.must_refuse())
        && PROFILE.demands(case.basis())
        && case.algorithm == AlgorithmChoice::Given(CoseAlgorithm::ES256)
        && (case.requires.is_empty() && case.policy.is_none() && case.key.is_none() && case.each.is_none())
        && case.subjects() <= 1
        && case.steps.len() <= 3
        && !case.steps.iter().any(|step| step.is_malformed() || calls(step))
}

/// Whether the JSON value is the whole credential: v2 has no other form.
fn is_carried(created: &CreatedCredential) -> bool {
    created.json.is_object() && serde_json::from_slice::<Value>(&created.text).is_ok_and(|json| json == created.json)
}

fn is_accepted(client: &Client, options: &PublicKeyCredentialCreationOptions, credential: &Value) -> bool {
    let algorithms = options.offered();
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

    #[test]
    fn there_are_many_and_the_own_verifier_refuses_each() {
        let (client, options) = (Client::new("https://localhost"), ordinary_options("localhost"));
        let cases = scenario::embedded().expect("valid suites");
        let is_weak = |case: &&Case| !PROFILE.demands(case.basis());
        assert!(cases.iter().filter(is_weak).count() > 10, "there are cases that are left out");
        for format in [Format::None, Format::PackedSelf, Format::PackedX5c] {
            let negatives = Negatives::new(&client, "localhost", format).expect("built in");
            let basis = |id: &str| cases.iter().find(|case| case.id == id).map(Case::basis);
            assert!(negatives.0.iter().all(|(id, _)| basis(id).is_some_and(|basis| PROFILE.demands(basis))));
            assert!(negatives.0.len() > 50, "{} for {}", negatives.0.len(), format.slug());
            for choice in 0..u32::try_from(negatives.0.len()).expect("few") {
                let (id, created) = negatives.make(&client, &options, (format, [3; 32], choice)).expect("one");
                assert!(!is_accepted(&client, &options, &created.json), "{id}");
            }
            let good = client.create(&options, &CreationRequest::new([3; 32], format)).expect("made");
            assert!(is_accepted(&client, &options, &good.json));
        }
    }
}
