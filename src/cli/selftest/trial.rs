//! One trial: a server with a defect or a variant, the cases that are played, and the result that is expected.

use std::time::Duration;

use crate::outcome::Profile;
use crate::server::defect::{Defect, Shows};
use crate::server::variant::Variant;

/// The expected result of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// A case is red, and the deciding finding is about this clause.
    Red {
        /// The clause.
        clause: &'static str,
        /// A fail or a deviation.
        shows: Shows,
    },
    /// Nothing is red.
    Green,
}

/// A server and what is played against it.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Id of the defect or variant, or `clean server`.
    pub name: &'static str,
    /// The expected result.
    pub aim: Aim,
    /// Faults that the server has.
    pub defects: Vec<&'static Defect>,
    /// Variants that it uses.
    pub variants: Vec<&'static Variant>,
    /// Patterns of the cases; without patterns the whole default plan.
    pub patterns: Vec<&'static str>,
    /// The profile by which the server is judged.
    pub profile: Profile,
}

/// The result of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Cases that are red for the clause of the defect, with how many of their tests are.
    Killed(Vec<(String, usize, usize)>),
    /// Cases are red, but none for the clause of the defect: each as `case (reason, clause)`.
    WrongReason(Vec<String>),
    /// No case is red.
    Survived,
    /// No case is red, as expected.
    Green,
    /// Cases are red although none should be: each as `test (reason, clause)`.
    Red(Vec<String>),
    /// Not played: a run does not judge how fast a server is.
    OnlyUnderLoad,
    /// Stopped before there was a result.
    Interrupted,
}

/// A trial and its result.
#[derive(Debug)]
pub struct Played {
    /// The trial.
    pub trial: Trial,
    /// Its result.
    pub outcome: Outcome,
    /// How many tests were played.
    pub tests: usize,
    /// How long it took.
    pub elapsed: Duration,
}

impl Trial {
    /// The defect is found.
    pub fn of_defect(defect: &'static Defect) -> Trial {
        let aim = Aim::Red { clause: defect.clause, shows: defect.shows };
        let patterns = defect.found_by.to_vec();
        Trial { name: defect.id, aim, defects: vec![defect], patterns, ..Trial::clean() }
    }

    /// The variant is not taken for a defect.
    pub fn of_variant(variant: &'static Variant) -> Trial {
        let patterns = variant.played.to_vec();
        Trial { name: variant.id, variants: vec![variant], patterns, ..Trial::clean() }
    }

    /// The server without defects and variants.
    pub fn clean() -> Trial {
        let (defects, variants, patterns) = (Vec::new(), Vec::new(), Vec::new());
        let profile = Profile::Webauthn;
        Trial { name: "clean server", aim: Aim::Green, defects, variants, patterns, profile }
    }

    /// Whether a run can show it.
    pub(super) fn is_played(&self) -> bool {
        !matches!(self.aim, Aim::Red { shows: Shows::UnderLoad, .. })
    }
}
