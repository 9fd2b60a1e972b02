//! Object identifiers of attributes, extensions and purposes.

/// Attribute countryName.
pub const COUNTRY: &str = "2.5.4.6";
/// Attribute organizationName.
pub const ORGANIZATION: &str = "2.5.4.10";
/// Attribute organizationalUnitName.
pub const ORGANIZATIONAL_UNIT: &str = "2.5.4.11";
/// Attribute commonName.
pub const COMMON_NAME: &str = "2.5.4.3";
/// Extension subjectKeyIdentifier.
pub const SUBJECT_KEY_IDENTIFIER: &str = "2.5.29.14";
/// Extension keyUsage.
pub const KEY_USAGE: &str = "2.5.29.15";
/// Extension subjectAltName.
pub const SUBJECT_ALTERNATIVE_NAME: &str = "2.5.29.17";
/// Extension basicConstraints.
pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
/// Extension authorityKeyIdentifier.
pub const AUTHORITY_KEY_IDENTIFIER: &str = "2.5.29.35";
/// Extension extKeyUsage.
pub const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
/// Extension id-fido-gen-ce-aaguid (WebAuthn L3 §8.2.1).
pub const FIDO_AAGUID: &str = "1.3.6.1.4.1.45724.1.1.4";
/// Extension of Android's key description (WebAuthn L3 §8.4).
pub const ANDROID_KEY_DESCRIPTION: &str = "1.3.6.1.4.1.11129.2.1.17";
/// Extension of Apple's nonce (WebAuthn L3 §8.8).
pub const APPLE_NONCE: &str = "1.2.840.113635.100.8.2";
/// Purpose tcg-kp-AIKCertificate (WebAuthn L3 §8.3.1).
pub const TCG_AIK_CERTIFICATE: &str = "2.23.133.8.3";
