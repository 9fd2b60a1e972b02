//! The event stream as lines of JSON.

use std::io;

use crate::gate::Judged;
use crate::outcome::Event;

/// Writes one event as a line.
///
/// # Errors
/// Errors of the writer.
pub fn write_event(event: &Event, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, event).map_err(io::Error::other)?;
    out.write_all(b"\n")
}

/// The whole run as events, the tests in order of their ids.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let run = &judged.run;
    write_event(&Event::RunStarted(run.started.clone()), out)?;
    for case in &run.cases {
        write_event(&Event::CaseFinished(Box::new(case.clone())), out)?;
    }
    if let Some(operations) = run.slow.clone() {
        write_event(&Event::Slow { operations }, out)?;
    }
    run.finished.map_or(Ok(()), |finished| write_event(&Event::RunFinished(finished), out))
}
