//! Finds values in the answers of a target, in every form in which it may show them: as they are, percent-encoded, in base64 at
//! each alignment and in either alphabet, in hexadecimal.
//!
//! The bytes are scanned once, however many values there are, and a new value costs a few entries of a table: the table has the last
//! eight bytes of each form. If the table has eight bytes of the text, the whole form is compared.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::ends::Ends;
use super::percent;

/// Bytes of a form that the table knows.
const WINDOW: usize = 8;
/// Shorter values occur in replies by chance.
const LEAST: usize = 12;
/// Values with fewer different bytes can be guessed, such as a number with zeros before it.
const LEAST_DIFFERENT: usize = 5;
/// Bits that say which word of the filter: 256 KiB of it.
const FILTER: u32 = 15;
/// The maximum number of values that are looked for; later ones are ignored, so that neither memory nor time grows without bound.
const MOST: usize = 100_000;
/// Characters of base64 for three bytes.
const QUAD: usize = 4;
/// 2^64 divided by the golden ratio: spreads similar values.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// Without padding, and lenient about unused bits.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// How a value has to occur in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stands {
    /// Anywhere: no longer value begins or ends with it.
    Anywhere,
    /// As a word of its own: it may be the beginning of another value, as `user-1` is of `user-12`.
    AsWord,
}

/// A value's number, in the order in which values came.
pub type Mark = usize;

/// Many texts by their last eight bytes, which say at once that a longer text has none of them.
#[derive(Default)]
pub(super) struct Forms {
    filter: Filter,
    by_end: RwLock<HashMap<u64, Vec<Arc<str>>>>,
}

/// Two bits for each known end.
struct Filter(Box<[AtomicU64]>);

/// Many values, and the table that finds them. Can be searched while values are added.
#[derive(Default)]
pub struct Marks {
    filter: Filter,
    table: RwLock<Table>,
}

#[derive(Default)]
struct Table {
    values: Vec<(Arc<[u8]>, Stands)>,
    numbers: HashMap<Arc<[u8]>, Mark>,
    ends: Ends<Known>,
}

/// A form of a value.
#[derive(Clone, Copy)]
struct Known {
    mark: u32,
    form: Form,
}

/// A form of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Percent,
    PercentLower,
    Hex,
    HexUpper,
    /// After so many bytes of a group of three.
    Base64(u8),
}

impl Form {
    const ALL: [Form; 8] = [
        Form::Plain,
        Form::Percent,
        Form::PercentLower,
        Form::Hex,
        Form::HexUpper,
        Form::Base64(0),
        Form::Base64(1),
        Form::Base64(2),
    ];

    /// The form of a value, with one alphabet of base64 for both; in base64 the part that does not depend on the bytes around it. `None`
    /// if it is the plain one.
    fn of(self, value: &[u8]) -> Option<Vec<u8>> {
        let text = || std::str::from_utf8(value).ok();
        let hex = |digits: [u8; 16]| {
            let digit = |nibble: u8| digits[usize::from(nibble)];
            value.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect::<Vec<u8>>()
        };
        let mut form = match self {
            Form::Plain => value.to_vec(),
            Form::Percent => percent::encode_component(text()?).into_bytes(),
            Form::PercentLower => percent::encode_component_lower(text()?).into_bytes(),
            Form::Hex => hex(*b"0123456789abcdef"),
            Form::HexUpper => hex(*b"0123456789ABCDEF"),
            Form::Base64(shift) => {
                let padded = [&[0; 2][..usize::from(shift)], value].concat();
                let begin = if shift == 0 { 0 } else { QUAD };
                BASE64.encode(&padded).into_bytes().get(begin..padded.len() / 3 * QUAD)?.to_vec()
            }
        };
        let is_other = self == Form::Plain || form != value;
        form.iter_mut().for_each(|byte| *byte = normal(*byte));
        (is_other && form.len() >= WINDOW).then_some(form)
    }
}

