//! The integration tests, one binary.

mod hostile;
mod independent;
mod mutations;
mod reports;
mod scenarios;
mod server;
mod vectors;
mod wire;
