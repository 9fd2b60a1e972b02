//! Apple anonymous attestation (WebAuthn L3 §8.8).

use sha2::{Digest as _, Sha256};

use super::statement::{Attestation, AttestationFormat, Statement, StatementError};
use crate::webauthn::der;
use crate::webauthn::x509::oid;

/// `apple`: a certificate for the credential key, with a nonce over what would be signed.
pub(super) struct Apple;

impl AttestationFormat for Apple {
    fn identifier(&self) -> &'static str {
        "apple"
    }

    fn verify(&self, statement: &Statement<'_>) -> Result<Attestation, StatementError> {
        const SYNTAX: &str = "8.8/syntax";
        // Early devices also sent alg; the text of the procedure does not look at it.
        let path = statement.certificates(SYNTAX)?;
        let leaf = &path[0];
        let nonce: [u8; 32] = Sha256::digest(statement.signed_bytes()).into();
        let value = leaf.extension(oid::APPLE_NONCE).map(|(_critical, value)| value);
        let value = value.ok_or(StatementError::new("8.8/nonce", "the certificate has no nonce extension"))?;
        if read_nonce(value).map_err(|error| StatementError::of("8.8/nonce", &error))? != nonce {
            return Err(StatementError::new("8.8/nonce", "the certificate's nonce is not the expected one"));
        }
        statement.require_credential_key(leaf, "8.8/public-key")?;
        Ok(Attestation::certified(path))
    }
}

/// `SEQUENCE { [1] EXPLICIT OCTET STRING }`
fn read_nonce(value: &[u8]) -> Result<&[u8], der::DerError> {
    let inner = der::read(der::read(value)?.expect(der::SEQUENCE)?)?;
    if !inner.is_context(1) {
        return Err(der::DerError::Tag);
    }
    der::read(inner.content)?.expect(der::OCTET_STRING)
}