/// The same character of base64 in the standard alphabet.
const fn normal(byte: u8) -> u8 {
    match byte {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

/// [`normal`] for each byte.
static NORMAL: [u8; 256] = {
    let mut table = [0; 256];
    let mut at: u8 = 0;
    loop {
        table[at as usize] = normal(at);
        if at == u8::MAX {
            break table;
        }
        at += 1;
    }
};

impl Default for Filter {
    fn default() -> Self {
        Filter((0..1 << FILTER).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Filter {
    fn add(&self, end: u64) {
        let (word, bits) = place(end);
        self.0[word].fetch_or(bits, Ordering::Relaxed);
    }

    /// Calls `each` with every place behind a window that may be known, and the window.
    #[inline]
    fn scan(&self, bytes: &[u8], mut each: impl FnMut(usize, u64)) {
        let mut window = 0_u64;
        for (at, byte) in bytes.iter().enumerate() {
            window = window << 8 | u64::from(NORMAL[usize::from(*byte)]);
            let (word, bits) = place(window);
            let may_be = self.0[word].load(Ordering::Relaxed) & bits == bits && at + 1 >= WINDOW;
            if may_be {
                each(at + 1, window);
            }
        }
    }
}

impl Forms {
    /// Keeps a text of eight bytes or more.
    pub fn add(&self, text: String) {
        let Some(end) = text.as_bytes().last_chunk::<WINDOW>().map(|end| u64::from_be_bytes(end.map(normal))) else {
            return;
        };
        let mut by_end = self.by_end.write().unwrap_or_else(PoisonError::into_inner);
        let alike = by_end.entry(end).or_default();
        if !alike.iter().any(|known| **known == *text) {
            alike.push(text.into());
        }
        self.filter.add(end);
    }

    /// The texts that may be in the bytes, each once: all of them that are.
    pub fn that_may_be_in(&self, bytes: &[u8]) -> Vec<Arc<str>> {
        let mut ends = HashSet::new();
        let mut texts = Vec::new();
        self.filter.scan(bytes, |_, window| {
            let by_end = self.by_end.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(alike) = by_end.get(&window).filter(|_| ends.insert(window)) {
                texts.extend(alike.iter().cloned());
            }
        });
        texts
    }
}

impl fmt::Debug for Marks {
    /// Values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marks(***)")
    }
}

impl Marks {
    /// Looks for a value from now on; gives its number, which it has already if it is known. `None` for one that is shorter than eight
    /// bytes, and where there are too many.
    pub fn add(&self, value: &[u8], stands: Stands) -> Option<Mark> {
        if let Some(known) = self.number(value) {
            return Some(known);
        }
        if value.len() < WINDOW {
            return None;
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(mark) = table.numbers.get(value) {
            return Some(*mark);
        }
        let mark = table.values.len();
        let known = u32::try_from(mark).ok().filter(|_| mark < MOST)?;
        let shared: Arc<[u8]> = value.into();
        table.values.push((Arc::clone(&shared), stands));
        table.numbers.insert(shared, mark);
        for form in Form::ALL {
            let Some(end) = form.of(value).and_then(|form| form.last_chunk::<WINDOW>().copied()) else { continue };
            let end = u64::from_be_bytes(end);
            table.ends.add(end, Known { mark: known, form });
            self.filter.add(end);
        }
        Some(mark)
    }

    /// The number of a value that is looked for.
    pub fn number(&self, value: &[u8]) -> Option<Mark> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).numbers.get(value).copied()
    }

    /// The value with a number.
    pub fn value(&self, mark: Mark) -> Option<Arc<[u8]>> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        table.values.get(mark).map(|(value, _)| Arc::clone(value))
    }

    /// The values that occur in the bytes, each once.
    pub fn find(&self, bytes: &[u8]) -> Vec<Mark> {
        self.find_of(bytes, &|_| true)
    }

    /// The same for the wanted values only; asking costs less than comparing.
    pub fn find_of(&self, bytes: &[u8], is_wanted: &dyn Fn(Mark) -> bool) -> Vec<Mark> {
        let mut found = Vec::new();
        self.filter.scan(bytes, |end, window| self.compare(bytes, end, window, is_wanted, &mut found));
        found
    }

    /// Adds the values of which a form ends here.
    #[cold]
    fn compare(&self, bytes: &[u8], end: usize, window: u64, is_wanted: &dyn Fn(Mark) -> bool, found: &mut Vec<Mark>) {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        for &Known { mark, form } in table.ends.of(window) {
            let Ok(mark) = Mark::try_from(mark) else { continue };
            let Some((value, stands)) = table.values.get(mark) else { continue };
            if !found.contains(&mark) && is_wanted(mark) && stands_before(bytes, end, value, form, *stands) {
                found.push(mark);
            }
        }
    }
}

/// Whether a value is in the bytes, in any form.
pub fn is_in(value: &[u8], bytes: &[u8]) -> bool {
    let ends_at = |form: Form, whole: &[u8]| {
        let shown = bytes
            .windows(whole.len())
            .enumerate()
            .filter(|(_, window)| window.iter().zip(whole).all(|(shown, wanted)| normal(*shown) == *wanted));
        shown.map(|(at, _)| at + whole.len()).any(|end| stands_before(bytes, end, value, form, Stands::Anywhere))
    };
    Form::ALL.into_iter().any(|form| form.of(value).is_some_and(|whole| ends_at(form, &whole)))
}

/// The word of the filter that an end is noted in, and its two bits.
#[inline]
fn place(end: u64) -> (usize, u64) {
    let spread = end.wrapping_mul(SPREAD);
    let bits = 1 << (spread >> 40 & 63) | 1 << (spread >> 34 & 63);
    (usize::try_from(spread >> (u64::BITS - FILTER)).unwrap_or_default(), bits)
}

/// Whether a value is long and varied enough that it does not occur by chance.
pub fn is_recognisable(value: &[u8]) -> bool {
    let mut seen = [false; 256];
    value.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    value.len() >= LEAST && seen.into_iter().filter(|seen| *seen).count() >= LEAST_DIFFERENT
}

/// Whether the form of a value ends at a place, and the value occurs as it has to.
fn stands_before(bytes: &[u8], end: usize, value: &[u8], form: Form, stands: Stands) -> bool {
    let Some(whole) = form.of(value) else { return false };
    let Some(begin) = end.checked_sub(whole.len()) else { return false };
    if !bytes[begin..end].iter().zip(&whole).all(|(shown, wanted)| normal(*shown) == *wanted) {
        return false;
    }
    match form {
        Form::Plain => is_apart(&bytes[..begin], value, &bytes[end..], stands) && bytes[begin..end] == *value,
        Form::Percent | Form::PercentLower => is_apart(&bytes[..begin], value, &bytes[end..], stands),
        Form::Hex | Form::HexUpper => {
            let mut before: Vec<u8> = bytes[..begin].rchunks_exact(2).map_while(hex).take(2).collect();
            before.reverse();
            let after: Vec<u8> = bytes[end..].chunks_exact(2).map_while(hex).take(2).collect();
            is_apart(&before, value, &after, stands)
        }
        Form::Base64(shift) => {
            let around = decoded(bytes, (begin, end), usize::from(shift));
            let around = around.as_ref().and_then(|(decoded, at)| decoded.split_at_checked(*at));
            around.is_some_and(|(before, rest)| match rest.split_at_checked(value.len()) {
                Some((shown, after)) => shown == value && is_apart(before, value, after, stands),
                None => false,
            })
        }
    }
}

/// Whether a value is not a part of a longer word, if that matters. In a protobuf message the length comes before it.
fn is_apart(before: &[u8], value: &[u8], after: &[u8], stands: Stands) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let joins = |near: Option<&u8>, beyond: Option<&u8>| match near {
        Some(b'.' | b'-' | b'+') => beyond.is_some_and(is_letter),
        Some(byte) => is_letter(byte) || matches!(byte, b'_' | b'@'),
        None => false,
    };
    let is_length = before.last().is_some_and(|byte| usize::from(*byte) == value.len());
    let mut backwards = before.iter().rev();
    let begins = !joins(backwards.next(), backwards.next());
    stands == Stands::Anywhere || is_length || (begins && !joins(after.first(), after.get(1)))
}

/// A byte in hexadecimal.
fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(digits[0])? << 4 | digit(digits[1])?)
}

