//! Values that a request carries in a further place, and that differ from those in the documented place: a second user id, token, host, length.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::error::TransportError;
use crate::contract::{Endpoint, Protocol};
use crate::wire::percent::encode_component;
use crate::wire::secret::Secret;
use crate::wire::{framing, schema};

/// The shell variable that stands for the token of the documented place where a request is shown.
pub(super) const TOKEN: &str = "$TOKEN";
/// The documented authorization if it is shown among other lines.
pub(super) const SHOWN_AUTHORIZATION: &str = "Bearer $TOKEN";
/// The shell variable that stands for a token in a further place.
pub(super) const OTHER_TOKEN: &str = "$OTHER_TOKEN";

/// Before or after the existing value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Before it.
    First,
    /// After it.
    Last,
}

/// A place in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A parameter of the query.
    Query(String),
    /// A further header line (gRPC: metadata).
    Header(HeaderName),
    /// A further line with the name `authorization`.
    Authorization(Order),
    /// A further token in the documented line, behind a comma.
    Joined,
    /// A cookie.
    Cookie(String),
    /// A member of a JSON body, also where one of that name is there; with a point the member of a member.
    Member(String, Order),
    /// A further member of the credential, with points between the members that lead to it.
    Credential(String),
    /// A parameter of a form in place of the body.
    Form(String),
    /// A field of the protobuf message once more.
    Field(String, Order),
    /// The host in place of the target's: `Host` over HTTP/1.1, `:authority` over HTTP/2.
    Authority,
    /// A second host: another line `Host` over HTTP/1.1, `host` beside `:authority` over HTTP/2.
    SecondHost,
    /// A second `Content-Length`, which states this many bytes more than there are. HTTP/1.1 only.
    Length,
    /// `Transfer-Encoding: chunked` with a `Content-Length` of all bytes that are sent. HTTP/1.1 only.
    Chunked,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Place, String> {
        let (kind, name) = text.split_once(':').unwrap_or((text, ""));
        let owned = || name.to_owned();
        let place = match kind {
            "query" => Place::Query(owned()),
            "header" => Place::Header(name.parse().map_err(|_| format!("`{name}` is not the name of a header"))?),
            "cookie" => Place::Cookie(owned()),
            "body" => Place::Member(owned(), Order::Last),
            "body-first" => Place::Member(owned(), Order::First),
            "credential" => Place::Credential(owned()),
            "form" => Place::Form(owned()),
            "field" => Place::Field(owned(), Order::Last),
            "field-first" => Place::Field(owned(), Order::First),
            "authorization" => Place::Authorization(Order::Last),
            "authorization-first" => Place::Authorization(Order::First),
            "authorization-joined" => Place::Joined,
            "authority" => Place::Authority,
            "second-host" => Place::SecondHost,
            "content-length" => Place::Length,
            "chunked" => Place::Chunked,
            _ => {
                return Err(format!(
                    "a request has no place `{text}`; write query:NAME, header:NAME, cookie:NAME, body:NAME, body-first:NAME, \
                     credential:NAME, form:NAME, field:NAME, field-first:NAME, authorization, authorization-first, authorization-joined, authority, \
                     second-host, content-length, chunked"
                ));
            }
        };
        if place.needs_name() == name.is_empty() {
            return Err(format!("`{text}` {}", if name.is_empty() { "lacks a name" } else { "takes no name" }));
        }
        Ok(place)
    }
}

impl Place {
    fn needs_name(&self) -> bool {
        use Place as P;
        !matches!(self, P::Authorization(_) | P::Joined | P::Authority | P::SecondHost | P::Length | P::Chunked)
    }

