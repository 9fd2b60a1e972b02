//! What is stored: the lists show what was sent.

use super::statement::{Clause, doc};

/// The clauses of this topic.
#[rustfmt::skip]
pub const CLAUSES: &[Clause] = &[
    doc("api/stored/name",
        "A factor is listed under the name that its verify gave it.",
        "API pages 000 and 002, request: tokenName; API overview, messages: token_name, passkey_name"),
    doc("api/stored/id",
        "The id that a start answered is the id of the factor in the list, and the id that its removal accepts.",
        "API page 004, example: u2fId; API overview, messages and flows: remove"),
    doc("api/stored/kind",
        "A factor is in the list of its own kind, and not in that of the other.",
        "API overview, flows: list"),
    doc("api/stored/listed",
        "An enrolled factor is in the list of its user once; a refused or unfinished registration is not in the list as ready.",
        "API overview, flows: list"),
    doc("api/stored/state",
        "A verified factor is listed as ready.",
        "API overview, flows: verify, list"),
    doc("api/stored/count",
        "If a list states the number of its results, it has that many.",
        "API overview, flows: list"),
    doc("api/stored/one-user",
        "The list of a user has the factors of that user alone.",
        "API overview, flows: list; API pages 000 to 004, users/me and :userId"),
];
