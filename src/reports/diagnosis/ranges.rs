//! Sets of small numbers as text: `0-3,7`.

/// The text of sorted numbers.
pub fn text(numbers: &[usize]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = numbers;
    while let Some(first) = rest.first() {
        let run = rest.iter().zip(*first..).take_while(|(number, next)| *number == next).count();
        parts.push(if run == 1 { first.to_string() } else { format!("{first}-{}", first + run - 1) });
        rest = &rest[run..];
    }
    parts.join(",")
}

/// Reads the text; `None` if it is not one, or if a number is not below `end`.
pub fn read(text: &str, end: usize) -> Option<Vec<usize>> {
    let mut numbers = Vec::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if last >= end {
            return None;
        }
        numbers.extend(first..=last);
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for (numbers, written) in [(&[][..], ""), (&[4], "4"), (&[0, 1, 2, 5, 7, 8], "0-2,5,7-8")] {
            assert_eq!(text(numbers), written);
            assert_eq!(read(written, 9).as_deref(), Some(numbers));
        }
        for wrong in ["9", "0-9", "a", "1-", "-1", "1-99999999999999999999"] {
            assert_eq!(read(wrong, 9), None, "{wrong}");
        }
    }
}