    /// The protocols over which a request has such a place. A path with a query is another path over gRPC.
    pub const fn protocols(&self) -> &'static [Protocol] {
        match self {
            Place::Query(_) | Place::Member(..) | Place::Form(_) | Place::Length | Place::Chunked => &[Protocol::Rest],
            Place::Field(..) => &[Protocol::Grpc, Protocol::GrpcWeb],
            _ => &Protocol::ALL,
        }
    }

    /// Whether the message without it, together with the header lines, is the whole request.
    fn is_beside_message(&self) -> bool {
        use Place as P;
        matches!(self, P::Header(_) | P::Cookie(_) | P::Authorization(_) | P::Joined | P::Authority | P::SecondHost)
    }

    /// Whether it is the documented place of a token, once more.
    pub fn is_authorization(&self) -> bool {
        matches!(self, Place::Authorization(_) | Place::Joined)
    }

    /// The name in the place; empty if it has none.
    pub fn name(&self) -> &str {
        match self {
            Place::Query(name) | Place::Cookie(name) | Place::Form(name) | Place::Credential(name) => name,
            Place::Member(name, _) | Place::Field(name, _) => name,
            Place::Header(name) => name.as_str(),
            _ => "",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = |order: &Order| if *order == Order::First { "first" } else { "last" };
        match self {
            Place::Query(name) => write!(f, "query {name}"),
            Place::Header(name) => write!(f, "header {name}"),
            Place::Authorization(at) => write!(f, "a second authorization line ({})", order(at)),
            Place::Joined => f.write_str("the authorization line, behind a comma"),
            Place::Cookie(name) => write!(f, "cookie {name}"),
            Place::Member(name, at) => write!(f, "body member {name} ({})", order(at)),
            Place::Credential(name) => write!(f, "credential member {name}"),
            Place::Form(name) => write!(f, "form parameter {name}"),
            Place::Field(name, at) => write!(f, "field {name} once more ({})", order(at)),
            Place::Authority => f.write_str("host"),
            Place::SecondHost => f.write_str("a second host"),
            Place::Length => f.write_str("a second content-length"),
            Place::Chunked => f.write_str("transfer-encoding together with content-length"),
        }
    }
}

/// The value in a further place.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A text or, in a body, any JSON value.
    Plain(Value),
    /// A token.
    Token(Secret),
}

/// A value in a further place of a request.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// Where.
    pub place: Place,
    /// What.
    pub content: Content,
}

/// Whether a request is made to be sent or to be shown, where variables stand for tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    Sending,
    Showing,
}

impl Carried {
    fn text(&self, purpose: For) -> Cow<'_, str> {
        match (&self.content, purpose) {
            (Content::Plain(Value::String(text)), _) => Cow::Borrowed(text),
            (Content::Plain(other), _) => Cow::Owned(other.to_string()),
            (Content::Token(_), For::Showing) => Cow::Borrowed(OTHER_TOKEN),
            (Content::Token(secret), For::Sending) => Cow::Borrowed(secret.expose()),
        }
    }

    /// As part of a URL, a cookie or a form; a variable stays as it is.
    fn encoded(&self, purpose: For) -> Cow<'_, str> {
        match (self.text(purpose), &self.content, purpose) {
            (text, Content::Token(_), For::Showing) => text,
            (text, ..) => Cow::Owned(encode_component(&text)),
        }
    }

    fn pair(&self, purpose: For) -> String {
        format!("{}={}", self.place.name(), self.encoded(purpose))
    }

    /// The value of a header line; in every authorization a token follows its scheme.
    fn line(&self, purpose: For) -> Result<HeaderValue, TransportError> {
        let text = self.text(purpose);
        let of_scheme = match &self.place {
            Place::Header(name) => name.as_str().ends_with("authorization"),
            place => place.is_authorization(),
        };
        let scheme = if of_scheme && matches!(self.content, Content::Token(_)) { "Bearer " } else { "" };
        value(&format!("{scheme}{text}"), matches!(self.content, Content::Token(_)))
    }

    fn json(&self, purpose: For) -> Value {
        match &self.content {
            Content::Plain(value) => value.clone(),
            Content::Token(_) => self.text(purpose).into_owned().into(),
        }
    }
}

