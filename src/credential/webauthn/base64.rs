//! The base64 forms that occur in enrolment: base64url without padding (WebAuthn L3 §3), and what servers send.

use ::base64::Engine as _;
use ::base64::alphabet;
use ::base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use ::base64::engine::{DecodePaddingMode, general_purpose};

/// A text that is not base64 of the expected form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not {expected}: {reason}")]
pub struct Base64Error {
    expected: &'static str,
    reason: String,
}

/// Encodes as base64url without padding, as WebAuthn L3 §3 ("Base64url Encoding") defines it.
pub fn encode_url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the base64url form without padding to a text.
pub fn append_url(bytes: &[u8], text: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// Encodes in the standard alphabet with padding (RFC 4648 §4), the form of protobuf JSON `bytes`.
pub fn encode_standard(bytes: &[u8]) -> String {
    general_purpose::STANDARD.encode(bytes)
}

/// Decodes base64url without padding; refuses padding, white space, other alphabets and stray bits.
///
/// # Errors
/// [`Base64Error`] with the reason.
pub fn decode_url(text: &str) -> Result<Vec<u8>, Base64Error> {
    URL_SAFE_NO_PAD.decode(text).map_err(|error| refused("base64url without padding", &error))
}

/// Decodes base64url or standard base64, with or without padding.
///
/// # Errors
/// [`Base64Error`] if it is neither; a text that mixes both alphabets is refused.
pub fn decode_any(text: &str) -> Result<Vec<u8>, Base64Error> {
    const EITHER: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    // Their tables are made once.
    static URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER);
    static STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER);
    let engine = if memchr::memchr2(b'-', b'_', text.as_bytes()).is_some() { &URL_SAFE } else { &STANDARD };
    engine.decode(text).map_err(|error| refused("base64 or base64url", &error))
}

fn refused(expected: &'static str, error: &::base64::DecodeError) -> Base64Error {
    Base64Error { expected, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_same_bytes_is_read() {
        let bytes = [0xfb, 0xef, 0xff, 0x01];
        for text in ["--__AQ", "--__AQ==", "++//AQ", "++//AQ=="] {
            assert_eq!(decode_any(text).expect(text), bytes);
        }
        assert_eq!(encode_url(&bytes), "--__AQ");
        assert_eq!(encode_standard(&bytes), "++//AQ==");
    }

    #[test]
    fn the_strict_form_refuses_the_others() {
        for text in ["--__AQ==", "++//AQ", "--__AR", "--__ AQ", "--__A", "-_+/"] {
            assert!(decode_url(text).is_err(), "{text}");
        }
        assert!(decode_any("-_+/").is_err());
        assert_eq!(decode_url("").expect("empty"), Vec::<u8>::new());
    }
}
