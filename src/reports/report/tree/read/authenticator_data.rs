//! Authenticator data (WebAuthn L3 §6.1), field by field, as far as the bytes go.

use crate::report::tree::marks::count;
use crate::report::tree::part::{Part, bytes};
use crate::webauthn::authenticator_data::{Aaguid, Flags};
use crate::webauthn::cbor_item::{self, Reading};

/// The bits of the flags, from the lowest.
const BITS: [&str; 8] = ["UP", "RFU1", "UV", "BE", "BS", "RFU2", "AT", "ED"];

/// Makes a part of CBOR that was read from the beginning of bytes, as a COSE key or as anything.
type ReadCbor = fn(&str, &[u8], &Reading, bool) -> Part;

/// The fields that the flags announce, and the bytes that follow them. CBOR can hold authenticator data and the other way round, so
/// the CBOR reader is a parameter.
pub(super) fn document(key: &str, bytes: &[u8], read_cbor: ReadCbor) -> Part {
    let mut part = Part::opaque(key, count(bytes.len()), bytes);
    let mut reader = Reader { bytes, at: 0, parts: Vec::new(), read_cbor };
    if let Err(why) = reader.fields() {
        part.broken = Some(why);
    }
    part.parts = reader.parts;
    part
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    parts: Vec<Part>,
    read_cbor: ReadCbor,
}

impl Reader<'_> {
    fn fields(&mut self) -> Result<(), String> {
        self.field("rpIdHash", 32, |bytes| count(bytes.len()))?;
        let flags = self.field("flags", 1, flags)?;
        let flags = Flags(flags.first().copied().unwrap_or_default());
        self.field("signCount", 4, |bytes| number(bytes).to_string())?;
        if flags.has(Flags::ATTESTED_CREDENTIAL_DATA) {
            self.field("aaguid", 16, aaguid)?;
            let length = self.field("credentialIdLength", 2, |bytes| number(bytes).to_string())?;
            self.field("credentialId", number(&length), |bytes| count(bytes.len()))?;
            self.item("credentialPublicKey", true)?;
        }
        if flags.has(Flags::EXTENSION_DATA) {
            self.item("extensions", false)?;
        }
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if !rest.is_empty() {
            self.parts.push(bytes("further bytes", rest));
        }
        Ok(())
    }

    /// A field of a given length. If the only description is the length, the field counts as opaque.
    fn field(&mut self, name: &'static str, length: usize, words: fn(&[u8]) -> String) -> Result<Vec<u8>, String> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some(field) = rest.get(..length) else {
            return Err(format!("not readable from offset {}: the bytes end within {name}", self.at));
        };
        self.parts.push(Part::opaque(name, words(field), field));
        self.at += length;
        Ok(field.to_vec())
    }

    fn item(&mut self, name: &'static str, key: bool) -> Result<(), String> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let reading = cbor_item::read_first(rest);
        let part = (self.read_cbor)(name, rest, &reading, key);
        let broken = reading.broken.map(|broken| {
            format!("not readable from offset {}, within {name}: {}", self.at + broken.offset, broken.why)
        });
        self.at += reading.end;
        self.parts.push(part);
        broken.map_or(Ok(()), Err)
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte))
}

/// Such as `01000101: UP, UV, AT`.
fn flags(bytes: &[u8]) -> String {
    let byte = bytes.first().copied().unwrap_or_default();
    let names: Vec<&str> =
        BITS.iter().enumerate().filter(|(bit, _)| byte >> bit & 1 == 1).map(|(_, name)| *name).collect();
    let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    format!("{byte:08b}: {names}")
}

fn aaguid(bytes: &[u8]) -> String {
    <[u8; 16]>::try_from(bytes).map(|bytes| Aaguid(bytes).to_string()).unwrap_or_default()
}