/// Not quoted: it can be a secret.
fn value(text: &str, is_secret: bool) -> Result<HeaderValue, TransportError> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| TransportError::Other("the value of a further header can't be sent in a header".to_owned()))?;
    value.set_sensitive(is_secret);
    Ok(value)
}

/// Header lines in their order.
pub(super) type Lines = Vec<(HeaderName, HeaderValue)>;

/// Lines that are written into the head of an HTTP/1.1 request by hand, since no library sends them.
#[derive(Debug, Clone)]
pub(super) struct RawLines(pub Bytes);

/// The parts of a request that further places change.
#[derive(Clone)]
pub(super) struct Parts {
    pub url: String,
    pub lines: Lines,
    pub body: Bytes,
    /// A second length, which no library sends.
    pub raw: Option<RawLines>,
}

/// Whether the message and the header lines are the whole call with these values.
pub(super) fn keeps_message(also: &[Carried]) -> bool {
    also.iter().all(|carried| carried.place.is_beside_message())
}

impl Parts {
    /// Puts everything into its place. The documented authorization is among the lines.
    pub fn with(mut self, endpoint: &Endpoint, also: &[Carried], purpose: For) -> Result<Parts, TransportError> {
        also.iter().try_for_each(|carried| self.put(endpoint, carried, purpose))?;
        Ok(self)
    }

    fn put(&mut self, endpoint: &Endpoint, carried: &Carried, purpose: For) -> Result<(), TransportError> {
        match &carried.place {
            Place::Query(_) => {
                let mark = if self.url.contains('?') { '&' } else { '?' };
                self.url = format!("{}{mark}{}", self.url, carried.pair(purpose));
            }
            Place::Header(name) => self.lines.push((name.clone(), carried.line(purpose)?)),
            Place::Authorization(order) => self.further_authorization(carried.line(purpose)?, *order),
            Place::Joined => self.join(carried, purpose)?,
            Place::Cookie(_) => {
                self.add_cookie(&carried.pair(purpose), matches!(carried.content, Content::Token(_)))?
            }
            Place::Member(name, order) => {
                self.body = with_member(&self.body, name, &carried.json(purpose), *order);
                self.say_type("application/json");
            }
            // The message has it already.
            Place::Credential(_) => {}
            Place::Form(_) => {
                self.body = carried.pair(purpose).into();
                self.lines.retain(|(name, _)| *name != CONTENT_TYPE);
                self.say_type("application/x-www-form-urlencoded");
            }
            Place::Field(name, order) => {
                let field = serde_json::Map::from_iter([(name.clone(), carried.json(purpose))]).into();
                let field = schema::encode(endpoint.grpc.as_ref().map_or("", |grpc| grpc.request), &field)?;
                self.body = with_field(&self.body, &field, *order);
            }
            Place::Authority => {
                self.lines.retain(|(name, _)| *name != HOST);
                self.lines.push((HOST, carried.line(purpose)?));
            }
            Place::SecondHost => {
                self.lines.extend([(HOST, value(&self.authority(), false)?), (HOST, carried.line(purpose)?)]);
            }
            Place::Length => {
                let more: usize = carried.text(purpose).parse().unwrap_or(1);
                self.state_length(&[self.body.len(), self.body.len() + more], purpose);
            }
            Place::Chunked => self.chunk(purpose),
        }
        Ok(())
    }

    fn further_authorization(&mut self, line: HeaderValue, order: Order) {
        let documented = self.lines.iter().position(|(name, _)| *name == AUTHORIZATION);
        let at = documented.filter(|_| order == Order::First).unwrap_or(self.lines.len());
        self.lines.insert(at, (AUTHORIZATION, line));
    }

