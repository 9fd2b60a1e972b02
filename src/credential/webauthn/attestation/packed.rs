//! Packed attestation (WebAuthn L3 §8.2).

use super::statement::{
    Attestation, AttestationFormat, Statement, StatementError, aaguid_extension, require_end_entity,
};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::x509::{Certificate, oid};

/// `packed`: a signature over the authenticator data and the hash of the client data.
pub(super) struct Packed;

/// What the subject of an attestation certificate has to say (§8.2.1).
const ORGANIZATIONAL_UNIT: &str = "Authenticator Attestation";

impl AttestationFormat for Packed {
    fn identifier(&self) -> &'static str {
        "packed"
    }

    fn verify(&self, statement: &Statement<'_>) -> Result<Attestation, StatementError> {
        const SYNTAX: &str = "8.2/syntax";
        let algorithm = CoseAlgorithm(statement.integer(SYNTAX, "alg")?);
        let signature = statement.bytes(SYNTAX, "sig")?;
        let message = statement.signed_bytes();
        if !statement.has("x5c") {
            statement.only(SYNTAX, &["alg", "sig"])?;
            return verify_self(statement, algorithm, &message, signature);
        }
        statement.only(SYNTAX, &["alg", "sig", "x5c"])?;
        let path = statement.certificates(SYNTAX)?;
        let leaf = &path[0];
        let key = leaf.public_key().map_err(|error| StatementError::of("8.2/syntax", &error))?;
        key.verify(algorithm, &message, signature).map_err(|error| {
            StatementError::of(if error.is_about_algorithm() { "8.2/algorithm" } else { "8.2/signature" }, &error)
        })?;
        require_certificate(leaf)?;
        aaguid_extension(leaf, &statement.attested.aaguid, "8.2/aaguid")?;
        Ok(Attestation::certified(path))
    }
}

/// Step 3: no certificate, so the credential key signed.
fn verify_self(
    statement: &Statement<'_>,
    algorithm: CoseAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> Result<Attestation, StatementError> {
    let key = &statement.attested.public_key;
    if key.algorithm() != Some(algorithm) {
        return Err(StatementError::new(
            "8.2/algorithm",
            "the statement's alg is not that of the credential public key",
        ));
    }
    key.verify(algorithm, message, signature).map_err(|error| StatementError::of("8.2/signature", &error))?;
    Ok(Attestation::by_credential_key())
}

/// Certificate requirements of §8.2.1.
fn require_certificate(leaf: &Certificate) -> Result<(), StatementError> {
    if leaf.version() != 3 {
        return Err(StatementError::new("8.2.1/version", "the attestation certificate is not of version 3"));
    }
    let is_country = |country: &String| country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let exactly = |attribute: &str, fits: &dyn Fn(&String) -> bool| {
        let values = leaf.subject(attribute);
        values.len() == 1 && values.iter().all(fits)
    };
    let subject = [
        ("C is not an ISO 3166 code of two letters", exactly(oid::COUNTRY, &is_country)),
        ("O is missing", exactly(oid::ORGANIZATION, &|name| !name.is_empty())),
        (
            "OU is not \"Authenticator Attestation\"",
            exactly(oid::ORGANIZATIONAL_UNIT, &|unit| unit == ORGANIZATIONAL_UNIT),
        ),
        ("CN is missing", exactly(oid::COMMON_NAME, &|name| !name.is_empty())),
    ];
    if let Some((wrong, _)) = subject.into_iter().find(|(_, holds)| !holds) {
        return Err(StatementError::new("8.2.1/subject", format!("the certificate's subject: {wrong}")));
    }
    require_end_entity(leaf, "8.2.1/basic-constraints")
}
