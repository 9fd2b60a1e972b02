//! Texts that WebAuthn builds on, where a case rests on a sentence of theirs that no step of WebAuthn repeats.

use super::statement::{Clause, rfc};

/// The clauses of this topic.
#[rustfmt::skip]
pub const CLAUSES: &[Clause] = &[
    rfc("rfc4648/3.3/alphabet",
        "Base64 with a character outside its alphabet, such as a line break or a character of the other alphabet, is refused.",
        "RFC 4648 section 3.3; the alphabet is that of WebAuthn L3 section 3, base64url encoding"),
    rfc("rfc8230/2/pss-salt",
        "The salt of a signature with PS256, PS384 or PS512 is as long as the hash.",
        "RFC 8230 section 2; for WebAuthn L3 section 8.2, verification steps 2 and 3"),
];
