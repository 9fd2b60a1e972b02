//! Standard output and error. A closed pipe is not an error of ours: what can't be written is dropped. A full disk is reported
//! at the end.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::OnceLock;

use super::colour::Colour;
use crate::report::{View, printable};

/// The error because of which a part of standard output is missing.
static LOST: OnceLock<io::Error> = OnceLock::new();
/// Set if a report has standard output, so that what people read goes to standard error.
static REPORT: OnceLock<()> = OnceLock::new();
/// What `--color` says.
static COLOUR: OnceLock<Colour> = OnceLock::new();

/// The width if that of the terminal is not known.
const WIDTH: usize = 80;
/// The narrowest and the widest output.
const WIDTHS: (usize, usize) = (40, 1_000);
/// How many causes a terminal shows in full.
const CAUSES: usize = 10;

/// Sets `--color`.
pub fn choose(colour: Colour) {
    // Set once, before anything is printed.
    COLOUR.get_or_init(|| colour);
}

/// Leaves standard output to a report: from now on what people read goes to standard error.
pub fn divert() {
    REPORT.get_or_init(|| ());
}

fn is_diverted() -> bool {
    REPORT.get().is_some()
}

/// Writes text as it is to standard output, or to standard error if a report has standard output.
pub fn print(text: &str) {
    if is_diverted() {
        return io::stderr().lock().write_all(text.as_bytes()).unwrap_or_default();
    }
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

/// Writes a line like [`print`].
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

/// Whether what people read goes to a terminal.
fn is_terminal() -> bool {
    if is_diverted() { io::stderr().is_terminal() } else { io::stdout().is_terminal() }
}

/// Columns of what people read: those of `COLUMNS` or of the terminal, otherwise 80.
pub fn width() -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let size = || {
        if is_diverted() {
            terminal_size::terminal_size_of(io::stderr())
        } else {
            terminal_size::terminal_size_of(io::stdout())
        }
    };
    let width: usize = said.or_else(|| size().map(|(width, _)| usize::from(width.0))).unwrap_or(WIDTH);
    width.clamp(WIDTHS.0, WIDTHS.1)
}

/// How a summary is shown.
pub fn view() -> View {
    let colour = COLOUR.get().copied().unwrap_or_default();
    let usual = View::default();
    View {
        width: width(),
        colour: colour.applies(|name| std::env::var(name).ok(), is_terminal()),
        full: if is_terminal() { CAUSES } else { usual.full },
        ..usual
    }
}
