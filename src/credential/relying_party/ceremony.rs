//! The inputs and the results of the verification of a response.

use std::fmt;

use super::step::Step;
use crate::webauthn::attestation::AttestationType;
use crate::webauthn::authenticator_data::{Aaguid, Flags};
use crate::webauthn::cose::{CoseAlgorithm, CoseKey};
use crate::webauthn::x509::Certificate;

/// What the relying party knows of the ceremony that a response claims to answer.
pub struct Ceremony<'a> {
    /// The challenge that was sent, decoded.
    pub challenge: &'a [u8],
    /// The RP ID.
    pub rp_id: &'a str,
    /// Origins from which a registration is expected, in ASCII serialisation.
    pub origins: &'a [String],
    /// Origins within whose pages a cross-origin registration is expected.
    pub top_origins: &'a [String],
    /// Whether a registration in a frame of another origin is expected.
    pub allow_cross_origin: bool,
    /// Whether user verification was required.
    pub user_verification_required: bool,
    /// The algorithms offered in `pubKeyCredParams`.
    pub algorithms: &'a [CoseAlgorithm],
    /// Whether a credential id is registered already, for any user.
    pub is_registered: &'a dyn Fn(&[u8]) -> bool,
    /// Certificates that attestation has to lead to. If empty, any attestation that verifies is accepted.
    pub trust_anchors: &'a [Certificate],
    /// The time at which certificates have to be valid, in seconds since 1970.
    pub now: u64,
}

/// What is stored for a verified credential (WebAuthn L3 §4, "Credential Record").
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// Credential id.
    pub credential_id: Vec<u8>,
    /// Credential public key.
    pub public_key: CoseKey,
    /// Signature counter.
    pub sign_count: u32,
    /// Flags of the authenticator data.
    pub flags: Flags,
    /// Model of the authenticator; all zero if it is not given.
    pub aaguid: Aaguid,
    /// Attestation statement format, such as `packed`.
    pub format: String,
    /// Attestation type that the statement conveyed.
    pub attestation_type: AttestationType,
}

/// The step at which a response is refused, and the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The section of the ceremony, such as `7.1`.
    pub section: &'static str,
    /// The step.
    pub step: Step,
    /// For [`Step::AttestationStatement`] the check of the format's procedure, such as `8.3/magic`.
    pub check: Option<&'static str>,
    /// What was found, for people; text from the response is shortened and escaped.
    pub detail: String,
}

impl Refusal {
    /// The clause that was not met, without the document's name: `7.1/origin`, `8.3/magic`.
    pub fn clause(&self) -> String {
        self.check.map_or_else(|| format!("{}/{}", self.section, self.step), str::to_owned)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.clause(), self.detail)
    }
}

impl std::error::Error for Refusal {}

/// What a careless relying party leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Omission {
    /// The check of one step: if the step also decodes something, it is read as leniently as possible.
    Step(Step),
    /// The verification of statements of the format with this identifier, such as `tpm`.
    Format(&'static str),
    /// One check of a format's procedure, such as `8.3/magic`: a statement that fails there is taken for verified. Or one that no step
    /// of the ceremony has: `5.1/raw-id`, that rawId is the credential id; `6.5.1/point`, that the key is a point of its curve.
    Check(&'static str),
}
