//! Android key attestation (WebAuthn L3 §8.4).

use super::statement::{Attestation, AttestationFormat, Statement, StatementError};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::der::{self, DerError, Element};
use crate::webauthn::x509::oid;

/// `android-key`: a certificate for the credential key, with Android's description of the key.
pub(super) struct AndroidKey;

/// Tag of `purpose` in an AuthorizationList.
const PURPOSE: u32 = 1;
/// Tag of `allApplications`.
const ALL_APPLICATIONS: u32 = 600;
/// Tag of `origin`.
const ORIGIN: u32 = 702;
/// KM_PURPOSE_SIGN
const SIGN: &[u8] = &[2];
/// KM_ORIGIN_GENERATED
const GENERATED: &[u8] = &[0];

impl AttestationFormat for AndroidKey {
    fn identifier(&self) -> &'static str {
        "android-key"
    }

    fn verify(&self, statement: &Statement<'_>) -> Result<Attestation, StatementError> {
        const SYNTAX: &str = "8.4/syntax";
        let algorithm = CoseAlgorithm(statement.integer(SYNTAX, "alg")?);
        let signature = statement.bytes(SYNTAX, "sig")?;
        statement.only(SYNTAX, &["alg", "sig", "x5c"])?;
        let path = statement.certificates(SYNTAX)?;
        let leaf = &path[0];
        let key = leaf.public_key().map_err(|error| StatementError::of("8.4/public-key", &error))?;
        let verified = key.verify(algorithm, &statement.signed_bytes(), signature);
        verified.map_err(|error| StatementError::of("8.4/signature", &error))?;
        statement.require_credential_key(leaf, "8.4/public-key")?;
        let value = leaf.extension(oid::ANDROID_KEY_DESCRIPTION).map(|(_critical, value)| value);
        let value = value.ok_or(StatementError::new("8.4/extension", "the certificate has no key description"))?;
        let description = KeyDescription::read(value).map_err(|error| StatementError::of("8.4/extension", &error))?;
        description.verify(statement.client_data_hash)?;
        Ok(Attestation::certified(path))
    }
}

/// What of Android's KeyDescription the procedure looks at.
struct KeyDescription<'a> {
    challenge: &'a [u8],
    /// softwareEnforced and teeEnforced.
    lists: [Vec<Element<'a>>; 2],
}

impl<'a> KeyDescription<'a> {
    /// attestationVersion, attestationSecurityLevel, keyMintVersion, keyMintSecurityLevel, attestationChallenge, uniqueId,
    /// softwareEnforced, hardwareEnforced.
    fn read(value: &'a [u8]) -> Result<KeyDescription<'a>, DerError> {
        let parts = der::read_all(der::read(value)?.expect(der::SEQUENCE)?)?;
        let [version, level, mint_version, mint_level, challenge, unique_id, software, hardware] = parts.as_slice()
        else {
            return Err(DerError::Tag);
        };
        for (part, tag) in [
            (version, der::INTEGER),
            (level, der::ENUMERATED),
            (mint_version, der::INTEGER),
            (mint_level, der::ENUMERATED),
            (unique_id, der::OCTET_STRING),
        ] {
            part.expect(tag)?;
        }
        let list = |part: &Element<'a>| der::read_all(part.expect(der::SEQUENCE)?);
        Ok(KeyDescription {
            challenge: challenge.expect(der::OCTET_STRING)?,
            lists: [list(software)?, list(hardware)?],
        })
    }

    /// Checks that the fields have the demanded value if they are there. The text is about the value of `origin` and `purpose`
    /// in the union of both lists; the published vector has neither field and is valid.
    fn verify(&self, client_data_hash: &[u8; 32]) -> Result<(), StatementError> {
        if self.challenge != client_data_hash {
            return Err(StatementError::new(
                "8.4/challenge",
                "attestationChallenge is not the hash of the client data",
            ));
        }
        let fields = |number: u32| self.lists.iter().flatten().filter(move |field| field.is_context(number));
        if fields(ALL_APPLICATIONS).next().is_some() {
            return Err(StatementError::new("8.4/all-applications", "the key is for all applications"));
        }
        let origin_is_generated = |field: &Element<'_>| {
            der::read(field.content).is_ok_and(|origin| origin.is(der::INTEGER) && origin.content == GENERATED)
        };
        if !fields(ORIGIN).all(origin_is_generated) {
            return Err(StatementError::new("8.4/origin", "the key was not generated in the keystore"));
        }
        if !fields(PURPOSE).all(|field| purposes(field).is_ok_and(|purposes| purposes.contains(&SIGN))) {
            return Err(StatementError::new("8.4/purpose", "the key is not for signing"));
        }
        Ok(())
    }
}

fn purposes<'a>(field: &Element<'a>) -> Result<Vec<&'a [u8]>, DerError> {
    let set = der::read_all(der::read(field.content)?.expect(der::SET)?)?;
    set.iter().map(|purpose| purpose.expect(der::INTEGER)).collect()
}
