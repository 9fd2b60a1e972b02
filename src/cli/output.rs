//! Standard output and error. A closed pipe is not an error of ours: what can't be written is dropped. A full disk is reported
//! at the end.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;

use crate::report::{View, printable};

/// The error because of which a part of standard output is missing.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Writes text to standard output as it is.
pub fn print(text: &str) {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            // The first error says why.
            LOST.set(error).unwrap_or_default();
        }
        _ => {}
    }
}

/// The error because of which a part of standard output is missing although somebody reads it.
pub fn lost() -> Option<&'static io::Error> {
    LOST.get()
}

/// Writes a line to standard output.
pub fn line(text: &str) {
    print(&format!("{text}\n"));
}

/// Writes lines to standard error. Errors quote targets, files and commands, so control characters are made visible.
pub fn note(text: &str) {
    let lines: Vec<String> = text.trim_end().lines().map(printable).collect();
    writeln!(io::stderr().lock(), "{}", lines.join("\n")).unwrap_or_default();
}

/// Writes an error to standard error.
pub fn error(text: &str) {
    note(&format!("error: {text}"));
}

/// Whether a person watches: standard error is a terminal, and no CI service says otherwise.
pub fn is_watched() -> bool {
    io::stderr().is_terminal() && std::env::var_os("CI").is_none()
}

/// How a summary is shown on standard output: broken at the width of the terminal or of `COLUMNS`; elsewhere in whole lines.
pub fn view() -> View {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let measured = || terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0));
    View { width: said.or_else(measured), ..View::default() }
}
