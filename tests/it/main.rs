//! The integration tests, one binary.

mod independent;
mod mutations;
mod vectors;
