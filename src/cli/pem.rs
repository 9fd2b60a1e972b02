//! Certificates as text.

use crate::webauthn::base64;

/// A certificate in PEM (RFC 7468).
pub fn pem(der: &[u8]) -> String {
    let text = base64::encode_standard(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}
