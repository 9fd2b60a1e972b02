//! A response judged at every step, for people: what a relying party would refuse first, what else is wrong, and what can't be judged.

use serde_json::Value;

use super::ceremony::{Ceremony, Omission, Refusal, Registration};
use super::context::Context;
use super::procedure::REGISTRATION;
use super::registration::{CANONICAL, verify};
use super::step::Step;
use crate::webauthn::attestation::AttestationType;

/// Steps that only look at the client data.
const OF_CLIENT_DATA: [Step; 7] = [
    Step::ClientDataUtf8,
    Step::ClientDataJson,
    Step::Type,
    Step::Challenge,
    Step::Origin,
    Step::CrossOrigin,
    Step::TopOrigin,
];

/// What is known of the ceremony: a step that needs something else is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The challenge that was sent.
    pub challenge: bool,
    /// The expected origins.
    pub origin: bool,
    /// The RP ID.
    pub rp_id: bool,
    /// The algorithms that were offered.
    pub algorithms: bool,
    /// The response has client data, and is not an attestation object alone.
    pub client_data: bool,
}

/// How a response stands at a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The step holds.
    Passed,
    /// The step holds, and something that a relying party SHOULD refuse was seen.
    Remarked(Refusal),
    /// The step does not hold.
    Refused(Refusal),
    /// It can't be said, and why.
    NotJudged(String),
}

/// A step, and how a response stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// The step.
    pub step: Step,
    /// Its item in section 7.1; `None` for what precedes the list.
    pub item: Option<u8>,
    /// How the response stands.
    pub standing: Standing,
}

/// A response at every step of section 7.1, in the order of evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// The steps.
    pub steps: Vec<Examined>,
    /// What would be stored if no step refused; `None` if the response can't be read.
    pub registration: Option<Registration>,
}

impl Examination {
    /// The first step that does not hold.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.steps.iter().find_map(|examined| match &examined.standing {
            Standing::Refused(refusal) => Some(refusal),
            _ => None,
        })
    }
}

/// Judges a RegistrationResponseJSON at every step: behind a step that does not hold the others are judged as if it held.
pub fn examine(ceremony: &Ceremony<'_>, credential: &Value, known: Known) -> Examination {
    let mut findings: Vec<(Step, Standing)> = unknown(known);
    let mut omissions: Vec<Omission> = findings.iter().map(|(step, _)| Omission::Step(*step)).collect();
    if !known.client_data {
        omissions.push(Omission::Check("5.1/raw-id"));
    }
    // Each turn leaves out one thing more, so that there are fewer turns than omissions.
    let (registration, unread) = loop {
        let context = Context { procedure: &REGISTRATION, ceremony, omissions: &omissions };
        let refusal = match verify(&context, credential) {
            Ok(registration) => break (Some(registration), None),
            Err(refusal) => refusal,
        };
        let step = refusal.step;
        if omissions.contains(&Omission::Step(step)) {
            if !findings.iter().any(|(found, _)| *found == step) {
                findings.push((step, Standing::Refused(refusal)));
            }
            break (None, Some(step));
        }
        let is_of_form = step == Step::AttestationObject && !omissions.contains(&Omission::Check(CANONICAL));
        omissions.push(if is_of_form { Omission::Check(CANONICAL) } else { Omission::Step(step) });
        findings.retain(|(found, _)| *found != step);
        findings.push((step, standing(step, refusal, is_of_form)));
    };
    if let Some(registration) = &registration {
        let is_verified = !findings.iter().any(|(found, _)| matches!(found, Step::Format | Step::AttestationStatement));
        findings.extend(of_trust(ceremony, registration, is_verified));
    }
    let examined = |(step, item): &(Step, Option<u8>)| {
        let found = findings.iter().find(|(found, _)| found == step).map(|(_, standing)| standing.clone());
        let is_behind = unread.is_some_and(|unread| *step > unread);
        let unread = || Standing::NotJudged("what it is about can't be read".to_owned());
        let standing = found.unwrap_or_else(|| if is_behind { unread() } else { Standing::Passed });
        Examined { step: *step, item: *item, standing }
    };
    Examination { steps: REGISTRATION.steps.iter().map(examined).collect(), registration }
}

/// The steps that need something that is not known.
fn unknown(known: Known) -> Vec<(Step, Standing)> {
    let mut steps: Vec<(Step, &str)> = Vec::new();
    if !known.client_data {
        let why = "there is an attestation object alone, without client data";
        steps.extend(OF_CLIENT_DATA.into_iter().chain([Step::CredentialJson]).map(|step| (step, why)));
        steps.push((
            Step::AttestationStatement,
            "the statement is about the hash of the client data, which is not here",
        ));
    }
    let given = [
        (Step::Challenge, known.challenge, "no challenge was given"),
        (Step::Origin, known.origin, "no origin was given"),
        (Step::RpIdHash, known.rp_id, "no RP ID was given"),
        (Step::Algorithm, known.algorithms, "no options were given, so it is not known what was offered"),
    ];
    steps.extend(given.into_iter().filter(|(_, is_known, _)| !is_known).map(|(step, _, why)| (step, why)));
    steps.push((Step::CredentialIdUnique, "it is not known which credentials are registered"));
    steps.into_iter().map(|(step, why)| (step, Standing::NotJudged(why.to_owned()))).collect()
}

fn standing(step: Step, refusal: Refusal, is_of_form: bool) -> Standing {
    if step == Step::Format {
        return Standing::NotJudged(format!("{}: Level 3 does not define its verification", refusal.detail));
    }
    if is_of_form { Standing::Remarked(refusal) } else { Standing::Refused(refusal) }
}

/// Whether there was something to judge the trust in an attestation by.
fn of_trust(ceremony: &Ceremony<'_>, registration: &Registration, is_verified: bool) -> Option<(Step, Standing)> {
    let why = match registration.attestation_type {
        _ if !is_verified => "the statement is not verified",
        AttestationType::Certified if ceremony.trust_anchors.is_empty() => "no trust anchors were given",
        _ => return None,
    };
    Some((Step::AttestationTrust, Standing::NotJudged(why.to_owned())))
}
