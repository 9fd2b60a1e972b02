//! One trial: a server that is told to do something otherwise, the cases that are played, and what has to come of it.

use std::time::Duration;

use crate::outcome::Profile;
use crate::server::defect::{Defect, Shows};
use crate::server::variant::Variant;

/// What has to come of a trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// A case is red, and the finding that decides it speaks of this clause.
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
    /// What has to come of it.
    pub aim: Aim,
    /// Faults that the server has.
    pub defects: Vec<&'static Defect>,
    /// Latitude that it uses.
    pub variants: Vec<&'static Variant>,
    /// Patterns of the cases; the whole default plan where there are none.
    pub patterns: Vec<&'static str>,
    /// What the server is held to.
    pub profile: Profile,
}

/// What came of a trial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Cases that are red for the clause of the defect, with how many of their tests are.
    Killed(Vec<(String, usize, usize)>),
    /// Cases are red, but none for the clause of the defect: each as `case (reason, clause)`.
    WrongReason(Vec<String>),
    /// No case is red.
    Survived,
    /// No case is red, and none has to be.
    Green,
    /// Cases are red, and none has to be: each as `test (reason, clause)`.
    Red(Vec<String>),
    /// Not played: a run does not judge how fast a server is.
    OnlyUnderLoad,
    /// Stopped before there was a result.
    Interrupted,
}

/// A trial and what came of it.
#[derive(Debug)]
pub struct Played {
    /// The trial.
    pub trial: Trial,
    /// What came of it.
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

    /// The server that keeps every promise.
    pub fn clean() -> Trial {
        let (defects, variants, patterns) = (Vec::new(), Vec::new(), Vec::new());
        let profile = Profile::Webauthn;
        Trial { name: "clean server", aim: Aim::Green, defects, variants, patterns, profile }
    }

    /// Whether a run can show anything of it.
    pub(super) fn is_played(&self) -> bool {
        !matches!(self.aim, Aim::Red { shows: Shows::UnderLoad, .. })
    }
}
