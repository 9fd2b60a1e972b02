//! The good credential that a case is compared with.

use serde_json::{Value, json};

use super::expectation::Expectation;
use super::model::Case;
use super::mutations::{MutationUse, Mutations};
use super::requirement::Requirement;
use super::step::{Made, Step};
use crate::authenticator::Format;
use crate::webauthn::cose::CoseAlgorithm;

/// A good credential: the target has to accept it, otherwise its refusal of a case says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Control {
    /// Attestation format.
    pub format: Format,
    /// Algorithm of the credential key.
    pub algorithm: CoseAlgorithm,
    /// The certificates that it sends.
    pub path: Path,
    /// The key that attests, by the name that the mutation `certificate` has for it; `None` for that of the format.
    pub attester: Option<&'static str>,
}

/// Attestation keys of another algorithm than ES256, as the mutation `certificate` names them.
const ATTESTERS: [&str; 3] = ["p384", "rsa", "ed25519"];

/// The certificates of an attestation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Path {
    /// Those that authenticators of the format usually send.
    Usual,
    /// The leaf, and the intermediate that issued it.
    Intermediate,
    /// The leaf, and two intermediates above it.
    TwoIntermediates,
}

impl Path {
    /// The contents of x5c, the leaf first; `None` if the format decides.
    fn chain(self) -> Option<&'static [&'static str]> {
        match self {
            Path::Usual => None,
            Path::Intermediate => Some(&["leaf", "intermediate"]),
            Path::TwoIntermediates => Some(&["leaf", "second", "intermediate"]),
        }
    }
}

impl Control {
    /// The good credential with the usual certificates of its format.
    pub fn new(format: Format, algorithm: CoseAlgorithm) -> Control {
        Control { format, algorithm, path: Path::Usual, attester: None }
    }

    /// The case that makes it, with these steps.
    pub fn case(self, mut steps: Vec<Step>) -> Case {
        let path = self.path.chain().map(|chain| json!({ "issuer": chain[1], "chain": chain }));
        let key = self.attester.map(|key| json!({ "key": key }));
        let made: Vec<MutationUse> = path.into_iter().chain(key).map(certificate).collect();
        if !made.is_empty() {
            if !steps.iter().any(|step| step.make.is_some()) {
                steps.push(Step { make: Some(Made::Credential), ..Step::default() });
            }
            for step in steps.iter_mut().filter(|step| step.make.is_some()) {
                step.mutate = Mutations(made.clone());
            }
        }
        let of_options = self.requires().into_iter().filter(Requirement::is_of_options);
        Case { id: self.name(), requires: of_options.collect(), ..Case::control(steps, self.format, self.algorithm) }
    }

    /// What a relying party has to be like to accept it.
    pub fn requires(&self) -> Vec<Requirement> {
        let property = |name: &str| Requirement::Property(name.to_owned());
        let mut requires = match self.format {
            Format::None => vec![property("none-attestation-acceptable")],
            Format::PackedSelf => vec![property("self-attestation-acceptable")],
            format => {
                vec![Requirement::Format(format.identifier().to_owned()), property("trusted-or-untrusted-accepted")]
            }
        };
        if self.format == Format::FidoU2f {
            requires.push(Requirement::UserVerificationNotRequired);
        }
        if ![CoseAlgorithm::ES256, CoseAlgorithm::RS256].contains(&self.algorithm) {
            requires.push(Requirement::Algorithm(self.algorithm));
        }
        requires
    }

    /// `control/` with format and algorithm, and with the intermediates and the attestation key if they are not the usual ones.
    pub fn name(&self) -> String {
        let path = match self.path {
            Path::Usual => "",
            Path::Intermediate => "-intermediate",
            Path::TwoIntermediates => "-two-intermediates",
        };
        let attester = self.attester.map(|key| format!("-by-{key}")).unwrap_or_default();
        format!("control/{}-{}{path}{attester}", self.format.slug(), self.algorithm.name().unwrap_or_default())
    }
}

