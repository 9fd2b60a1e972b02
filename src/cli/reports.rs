//! `--report NAME=PATH`, or `--to`: checked before the run, written aside and renamed after it.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::exit::{Exit, Failure};
use crate::gate::Judged;
use crate::report::{REPORTS, Report};

/// One report to write. What was opened and not written is removed when this is dropped.
pub struct Destination<T: 'static = Judged> {
    report: &'static Report<T>,
    path: PathBuf,
    aside: PathBuf,
    file: File,
}

impl<T> Drop for Destination<T> {
    fn drop(&mut self) {
        // After it was written there is none; that it can't be removed is no news.
        std::fs::remove_file(&self.aside).unwrap_or_default();
    }
}

/// The help of an option that takes reports.
pub fn help() -> String {
    format!("{} (see `list reports`)", help_of(REPORTS))
}

/// The same for other formats.
pub fn help_of<T>(formats: &[Report<T>]) -> String {
    format!("Write a report, as NAME=PATH with NAME one of {}; can be repeated", names(formats))
}

/// The names of all formats.
fn names<T>(formats: &[Report<T>]) -> String {
    formats.iter().map(|report| report.name).collect::<Vec<_>>().join(", ")
}

/// Reads the options and opens a file beside each path, so that a path that can't be written is told before the run.
pub fn open(options: &[String]) -> Result<Vec<Destination>, Failure> {
    open_as("--report", options)
}

/// The same for another option.
pub fn open_as(flag: &str, options: &[String]) -> Result<Vec<Destination>, Failure> {
    open_of(REPORTS, flag, options)
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
            let message = format!("{flag} {option}: another report goes to the same file; give each its own");
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
    if path.is_dir() {
        return Err(usage(format!("{flag} {option}: {} is a directory", path.display())));
    }
    let aside = aside(&path);
    let file = File::create(&aside).map_err(|error| usage(format!("{flag} {option}: {}: {error}", path.display())))?;
    Ok(Destination { report, path, aside, file })
}

/// Where the event stream goes, if it is one of the reports.
pub fn stream(destinations: &[Destination]) -> Option<&Path> {
    destinations
        .iter()
        .find(|destination| destination.report.name == "ndjson")
        .map(|destination| destination.path.as_path())
}

fn aside(path: &Path) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.part", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

/// Writes every report; all are tried, the first error is told.
pub fn write<T>(destinations: &[Destination<T>], judged: &T) -> Result<Vec<PathBuf>, Failure> {
    let written: Vec<Result<PathBuf, Failure>> =
        destinations.iter().map(|destination| write_one(destination, judged)).collect();
    written.into_iter().collect()
}

fn write_one<T>(destination: &Destination<T>, judged: &T) -> Result<PathBuf, Failure> {
    let Destination { report, path, aside, file } = destination;
    let mut out = BufWriter::new(file);
    let written =
        (report.write)(judged, &mut out).and_then(|()| out.flush()).and_then(|()| std::fs::rename(aside, path));
    match written {
        Ok(()) => Ok(path.clone()),
        Err(error) => {
            Err(Failure::text(Exit::Internal, format!("report {}: {}: {error}", report.name, path.display())))
        }
    }
}
