//! How strictly a target is judged. Only this file makes verdicts: from the findings and the profile.

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use super::verdict::Verdict;
use crate::contract::clause::Basis;

proofmark_support::named! {
    /// How strictly a run judges a target. Each profile includes the ones before it.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Profile by name {
        /// The texts that bind a relying party, the API's documentation, and what the target file declares.
        #[default]
        Webauthn = "webauthn",
        /// Also the demands of FIDO's conformance tools.
        Fido = "fido",
        /// Also recommendations and safety.
        Strict = "strict",
    }
}

impl Profile {
    /// The profile with this name.
    ///
    /// # Errors
    /// What to write instead.
    pub fn from_name(name: &str) -> Result<Profile, String> {
        let found = Profile::ALL.into_iter().find(|profile| profile.name() == name);
        found.ok_or_else(|| format!("there is no profile `{name}`; write webauthn, fido or strict"))
    }

    /// Whether a statement with this basis has to hold under the profile.
    pub fn demands(self, basis: Basis) -> bool {
        match basis {
            Basis::SpecMust | Basis::Rfc | Basis::ApiDoc | Basis::Declared => true,
            Basis::Fido => self >= Profile::Fido,
            Basis::SpecShould | Basis::Security => self >= Profile::Strict,
            Basis::May => false,
        }
    }
}

impl Reason {
    /// The reason of a broken statement, given its basis: a clause that is not in a text is not called broken. Crashes,
    /// hangs, leaks, a state that belies the answer and protocols that disagree are observed, whatever text the clause has.
    #[must_use]
    pub const fn resting_on(self, basis: Basis) -> Reason {
        use Reason as R;
        match self {
            R::AcceptedInvalid | R::RejectedValid | R::WrongStatus | R::WrongShape | R::WrongContentType => {}
            R::ShouldUnmet | R::FidoUnmet | R::SecurityUnmet => {}
            _ => return self,
        }
        match basis {
            Basis::SpecShould => R::ShouldUnmet,
            Basis::Fido => Reason::FidoUnmet,
            Basis::Security => Reason::SecurityUnmet,
            Basis::May => R::AlsoAllowed,
            Basis::SpecMust | Basis::Rfc | Basis::ApiDoc | Basis::Declared => self,
        }
    }

    /// The verdict of a finding with this reason, under a profile.
    pub fn verdict(self, profile: Profile) -> Verdict {
        use Reason as R;
        let unmet = |basis| if profile.demands(basis) { Verdict::Fail } else { Verdict::Deviation };
        match self {
            R::Met | R::RightReason | R::Unattributed | R::LeftOpen => Verdict::Pass,
            R::AcceptedInvalid | R::RejectedValid | R::WrongStatus | R::WrongShape | R::WrongContentType => {
                Verdict::Fail
            }
            R::StateChanged | R::TransportsDisagree | R::Crash | R::Hang | R::Leak => Verdict::Fail,
            R::ShouldUnmet => unmet(Basis::SpecShould),
            R::FidoUnmet => unmet(Basis::Fido),
            R::SecurityUnmet => unmet(Basis::Security),
            R::DocVsServer | R::WrongReason | R::AlsoAllowed => Verdict::Deviation,
            R::NotDeclared | R::Filtered => Verdict::Skip,
            R::TargetUnreachable | R::Auth | R::Setup | R::ControlFailed | R::OracleDisagrees => Verdict::Error,
            R::RateLimited | R::Gateway | R::Interference | R::Budget | R::Aborted | R::HarnessBug => Verdict::Error,
        }
    }

    /// Whether the statement was observed to hold, under every profile.
    pub fn is_pass(self) -> bool {
        self.verdict(Profile::Strict) == Verdict::Pass
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every row of the table in docs/judging.md.
    #[test]
    fn the_verdict_follows_from_basis_and_profile() {
        use Verdict::{Deviation, Fail};
        let table = [
            (Basis::SpecMust, Reason::AcceptedInvalid, [Fail, Fail, Fail]),
            (Basis::Rfc, Reason::AcceptedInvalid, [Fail, Fail, Fail]),
            (Basis::ApiDoc, Reason::AcceptedInvalid, [Fail, Fail, Fail]),
            (Basis::Declared, Reason::AcceptedInvalid, [Fail, Fail, Fail]),
            (Basis::Fido, Reason::FidoUnmet, [Deviation, Fail, Fail]),
            (Basis::SpecShould, Reason::ShouldUnmet, [Deviation, Deviation, Fail]),
            (Basis::Security, Reason::SecurityUnmet, [Deviation, Deviation, Fail]),
            (Basis::May, Reason::AlsoAllowed, [Deviation, Deviation, Deviation]),
        ];
        for (basis, reason, verdicts) in table {
            assert_eq!(Reason::AcceptedInvalid.resting_on(basis), reason, "{basis:?}");
            assert_eq!(Profile::ALL.map(|profile| reason.verdict(profile)), verdicts, "{basis:?}");
            assert_eq!(basis.binds(), Profile::Webauthn.demands(basis), "{basis:?}");
        }
    }

    #[test]
    fn what_is_observed_is_as_grave_whatever_the_clause_rests_on() {
        for reason in [Reason::Crash, Reason::Hang, Reason::Leak, Reason::StateChanged, Reason::TransportsDisagree] {
            for basis in Basis::ALL {
                assert_eq!(reason.resting_on(basis), reason);
            }
        }
        for reason in [Reason::Met, Reason::Setup, Reason::NotDeclared, Reason::WrongReason, Reason::DocVsServer] {
            assert_eq!(reason.resting_on(Basis::Fido), reason, "it is not a broken promise");
        }
    }

    #[test]
    fn profiles_have_names() {
        for profile in Profile::ALL {
            assert_eq!(Profile::from_name(profile.name()), Ok(profile));
            assert_eq!(serde_json::to_value(profile).expect("a name"), profile.name());
        }
        let error = Profile::from_name("w3c").expect_err("no profile");
        assert_eq!(error, "there is no profile `w3c`; write webauthn, fido or strict");
    }
}