fn certificate(args: Value) -> MutationUse {
    MutationUse { id: "certificate".to_owned(), args }
}

impl Case {
    /// The good credential that the case is compared with: it is the same in everything that the case does not test.
    pub fn control_of(&self, format: Format) -> Control {
        let (path, attester) = (self.control_path(format), self.control_attester());
        Control { format, algorithm: self.control_algorithm(format), path, attester }
    }

    /// The algorithm of the control.
    pub fn control_algorithm(&self, format: Format) -> CoseAlgorithm {
        let stated = self.stated_algorithm().filter(|_| format != Format::FidoU2f);
        stated.unwrap_or(CoseAlgorithm::ES256)
    }

    /// The attestation key of a case that is wrong in something other than the key.
    pub(super) fn control_attester(&self) -> Option<&'static str> {
        let mutations = self.steps.iter().map(|step| &step.mutate.0).find(|mutate| mutate.len() > 1)?;
        let named =
            mutations.iter().filter(|one| one.id == "certificate").find_map(|one| one.args.get("key")?.as_str())?;
        ATTESTERS.into_iter().find(|known| *known == named)
    }

    /// A case that is refused for something in a path with intermediates has a control with such a path: a target that does not support
    /// intermediates would refuse the case whatever its fault. A case that has to be accepted is not the control of another.
    fn control_path(&self, format: Format) -> Path {
        let of_certificates = |one: &&MutationUse| one.id == "certificate";
        let mut uses = self.steps.iter().flat_map(|step| &step.mutate.0).filter(of_certificates);
        let names = |name: &str, args: &Value| {
            let is = |value: &Value| value == name;
            args.get("issuer").is_some_and(is)
                || args.get("chain").and_then(Value::as_array).is_some_and(|chain| chain.iter().any(is))
        };
        match uses.next().filter(|_| self.expectation() != Some(Expectation::ACCEPT)) {
            Some(used) if names("second", &used.args) => Path::TwoIntermediates,
            Some(used) if names("intermediate", &used.args) && !format.sends_intermediate() => Path::Intermediate,
            _ => Path::Usual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::embedded;

    #[test]
    fn a_negative_about_a_path_is_set_against_a_good_path_of_its_length() {
        let cases = embedded().expect("valid suites");
        let control = |id: &str, format| cases.iter().find(|case| case.id == id).expect(id).control_of(format);
        let (packed, android) = (Format::PackedX5c, Format::AndroidKey);
        for (id, format, name) in [
            ("packed-x5c/intermediate-expired", packed, "control/packed-x5c-ES256-intermediate"),
            ("packed-x5c/chain-wrong-order", packed, "control/packed-x5c-ES256-intermediate"),
            ("packed-x5c/chain-attacker-root", packed, "control/packed-x5c-ES256-intermediate"),
            ("packed-x5c/path-length-exceeded", packed, "control/packed-x5c-ES256-two-intermediates"),
            ("packed-x5c/leaf-expired", packed, "control/packed-x5c-ES256"),
            ("algorithms/attester-rsa-signature", packed, "control/packed-x5c-ES256-by-rsa"),
            // It is not its own control.
            ("packed-x5c/valid-chain", packed, "control/packed-x5c-ES256"),
            // This format has an intermediate anyway.
            ("android-key/x5c-wrong-order", android, "control/android-key-ES256"),
        ] {
            assert_eq!(control(id, format).name(), name, "{id}");
        }
        let good = control("packed-x5c/path-length-exceeded", packed).case(Vec::new());
        let [(mutation, args)] = &good.mutations(None)[..] else { panic!("one mutation") };
        assert_eq!(mutation.id, "certificate");
        assert_eq!(args.0, json!({ "issuer": "second", "chain": ["leaf", "second", "intermediate"] }));
    }
}
