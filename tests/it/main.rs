//! The integration tests, one binary.

mod architecture;
mod catalogue;
mod chain;
mod cli;
mod coverage;
mod hostile;
mod independent;
mod load;
mod misbehaving;
mod properties;
mod reports;
mod scenarios;
mod selftest;
mod server;
mod vectors;
mod wire;
