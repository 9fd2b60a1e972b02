//! Percent encoding of URL parts and of `grpc-message`.

/// Encodes a text for one segment or value of a URL: all but RFC 3986's unreserved characters become `%XX`.
pub fn encode_component(text: &str) -> String {
    encode(text, |byte| matches!(byte, b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~'))
}

/// The same with lower-case hexadecimal digits, as some servers write them.
pub fn encode_component_lower(text: &str) -> String {
    let encoded = encode_component(text);
    let mut parts = encoded.split('%');
    let mut lower = parts.next().unwrap_or_default().to_owned();
    for (digits, rest) in parts.filter_map(|part| part.split_at_checked(2)) {
        lower.push_str(&format!("%{}{rest}", digits.to_ascii_lowercase()));
    }
    lower
}

/// Encodes a `grpc-message`: bytes outside printable ASCII, and the percent sign, become `%XX` (gRPC over HTTP/2, "Percent-Encoded").
pub fn encode_message(text: &str) -> String {
    encode(text, |byte| matches!(byte, b' '..=b'~') && byte != b'%')
}

/// Decodes a `grpc-message`. As the gRPC specification asks, invalid escapes stay as they are, and invalid UTF-8 is replaced.
pub fn decode_message(value: &[u8]) -> String {
    let mut decoded = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = (byte == b'%').then(|| after.split_first_chunk::<2>()).flatten();
        match escaped.and_then(|(digits, after)| Some((hexadecimal(digits)?, after))) {
            Some((escaped, after)) => {
                decoded.push(escaped);
                rest = after;
            }
            None => {
                decoded.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn encode(text: &str, plain: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if plain(byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn hexadecimal(digits: &[u8; 2]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(digits[0])? << 4 | digit(digits[1])?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_escapes_stay() {
        assert_eq!(decode_message(b"100% %4 %zz %41 %ff"), "100% %4 %zz A \u{fffd}");
    }

    #[test]
    fn only_what_a_place_allows_is_plain() {
        assert_eq!(encode_component("a/b ü?#%~"), "a%2Fb%20%C3%BC%3F%23%25~");
        assert_eq!(encode_component_lower("A/b ü?"), "A%2fb%20%c3%bc%3f");
        assert_eq!(encode_message("a/b ü?#%~"), "a/b %C3%BC?#%25~");
    }
}
