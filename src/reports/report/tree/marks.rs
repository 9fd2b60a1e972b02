//! Compares bytes with bytes: which of them differ.

use std::fmt::Write as _;

use serde::Serialize;

use crate::words::plural;

/// Bytes compared with those of the good one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Marks {
    /// How they differ, in words; empty if they don't.
    pub words: String,
    /// What was sent.
    pub sent: Vec<Run>,
    /// The good one; empty if it is the same, or if there is none.
    pub good: Vec<Run>,
}

/// Bytes in a row that all differ, or that are all equal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Whether they differ.
    pub marked: bool,
    /// How many they are.
    pub length: usize,
    /// Hexadecimal: all, or the first ones.
    pub head: String,
    /// Bytes between head and tail that are not shown.
    pub cut: usize,
    /// Hexadecimal: the last ones, if some are not shown.
    pub tail: String,
}

/// How many bytes are shown at each end of a run that does not differ.
const CONTEXT: usize = 8;
/// How many bytes are shown at each end of a run that differs.
const MARKED: usize = 32;
/// How many runs are shown.
const RUNS: usize = 48;

/// Bytes that have nothing to be compared with.
pub fn plain(bytes: &[u8]) -> Marks {
    Marks { words: String::new(), sent: vec![run(bytes, false, 2 * CONTEXT)], good: Vec::new() }
}

/// Bytes that are only on one side: all are added, or all are missing.
pub fn whole(bytes: &[u8], missing: bool) -> Marks {
    let all = vec![run(bytes, true, MARKED)];
    let (sent, good) = if missing { (Vec::new(), all) } else { (all, Vec::new()) };
    Marks { words: String::new(), sent, good }
}

/// The bytes that were sent, compared with the good ones.
pub fn beside(sent: &[u8], good: &[u8]) -> Marks {
    if sent.len() == good.len() {
        return in_place(sent, good);
    }
    let before = sent.iter().zip(good).take_while(|(a, b)| a == b).count();
    let (sent_rest, good_rest) = (&sent[before..], &good[before..]);
    let after = sent_rest.iter().rev().zip(good_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let split = |bytes: &[u8]| {
        let end = bytes.len() - after;
        let runs = [(&bytes[..before], false), (&bytes[before..end], true), (&bytes[end..], false)];
        runs.into_iter().filter(|(bytes, _)| !bytes.is_empty()).map(|(bytes, marked)| context(bytes, marked)).collect()
    };
    let (new, old) = (sent_rest.len() - after, good_rest.len() - after);
    let words = match (new, old) {
        (new, 0) => format!("{} inserted at offset {before}", count(new)),
        (0, old) => format!("{} deleted at offset {before}", count(old)),
        (new, old) => format!("{} at offset {before} replaced by {new}", count(old)),
    };
    Marks { words, sent: split(sent), good: split(good) }
}

/// The same number of bytes on both sides: each is compared with the one at its place.
fn in_place(sent: &[u8], good: &[u8]) -> Marks {
    let differs: Vec<bool> = sent.iter().zip(good).map(|(a, b)| a != b).collect();
    let Some(first) = differs.iter().position(|differs| *differs) else { return plain(sent) };
    let number = differs.iter().filter(|differs| **differs).count();
    let all = if number == sent.len() { "all " } else { "" };
    let verb = if number == 1 { "differs" } else { "differ" };
    let words = format!("{all}{} {verb}, from offset {first}", count(number));
    let split = |bytes: &[u8]| {
        let mut runs = Vec::new();
        let mut start = 0;
        for stretch in differs.chunk_by(|a, b| a == b) {
            let end = start + stretch.len();
            if runs.len() == RUNS {
                runs.push(run(&bytes[start..], true, MARKED));
                break;
            }
            runs.push(context(&bytes[start..end], stretch[0]));
            start = end;
        }
        runs
    };
    Marks { words, sent: split(sent), good: split(good) }
}

fn context(bytes: &[u8], marked: bool) -> Run {
    run(bytes, marked, if marked { MARKED } else { CONTEXT })
}

fn run(bytes: &[u8], marked: bool, shown: usize) -> Run {
    let length = bytes.len();
    if length <= 2 * shown + 4 {
        return Run { marked, length, head: hex(bytes), cut: 0, tail: String::new() };
    }
    let (head, tail) = (hex(&bytes[..shown]), hex(&bytes[length - shown..]));
    Run { marked, length, head, cut: length - 2 * shown, tail }
}

/// `1 byte` or `n bytes`.
pub fn count(number: usize) -> String {
    plural(number, "byte")
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(runs: &[Run]) -> Vec<(bool, &str)> {
        runs.iter().map(|run| (run.marked, run.head.as_str())).collect()
    }

    #[test]
    fn changed_bytes_are_marked_in_place() {
        let marks = beside(&[1, 2, 3, 4], &[1, 9, 3, 8]);
        assert_eq!(marks.words, "2 bytes differ, from offset 1");
        assert_eq!(shape(&marks.sent), [(false, "01"), (true, "02"), (false, "03"), (true, "04")]);
        assert_eq!(shape(&marks.good), [(false, "01"), (true, "09"), (false, "03"), (true, "08")]);
        assert_eq!(beside(&[7], &[7]), plain(&[7]));
        assert_eq!(beside(&[7], &[8]).words, "all 1 byte differs, from offset 0");
    }

    #[test]
    fn what_came_in_and_what_went_is_told_with_its_length() {
        let inserted = beside(&[1, 2, 2, 3], &[1, 3]);
        assert_eq!(inserted.words, "2 bytes inserted at offset 1");
        assert_eq!(shape(&inserted.sent), [(false, "01"), (true, "0202"), (false, "03")]);
        assert_eq!(shape(&inserted.good), [(false, "01"), (false, "03")]);
        assert_eq!(beside(&[1, 2], &[1, 2, 3]).words, "1 byte deleted at offset 2");
        assert_eq!(beside(&[1, 5, 6, 3], &[1, 2, 3]).words, "1 byte at offset 1 replaced by 2");
        assert_eq!(beside(&[], &[1]).words, "1 byte deleted at offset 0");
        let repeated = beside(&[0, 0, 0], &[0, 0]);
        assert_eq!(repeated.words, "1 byte inserted at offset 2");
    }

    #[test]
    fn long_runs_and_many_runs_are_cut() {
        let mut long = vec![0; 1_000_000];
        let good = long.clone();
        long[500_000] = 1;
        let marks = beside(&long, &good);
        assert_eq!(marks.sent.iter().map(|run| run.length).collect::<Vec<_>>(), [500_000, 1, 499_999]);
        assert_eq!((marks.sent[0].head.len(), marks.sent[0].cut, marks.sent[0].tail.len()), (16, 499_984, 16));
        let alternating: Vec<u8> = (0..1000).map(|index| u8::from(index % 2 == 0)).collect();
        let marks = beside(&alternating, &[0; 1000]);
        assert_eq!(marks.sent.len(), RUNS + 1);
        assert_eq!(marks.sent.iter().map(|run| run.length).sum::<usize>(), 1000);
    }
}
