//! `load`: many users enrol at once, every answer is judged, and the figures are compared with thresholds.

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
