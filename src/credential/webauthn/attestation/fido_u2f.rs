//! FIDO U2F attestation (WebAuthn L3 §8.6).

use super::statement::{Attestation, AttestationFormat, Statement, StatementError};
use crate::webauthn::cbor::Value;
use crate::webauthn::cose::{CoseAlgorithm, CoseKey, label};
use crate::webauthn::public_key::KeyKind;

/// `fido-u2f`: the signature of a U2F authenticator at registration.
pub(super) struct FidoU2f;

impl AttestationFormat for FidoU2f {
    fn identifier(&self) -> &'static str {
        "fido-u2f"
    }

    fn verify(&self, statement: &Statement<'_>) -> Result<Attestation, StatementError> {
        const SYNTAX: &str = "8.6/syntax";
        let signature = statement.bytes(SYNTAX, "sig")?;
        statement.only(SYNTAX, &["sig", "x5c"])?;
        let path = statement.certificates(SYNTAX)?;
        let [certificate] = path.as_slice() else {
            return Err(StatementError::new("8.6/one-certificate", "x5c has not exactly one element"));
        };
        let certificate_key =
            certificate.public_key().map_err(|error| StatementError::of("8.6/certificate-key", &error))?;
        if certificate_key.kind != KeyKind::P256 {
            return Err(StatementError::new("8.6/certificate-key", "the certificate's key is not on P-256"));
        }
        let point = u2f_public_key(&statement.attested.public_key)?;
        let message = [
            &[0][..],
            &statement.data.rp_id_hash,
            statement.client_data_hash,
            &statement.attested.credential_id,
            &point,
        ]
        .concat();
        let verified = certificate_key.verify(CoseAlgorithm::ES256, &message, signature);
        verified.map_err(|error| StatementError::of("8.6/signature", &error))?;
        Ok(Attestation::certified(path))
    }
}

/// Step 4: the credential public key in raw ANSI X9.62 form.
fn u2f_public_key(key: &CoseKey) -> Result<Vec<u8>, StatementError> {
    let coordinate = |label| key.get(label).and_then(Value::as_bytes).filter(|bytes| bytes.len() == 32);
    match (coordinate(label::X), coordinate(label::Y)) {
        (Some(x), Some(y)) => Ok([&[4][..], x, y].concat()),
        _ => Err(StatementError::new("8.6/public-key", "the credential public key has no coordinates of 32 bytes")),
    }
}
