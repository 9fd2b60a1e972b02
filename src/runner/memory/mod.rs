//! What a run remembers of its target and its subjects, over all its cases.

pub(crate) mod canaries;
pub(crate) mod challenges;
pub(crate) mod controls;
pub(crate) mod doubts;
pub(crate) mod facts;
pub(crate) mod foretell;
pub(crate) mod identifiers;
pub(crate) mod tokens;
pub(crate) mod traces;
