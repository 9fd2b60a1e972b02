//! `--report NAME=PATH`, or `--to`: checked before the run, written aside and renamed after it. The event stream of a run is
//! also written while the run goes on, so that findings are not lost if the process is killed.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::exit::{Exit, Failure};
use super::{compression, output};
use crate::gate::Judged;
use crate::outcome::Event;
use crate::report::{EventWriter, REPORTS, Report};

/// The report that is the stream of events.
const STREAM: &str = "ndjson";

/// One report to write.
pub struct Destination<T: 'static = Judged> {
    report: &'static Report<T>,
    path: PathBuf,
    place: Place,
}

enum Place {
    /// Standard output.
    Output,
    /// A place that can't be replaced, such as a pipe: it is written directly.
    Device(File),
    /// A file, and next to it the stream that is written while the run goes on.
    File(PathBuf, Option<(Aside, File)>),
}

/// A file next to that of a report, until it takes its place. It is removed when this is dropped.
struct Aside {
    path: PathBuf,
    place: PathBuf,
}

/// Every [`Aside`] of the process, and whether it holds the stream of a run.
static ASIDES: Mutex<Vec<(PathBuf, PathBuf, bool)>> = Mutex::new(Vec::new());

impl Aside {
    fn create(place: &Path) -> io::Result<(Aside, File)> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let mut name = place.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
        let path = place.with_file_name(name);
        let file = File::create(&path)?;
        Self::all(|asides| asides.push((path.clone(), place.to_owned(), false)));
        Ok((Aside { path, place: place.to_owned() }, file))
    }

    fn all(change: impl FnOnce(&mut Vec<(PathBuf, PathBuf, bool)>)) {
        change(&mut ASIDES.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Takes the place of the report.
    fn publish(&self) -> io::Result<()> {
        std::fs::rename(&self.path, &self.place)
    }

    /// Whether it is a stream that is worth keeping if the process is ended.
    fn is_stream(&self) -> bool {
        let mut is_stream = false;
        Self::all(|asides| is_stream = asides.iter().any(|(path, _, is_stream)| *path == self.path && *is_stream));
        is_stream
    }

    fn set_stream(&self, is_stream: bool) {
        Self::all(|asides| {
            asides.iter_mut().filter(|(path, ..)| *path == self.path).for_each(|aside| aside.2 = is_stream);
        });
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        Self::all(|asides| asides.retain(|(path, ..)| *path != self.path));
        // After publishing there is no such file, so that removing it fails; this is expected.
        std::fs::remove_file(&self.path).unwrap_or_default();
    }
}

/// Before the process is ended: streams take their place, half-written reports are removed.
pub fn abandon() {
    Aside::all(|asides| {
        for (path, place, is_stream) in asides.drain(..) {
            let done = if is_stream { std::fs::rename(&path, &place) } else { std::fs::remove_file(&path) };
            // An error can't be reported any more.
            done.unwrap_or_default();
        }
    });
}

/// The event streams among the reports of a run, written aside while it goes on.
pub struct Streams<'d> {
    files: Vec<(&'d Aside, &'d File)>,
    lines: EventWriter,
}

impl<'d> Streams<'d> {
    /// Those of these reports that go to files.
    pub fn of(destinations: &'d [Destination]) -> Streams<'d> {
        let stream = |destination: &'d Destination| match &destination.place {
            Place::File(_, Some((aside, file))) => Some((aside, file)),
            _ => None,
        };
        Streams { files: destinations.iter().filter_map(stream).collect(), lines: EventWriter::default() }
    }

    /// Writes one event, whole lines at once. A stream that can't be written is abandoned; the report at the end says why.
    pub fn write(&mut self, event: &Event) {
        if self.files.is_empty() {
            return;
        }
        let mut text = Vec::new();
        // Writing to a vector can't fail.
        self.lines.write(event, &mut text).unwrap_or_default();
        self.files.retain_mut(|(aside, file)| {
            let written = file.write_all(&text).is_ok();
            aside.set_stream(written);
            written
        });
    }
}

/// The help of an option that takes reports.
pub fn help() -> String {
    format!("{} (see `list reports`)", help_of(REPORTS))
}

/// The same for other formats.
pub fn help_of<T>(formats: &[Report<T>]) -> String {
    format!(
        "Write a report, as NAME=PATH with NAME one of {}; PATH - is standard output, and a PATH that ends in .gz or .zst \
         is compressed; can be repeated",
        names(formats)
    )
}

/// The names of all formats.
fn names<T>(formats: &[Report<T>]) -> String {
    formats.iter().map(|report| report.name).collect::<Vec<_>>().join(", ")
}

/// Reads the options and opens a file beside each path, so that a path that can't be written is reported before the run.
pub fn open(options: &[String]) -> Result<Vec<Destination>, Failure> {
    open_of(REPORTS, "--report", options)
}

