//! Zitadel: subjects are human users with a session of their password, the callers without rights machine users with a token.
//!
//! Once a user has a U2F factor, a session of the password alone is refused ("mfa required"), a new one too. What this kind does
//! about it: within a case the runner goes on with the administrator's token where it can, and before the subject is used again
//! the administrator removes the factor, so that the old session is valid again. Nothing has to be made anew.

mod calls;
mod kind;
mod lease;
mod make;
mod random;
mod server;

pub(super) use kind::KIND;
