//! The book beside a list of subjects: who has which parts of them.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::parts::Parts;

/// The first line of a book.
const HEAD: &str = "proofmark leases 1";
/// The content of a book that is about to be removed: a process that has opened it before opens it again.
const CLOSED: &str = "proofmark leases closed";

/// Who has a lease.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The verb: `run`, `load`.
    pub what: String,
    /// Id of its process, on its machine.
    pub process: u32,
    /// When it began, in RFC 3339.
    pub since: String,
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (process {}, since {})", self.what, self.process, self.since)
    }
}

/// A lease as it is written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Entry {
    pub holder: Holder,
    /// Name of the file whose lock is the sign of life.
    pub sign: String,
    pub parts: Parts,
    /// Leases with the same word here do not exclude each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<String>,
}

impl Entry {
    /// Whether its process is alive. The sign of a dead process is removed.
    pub(super) fn is_alive(&self, directory: &Path) -> bool {
        let path = directory.join(&self.sign);
        let Ok(sign) = OpenOptions::new().read(true).write(true).open(&path) else { return path.exists() };
        match sign.try_lock() {
            Ok(()) => {
                // It does no harm if it stays.
                std::fs::remove_file(&path).unwrap_or_default();
                false
            }
            Err(_) => true,
        }
    }
}

/// An open book that nobody else writes at the same time.
pub(super) struct Book {
    file: File,
    path: PathBuf,
    pub entries: Vec<Entry>,
}

/// The result of the try to open a book.
pub(super) enum Opened {
    Book(Book),
    /// Somebody else is writing.
    Locked,
    /// The file is something else.
    Foreign,
}

/// The path of the book of a list.
pub(super) fn path_of(list: &Path) -> PathBuf {
    let mut name = list.file_name().unwrap_or_default().to_owned();
    name.push(".leases");
    list.with_file_name(name)
}

impl Book {
    /// Opens the book at a path, or begins one.
    pub(super) fn open(path: &Path) -> io::Result<Opened> {
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Opened::Locked),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let text = String::from_utf8_lossy(&text);
        let (head, body) = text.split_once('\n').unwrap_or((&text, ""));
        if head == CLOSED {
            return Ok(Opened::Locked);
        }
        if !text.is_empty() && head != HEAD {
            return Ok(Opened::Foreign);
        }
        // Cut off by a machine that died: the process that wrote it is gone too.
        let entries = body.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ok(Opened::Book(Book { file, path: path.to_owned(), entries }))
    }

    /// Writes the entries; without entries the file is removed.
    pub(super) fn write(mut self) -> io::Result<()> {
        let mut text = format!("{HEAD}\n");
        for entry in &self.entries {
            text.push_str(&serde_json::to_string(entry)?);
            text.push('\n');
        }
        let is_over = self.entries.is_empty();
        let text = if is_over { CLOSED } else { &text };
        self.file.seek(SeekFrom::Start(0))?;
        self.file.set_len(0)?;
        self.file.write_all(text.as_bytes())?;
        if is_over { std::fs::remove_file(&self.path) } else { Ok(()) }
    }
}
