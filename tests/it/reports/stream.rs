//! Event streams as they are found: whole, cut off, of another version, and no streams at all.

use std::io::{BufReader, Read};

use proofmark::outcome::Statement;
use proofmark::report::{self, Stream, StreamError};

use super::{run, written};

fn read(text: impl AsRef<[u8]>) -> Result<Stream, StreamError> {
    report::read_run(text.as_ref())
}

#[test]
fn a_whole_stream_is_the_run() {
    let run = run();
    let text = written("ndjson", &run);
    let stream = read(&text).expect("our own lines");
    assert_eq!((stream.run, stream.cut), (run.run.clone(), None));
    let stream = read(text.trim_end()).expect("the last line needs no end");
    assert_eq!((stream.run, stream.cut), (run.run, None));
}

/// Wherever the run died, what was written is there, and it is never conformant.
#[test]
fn a_stream_can_end_anywhere_after_its_first_line() {
    let mut clean = run();
    clean.run.cases.retain(|case| case.verdict == proofmark::outcome::Verdict::Pass);
    clean.run.started.tests = clean.run.cases.len() - 1;
    clean.run.started.available = clean.run.cases.len() - 1;
    assert_eq!(clean.run.statement(), Statement::Conformant);
    let text = written("ndjson", &clean);
    let first = text.find('\n').expect("a line") + 1;
    let whole = text.len() - 1;
    for end in first..whole {
        let stream = read(&text.as_bytes()[..end]).unwrap_or_else(|error| panic!("{end}: {error}"));
        let before = text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(stream.run.statement(), Statement::Partial, "{end}");
        let is_line = text.as_bytes()[end - 1] == b'\n' || text.as_bytes()[end] == b'\n';
        assert_eq!(stream.cut, if is_line { None } else { Some(before + 1) }, "{end}");
    }
}

#[test]
fn what_is_no_stream_is_named_with_its_line() {
    let text = written("ndjson", &run());
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let other = lines[0].replace("\"format\":5", "\"format\":6").replace("\"0.0.0\"", "\"9.1.0\"");
    let table: [(Vec<u8>, &str); 12] = [
        (Vec::new(), "line 1: it is empty; give the file that"),
        (b"<testsuites/>".to_vec(), "line 1: this does not start a run (expected value"),
        (b"\n".to_vec(), "line 1: this does not start a run ("),
        (lines[0].as_bytes()[..40].to_vec(), "line 1: this does not start a run ("),
        (joined(&lines[1..]).into_bytes(), "line 1: this does not start a run (missing field `format`"),
        (
            joined(&[&other, lines[1]]).into_bytes(),
            "line 1: the stream has format 6, this proofmark reads formats 3 to 5; use the version that wrote it, 9.1.0",
        ),
        (joined(&[lines[0], "{}", lines[1]]).into_bytes(), "line 2: this is not an event (missing field `event`"),
        (joined(&[lines[0], lines[1], &lines[2][..30], lines[3]]).into_bytes(), "line 3: this is not an event ("),
        (format!("{}\n{}", lines[0], "nonsense").into_bytes(), "line 2: this is not an event ("),
        (
            joined(&[lines[0], lines[1], lines[0]]).into_bytes(),
            "line 3: another run starts here, or the run has already ended",
        ),
        (
            [text.as_bytes(), lines[1].as_bytes()].concat(),
            "line 20: another run starts here, or the run has already ended",
        ),
        ([lines[0].as_bytes(), b"\n\xff\xfe{\n", lines[1].as_bytes()].concat(), "line 2: invalid utf-8"),
    ];
    for (text, words) in table {
        let error = read(&text).expect_err(words).to_string();
        assert!(error.starts_with(words), "{error}\nis not: {words}");
        assert!(!error.chars().any(char::is_control), "{error:?}");
    }
}

#[test]
fn a_line_without_end_is_given_up() {
    let endless = BufReader::new(std::io::repeat(b'x').take(1 << 40));
    let error = report::read_run(endless).expect_err("no line").to_string();
    assert!(error.starts_with("line 1: it is longer than 67108864 bytes"), "{error}");
}
