//! What stays, what goes and what is open while calls follow each other.

use super::statement::{Clause, doc, must, security, should};

/// The clauses of this topic.
#[rustfmt::skip]
pub const CLAUSES: &[Clause] = &[
    must("api/state/kept",
        "An accepted credential is stored once until it is removed, and no other call loses, duplicates or renames it.",
        "WebAuthn L3 section 7.1, step 27: the record is stored in the account"),
    must("api/state/owner",
        "An accepted credential belongs to the user of its registration, and no other user has it.",
        "WebAuthn L3 section 7.1, step 27: the account of the user in the options"),
    doc("api/state/listed",
        "A list has each finished factor of its flow once, under its id and name, and nothing that is not the user's.",
        "API overview, flows: list"),
    doc("api/state/removed",
        "A removal removes the named factor from every list and every excludeCredentials, and nothing else.",
        "API overview, remove operations"),
    security("api/state/refused",
        "A refused call changes nothing, except the registration that a refused verify is about.",
        "CWE-841"),
    doc("api/state/open",
        "An open registration can be finished, whatever happens meanwhile to other users, other kinds of factor and finished factors.",
        "API pages 000 and 002, Verify the last added; pages 001 and 004, the id of the start"),
    must("api/state/dead",
        "A finished or removed registration can't be finished, over any protocol and by any caller.",
        "WebAuthn L3 section 7.1, steps 1 and 8; section 13.4.3"),
    should("api/state/enrol-again",
        "A removed credential is not registered any more, so it can be registered again.",
        "WebAuthn L3 section 7.1, step 26"),
    doc("api/state/ids",
        "The id of a start differs from the id of every earlier start and of every factor.",
        "API page 004, example: u2fId; page 001, u2fId"),
    doc("api/state/forward",
        "changeDate does not go back from one call about a user's factors to the next.",
        "API pages 000 to 004, schema of details: changeDate"),
    security("api/state/consistent",
        "A target answers in one way where the documents leave the answer open, whoever calls and over any protocol.",
        "CWE-841"),
];
