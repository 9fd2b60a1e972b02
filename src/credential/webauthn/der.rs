//! DER (X.690) for certificates and the structures in them: written by tag and content, read element by element.
//!
//! Writing is not checked, so that wrong DER can be written too. X.509 itself is read by [`super::x509`].

/// Tag of a BOOLEAN.
pub const BOOLEAN: u8 = 0x01;
/// Tag of an INTEGER.
pub const INTEGER: u8 = 0x02;
/// Tag of a BIT STRING.
pub const BIT_STRING: u8 = 0x03;
/// Tag of an OCTET STRING.
pub const OCTET_STRING: u8 = 0x04;
/// Tag of an OBJECT IDENTIFIER.
pub const OBJECT_IDENTIFIER: u8 = 0x06;
/// Tag of an ENUMERATED.
pub const ENUMERATED: u8 = 0x0a;
/// Tag of a UTF8String.
pub const UTF8_STRING: u8 = 0x0c;
/// Tag of a PrintableString.
pub const PRINTABLE_STRING: u8 = 0x13;
/// Tag of a SEQUENCE.
pub const SEQUENCE: u8 = 0x30;
/// Tag of a SET.
pub const SET: u8 = 0x31;
/// Bits of a context-specific constructed tag.
const CONTEXT: u8 = 0xa0;

/// Why bytes are not the DER that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DerError {
    /// The bytes end within an element.
    #[error("the DER ends within an element")]
    Truncated,
    /// A length or tag is not in the shortest form, or longer than four bytes.
    #[error("the DER has a length or a tag that is not in the shortest form")]
    Form,
    /// Bytes follow the element.
    #[error("bytes follow the DER element")]
    Trailing,
    /// An element has another tag than the expected one.
    #[error("the DER has an element of an unexpected type")]
    Tag,
}

/// One element that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    /// Class and form: the first tag byte without its number.
    pub class: u8,
    /// Tag number.
    pub number: u32,
    /// Content.
    pub content: &'a [u8],
}

impl<'a> Element<'a> {
    /// Whether it is the universal or simple tag byte `tag`.
    pub fn is(&self, tag: u8) -> bool {
        self.class == tag & 0xe0 && self.number == u32::from(tag & 0x1f)
    }

    /// Whether it is the explicit context-specific element `[number]`.
    pub fn is_context(&self, number: u32) -> bool {
        self.class == CONTEXT && self.number == number
    }

    /// The content, if the tag is the expected one.
    ///
    /// # Errors
    /// [`DerError::Tag`]
    pub fn expect(&self, tag: u8) -> Result<&'a [u8], DerError> {
        if self.is(tag) { Ok(self.content) } else { Err(DerError::Tag) }
    }
}

/// Reads the first element of `bytes`; returns it with the bytes that follow.
///
/// # Errors
/// [`DerError`]; never panics, whatever the bytes.
pub fn read_first(bytes: &[u8]) -> Result<(Element<'_>, &[u8]), DerError> {
    let (&first, mut rest) = bytes.split_first().ok_or(DerError::Truncated)?;
    let mut number = u32::from(first & 0x1f);
    if number == 0x1f {
        number = 0;
        loop {
            let (&byte, after) = rest.split_first().ok_or(DerError::Truncated)?;
            rest = after;
            if number == 0 && byte == 0x80 || number > u32::MAX >> 7 {
                return Err(DerError::Form);
            }
            number = number << 7 | u32::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
        if number < 0x1f {
            return Err(DerError::Form);
        }
    }
    let (length, rest) = read_length(rest)?;
    let (content, rest) = rest.split_at_checked(length).ok_or(DerError::Truncated)?;
    Ok((Element { class: first & 0xe0, number, content }, rest))
}

fn read_length(bytes: &[u8]) -> Result<(usize, &[u8]), DerError> {
    let (&first, rest) = bytes.split_first().ok_or(DerError::Truncated)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if !(1..=4).contains(&count) {
        return Err(DerError::Form);
    }
    let (digits, rest) = rest.split_at_checked(count).ok_or(DerError::Truncated)?;
    let length = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
    if digits[0] == 0 || length < 0x80 { Err(DerError::Form) } else { Ok((length, rest)) }
}

/// Reads the one element that `bytes` hold.
///
/// # Errors
/// [`DerError`]
pub fn read(bytes: &[u8]) -> Result<Element<'_>, DerError> {
    let (element, rest) = read_first(bytes)?;
    if rest.is_empty() { Ok(element) } else { Err(DerError::Trailing) }
}

/// Reads all elements that `bytes` hold, one after the other.
///
/// # Errors
/// [`DerError`]
pub fn read_all(mut bytes: &[u8]) -> Result<Vec<Element<'_>>, DerError> {
    let mut elements = Vec::new();
    while !bytes.is_empty() {
        let (element, rest) = read_first(bytes)?;
        elements.push(element);
        bytes = rest;
    }
    Ok(elements)
}