/// Base64 with a group before it and one behind it, and where the value begins that has so many bytes of a group before it.
fn decoded(bytes: &[u8], (begin, end): (usize, usize), shift: usize) -> Option<(Vec<u8>, usize)> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(normal(*byte), b'+' | b'/');
    let group = begin.checked_sub(QUAD).filter(|from| bytes[*from..begin].iter().all(is_base64));
    let behind = bytes[end..].iter().take(2 * QUAD).take_while(|byte| is_base64(byte)).count();
    let (from, at) = match (group, shift) {
        (Some(from), 0) => (from, 3),
        (Some(from), shift) => (from, shift),
        (None, 0) => (begin, 0),
        (None, _) => return None,
    };
    let mut text: Vec<u8> = bytes[from..end + behind].iter().map(|byte| normal(*byte)).collect();
    if text.len() % QUAD == 1 {
        text.pop();
    }
    Some((BASE64.decode(text).ok()?, at))
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    const VALUES: [&[u8]; 5] = [
        b"s3cr3t+token/with=signs",
        b"plain-token-of-somebody",
        b"284716350192837465",
        b"\x00\xffbytes of a challenge\x80\xfe\x3e",
        b"exactly-12-b",
    ];

    /// Texts that show a value.
    fn shown(value: &[u8]) -> Vec<Vec<u8>> {
        let mut texts = vec![[b"x: ", value, b"."].concat(), value.to_vec()];
        for around in 0..3 {
            let inner = [&b"<( "[..around], value, &b">;"[..around % 3]].concat();
            texts.push(STANDARD.encode(&inner).into_bytes());
            texts.push(format!("\"{}\"", URL_SAFE_NO_PAD.encode(&inner)).into_bytes());
        }
        let hex = |upper| -> String {
            let digits = |byte: &u8| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
            value.iter().map(digits).collect()
        };
        texts.extend([hex(false).into_bytes(), hex(true).into_bytes()]);
        if let Ok(text) = std::str::from_utf8(value) {
            texts.push(percent::encode_component(text).into_bytes());
            texts.push(percent::encode_component_lower(text).into_bytes());
        }
        let length = u8::try_from(value.len()).expect("short");
        texts.push([&[0x0a, length], value, b"Jx"].concat());
        texts
    }

    #[test]
    fn every_form_of_each_value_is_found_and_no_other_value() {
        for stands in [Stands::Anywhere, Stands::AsWord] {
            let marks = Marks::default();
            let numbers: Vec<_> = VALUES.iter().map(|value| marks.add(value, stands)).collect();
            assert_eq!(numbers, [Some(0), Some(1), Some(2), Some(3), Some(4)]);
            for (number, value) in VALUES.iter().enumerate() {
                assert_eq!((marks.add(value, stands), marks.value(number).as_deref()), (Some(number), Some(*value)));
                for text in shown(value) {
                    let words = String::from_utf8_lossy(&text).into_owned();
                    assert_eq!(marks.find(&text), [number], "{words}");
                    assert!(is_in(value, &text), "{words}");
                    assert_eq!(marks.find(&text[..text.len().min(value.len()) - 1]), [0; 0], "{words}");
                }
            }
            assert!(stands == Stands::AsWord || marks.find(&VALUES.concat()).len() == VALUES.len());
        }
    }

    #[test]
    fn a_word_is_not_found_in_a_longer_one() {
        let marks = Marks::default();
        marks.add(b"proofmark-user-1", Stands::AsWord);
        let [plain, dotted, mail] = ["proofmark-user-12", "proofmark-user-1.b", "proofmark-user-1@x.example"];
        for longer in [plain, dotted, mail, "my-proofmark-user-1", "\u{e9}proofmark-user-1"] {
            let hex = crate::words::hex(longer.as_bytes());
            for text in [longer.to_owned(), format!("{{\"name\":\"{longer}\"}}")] {
                for shift in ["", "a ", "b\""] {
                    let base64 = STANDARD.encode(format!("{shift}{text}"));
                    for text in [&text, &base64, &hex] {
                        assert_eq!(marks.find(text.as_bytes()), [0; 0], "{text}");
                    }
                }
            }
        }
        for shown in ["no proofmark-user-1.", "(proofmark-user-1)", "a/proofmark-user-1/b", "proofmark-user-1 - x"] {
            assert_eq!(marks.find(shown.as_bytes()), [0], "{shown}");
            assert_eq!(marks.find(STANDARD.encode(shown).as_bytes()), [0], "{shown}");
        }
    }

    #[test]
    fn what_can_be_guessed_is_told() {
        for value in ["", "7", "test", "admin@local", "000000000000000017", "aaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(!is_recognisable(value.as_bytes()), "{value}");
        }
        assert!(VALUES.into_iter().all(is_recognisable));
        let marks = Marks::default();
        assert_eq!((marks.add(b"seven b", Stands::Anywhere), marks.find(b"seven b").len()), (None, 0));
        assert_eq!((marks.add(b"eight by", Stands::Anywhere), marks.find(b"eight by").len()), (Some(0), 1));
    }

    #[test]
    fn thousands_are_told_apart_while_others_are_added() {
        let marks = Marks::default();
        let value = |number: u64| format!("{:016x}-{number:08}", number.wrapping_mul(SPREAD));
        std::thread::scope(|scope| {
            for part in 0..4 {
                let marks = &marks;
                scope.spawn(move || {
                    for number in (0..2000).map(|number| number * 4 + part) {
                        let mark = marks.add(value(number).as_bytes(), Stands::AsWord).expect("recognisable");
                        assert_eq!(marks.find(format!("x {} y", value(number)).as_bytes()), [mark]);
                    }
                });
            }
        });
        let none = (10_000..12_000).all(|number| marks.find(value(number).as_bytes()).is_empty());
        assert!(none && marks.number(value(7).as_bytes()).is_some());
    }

    #[test]
    fn alike_ends_are_bounded() {
        let marks = Marks::default();
        for number in 0..1000 {
            marks.add(format!("{number:04}-abcdefgh-the same end").as_bytes(), Stands::Anywhere);
        }
        assert_eq!(marks.find(b"0003-abcdefgh-the same end").len(), 1);
        assert_eq!(marks.find(b"0999-abcdefgh-the same end").len(), 0, "no longer looked for");
        assert_eq!(format!("{marks:?}"), "Marks(***)");
    }
}
