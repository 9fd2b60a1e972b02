//! The integration tests, one binary.

mod architecture;
mod browser;
mod catalogue;
mod chain;
mod ci_examples;
mod cli;
mod coverage;
mod deploy;
mod gate;
mod hostile;
mod html;
mod independent;
mod load;
mod misbehaving;
mod properties;
mod provisioner;
mod reports;
mod samples;
mod scenarios;
mod secrets;
mod selftest;
mod server;
mod shards;
mod vectors;
mod wire;
