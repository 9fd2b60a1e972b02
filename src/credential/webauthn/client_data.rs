//! CollectedClientData (WebAuthn L3 §5.8.1): its serialisation (§5.8.1.1), and how a relying party reads it.

use serde::Deserialize;
use serde_json::Value;

/// The `type` of a registration.
pub const CREATE: &str = "webauthn.create";

/// The client data of a registration. `None` leaves the member out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CollectedClientData {
    /// `type`: [`CREATE`] in good client data.
    pub r#type: Option<String>,
    /// `challenge`: base64url without padding in good client data.
    pub challenge: Option<String>,
    /// `origin`: ASCII serialisation of the caller's origin.
    pub origin: Option<String>,
    /// `crossOrigin`
    pub cross_origin: Option<bool>,
    /// `topOrigin`: only in cross-origin frames.
    pub top_origin: Option<String>,
    /// Further members, serialised after the defined ones in this order.
    pub extra: Vec<(String, Value)>,
}

impl CollectedClientData {
    /// The bytes of clientDataJSON as WebAuthn L3 §5.8.1.1 defines them.
    pub fn serialize(&self) -> Vec<u8> {
        let mut members = Vec::new();
        let mut text = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                members.push(format!("\"{name}\":{}", ccd_to_string(value)));
            }
        };
        text("type", &self.r#type);
        text("challenge", &self.challenge);
        text("origin", &self.origin);
        if let Some(cross_origin) = self.cross_origin {
            members.push(format!("\"crossOrigin\":{cross_origin}"));
        }
        if let Some(top_origin) = &self.top_origin {
            members.push(format!("\"topOrigin\":{}", ccd_to_string(top_origin)));
        }
        members.extend(self.extra.iter().map(|(name, value)| format!("{}:{value}", ccd_to_string(name))));
        format!("{{{}}}", members.join(",")).into_bytes()
    }
}

/// CCDToString of WebAuthn L3 §5.8.1.1.
fn ccd_to_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// Why bytes are not client data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientDataError {
    /// The text is not JSON because the bytes are not UTF-8.
    #[error("the client data is not UTF-8")]
    NotUtf8,
    /// The text is not JSON, not an object, or has one member twice.
    #[error("the client data is not a JSON object: {0}")]
    NotJson(String),
}

/// Client data as it was received: members of any type, further members ignored. JSON `null` counts as absent.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedClientData {
    /// `type`
    pub r#type: Option<Value>,
    /// `challenge`
    pub challenge: Option<Value>,
    /// `origin`
    pub origin: Option<Value>,
    /// `crossOrigin`
    pub cross_origin: Option<Value>,
    /// `topOrigin`
    pub top_origin: Option<Value>,
}

impl ReceivedClientData {
    /// Runs "UTF-8 decode" and a JSON parser on the bytes (WebAuthn L3 §7.1, steps 5 and 6).
    ///
    /// The specification's UTF-8 decode strips one byte order mark and replaces malformed sequences instead of failing;
    /// so malformed bytes in a member that nobody reads are not an error. If because of them the text is not JSON, the
    /// error names them as the cause.
    ///
    /// # Errors
    /// [`ClientDataError`]
    pub fn parse(bytes: &[u8]) -> Result<ReceivedClientData, ClientDataError> {
        let text = decode_utf8(bytes);
        let error = match parse_object(&text, true) {
            Ok(data) => return Ok(data),
            Err(error) => error,
        };
        if std::str::from_utf8(bytes).is_err() {
            return Err(ClientDataError::NotUtf8);
        }
        Err(ClientDataError::NotJson(error.to_string()))
    }

    /// As [`ReceivedClientData::parse`], but ignores text after the first JSON value, as a careless parser does.
    ///
    /// # Errors
    /// [`ClientDataError::NotJson`]
    pub fn parse_prefix(bytes: &[u8]) -> Result<ReceivedClientData, ClientDataError> {
        parse_object(&decode_utf8(bytes), false).map_err(|error| ClientDataError::NotJson(error.to_string()))
    }

    /// As [`ReceivedClientData::parse`], but also takes UTF-16 with a byte order mark: the reading of a parser that guesses
    /// the encoding.
    ///
    /// # Errors
    /// [`ClientDataError`]
    pub fn parse_any_unicode(bytes: &[u8]) -> Result<ReceivedClientData, ClientDataError> {
        let (rest, is_little) = match bytes {
            [0xff, 0xfe, rest @ ..] => (rest, true),
            [0xfe, 0xff, rest @ ..] => (rest, false),
            _ => return ReceivedClientData::parse(bytes),
        };
        let pairs = rest.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
        let units: Vec<u16> =
            pairs.map(|pair| if is_little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) }).collect();
        ReceivedClientData::parse(String::from_utf16_lossy(&units).as_bytes())
    }
}

fn decode_utf8(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    String::from_utf8_lossy(bytes).into_owned()
}

fn parse_object(text: &str, to_the_end: bool) -> serde_json::Result<ReceivedClientData> {
    // A derived deserializer would also take an array of the members, so the brace is asked for.
    if !text.trim_start_matches([' ', '\t', '\n', '\r']).starts_with('{') {
        return Err(serde::de::Error::custom("it does not begin with a brace"));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let data = ReceivedClientData::deserialize(&mut deserializer)?;
    if to_the_end {
        deserializer.end()?;
    }
    Ok(data)
}

#[cfg(test)]
mod tests;
