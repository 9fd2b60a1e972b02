//! Changes of bytes that several families make.

use crate::authenticator::error::MutationError;

pub(super) fn flip_last_bit(bytes: &mut [u8]) -> Result<(), MutationError> {
    let last = bytes.last_mut().ok_or(MutationError::Impossible("there is no byte to change".to_owned()))?;
    *last ^= 1;
    Ok(())
}

/// Keeps the first bytes, fewer than there are.
pub(super) fn keep(bytes: &mut Vec<u8>, length: usize) -> Result<(), MutationError> {
    if length >= bytes.len() {
        return Err(MutationError::Shorter(bytes.len()));
    }
    bytes.truncate(length);
    Ok(())
}
