//! Fields of protobuf messages, as they are read and written without reflection.

use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, encode_varint, skip_field};

/// The payload of a field that begins with its length.
pub(super) fn delimited<'b>(wire_type: WireType, bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    if wire_type != WireType::LengthDelimited {
        return None;
    }
    let length = usize::try_from(decode_varint(bytes).ok()?).ok()?;
    let (payload, after) = bytes.split_at_checked(length)?;
    *bytes = after;
    Some(payload)
}

/// Reads a message. `known` tells a field by its number; others are skipped.
pub(super) fn fields<'b, K>(
    mut bytes: &'b [u8],
    known: impl Fn(u32) -> Option<K>,
    mut field: impl FnMut(K, WireType, &mut &'b [u8]) -> Option<()>,
) -> Option<()> {
    while !bytes.is_empty() {
        let (number, wire_type) = decode_key(&mut bytes).ok()?;
        match known(number) {
            Some(known) => field(known, wire_type, &mut bytes)?,
            None => skip_field(wire_type, number, &mut bytes, DecodeContext::default()).ok()?,
        }
    }
    Some(())
}

/// Bytes that are written from their end, so that the length of what is inside is known when it is written before it.
#[derive(Default)]
pub(super) struct Backwards(Vec<u8>);

impl Backwards {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend(bytes.iter().rev());
    }

    pub(super) fn varint(&mut self, value: u64) {
        let mut room = [0; 10];
        let mut left = &mut room[..];
        encode_varint(value, &mut left);
        let length = 10 - left.len();
        self.push(&room[..length]);
    }

    pub(super) fn key(&mut self, number: u32, wire_type: WireType) {
        self.varint(u64::from(number) << 3 | wire_type as u64);
    }

    pub(super) fn delimited(&mut self, number: u32, write: impl FnOnce(&mut Backwards) -> Option<()>) -> Option<()> {
        let end = self.0.len();
        write(self)?;
        self.varint(u64::try_from(self.0.len() - end).ok()?);
        self.key(number, WireType::LengthDelimited);
        Some(())
    }

    /// A field of bytes.
    pub(super) fn payload(&mut self, number: u32, payload: &[u8]) {
        self.push(payload);
        self.varint(payload.len() as u64);
        self.key(number, WireType::LengthDelimited);
    }

    /// A field of bytes, which is left out if there are none.
    pub(super) fn field(&mut self, number: u32, payload: &[u8]) {
        if !payload.is_empty() {
            self.payload(number, payload);
        }
    }

    /// A field that is a whole number.
    pub(super) fn number(&mut self, number: u32, value: u64) {
        self.varint(value);
        self.key(number, WireType::Varint);
    }

    pub(super) fn turned(mut self) -> Vec<u8> {
        self.0.reverse();
        self.0
    }
}
