//! The certificates of a statement, before they are issued.

use crate::authenticator::certificate::CertificateTemplate;
use crate::authenticator::keys::KeyPair;
use crate::webauthn::cose::CoseAlgorithm;

/// A certificate that will be issued.
pub struct Issued {
    /// How mutations name it.
    pub(in crate::authenticator) name: &'static str,
    pub(in crate::authenticator) template: CertificateTemplate,
    /// The subject's key pair.
    pub(in crate::authenticator) key: KeyPair,
    /// The one that it names as its issuer.
    pub(in crate::authenticator) issuer: &'static str,
    /// The one whose key signs it.
    pub(in crate::authenticator) signed_by: &'static str,
    /// Whether its authority key identifier follows from the issuer that it names (RFC 5280 §4.2.1.1).
    pub(in crate::authenticator) is_linked: bool,
}

/// The certificates of a statement.
pub struct Certification {
    /// `leaf`, and the authorities `root`, `intermediate`, `second` (an intermediate below the first), `other-root` and `curveball`.
    pub(in crate::authenticator) issued: Vec<Issued>,
    /// What `x5c` will hold, by name.
    pub(in crate::authenticator) chain: Vec<String>,
    /// The algorithm of the attestation signature.
    pub(in crate::authenticator) algorithm: CoseAlgorithm,
}

impl Certification {
    pub(in crate::authenticator) fn get(&mut self, name: &str) -> Option<&mut Issued> {
        self.issued.iter_mut().find(|issued| issued.name == name)
    }

    /// Makes `name` the subject's issuer: its name and its key.
    pub(in crate::authenticator) fn set_issuer(&mut self, subject: &str, issuer: &str) -> Option<()> {
        let found = self.get(issuer)?;
        let (name, template_subject) = (found.name, found.template.subject.clone());
        let subject = self.get(subject)?;
        subject.template.issuer = template_subject;
        (subject.issuer, subject.signed_by) = (name, name);
        Some(())
    }
}
