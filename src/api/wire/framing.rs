//! Length-prefixed messages of gRPC and the trailer frame of gRPC-Web.
//!
//! Sources: gRPC over HTTP/2 ("Length-Prefixed-Message") and PROTOCOL-WEB.md of the gRPC project.

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Flag of a message in plain form.
pub const FLAG_MESSAGE: u8 = 0x00;
/// Flag bit of a compressed message.
pub const FLAG_COMPRESSED: u8 = 0x01;
/// Flag bit of gRPC-Web's trailer frame.
pub const FLAG_TRAILERS: u8 = 0x80;

/// Flags and length.
pub const PREFIX: usize = 5;
/// A unary reply has two frames; more than this is not worth the memory of a list.
const MOST_FRAMES: usize = 1024;

/// One frame: its flag byte and what it carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The flag byte as it came.
    pub flags: u8,
    /// The bytes after the prefix.
    pub payload: Bytes,
}

impl Frame {
    /// Whether it is gRPC-Web's trailer frame.
    pub fn is_trailers(&self) -> bool {
        self.flags & FLAG_TRAILERS != 0
    }

    /// Whether the payload is compressed.
    pub fn is_compressed(&self) -> bool {
        self.flags & FLAG_COMPRESSED != 0
    }
}

/// Why bytes are not a sequence of frames, or not trailers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FramingError {
    /// Fewer than five bytes are left for a prefix.
    #[error("{have} bytes at offset {at} are too few for a frame prefix of 5 bytes")]
    ShortPrefix {
        /// Offset of the prefix.
        at: usize,
        /// Bytes left.
        have: usize,
    },
    /// The prefix states more bytes than there are.
    #[error("the frame at offset {at} states {declared} bytes, and {have} follow")]
    ShortPayload {
        /// Offset of the prefix.
        at: usize,
        /// The stated length.
        declared: u32,
        /// Bytes left.
        have: usize,
    },
    /// More frames than any reply of ours can have.
    #[error("more than {MOST_FRAMES} frames")]
    TooMany,
    /// A line of a trailer frame is not `name: value`.
    #[error("trailer line {0} is not a header")]
    Trailer(usize),
}

/// One frame. A payload is at most 4 GiB - 1, far above every limit on what we send.
pub fn frame(flags: u8, payload: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(PREFIX + payload.len());
    framed.put_u8(flags);
    framed.put_u32(u32::try_from(payload.len()).unwrap_or(u32::MAX));
    framed.put_slice(payload);
    framed.freeze()
}

/// Splits bytes into frames. If there are no bytes, there are no frames.
///
/// # Errors
/// [`FramingError`] other than `Trailer`.
pub fn parse(bytes: &[u8]) -> Result<Vec<Frame>, FramingError> {
    let mut frames = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if frames.len() == MOST_FRAMES {
            return Err(FramingError::TooMany);
        }
        let at = bytes.len() - rest.len();
        let Some(([flags, length @ ..], after)) = rest.split_first_chunk::<PREFIX>() else {
            return Err(FramingError::ShortPrefix { at, have: rest.len() });
        };
        let declared = u32::from_be_bytes(*length);
        let payload = usize::try_from(declared).ok().and_then(|length| after.split_at_checked(length));
        let Some((payload, remaining)) = payload else {
            return Err(FramingError::ShortPayload { at, declared, have: after.len() });
        };
        frames.push(Frame { flags: *flags, payload: Bytes::copy_from_slice(payload) });
        rest = remaining;
    }
    Ok(frames)
}

/// The payload of a trailer frame: `name:value` lines that end in CR LF, names in lower case.
pub fn encode_trailers(trailers: &HeaderMap) -> Bytes {
    let mut block = BytesMut::new();
    for (name, value) in trailers {
        block.put_slice(name.as_str().as_bytes());
        block.put_u8(b':');
        block.put_slice(value.as_bytes());
        block.put_slice(b"\r\n");
    }
    block.freeze()
}

/// Reads the payload of a trailer frame. Lines may end in LF only, names may be in upper case, blanks around values are dropped.
///
/// # Errors
/// [`FramingError::Trailer`] with the number of the line, from 1.
pub fn decode_trailers(block: &[u8]) -> Result<HeaderMap, FramingError> {
    let mut trailers = HeaderMap::new();
    let lines = block.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).enumerate();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let (name, value) = trailer(line).ok_or(FramingError::Trailer(index + 1))?;
        trailers.try_append(name, value).map_err(|_| FramingError::Trailer(index + 1))?;
    }
    Ok(trailers)
}

fn trailer(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(line.get(..colon)?.trim_ascii()).ok()?;
    let value = HeaderValue::from_bytes(line.get(colon + 1..)?.trim_ascii()).ok()?;
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn frames_are_split_where_they_end() {
        let bytes = [&b"\x00\x00\x00\x00\x02hi"[..], b"\x80\x00\x00\x00\x00"].concat();
        let frames = parse(&bytes).expect("well formed");
        assert_eq!(frames[0], Frame { flags: 0, payload: Bytes::from_static(b"hi") });
        assert!(frames[1].is_trailers() && !frames[0].is_trailers());
        assert_eq!(frame(FLAG_MESSAGE, b"hi"), Bytes::from_static(b"\x00\x00\x00\x00\x02hi"));
    }

    #[test]
    fn a_lying_length_is_named() {
        let lying = FramingError::ShortPayload { at: 5, declared: u32::MAX, have: 1 };
        assert_eq!(parse(b"\x00\x00\x00\x00\x00\x00\xff\xff\xff\xffx"), Err(lying));
        assert_eq!(parse(b"\x00\x00\x00"), Err(FramingError::ShortPrefix { at: 0, have: 3 }));
        assert_eq!(parse(&[0; 5 * (MOST_FRAMES + 1)]), Err(FramingError::TooMany));
    }

    #[test]
    fn trailers_are_read_leniently() {
        let trailers = decode_trailers(b"Grpc-Status: 5\r\ngrpc-message:gone: away\n").expect("two lines");
        assert_eq!(trailers["grpc-status"], "5");
        assert_eq!(trailers["grpc-message"], "gone: away");
        assert_eq!(decode_trailers(b"grpc-status: 0\r\nrubbish\r\n"), Err(FramingError::Trailer(2)));
        assert_eq!(encode_trailers(&trailers), Bytes::from_static(b"grpc-status:5\r\ngrpc-message:gone: away\r\n"));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(frames) = parse(&bytes) {
                let again: Vec<u8> = frames.iter().flat_map(|f| frame(f.flags, &f.payload)).collect();
                prop_assert_eq!(again, bytes);
            }
        }

        #[test]
        fn trailers_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(trailers) = decode_trailers(&bytes) {
                prop_assert_eq!(decode_trailers(&encode_trailers(&trailers)), Ok(trailers));
            }
        }
    }
}
