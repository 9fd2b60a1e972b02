//! The integration tests, one binary.

mod architecture;
mod cli;
mod hostile;
mod independent;
mod load;
mod misbehaving;
mod mutations;
mod reports;
mod scenarios;
mod selftest;
mod server;
mod vectors;
mod wire;
