//! What an expectation presupposes of the target or of the options that it sends.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::webauthn::cose::CoseAlgorithm;

/// One presupposition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Requirement {
    /// The options offer the algorithm.
    Algorithm(CoseAlgorithm),
    /// The options require user verification.
    UserVerificationRequired,
    /// The options do not require it.
    UserVerificationNotRequired,
    /// The options ask for the credProps extension.
    CredPropsRequested,
    /// The target supports an attestation statement format.
    Format(String),
    /// A property of the target, by its name in [`Policy::NAMES`].
    Property(String),
}

impl Requirement {
    /// Whether it is about the options of a start, other than algorithms.
    pub fn is_of_options(&self) -> bool {
        use Requirement as R;
        matches!(self, R::UserVerificationRequired | R::UserVerificationNotRequired | R::CredPropsRequested)
    }

    /// The name in suites and in the catalogue.
    pub fn name(&self) -> String {
        match self {
            Requirement::Algorithm(algorithm) => format!("alg:{algorithm}"),
            Requirement::UserVerificationRequired => "uv-required".to_owned(),
            Requirement::UserVerificationNotRequired => "uv-not-required".to_owned(),
            Requirement::CredPropsRequested => "credProps-requested".to_owned(),
            Requirement::Format(format) => format!("fmt:{format}"),
            Requirement::Property(name) => name.clone(),
        }
    }
}

impl TryFrom<String> for Requirement {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if let Some(number) = name.strip_prefix("alg:").and_then(|number| number.parse().ok()) {
            return Ok(Requirement::Algorithm(CoseAlgorithm(number)));
        }
        if let Some(format) = name.strip_prefix("fmt:") {
            return Ok(Requirement::Format(format.to_owned()));
        }
        match name.as_str() {
            "uv-required" => Ok(Requirement::UserVerificationRequired),
            "uv-not-required" => Ok(Requirement::UserVerificationNotRequired),
            "credProps-requested" => Ok(Requirement::CredPropsRequested),
            other => Policy::NAMES
                .iter()
                .find(|(known, ..)| *known == other)
                .map(|(known, ..)| Requirement::Property((*known).to_owned()))
                .ok_or_else(|| format!("there is no requirement `{other}`; write alg:<n>, fmt:<f>, uv-required, uv-not-required, credProps-requested, {}", Policy::names())),
        }
    }
}

/// How a target behaves where the specification leaves a choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    properties: BTreeMap<&'static str, bool>,
    /// Attestation statement formats that the target supports, as far as is known.
    pub formats: Vec<String>,
}

impl Policy {
    /// Every property: its name, the default if the target file says nothing, and what it means.
    pub const NAMES: [(&'static str, bool, &'static str); 15] = [
        (
            "full-json-parser",
            false,
            "client data is parsed as JSON, not by the limited verification of section 5.8.1.2",
        ),
        ("attestation-verification", true, "attestation statements are verified (section 7.1, step 22)"),
        (
            "trust-anchors",
            false,
            "attestation has to lead to a trust anchor, and the root of `attest --root` is a trust anchor",
        ),
        ("trusted-or-untrusted-accepted", false, "attestation by the root of `attest --root` is accepted"),
        ("framing-not-expected", true, "registrations in frames of other origins are not expected"),
        ("mediation-not-conditional", true, "ceremonies are not started with conditional mediation"),
        ("none-attestation-acceptable", true, "credentials without attestation are accepted"),
        ("self-attestation-acceptable", true, "self attestation is accepted"),
        ("single-origin", true, "one origin is expected"),
        ("any-port-not-allowed", true, "ports of origins are compared"),
        ("localhost-not-listed", true, "http://localhost is not an expected origin"),
        ("ignores-unsolicited-extensions", false, "extension outputs that were not asked for are ignored"),
        ("no-aaguid-allow-list", true, "authenticator models are not restricted"),
        ("no-attachment-policy", true, "authenticatorAttachment is not restricted"),
        ("leaf-as-anchor", false, "an attestation certificate itself is a trust anchor"),
    ];

    /// The names, for messages.
    pub fn names() -> String {
        Policy::NAMES.map(|(name, ..)| name).join(", ")
    }

    /// The policy of a relying party that follows the text in everything, with all formats and our root.
    pub fn exact(formats: impl IntoIterator<Item = &'static str>) -> Policy {
        let mut policy = Policy { formats: formats.into_iter().map(str::to_owned).collect(), ..Policy::default() };
        for name in
            ["full-json-parser", "trust-anchors", "trusted-or-untrusted-accepted", "ignores-unsolicited-extensions"]
        {
            policy.properties.insert(name, true);
        }
        policy
    }

    /// Sets a property.
    ///
    /// # Errors
    /// There is no property of that name.
    pub fn set(&mut self, name: &str, holds: bool) -> Result<(), String> {
        let known = Policy::NAMES.iter().find(|(known, ..)| *known == name);
        let (known, ..) =
            known.ok_or_else(|| format!("there is no property `{name}`; write some of {}", Policy::names()))?;
        self.properties.insert(known, holds);
        Ok(())
    }

    /// The properties that were set, and do not have their defaults.
    pub fn stated(&self) -> impl Iterator<Item = (&'static str, bool)> {
        self.properties.iter().map(|(name, holds)| (*name, *holds))
    }

    /// Whether a property holds.
    pub fn holds(&self, name: &str) -> bool {
        let default = || Policy::NAMES.iter().any(|(known, default, _)| *known == name && *default);
        self.properties.get(name).copied().unwrap_or_else(default)
    }
}
