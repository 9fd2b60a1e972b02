//! Credentials in bulk from throw-away test keys: key pairs and nonces that cost an addition each, and templates around them.

mod bulk;
mod key_chain;
mod walk;
mod wanted;

pub use bulk::{BulkAuthenticator, BulkCredential, BulkError};
pub use key_chain::{ChainedKey, KeyChain};

#[cfg(test)]
mod tests;
