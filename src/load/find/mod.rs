//! The search for the highest rate at which an objective is kept: geometric climb, bisection, and a hold that confirms.
//!
//! Nothing here sends anything: a measurement is a function from a rate and a time to a [`LoadRecord`], so that the search is
//! tried on simulated servers whose capacity is known.
//!
//! The rule of confidence is in `evidence`: a rate is kept when every rule of the objective is, and broken when one is, both
//! with 95 % confidence; otherwise it is held again, up to [`REPEATS`] times, and what was seen is pooled. A rate that stays
//! unclear is neither kept nor broken: it lies within the interval that is reported. The highest rate that was kept is held
//! once more, by itself, since of several that were tried the highest is also the luckiest. At last what is broken is looked for
//! from above, as far as rates that are unclear lie between.
//!
//! [`LoadRecord`]: crate::outcome::load::LoadRecord

mod course;
mod evidence;
mod found;
mod search;

pub use course::{REPEATS, find};
pub use evidence::{RuleSeen, Verdict};
pub use found::{Capacity, Ending, Hold, Seen};
pub use search::{Search, objective};
