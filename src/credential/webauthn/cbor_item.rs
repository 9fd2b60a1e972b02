//! CBOR item by item, each with its place in the bytes, as far as it can be read: to show bytes that a decoder only refuses.

use std::ops::Range;

use ciborium_ll::{Decoder, Header};

/// Greatest nesting that is followed, as in [`super::cbor`].
const MAX_DEPTH: usize = 16;

/// One item, whole or as much of it as could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Where it is encoded.
    pub range: Range<usize>,
    /// What it is.
    pub content: Content,
}

/// The kinds of items.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Major types 0 and 1.
    Integer(i128),
    /// Any width.
    Float(f64),
    /// `false`, `true`, `null` and others, by number.
    Simple(u8),
    /// A byte string, its segments joined.
    Bytes(Vec<u8>),
    /// A text string; bytes that are not UTF-8 are replaced.
    Text(String),
    /// As many as could be read.
    Array(Vec<Item>),
    /// As many as could be read; the last value may be missing.
    Map(Vec<(Item, Option<Item>)>),
    /// A tag and its item.
    Tag(u64, Option<Box<Item>>),
}

/// Where reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// First byte of the innermost item that can't be read.
    pub offset: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// What there was to read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The first item; `None` if not even its head could be read.
    pub item: Option<Item>,
    /// Where it ends.
    pub end: usize,
    /// Why it is not whole.
    pub broken: Option<Broken>,
}

/// Reads the first item of `bytes`; never panics, whatever the bytes.
pub fn read_first(bytes: &[u8]) -> Reading {
    let mut reader = Reader { bytes, at: 0, broken: None };
    let item = reader.item(0);
    Reading { item, end: reader.at, broken: reader.broken }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    broken: Option<Broken>,
}

impl Reader<'_> {
    fn item(&mut self, depth: usize) -> Option<Item> {
        let start = self.at;
        if depth == MAX_DEPTH {
            return self.fail(start, "it is nested too deeply");
        }
        let content = match self.head()? {
            Header::Positive(number) => Content::Integer(number.into()),
            Header::Negative(number) => Content::Integer(-1 - i128::from(number)),
            Header::Float(number) => Content::Float(number),
            Header::Simple(number) => Content::Simple(number),
            Header::Break => return self.fail(start, "a break outside of an item of indefinite length"),
            Header::Bytes(length) => Content::Bytes(self.string(start, length)?),
            Header::Text(length) => {
                let bytes = self.string(start, length)?;
                Content::Text(String::from_utf8_lossy(&bytes).into_owned())
            }
            Header::Tag(number) => Content::Tag(number, self.item(depth + 1).map(Box::new)),
            Header::Array(count) => self.array(count, depth),
            Header::Map(count) => self.map(count, depth),
        };
        Some(Item { range: start..self.at, content })
    }

    fn array(&mut self, count: Option<usize>, depth: usize) -> Content {
        let mut items = Vec::new();
        while self.more(count, items.len()) {
            let Some(item) = self.item(depth + 1) else { break };
            items.push(item);
        }
        Content::Array(items)
    }

    fn map(&mut self, count: Option<usize>, depth: usize) -> Content {
        let mut entries = Vec::new();
        while self.more(count, entries.len()) {
            let Some(key) = self.item(depth + 1) else { break };
            let value = if self.broken.is_none() { self.item(depth + 1) } else { None };
            entries.push((key, value));
        }
        Content::Map(entries)
    }

    /// Whether another member follows; takes the break of an indefinite length.
    fn more(&mut self, count: Option<usize>, read: usize) -> bool {
        if self.broken.is_some() {
            return false;
        }
        let ends = self.bytes.get(self.at) == Some(&0xff);
        match count {
            Some(count) => read < count,
            None if ends => {
                self.at += 1;
                false
            }
            None => true,
        }
    }

    /// The content of a string: a number of bytes, or segments up to a break.
    fn string(&mut self, start: usize, length: Option<usize>) -> Option<Vec<u8>> {
        let Some(length) = length else {
            let mut whole = Vec::new();
            loop {
                let segment = self.at;
                match self.head()? {
                    Header::Break => return Some(whole),
                    Header::Bytes(Some(length)) | Header::Text(Some(length)) => {
                        whole.extend(self.string(segment, Some(length))?);
                    }
                    _ => return self.fail(segment, "not a segment of a string"),
                }
            }
        };
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(content) = rest.get(..length) else {
            return self.fail(start, "the bytes end before the string does");
        };
        self.at += length;
        Some(content.to_vec())
    }

    fn head(&mut self) -> Option<Header> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let mut decoder = Decoder::from(rest);
        match decoder.pull() {
            Ok(header) => {
                self.at += decoder.offset();
                Some(header)
            }
            Err(ciborium_ll::Error::Io(_)) => self.fail(self.at, "the bytes end here"),
            Err(ciborium_ll::Error::Syntax(_)) => self.fail(self.at, "not the head of an item"),
        }
    }

    fn fail<T>(&mut self, offset: usize, why: &'static str) -> Option<T> {
        self.broken = Some(Broken { offset, why });
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn integer(range: Range<usize>, value: i128) -> Item {
        Item { range, content: Content::Integer(value) }
    }

    #[test]
    fn items_know_their_place() {
        let reading = read_first(&[0xa1, 0x61, 0x61, 0x82, 0x26, 0x18, 0x2a, 0xff]);
        assert_eq!((reading.end, reading.broken), (7, None));
        let Some(Content::Map(entries)) = reading.item.map(|item| item.content) else { panic!("a map") };
        let value = Content::Array(vec![integer(4..5, -7), integer(5..7, 42)]);
        let key = Item { range: 1..3, content: Content::Text("a".to_owned()) };
        assert_eq!(entries, [(key, Some(Item { range: 3..7, content: value }))]);
    }

    #[test]
    fn as_much_as_there_is_is_read() {
        let cases: [(&[u8], usize, &str); 7] = [
            (&[], 0, "end here"),
            (&[0xa2, 0x01, 0x02, 0x03], 4, "end here"),
            (&[0x82, 0x01, 0x45, 0x00], 2, "before the string does"),
            (&[0x82, 0x01, 0x1c], 2, "not the head"),
            (&[0x9f, 0x01, 0x02], 3, "end here"),
            (&[0xff], 0, "a break"),
            (&[0x5f, 0x01], 1, "not a segment"),
        ];
        for (bytes, offset, why) in cases {
            let broken = read_first(bytes).broken.expect("not whole");
            assert_eq!(broken.offset, offset, "{bytes:02x?}");
            assert!(broken.why.contains(why), "{bytes:02x?}: {}", broken.why);
        }
        let deep = read_first(&[0x81; 40]).broken.expect("too deep");
        assert_eq!((deep.offset, deep.why), (16, "it is nested too deeply"));
        let indefinite = read_first(&[0x5f, 0x41, 0x01, 0x42, 0x02, 0x03, 0xff]);
        assert_eq!(indefinite.item.map(|item| item.content), Some(Content::Bytes(vec![1, 2, 3])));
    }

    proptest! {
        #[test]
        fn what_a_decoder_takes_is_read_to_the_same_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let reading = read_first(&bytes);
            prop_assert!(reading.end <= bytes.len());
            if let Ok((_, rest)) = super::super::cbor::decode_first(&bytes, super::super::cbor::Form::Any) {
                prop_assert_eq!((reading.end, reading.broken), (bytes.len() - rest.len(), None));
            }
        }
    }
}
