//! The documented enrolment API: auth v1, which acts on the user of the token, and user v2, which acts on `{userId}`.

mod binding;
mod flows;
mod v1;
mod v2;

pub use flows::CONTRACT;
