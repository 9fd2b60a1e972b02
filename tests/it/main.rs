//! The integration tests, one binary.

mod hostile;
mod independent;
mod mutations;
mod server;
mod vectors;
mod wire;
