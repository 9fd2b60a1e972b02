//! Load: many users enrol at the same time, each over and over, while every answer is still judged.
//!
//! One cycle is start, attest, verify, and then the removal of the enrolled factor, so that the target's state does not grow.
//! Times are the target's: attestations are made on threads of their own and are a step of their own. The result of a run is a
//! [`LoadRecord`]; nothing that is kept grows with its time, with the number of cycles or with the number of subjects.
//!
//! [`LoadRecord`]: crate::outcome::load::LoadRecord

extern crate self as load;

mod attester;
mod cleanup;
mod connections;
mod cross_talk;
mod cycle;
mod draw;
mod draws;
mod engine;
mod error;
mod excuse;
pub mod find;
mod generator;
mod intervals;
mod judge;
mod limits;
mod lookups;
mod message;
mod negative;
mod neighbours;
mod plan;
mod played;
mod pool;
mod preflight;
mod progress;
mod record;
mod remote_guard;
mod scaling;
mod schedule;
pub mod shard;
mod stall;
mod stop;
mod subject_file;
mod supervisor;
mod table;
mod tally;
mod time;
mod user;
mod workers;

pub use error::{LoadError, Unready};
pub use excuse::Excuses;
pub use limits::within;
pub use plan::{Ceilings, LivePage, Plan, Tolerance};
pub use pool::Subjects;
pub use progress::Progress;
pub use record::uncounted;
pub use remote_guard::{RemoteTarget, admit};
pub use stop::Stop;
pub use subject_file::{Kept, census};
pub use supervisor::run;
pub use table::{header, live_view, progress_line, render};
pub use user::LoadUser;

use proofmark_api::{contract, transport, wire};
use proofmark_cases::{checks, lease, outcome, scenario};
use proofmark_credential::{authenticator, relying_party, webauthn};
