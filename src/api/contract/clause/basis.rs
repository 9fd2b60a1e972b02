//! What a statement rests on, which says how strongly it may be said.

use serde::{Deserialize, Serialize};

/// The kind of text that a clause or a case rests on. How grave it is that a statement does not hold follows from this and from the
/// run's profile, and from nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// W3C WebAuthn asks for it: a MUST, or a step of a procedure that has to be followed.
    SpecMust,
    /// W3C WebAuthn recommends it, or a text that it or the API builds on.
    SpecShould,
    /// A text that WebAuthn or the API builds on asks for it: an RFC, a TPM specification, gRPC.
    Rfc,
    /// No text asks for it, but FIDO's conformance tools do.
    Fido,
    /// No text asks for it, but it is unsafe otherwise.
    Security,
    /// The API's documentation promises it.
    ApiDoc,
    /// The target file says it of the target.
    Declared,
    /// A text leaves it open, or leaves it to a policy.
    May,
}

impl Basis {
    /// All of them, in the order of reports.
    pub const ALL: [Basis; 8] = [
        Basis::SpecMust,
        Basis::Rfc,
        Basis::ApiDoc,
        Basis::Declared,
        Basis::SpecShould,
        Basis::Fido,
        Basis::Security,
        Basis::May,
    ];

    /// The name in scenarios, streams and reports, such as `spec-must`.
    pub const fn name(self) -> &'static str {
        match self {
            Basis::SpecMust => "spec-must",
            Basis::SpecShould => "spec-should",
            Basis::Rfc => "rfc",
            Basis::Fido => "fido",
            Basis::Security => "security",
            Basis::ApiDoc => "api-doc",
            Basis::Declared => "declared",
            Basis::May => "may",
        }
    }

    /// The word before a statement: `MUST`, `SHOULD`, `RFC`, `FIDO`, `SECURITY`, `DOC`, `DECLARED` or `MAY`.
    pub const fn word(self) -> &'static str {
        match self {
            Basis::SpecMust => "MUST",
            Basis::SpecShould => "SHOULD",
            Basis::Rfc => "RFC",
            Basis::Fido => "FIDO",
            Basis::Security => "SECURITY",
            Basis::ApiDoc => "DOC",
            Basis::Declared => "DECLARED",
            Basis::May => "MAY",
        }
    }

    /// The basis with this name.
    pub fn from_name(name: &str) -> Option<Basis> {
        Basis::ALL.into_iter().find(|basis| basis.name() == name)
    }

    /// Whether a text or the target itself binds the target to it, so that it is a promise under every profile.
    pub const fn binds(self) -> bool {
        matches!(self, Basis::SpecMust | Basis::Rfc | Basis::ApiDoc | Basis::Declared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_stream_and_lead_back() {
        for basis in Basis::ALL {
            assert_eq!(Basis::from_name(basis.name()), Some(basis));
            assert_eq!(serde_json::to_value(basis).expect("a name"), basis.name());
        }
        assert_eq!(Basis::from_name("must"), None);
    }
}
