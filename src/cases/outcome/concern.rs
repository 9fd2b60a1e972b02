//! Where a reader has to look because of a reason.

use super::profile::Profile;
use super::reason::Reason;
use super::verdict::Verdict;

proofmark_support::named! {
    /// Where a reader has to look because of a reason, in the order in which to look: a later concern may follow from an earlier one.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Concern by name {
        /// The target file does not fit the target.
        Configuration = "configuration",
        /// Something that cases need was not available; this says nothing about the target.
        Setup = "setup",
        /// The target does not do what it should.
        Conformance = "conformance",
        /// A fault of proofmark.
        Harness = "proofmark",
    }
}

impl Reason {
    /// Where a reader has to look, the same under every profile; `None` for passes and skips.
    pub fn concern(self) -> Option<Concern> {
        use Reason as R;
        match (self.verdict(Profile::default()), self) {
            (Verdict::Pass | Verdict::Skip, _) => None,
            (Verdict::Fail | Verdict::Deviation, _) => Some(Concern::Conformance),
            (Verdict::Error, R::Auth) => Some(Concern::Configuration),
            (Verdict::Error, R::OracleDisagrees | R::HarnessBug) => Some(Concern::Harness),
            (Verdict::Error, _) => Some(Concern::Setup),
        }
    }
}
