//! Load: many users enrol at the same time, each over and over, while every answer is still judged.
//!
//! One cycle is start, attest, verify, and then the removal of the enrolled factor, so that the target's state does not grow.
//! Times are the target's: attestations are made on threads of their own and are a step of their own. The result of a run is a
//! [`LoadRecord`]; nothing that is kept grows with its time, with the number of cycles or with the number of subjects.
//!
//! [`LoadRecord`]: crate::outcome::load::LoadRecord

extern crate self as load;

mod aftermath;
mod assemble;
mod attack;
mod attester;
mod bounds;
mod connections;
mod cycle;
mod draw;
mod draws;
mod engine;
mod error;
mod excuse;
pub mod find;
mod generator;
mod guard;
mod intervals;
mod judge;
mod lookups;
mod message;
mod negative;
mod neighbours;
mod plan;
mod played;
mod pool;
mod preflight;
mod progress;
mod scaling;
mod schedule;
pub mod shard;
mod stall;
mod stop;
mod subject_file;
mod table;
mod tally;
mod time;
mod user;
mod witness;
mod workers;

pub use assemble::uncounted;
pub use attack::run;
pub use bounds::within;
pub use error::{LoadError, Unready};
pub use excuse::Excuses;
pub use guard::{RemoteTarget, admit};
pub use plan::{Ceilings, LivePage, Plan, Tolerance};
pub use pool::Subjects;
pub use progress::Progress;
pub use stop::Stop;
pub use subject_file::{Kept, census};
pub use table::{header, live_view, progress_line, render};
pub use user::LoadUser;

use proofmark_api::{contract, transport, wire};
use proofmark_cases::{checks, lease, outcome, scenario};
use proofmark_credential::{authenticator, relying_party, webauthn};