/// An element with a tag byte.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    push_length(&mut out, content.len());
    out.extend(content);
    out
}

fn push_length(out: &mut Vec<u8>, length: usize) {
    let bytes = length.to_be_bytes();
    let digits = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len() - 1)..];
    if length >= 0x80 {
        out.push(0x80 | u8::try_from(digits.len()).unwrap_or(0x7f));
    }
    out.extend(digits);
}

/// A SEQUENCE of encoded elements.
pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(SEQUENCE, &parts.concat())
}

/// A SET OF encoded elements, in the order that DER asks for: ascending by their encodings (X.690 11.6).
pub fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = parts.to_vec();
    parts.sort_unstable();
    unsorted_set(&parts)
}

/// A SET OF encoded elements in the order given: DER only if that is the ascending one.
pub fn unsorted_set(parts: &[Vec<u8>]) -> Vec<u8> {
    element(SET, &parts.concat())
}

/// An explicit context-specific element `[number]`.
pub fn context(number: u32, content: &[u8]) -> Vec<u8> {
    let Some(low) = u8::try_from(number).ok().filter(|low| *low < 0x1f) else {
        let mut out = vec![CONTEXT | 0x1f];
        push_base128(&mut out, number);
        push_length(&mut out, content.len());
        out.extend(content);
        return out;
    };
    element(CONTEXT | low, content)
}

fn push_base128(out: &mut Vec<u8>, number: u32) {
    let digits = (1..=5).rev().find(|digit| number >> (7 * (digit - 1)) != 0 || *digit == 1).unwrap_or(1);
    for digit in (0..digits).rev() {
        let byte = u8::try_from(number >> (7 * digit) & 0x7f).unwrap_or_default();
        out.push(if digit > 0 { byte | 0x80 } else { byte });
    }
}

/// A non-negative INTEGER from big-endian bytes, in the shortest form.
pub fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let digits = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len())..];
    match digits.first() {
        None => element(INTEGER, &[0]),
        Some(first) if *first >= 0x80 => element(INTEGER, &[&[0], digits].concat()),
        Some(_) => element(INTEGER, digits),
    }
}

/// An OBJECT IDENTIFIER from its dotted form; arcs that are not numbers count as zero.
pub fn object_identifier(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u32> = dotted.split('.').map(|arc| arc.parse().unwrap_or_default()).collect();
    let mut content = Vec::new();
    push_base128(&mut content, arcs.first().unwrap_or(&0) * 40 + arcs.get(1).unwrap_or(&0));
    arcs.iter().skip(2).for_each(|arc| push_base128(&mut content, *arc));
    element(OBJECT_IDENTIFIER, &content)
}

/// A BIT STRING of whole bytes.
pub fn bit_string(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes].concat())
}

/// An OCTET STRING.
pub fn octet_string(bytes: &[u8]) -> Vec<u8> {
    element(OCTET_STRING, bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_encodings() {
        assert_eq!(object_identifier("1.3.6.1.4.1.45724.1.1.4"), hex("060b2b0601040182e51c010104"));
        assert_eq!(object_identifier("2.23.133.8.3"), hex("06056781050803"));
        assert_eq!(unsigned(&[0, 0, 0x80]), hex("02020080"));
        assert_eq!(unsigned(&[]), hex("020100"));
        assert_eq!(context(600, &[5, 0]), hex("bf8458020500"));
        assert_eq!(context(1, &[]), hex("a100"));
        assert_eq!(&element(OCTET_STRING, &[7; 300])[..4], hex("0482012c"));
        let numbers = [unsigned(&[3]), unsigned(&[2]), unsigned(&[1, 0])];
        assert_eq!(set(&numbers), hex("310a020102020103020201 00"));
        assert_eq!(unsorted_set(&numbers), hex("310a020103020102020201 00"));
    }

    #[test]
    fn what_is_not_in_the_shortest_form_is_refused() {
        for bytes in ["0481 01 00", "0480", "048201", "04", "bf1e00", "bf800100", "0485 0000000001 00"] {
            assert!(read(&hex(bytes)).is_err(), "{bytes}");
        }
        assert_eq!(read(&hex("05000500")), Err(DerError::Trailing));
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: String = text.split_whitespace().collect();
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex")).collect()
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(number in 0_u32..100_000, content in proptest::collection::vec(any::<u8>(), 0..300)) {
            let written = context(number, &content);
            let element = read(&written).expect("well formed");
            prop_assert!(element.is_context(number));
            prop_assert_eq!(element.content, content.as_slice());
            prop_assert_eq!(read_all(&[written.clone(), written.clone()].concat()).expect("two").len(), 2);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = read_all(&bytes);
        }
    }
}
