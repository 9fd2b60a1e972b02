//! Makes credentials from the creation options of the last start.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::control::Form;
use super::oracle;
use super::player::{Ended, MadeCredential, Player, Recipe};
use super::traces::ids_of;
use crate::authenticator::{Client, ClientError, CreationRequest, CredentialKey, MutationError, mark};
use crate::outcome::Reason;
use crate::scenario::{AlgorithmChoice, Made, Requirement, Step};
use crate::webauthn::base64;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// Algorithms that are tried where one is wanted that the options do not offer.
const UNUSUAL: [CoseAlgorithm; 5] =
    [CoseAlgorithm::ES384, CoseAlgorithm::EDDSA, CoseAlgorithm::ES256K, CoseAlgorithm::ESP256, CoseAlgorithm::RS1];

/// How often a registration is started again because a mutation depends on the challenge.
const MOST_CHANCES: u8 = 12;

impl Player<'_> {
    /// Makes a credential from the last start's options, and asks the own verifier about it.
    pub(super) fn make(&mut self, step: &Step, made: Made, following: &[Step]) -> Result<(), Ended> {
        let Some(options) = self.options_of(step) else {
            return self.end("setup", self.clause(), Reason::Setup, "creation options", "no registration was started");
        };
        let algorithm = self.require(&options, made)?;
        match self.create(&options, step, made, algorithm) {
            Ok(credential) => {
                self.shared.traces.made(ids_of(&credential));
                let expected = oracle::expected(self, step, made, following);
                let finding = oracle::consult(self, &options, &credential.created, &expected);
                self.remember_made(step, &credential);
                self.first_credential.get_or_insert_with(|| credential.clone());
                self.credential = Some(credential);
                match finding {
                    None => Ok(()),
                    Some(finding) => {
                        self.find(finding);
                        Err(Ended)
                    }
                }
            }
            Err(ClientError::Mutation { source: MutationError::Shorter(length), .. }) => {
                let received = format!("it has {length} here");
                self.end("length", self.clause(), Reason::Filtered, "more bytes than are kept", received)
            }
            Err(ClientError::Mutation { source: MutationError::Chance(_), .. }) if self.unlucky < MOST_CHANCES => {
                self.unlucky += 1;
                Ok(())
            }
            // Nothing in the target's options is wrong, but what is to be spoiled is not there: such as padding of a challenge whose
            // length is a multiple of three.
            Err(ClientError::Mutation {
                source: source @ (MutationError::Impossible(_) | MutationError::Chance(_)),
                ..
            }) => {
                let expected = "options from which the case can be made";
                self.end("requires", self.clause(), Reason::NotDeclared, expected, source.to_string())
            }
            Err(why) => self.end("authenticator", self.clause(), Reason::Setup, "a credential", why.to_string()),
        }
    }

    /// Holds the options to what the case presupposes of them; gives the algorithm of the credential key.
    fn require(&mut self, options: &PublicKeyCredentialCreationOptions, made: Made) -> Result<CoseAlgorithm, Ended> {
        if made == Made::Good {
            return Ok(self.form(made).1);
        }
        let case = &self.permutation.case;
        let clause = self.clause();
        let requires_verification = options.user_verification.as_deref() == Some("required");
        let offers = |algorithm| offers(options, algorithm);
        for requirement in &case.requires {
            let holds = match requirement {
                Requirement::Algorithm(algorithm) => offers(*algorithm),
                Requirement::UserVerificationRequired => requires_verification,
                Requirement::UserVerificationNotRequired => !requires_verification,
                Requirement::CredPropsRequested | Requirement::Format(_) | Requirement::Property(_) => true,
            };
            if !holds {
                let expected = format!("options with {}", requirement.name());
                return self.end("requires", clause, Reason::NotDeclared, expected, "the options have not");
            }
        }
        let unmet = |requirement: &Requirement| match requirement {
            Requirement::CredPropsRequested => {
                options.extensions.as_ref().and_then(|extensions| extensions.get("credProps")).is_none()
            }
            Requirement::Format(format) => !self.shared.target.policy.formats.contains(format),
            Requirement::Property(name) => !self.shared.target.policy.holds(name),
            _ => false,
        };
        self.unmet = case.requires.iter().any(unmet);
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
                        format!("that algorithm {} is offered", case.stated_algorithm().unwrap_or(algorithm))
                    }
                    AlgorithmChoice::NotOffered => "that some known algorithm is not offered".to_owned(),
                };
                self.end("requires", clause, Reason::NotDeclared, expected, received)
            }
        }
    }

    fn create(
        &mut self,
        options: &PublicKeyCredentialCreationOptions,
        step: &Step,
        made: Made,
        algorithm: CoseAlgorithm,
    ) -> Result<MadeCredential, ClientError> {
        let mutations = step.mutations(self.permutation.length);
        self.made = self.made.wrapping_add(1);
        let mut seed = self.seed;
        seed[0] ^= self.made;
        let earlier = self.repeated(step);
        if let (Made::SameCredential | Made::SameKey, Some(earlier)) = (made, earlier) {
            seed = earlier.seed;
        }
        let credential_id = match (made, earlier) {
            (Made::SameCredentialId | Made::SameCredential, Some(earlier)) => earlier.created.credential_id.clone(),
            _ => fresh_id(&seed, &options.challenge),
        };
        let case = &self.permutation.case;
        let (format, _) = self.form(made);
        let request = CreationRequest {
            mutations: &mutations,
            algorithm,
            key: case.key.as_deref().filter(|_| made != Made::Good).map(CredentialKey::Named),
            credential_id: Some(credential_id),
            ..CreationRequest::new(seed, format)
        };
        let created = self.client(options).create(options, &request)?;
        let mutations = mutations.iter().map(|(mutation, _)| mutation.id.to_owned()).collect();
        let recipe = Recipe { options: options.clone(), format, algorithm, keyed: request.key.is_some(), mutations };
        let mut ids = vec![created.credential_id.clone()];
        let text =
            |name: &str| created.json.get(name).and_then(Value::as_str).and_then(|id| base64::decode_any(id).ok());
        ids.extend(["id", "rawId"].into_iter().filter_map(text));
        ids.dedup();
        Ok(MadeCredential { created, ids, seed, recipe })
    }

    /// The text of the same credential with nothing wrong in it; `None` where the client won't make it.
    pub(super) fn good(&self, made: &MadeCredential) -> Option<Vec<u8>> {
        let MadeCredential { created, seed, recipe, .. } = made;
        let request = CreationRequest {
            algorithm: recipe.algorithm,
            key: self.permutation.case.key.as_deref().filter(|_| recipe.keyed).map(CredentialKey::Named),
            credential_id: Some(created.credential_id.clone()),
            ..CreationRequest::new(*seed, recipe.format)
        };
        self.client(&recipe.options).create(&recipe.options, &request).ok().map(|good| good.text)
    }

    /// Format and algorithm of what is made: those of the case, but for a good credential that is to be in another form.
    fn form(&self, made: Made) -> Form {
        let format = self.permutation.format;
        let own = (format, self.permutation.case.control_algorithm(format));
        self.good_form.filter(|_| made == Made::Good).unwrap_or(own)
    }

    /// A client on a page that may ask for these options.
    fn client(&self, options: &PublicKeyCredentialCreationOptions) -> Client {
        let mut client = Client::new(self.shared.target.origin_for(options.rp.id.as_deref()));
        client.honours_algorithms = false;
        // A test authenticator registers again what the options exclude.
        client.honours_exclude_credentials = false;
        client
    }
}

/// Whether options offer an algorithm; an empty list stands for ES256 and RS256 (WebAuthn L3 section 5.4).
fn offers(options: &PublicKeyCredentialCreationOptions, algorithm: CoseAlgorithm) -> bool {
    match options.pub_key_cred_params.as_slice() {
        [] => [CoseAlgorithm::ES256, CoseAlgorithm::RS256].contains(&algorithm),
        offered => offered.contains(&algorithm.0),
    }
}

/// An algorithm that options do not offer, if there is one.
pub(super) fn not_offered(options: &PublicKeyCredentialCreationOptions) -> Option<CoseAlgorithm> {
    UNUSUAL.into_iter().find(|algorithm| !offers(options, *algorithm))
}

/// A credential id that is new in every run, since a target may keep what an earlier run with the same seed enrolled. The
/// key follows from the seed alone.
fn fresh_id(seed: &[u8; 32], challenge: &[u8]) -> Vec<u8> {
    let hash = Sha256::new_with_prefix(b"credential id").chain_update(seed).chain_update(challenge);
    let mut id = hash.finalize().to_vec();
    mark(&mut id);
    id
}