/// The same for other formats.
pub fn open_of<T>(
    formats: &'static [Report<T>],
    flag: &str,
    options: &[String],
) -> Result<Vec<Destination<T>>, Failure> {
    let mut destinations: Vec<Destination<T>> = Vec::new();
    for option in options {
        let destination = destination(formats, flag, option)?;
        if destinations.iter().any(|other| other.path == destination.path) {
            let message = format!(
                "{flag} {option}: another report is written to the same file; give each report a file of its own"
            );
            return Err(Failure::text(Exit::Usage, message));
        }
        destinations.push(destination);
    }
    Ok(destinations)
}

fn destination<T>(formats: &'static [Report<T>], flag: &str, option: &str) -> Result<Destination<T>, Failure> {
    let usage = |text: String| Failure::text(Exit::Usage, text);
    let Some((name, path)) = option.split_once('=').filter(|(_, path)| !path.is_empty()) else {
        return Err(usage(format!("{flag} {option}: write NAME=PATH, for example junit=report.xml")));
    };
    let Some(report) = formats.iter().find(|report| report.name == name) else {
        return Err(usage(format!("{flag} {option}: there is no report `{name}`; there are {}", names(formats))));
    };
    let path = PathBuf::from(path);
    if is_output(&path) {
        output::divert();
        return Ok(Destination { report, path, place: Place::Output });
    }
    if path.is_dir() {
        return Err(usage(format!("{flag} {option}: {} is a directory", path.display())));
    }
    let place = open_place(&path, report.name == STREAM);
    let place = place.map_err(|error| usage(format!("{flag} {option}: {}: {error}", path.display())))?;
    Ok(Destination { report, path, place })
}

/// Devices and pipes can't be replaced, and a link is followed. It is tried whether the file can be written.
fn open_place(path: &Path, is_stream: bool) -> io::Result<Place> {
    let found = std::fs::metadata(path).ok();
    if found.is_some_and(|found| !found.is_file()) {
        return OpenOptions::new().write(true).open(path).map(Place::Device);
    }
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let tried = Aside::create(&place)?;
    Ok(Place::File(place, is_stream.then_some(tried)))
}

/// Whether a path stands for standard output.
fn is_output(path: &Path) -> bool {
    path == Path::new("-")
}

/// The file of the event stream, if it is one of the reports.
pub fn stream(destinations: &[Destination]) -> Option<&Path> {
    destinations
        .iter()
        .find(|destination| destination.report.name == STREAM && !is_output(&destination.path))
        .map(|destination| destination.path.as_path())
}

/// Writes every report. All are tried, and every failure is reported.
pub fn write<T>(destinations: &[Destination<T>], judged: &T) -> Result<Vec<PathBuf>, Failure> {
    let (mut written, mut failed) = (Vec::new(), Vec::new());
    for destination in destinations {
        let Destination { report, path, .. } = destination;
        match write_one(destination, judged) {
            Ok(()) if is_output(path) => {}
            Ok(()) => written.push(path.clone()),
            Err(error) => failed.push(format!("report {}: {}: {error}", report.name, path.display())),
        }
    }
    if failed.is_empty() {
        return Ok(written);
    }
    written.iter().for_each(|path| output::note(&format!("wrote {}", path.display())));
    Err(Failure::text(Exit::Unwritten, failed.join("\n")))
}

fn write_one<T>(destination: &Destination<T>, judged: &T) -> Result<(), String> {
    let write = |file: &mut dyn io::Write| {
        let mut sink = Sink { file, failed: None };
        let mut out = BufWriter::new(&mut sink);
        let content = |out: &mut dyn io::Write| (destination.report.write)(judged, out);
        let written = compression::write(&destination.path, &mut out, content).and_then(|()| out.flush());
        drop(out);
        written.map_err(|error| sink.failed.take().map_or(error, io::Error::from))
    };
    let (place, stream) = match &destination.place {
        Place::Output => {
            return match write(&mut io::stdout().lock()) {
                // Nobody reads it any more.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                written => written.map_err(|error| error.to_string()),
            };
        }
        Place::Device(file) => return write(&mut &*file).map_err(|error| error.to_string()),
        Place::File(place, stream) => (place, stream),
    };
    let written = Aside::create(place).and_then(|(aside, mut file)| write(&mut file).and_then(|()| aside.publish()));
    written.map_err(|error| {
        let kept = stream.as_ref().is_some_and(|(aside, _)| aside.is_stream() && aside.publish().is_ok());
        if kept {
            format!("{error}; the file holds the events that were written during the run")
        } else {
            error.to_string()
        }
    })
}

/// A file that remembers why it could not be written: serializers do not say it.
struct Sink<'f> {
    file: &'f mut dyn io::Write,
    failed: Option<Failed>,
}

/// The kind and the words of an error.
struct Failed(io::ErrorKind, String);

impl From<Failed> for io::Error {
    fn from(Failed(kind, words): Failed) -> io::Error {
        io::Error::new(kind, words)
    }
}

impl io::Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).inspect_err(|error| self.failed = Some(Failed(error.kind(), error.to_string())))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
