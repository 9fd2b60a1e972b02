//! `load`: many users enrol at once, every answer is judged, and the target is held to thresholds.

mod attack;
mod calibrate;
mod dispatch;
mod display;
mod exit;
mod find;
mod open;
mod options;
mod plan;
mod records;
mod scratch;
mod shard;

pub use dispatch::dispatch;
