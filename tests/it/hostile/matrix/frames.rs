//! Frames of HTTP/2, written by hand: what a library refuses to send.

/// Flags of DATA and HEADERS.
pub const END_STREAM: u8 = 1;
/// Of HEADERS and CONTINUATION.
pub const END_HEADERS: u8 = 4;

/// Error codes.
pub const NO_ERROR: u32 = 0;
pub const REFUSED_STREAM: u32 = 7;
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// One frame of RFC 9113, section 4.1.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

pub fn data(flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    payload.chunks(16 << 10).fold(Vec::new(), |mut frames, part| {
        let last = part.as_ptr_range().end == payload.as_ptr_range().end;
        frames.extend(frame(0, if last { flags } else { 0 }, stream, part));
        frames
    })
}

/// The headers of a reply with HTTP status 200.
pub fn reply(stream: u32, lines: &[(&str, &str)]) -> Vec<u8> {
    frame(1, END_HEADERS, stream, &[&[0x88], &block(lines)[..]].concat())
}

/// A reply that ends with its headers, with another HTTP status.
pub fn reply_with(stream: u32, status: &str, lines: &[(&str, &str)]) -> Vec<u8> {
    let lines = [&[(":status", status)], lines].concat();
    frame(1, END_HEADERS | END_STREAM, stream, &block(&lines))
}

/// A reply that ends with its headers.
pub fn trailers_only(stream: u32, lines: &[(&str, &str)]) -> Vec<u8> {
    frame(1, END_HEADERS | END_STREAM, stream, &[&[0x88], &block(lines)[..]].concat())
}

/// Trailers, which end the stream or not.
pub fn trailers(flags: u8, stream: u32, lines: &[(&str, &str)]) -> Vec<u8> {
    frame(1, END_HEADERS | flags, stream, &block(lines))
}

/// More lines than one frame holds.
pub fn continued(stream: u32, lines: &[(&str, &str)]) -> Vec<u8> {
    let block = [&[0x88], &block(lines)[..]].concat();
    let mut parts = block.chunks(16 << 10).peekable();
    let mut frames = Vec::new();
    let mut kind = 1;
    while let Some(part) = parts.next() {
        let flags = if parts.peek().is_none() { END_HEADERS } else { 0 };
        frames.extend(frame(kind, flags, stream, part));
        kind = 9;
    }
    frames
}

pub fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(3, 0, stream, &code.to_be_bytes())
}

/// The sender has looked at streams up to `last`.
pub fn go_away(last: u32, code: u32) -> Vec<u8> {
    frame(7, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// Literals without indexing (RFC 7541, section 6.2.2), which leave both tables as they are.
fn block(lines: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in lines {
        block.push(0);
        for text in [name, value] {
            length(text.len(), &mut block);
            block.extend(text.as_bytes());
        }
    }
    block
}

/// An integer with a prefix of 7 bits (RFC 7541, section 5.1).
fn length(mut value: usize, out: &mut Vec<u8>) {
    let byte = |value: usize| u8::try_from(value).expect("below 256");
    if value < 127 {
        return out.push(byte(value));
    }
    out.push(127);
    value -= 127;
    while value >= 128 {
        out.push(byte(value % 128 + 128));
        value /= 128;
    }
    out.push(byte(value));
}
