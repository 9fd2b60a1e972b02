//! Certificates as text.

use crate::webauthn::base64;
use crate::webauthn::x509::Certificate;

/// A certificate in PEM (RFC 7468).
pub fn pem(der: &[u8]) -> String {
    let text = base64::encode_standard(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// The certificates of a PEM file.
pub fn certificates(text: &str) -> Result<Vec<Certificate>, String> {
    let mut found = Vec::new();
    for (index, part) in text.split("-----BEGIN CERTIFICATE-----").skip(1).enumerate() {
        let wrong = |error: String| format!("certificate {}: {error}", index + 1);
        let (body, _) =
            part.split_once("-----END CERTIFICATE-----").ok_or_else(|| wrong("it has no end".to_owned()))?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = base64::decode_any(&body).map_err(|error| wrong(error.to_string()))?;
        found.push(Certificate::from_der(&der).map_err(|error| wrong(error.to_string()))?);
    }
    if found.is_empty() { Err("there is no certificate in PEM".to_owned()) } else { Ok(found) }
}