    fn join(&mut self, carried: &Carried, purpose: For) -> Result<(), TransportError> {
        let further = carried.line(purpose)?;
        if let Some((_, line)) = self.lines.iter_mut().find(|(name, _)| *name == AUTHORIZATION) {
            let both = [line.as_bytes(), b", ", further.as_bytes()].concat();
            *line = value(&String::from_utf8_lossy(&both), true)?;
        }
        Ok(())
    }

    fn add_cookie(&mut self, pair: &str, is_secret: bool) -> Result<(), TransportError> {
        let cookie = self.lines.iter_mut().find(|(name, _)| *name == COOKIE);
        let Some((_, line)) = cookie else {
            self.lines.push((COOKIE, value(pair, is_secret)?));
            return Ok(());
        };
        let both = format!("{}; {pair}", String::from_utf8_lossy(line.as_bytes()));
        *line = value(&both, is_secret || line.is_sensitive())?;
        Ok(())
    }

    /// A body needs a content type.
    fn say_type(&mut self, content_type: &'static str) {
        if !self.lines.iter().any(|(name, _)| *name == CONTENT_TYPE) {
            self.lines.push((CONTENT_TYPE, HeaderValue::from_static(content_type)));
        }
    }

    fn authority(&self) -> String {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or_default().to_owned()
    }

    /// The last of the lengths is written by hand.
    fn state_length(&mut self, lengths: &[usize], purpose: For) {
        if purpose == For::Showing {
            self.lines.extend(lengths.iter().map(|length| (CONTENT_LENGTH, HeaderValue::from(*length))));
        }
        self.raw = lengths.last().map(|length| RawLines(format!("content-length: {length}\r\n").into()));
    }

    /// The body as one chunk, with the length of all its bytes: by either of them the end is the same.
    fn chunk(&mut self, purpose: For) {
        let framing = format!("{:x}\r\n\r\n0\r\n\r\n", self.body.len()).len();
        self.lines.push((TRANSFER_ENCODING, HeaderValue::from_static("chunked")));
        self.state_length(&[self.body.len() + framing], purpose);
    }
}

/// A JSON object with a further member, before or after those that it has. `a.b` is the member b of the object a: of the one that the
/// body begins with, if that is a, or else of a further one.
fn with_member(body: &Bytes, name: &str, value: &Value, order: Order) -> Bytes {
    let text = std::str::from_utf8(body).map_or("", str::trim);
    let text = if text.is_empty() { "{}" } else { text };
    let (name, inner) = name.split_once('.').map_or((name, None), |(name, inner)| (name, Some(inner)));
    let key = Value::from(name).to_string();
    let Some(inner) = inner else { return inserted(text, 1, 1, &format!("{key}:{value}"), order) };
    let member = format!("{}:{value}", Value::from(inner));
    let head = format!("{{{key}:{{");
    if text.starts_with(&head) && text.ends_with("}}") {
        return inserted(text, head.len(), 2, &member, order);
    }
    inserted(text, 1, 1, &format!("{key}:{{{member}}}"), order)
}

/// A member in an object whose members begin after so many bytes, and end so many bytes before the end of the text.
fn inserted(text: &str, begin: usize, end: usize, member: &str, order: Order) -> Bytes {
    let (Some(head), Some(tail)) = (text.get(..begin), text.get(text.len().saturating_sub(end)..)) else {
        return Bytes::copy_from_slice(text.as_bytes());
    };
    let members = text.get(begin..text.len() - end).unwrap_or_default();
    let comma = if members.trim().is_empty() { "" } else { "," };
    match order {
        Order::First => format!("{head}{member}{comma}{members}{tail}"),
        Order::Last => format!("{head}{members}{comma}{member}{tail}"),
    }
    .into()
}

/// A frame whose message has a further field.
fn with_field(body: &Bytes, field: &[u8], order: Order) -> Bytes {
    let message = body.get(framing::PREFIX..).unwrap_or_default();
    let both = match order {
        Order::First => [field, message].concat(),
        Order::Last => [message, field].concat(),
    };
    framing::frame(framing::FLAG_MESSAGE, &both)
}
