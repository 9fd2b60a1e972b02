//! Renderings of a load run. All of them are derived from its record, so that each can be made later.

mod command;
mod hlog;
mod html;
mod json;
mod junit;
mod percentile;
mod prometheus;
mod registry;
mod series;

pub use json::{ReadError, read};
pub use registry::LOAD_REPORTS;

#[cfg(test)]
mod tests;
