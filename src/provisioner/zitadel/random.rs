//! Random values from the operating system.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::provisioner::error::ProvisionerError;
use crate::wire::secret::Secret;

/// A password of the operating system's randomness, with every class of characters that a policy may ask for.
pub(super) fn password() -> Result<Secret, ProvisionerError> {
    Ok(Secret::new(format!("{}-Aa1", draw()?)))
}

/// 24 bytes of the operating system's randomness, as text.
pub(super) fn draw() -> Result<String, ProvisionerError> {
    let mut random = [0; 24];
    getrandom::fill(&mut random).map_err(|error| {
        ProvisionerError::new("draw a password", error.to_string(), "run on a system that provides random numbers")
    })?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ_and_have_every_class() {
        let (one, other) = (password().expect("randomness"), password().expect("randomness"));
        assert_ne!(one, other);
        let has = |class: fn(char) -> bool| one.expose().chars().any(class);
        assert!(one.expose().len() >= 32 && has(|c| c.is_ascii_uppercase()) && has(|c| c.is_ascii_lowercase()));
        assert!(has(|c| c.is_ascii_digit()) && has(|c| c == '-'));
    }
}
