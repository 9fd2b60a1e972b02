//! The record as it is, written and read.

use std::io;

use crate::outcome::load::LoadRecord;

/// The record as JSON; schema: `reports/schemas/load.schema.json`.
pub(super) fn write(record: &LoadRecord, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, record)?;
    out.write_all(b"\n")
}

/// A text that is not a record of a load run.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It does not have the format.
    #[error("this is not a record of a load run: {0}")]
    Json(#[from] serde_json::Error),
    /// It has another version of the format.
    #[error("its format is {0}, and this proofmark reads {format}", format = LoadRecord::FORMAT)]
    Format(u32),
}

/// Reads what `write` writes.
///
/// # Errors
/// [`ReadError`]
pub fn read(text: &[u8]) -> Result<LoadRecord, ReadError> {
    #[derive(serde::Deserialize)]
    struct Form {
        format: u32,
    }
    let Form { format } = serde_json::from_slice(text)?;
    if format != LoadRecord::FORMAT {
        return Err(ReadError::Format(format));
    }
    Ok(serde_json::from_slice(text)?)
}
