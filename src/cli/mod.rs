//! The command line: verbs, output and exit codes.

mod accounts;
mod again;
mod args;
mod attest;
mod bounds;
mod built;
mod check;
mod colour;
mod completions;
mod compression;
mod coverage;
mod defaults;
mod diagnose;
mod diff;
mod dispatch;
mod drawing;
#[cfg_attr(not(feature = "server"), path = "no_server.rs")]
pub mod embedded;
pub mod exit;
mod forecast;
mod gate;
mod github;
mod init;
mod interrupt;
mod judge;
mod known;
mod labels;
mod leases;
mod lint;
mod list;
#[cfg(feature = "load")]
mod load;
mod man;
mod merge;
mod nearest;
mod output;
mod pem;
#[cfg(feature = "server")]
mod private;
mod progress;
mod reasons;
mod replay;
mod report;
mod reports;
mod run;
mod schema;
#[cfg(feature = "server")]
pub mod selftest;
#[cfg(feature = "server")]
mod serve;
mod show;
mod stream;
mod sweep;
mod switch;
mod values;
mod vectors;
mod verify;
mod version;

pub use dispatch::main;
