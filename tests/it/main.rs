//! The integration tests, one binary.

mod architecture;
mod catalogue;
mod chain;
mod cli;
mod gate;
mod hostile;
mod independent;
mod load;
mod misbehaving;
mod properties;
mod reports;
mod samples;
mod scenarios;
mod secrets;
mod selftest;
mod server;
mod vectors;
mod wire;
