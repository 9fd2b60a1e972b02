//! Makes credentials from the creation options of the last start.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::oracle;
use super::player::{Ended, MadeCredential, Player};
use crate::authenticator::{Args, Client, CreationRequest, Mutation};
use crate::outcome::Reason;
use crate::scenario::{Made, MutationUse, Requirement, Step};
use crate::webauthn::base64;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

impl Player<'_> {
    /// Makes a credential from the last start's options, and asks the own verifier about it.
    pub(super) fn make(&mut self, step: &Step, made: Made, following: &[Step]) -> Result<(), Ended> {
        let Some(options) = self.options.clone() else {
            return self.end("setup", self.clause(), Reason::Setup, "creation options", "no registration was started");
        };
        if step.requires == Some(Requirement::UserVerificationRequired)
            && options.user_verification.as_deref() != Some("required")
        {
            let received = "the options do not require it";
            return self.end("requires", self.clause(), Reason::NotDeclared, "user verification is required", received);
        }
        match self.create(&options, step.mutate.as_ref(), made) {
            Ok(credential) => {
                let expected = oracle::expected(self, step, following);
                let finding = oracle::consult(self, &options, &credential.created, &expected);
                self.credential = Some(credential);
                match finding {
                    None => Ok(()),
                    Some(finding) => {
                        self.find(finding);
                        Err(Ended)
                    }
                }
            }
            Err(why) => self.end("authenticator", self.clause(), Reason::Setup, "a credential", why),
        }
    }

    fn create(
        &mut self,
        options: &PublicKeyCredentialCreationOptions,
        mutate: Option<&MutationUse>,
        made: Made,
    ) -> Result<MadeCredential, String> {
        let args = mutate.map(|mutate| Args(mutate.args.clone()));
        let mutation = match (mutate, &args) {
            (Some(mutate), Some(args)) => {
                let known = Mutation::find(&mutate.id).ok_or_else(|| format!("no mutation {}", mutate.id))?;
                Some((known, args))
            }
            _ => None,
        };
        self.made = self.made.wrapping_add(1);
        let mut seed = self.seed;
        seed[0] ^= self.made;
        let credential_id = match made {
            Made::Credential => Some(fresh_id(&seed, &options.challenge)),
            Made::SameCredentialId => {
                self.credential.as_ref().map(|credential| credential.created.credential_id.clone())
            }
        };
        let request =
            CreationRequest { mutation, credential_id, ..CreationRequest::new(seed, self.permutation.format) };
        let client = Client::new(&self.shared.target.origin);
        let created = client.create(options, &request).map_err(|error| error.to_string())?;
        let mut ids = vec![created.credential_id.clone()];
        let text =
            |name: &str| created.json.get(name).and_then(Value::as_str).and_then(|id| base64::decode_any(id).ok());
        ids.extend(["id", "rawId"].into_iter().filter_map(text));
        ids.dedup();
        Ok(MadeCredential { created, ids })
    }
}

/// A credential id that is new in every run, since a target may keep what an earlier run with the same seed enrolled. The
/// key follows from the seed alone.
fn fresh_id(seed: &[u8; 32], challenge: &[u8]) -> Vec<u8> {
    let hash = Sha256::new_with_prefix(b"credential id").chain_update(seed).chain_update(challenge);
    hash.finalize().to_vec()
}
