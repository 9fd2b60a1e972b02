//! The integration tests, one binary.

mod hostile;
mod independent;
mod mutations;
mod vectors;
mod wire;
