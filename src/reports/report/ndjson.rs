//! The event stream as lines of JSON.

use std::io;

use super::compact::EventWriter;
use crate::gate::Judged;
use crate::outcome::Event;

/// The whole run as events, the tests in order of their ids.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let (run, mut lines) = (&judged.run, EventWriter::default());
    lines.write(&Event::RunStarted(run.started.clone()), out)?;
    run.cases.iter().try_for_each(|record| lines.write_record(record, out))?;
    if let Some(operations) = run.slow.clone() {
        lines.write(&Event::Slow { operations }, out)?;
    }
    run.finished.map_or(Ok(()), |finished| lines.write(&Event::RunFinished(finished), out))
}
