//! The axis of algorithms: the algorithms that a case is played with, and those that a default run draws.

use super::algorithms::AlgorithmChoice;
use super::model::Case;
use crate::webauthn::cose::CoseAlgorithm;

/// How often a default run draws an algorithm, compared with the others of an axis. Algorithms that targets seldom offer are left to the
/// cases that are played with every algorithm: a test with an algorithm that is not offered says nothing.
const WEIGHTS: [(CoseAlgorithm, usize); 12] = [
    (CoseAlgorithm::RS256, 4),
    (CoseAlgorithm::EDDSA, 4),
    (CoseAlgorithm::ES384, 3),
    (CoseAlgorithm::ES512, 2),
    (CoseAlgorithm::PS256, 2),
    (CoseAlgorithm::ES256, 1),
    (CoseAlgorithm::RS384, 1),
    (CoseAlgorithm::RS512, 1),
    (CoseAlgorithm::PS384, 1),
    (CoseAlgorithm::PS512, 1),
    (CoseAlgorithm::ES256K, 1),
    (CoseAlgorithm::RS1, 0),
];

impl Case {
    /// The case once for each algorithm of its axis; the case itself if it has no such axis.
    pub fn each_algorithm(&self) -> Vec<Case> {
        if self.algorithms.is_empty() {
            return vec![self.clone()];
        }
        self.algorithms.iter().map(|algorithm| self.with_algorithm(*algorithm)).collect()
    }

    /// The case with one algorithm of its axis.
    pub fn with_algorithm(&self, algorithm: CoseAlgorithm) -> Case {
        Case { algorithms: vec![algorithm], algorithm: AlgorithmChoice::Given(algorithm), ..self.clone() }
    }

    /// What a default run plays of the axis: everything, or the one that `draw` chooses; `draw` gets the number of choices.
    pub(super) fn drawn_algorithms(&self, draw: impl Fn(usize) -> usize) -> Vec<Case> {
        if self.every_algorithm || self.algorithms.is_empty() {
            return self.each_algorithm();
        }
        let weight =
            |one: &CoseAlgorithm| WEIGHTS.iter().find(|(known, _)| known == one).map_or(0, |(_, weight)| *weight);
        let mut lots: Vec<CoseAlgorithm> = Vec::new();
        self.algorithms.iter().for_each(|one| lots.extend(std::iter::repeat_n(*one, weight(one))));
        let lots = if lots.is_empty() { &self.algorithms } else { &lots };
        lots.get(draw(lots.len())).into_iter().map(|one| self.with_algorithm(*one)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse_suite;

    fn case(axis: &str) -> Case {
        let text = format!(
            "suite: s\ncases:\n- {{ id: s/a, title: t, clauses: [webauthn/7.1/accept], {axis}, expect: must-accept }}\n"
        );
        parse_suite("s.yaml", &text).expect("valid").pop().expect("one")
    }

    fn names(cases: &[Case]) -> Vec<&'static str> {
        cases.iter().filter_map(|case| case.axis_algorithm()?.name()).collect()
    }

    #[test]
    fn groups_are_written_by_name_and_each_algorithm_is_a_case() {
        assert_eq!(
            names(&case("algorithms: [ec]").each_algorithm()),
            ["ES256", "ES384", "ES512", "ES256K", "ESP256", "ESP384", "ESP512"]
        );
        assert_eq!(names(&case("algorithms: [EdDSA, RS256]").each_algorithm()), ["EdDSA", "RS256"]);
        let (offered, others) = (case("algorithms: [offered]"), case("algorithms: [others]"));
        assert_eq!(offered.algorithms.len(), others.algorithms.len() + 1);
        assert!(offered.each_algorithm().iter().all(|one| one.control_algorithm(one.formats[0]) == one.algorithms[0]));
        assert_eq!(case("algorithm: ES384").each_algorithm().len(), 1, "no axis");
    }

    #[test]
    fn a_default_run_draws_one_that_targets_usually_offer() {
        let others = case("algorithms: [others]");
        let drawn: std::collections::BTreeSet<_> =
            (0..20).flat_map(|at| names(&others.drawn_algorithms(|most| at % most))).collect();
        assert!(
            ["RS256", "EdDSA", "ES384", "ES512", "PS256", "ES256K"].iter().all(|name| drawn.contains(name)),
            "{drawn:?}"
        );
        assert!(!drawn.contains("RS1") && !drawn.contains("ESP256"), "{drawn:?}");
        assert_eq!(names(&case("algorithms: [ESP256]").drawn_algorithms(|_| 0)), ["ESP256"], "there is no other");
        assert_eq!(case("algorithms: [ec], every-algorithm: true").drawn_algorithms(|_| 0).len(), 7);
    }
}
