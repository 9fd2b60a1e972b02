//! What a reason sends a reader to.

use super::profile::Profile;
use super::reason::Reason;
use super::verdict::Verdict;

proofmark_support::named! {
    /// What a reason sends a reader to, in the order in which to look: what comes later may follow from what comes before.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Concern by name {
        /// The target file does not fit the target.
        Configuration = "configuration",
        /// Something that cases need could not be had; nothing is said of the target.
        Setup = "setup",
        /// The target does otherwise than it should.
        Conformance = "conformance",
        /// A fault of proofmark.
        Harness = "proofmark",
    }
}

impl Reason {
    /// What it sends a reader to, the same under every profile; `None` for passes and skips.
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
