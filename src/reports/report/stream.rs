//! Reads an event stream back as a run, within bounds. The run may have died while it was written.

use std::io::{self, BufRead, Read as _};

use serde::Deserialize;
use thiserror::Error;

use super::compact::EventReader;
use crate::outcome::{Event, RunRecord};

/// The most bytes of a line. Our longest line has a credential of a megabyte in four forms.
const LONGEST_LINE: u64 = 64 << 20;

/// What was read.
#[derive(Debug)]
pub struct Stream {
    /// The run, as far as it was written; without a last event if it died.
    pub run: RunRecord,
    /// The last line (from 1), if it was cut off and is left out.
    pub cut: Option<usize>,
}

/// A text that is not an event stream of proofmark.
#[derive(Debug, Error)]
pub enum StreamError {
    /// The reader failed, or the text is not UTF-8.
    #[error("line {line}: {source}")]
    Read {
        /// From 1.
        line: usize,
        /// The error of the reader.
        source: io::Error,
    },
    /// No line at all.
    #[error("line 1: it is empty; give the file that `proofmark run --report ndjson=PATH` wrote")]
    Empty,
    /// A line without end.
    #[error(
        "line {line}: it is longer than {LONGEST_LINE} bytes; give the file that `proofmark run --report ndjson=PATH` wrote"
    )]
    TooLong {
        /// From 1.
        line: usize,
    },
    /// The first line does not start a run.
    #[error(
        "line 1: this does not start a run ({message}); give the file that `proofmark run --report ndjson=PATH` wrote"
    )]
    NoStart {
        /// What is wrong.
        message: String,
    },
    /// A stream of another format.
    #[error(
        "line 1: the stream has format {found}, this proofmark reads formats {} to {}; use the version that wrote it, {version}",
        Event::OLDEST,
        Event::FORMAT
    )]
    Format {
        /// The format.
        found: u64,
        /// The version of proofmark that wrote it, as far as it says so.
        version: String,
    },
    /// A line that is not an event.
    #[error(
        "line {line}: this is not an event ({message}); the file was changed, or lines are missing: write the file again"
    )]
    NoEvent {
        /// From 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// Something after the end, or a second beginning.
    #[error(
        "line {line}: another run starts here, or the run has already ended; write each run into a file of its own"
    )]
    SecondRun {
        /// From 1.
        line: usize,
    },
}

/// Reads one run.
///
/// # Errors
/// [`StreamError`], with the line and how to fix it. A stream that just ends early is not an error.
pub fn read_run(mut input: impl BufRead) -> Result<Stream, StreamError> {
    let (mut events, mut lines) = (Vec::new(), EventReader::default());
    let mut cut = None;
    let mut ended = false;
    for line in 1.. {
        let Some(text) = read_line(&mut input, line)? else { break };
        if line == 1 {
            check_start(&text)?;
        } else if ended {
            return Err(StreamError::SecondRun { line });
        }
        match lines.read(&text) {
            Ok(None) => {}
            Ok(Some(Event::RunStarted(_))) if line > 1 => return Err(StreamError::SecondRun { line }),
            Ok(Some(event)) => {
                ended = matches!(event, Event::RunFinished(_));
                events.push(event);
            }
            // The process, or its disk, ended within the line.
            Err(error) if line > 1 && error.is_eof() && !text.ends_with('\n') => cut = Some(line),
            Err(error) => return Err(StreamError::NoEvent { line, message: error.to_string() }),
        }
    }
    let run = RunRecord::fold(events).ok_or(StreamError::Empty)?;
    Ok(Stream { run, cut })
}

/// The next line with its end, if it has one. `None` after the last.
fn read_line(input: &mut impl BufRead, line: usize) -> Result<Option<String>, StreamError> {
    let mut bytes = Vec::new();
    let failed = |source| StreamError::Read { line, source };
    input.take(LONGEST_LINE + 1).read_until(b'\n', &mut bytes).map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LONGEST_LINE {
        return Err(StreamError::TooLong { line });
    }
    if bytes.is_empty() {
        return Ok(None);
    }
    let whole = bytes.ends_with(b"\n");
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(text)),
        // Cut off within a character: this is not an event either.
        Err(error) if !whole => Ok(Some(String::from_utf8_lossy(error.as_bytes()).into_owned())),
        Err(error) => Err(failed(io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))),
    }
}

/// The part of the first line that is read before its format is known.
#[derive(Deserialize)]
struct Start {
    event: String,
    format: u64,
    #[serde(default)]
    version: String,
}

fn check_start(text: &str) -> Result<(), StreamError> {
    let start: Start =
        serde_json::from_str(text).map_err(|error| StreamError::NoStart { message: error.to_string() })?;
    if start.event != "run-started" {
        return Err(StreamError::NoStart { message: format!("the event is {}", start.event) });
    }
    if !(u64::from(Event::OLDEST)..=u64::from(Event::FORMAT)).contains(&start.format) {
        return Err(StreamError::Format { found: start.format, version: start.version });
    }
    Ok(())
}
