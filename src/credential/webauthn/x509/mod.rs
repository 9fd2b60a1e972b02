//! X.509 certificates as relying parties read them (RFC 5280), and the validation of a path up to a trust anchor.
//!
//! Read with x509-cert, an implementation of its own: the virtual authenticator writes certificates by other code.

mod certificate;
pub mod oid;
mod parts;

pub use certificate::{BasicConstraints, Certificate, CertificateError, validate_path};
pub use parts::CertificatePart;
