//! Named forms of a path: some name the same resource (RFC 3986 section 6.2.2), others a resource that does not exist.

use crate::contract::Protocol;

/// One way to write a path.
#[derive(Debug)]
pub struct Spelling {
    /// The name that scenarios use.
    pub id: &'static str,
    /// In one line.
    pub summary: &'static str,
    /// The protocols on which it makes sense.
    pub protocols: &'static [Protocol],
    /// Whether another user is in it.
    pub names_another: bool,
    /// Whether the first line of an HTTP/1.1 request has the whole URL.
    pub is_absolute: bool,
    /// From the documented path, with its ids, and the id of another user.
    apply: fn(&str, &str) -> String,
}

/// A form, with the other user that it may name.
#[derive(Debug, Clone)]
pub struct Respelled {
    /// The form.
    pub spelling: &'static Spelling,
    /// The id of another user; empty if there is none.
    pub another: String,
}

impl Respelled {
    /// The path in this form.
    pub fn path(&self, documented: &str) -> String {
        (self.spelling.apply)(documented, &self.another)
    }
}

const REST: &[Protocol] = &[Protocol::Rest];
const FRAMED: &[Protocol] = &[Protocol::Grpc, Protocol::GrpcWeb];

/// The part of a path before the id of a user.
const USERS: &str = "/users/";

const fn rest(id: &'static str, summary: &'static str, apply: fn(&str, &str) -> String) -> Spelling {
    Spelling { id, summary, protocols: REST, names_another: false, is_absolute: false, apply }
}

const fn another(id: &'static str, summary: &'static str, apply: fn(&str, &str) -> String) -> Spelling {
    Spelling { names_another: true, ..rest(id, summary, apply) }
}

const fn framed(id: &'static str, summary: &'static str, apply: fn(&str, &str) -> String) -> Spelling {
    Spelling { protocols: FRAMED, ..rest(id, summary, apply) }
}

/// All forms.
pub const SPELLINGS: &[Spelling] = &[
    Spelling {
        is_absolute: true,
        ..rest("absolute-form", "the first line has the whole URL", |path, _| path.to_owned())
    },
    rest("trailing-slash", "a slash follows", |path, _| format!("{path}/")),
    rest("double-slash", "the last slash is there twice", |path, _| before_last(path, "/")),
    rest("leading-slashes", "the first slash is there twice", |path, _| format!("/{path}")),
    rest("dot-segment", "a segment is a single dot", |path, _| before_last(path, "/.")),
    rest("dot-segments", "a further segment is cancelled by the next one", |path, _| before_last(path, "/x/..")),
    rest("encoded-letter", "a letter is percent-encoded, the digits in upper case", |path, _| {
        path.replacen(USERS, "/user%73/", 1)
    }),
    rest("encoded-letter-lower-case", "a letter is percent-encoded, the digits in lower case", |path, _| {
        path.replacen("/v", "/%76", 1)
    }),
    rest("encoded-end", "the last character is percent-encoded", |path, _| encoded_end(path)),
    rest("encoded-end-twice", "the last character is percent-encoded twice", |path, _| {
        encoded_end(path).replace('%', "%25")
    }),
    rest("matrix-parameter", "the last segment has a parameter", |path, _| format!("{path};a=b")),
    rest("further-query", "there is a query without a meaning", |path, _| format!("{path}?proofmark=1")),
    rest("upper-case", "the path is in upper case", |path, _| path.to_ascii_uppercase()),
    rest("encoded-slash", "the last slash is percent-encoded", |path, _| encoded_slash(path)),
    rest("encoded-twice", "a letter is percent-encoded twice", |path, _| path.replacen(USERS, "/user%2573/", 1)),
    rest("broken-encoding", "a percent sign follows, and no hexadecimal digits", |path, _| format!("{path}%zz")),
    rest("cut-encoding", "a percent sign follows", |path, _| format!("{path}%")),
    rest("null-byte", "a null byte follows", |path, _| format!("{path}%00")),
    rest("null-byte-and-more", "a null byte follows, and more", |path, _| format!("{path}%00.json")),
    rest("extension", "an extension follows", |path, _| format!("{path}.json")),
    rest("further-segment", "a segment follows", |path, _| format!("{path}/proofmark")),
    another("another-behind-own", "a .. segment replaces the own user's id by another user's", |path, another| {
        behind_own(path, &format!("/../{another}"))
    }),
    another("another-behind-own-encoded", "the same with percent-encoded slashes", |path, another| {
        behind_own(path, &format!("%2F..%2F{another}"))
    }),
    another("another-behind-own-dots", "the same with percent-encoded dots", |path, another| {
        behind_own(path, &format!("/%2e%2e/{another}"))
    }),
    framed("unknown-method", "the service has no such method", |path, _| format!("{path}Nothing")),
    framed("unknown-service", "there is no such service", |path, _| path.replacen('/', "/nothing.", 1)),
    framed("other-case", "the method is in lower case", |path, _| path.to_ascii_lowercase()),
];

/// The form with this id.
pub fn find(id: &str) -> Option<&'static Spelling> {
    SPELLINGS.iter().find(|spelling| spelling.id == id)
}

/// Something before the last slash.
fn before_last(path: &str, text: &str) -> String {
    let at = path.rfind('/').unwrap_or_default();
    format!("{}{text}{}", &path[..at], &path[at..])
}

fn encoded_slash(path: &str) -> String {
    let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
    format!("{before}%2F{last}")
}

fn encoded_end(path: &str) -> String {
    let mut characters = path.chars();
    match characters.next_back().filter(char::is_ascii) {
        Some(last) => format!("{}%{:02X}", characters.as_str(), u32::from(last)),
        None => path.to_owned(),
    }
}

/// Something behind the id of the user.
fn behind_own(path: &str, text: &str) -> String {
    let Some((before, rest)) = path.split_once(USERS) else { return path.to_owned() };
    let (own, after) = rest.split_once('/').unwrap_or((rest, ""));
    format!("{before}{USERS}{own}{text}/{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_another_text_and_a_path() {
        for spelling in SPELLINGS {
            let path = if spelling.protocols == FRAMED { "/some.Service/Method" } else { "/v2/users/17/u2f/42" };
            let respelled = Respelled { spelling, another: "18".to_owned() }.path(path);
            assert_eq!(respelled == path, spelling.is_absolute, "{}", spelling.id);
            assert_eq!(respelled.contains("18"), spelling.names_another, "{respelled}");
            assert!(format!("http://host{respelled}").parse::<http::Uri>().is_ok(), "{respelled}");
        }
    }

    #[test]
    fn ids_are_where_they_belong() {
        let path = |id, documented: &str| {
            let spelling = find(id).expect("listed");
            Respelled { spelling, another: "18".to_owned() }.path(documented)
        };
        assert_eq!(path("another-behind-own", "/v2/users/17/u2f/42"), "/v2/users/17/../18/u2f/42");
        assert_eq!(path("another-behind-own-encoded", "/v2/users/17/u2f"), "/v2/users/17%2F..%2F18/u2f");
        assert_eq!(path("dot-segments", "/v2/users/17/u2f/42"), "/v2/users/17/u2f/x/../42");
        assert_eq!(path("encoded-end", "/v2/users/17/u2f/42"), "/v2/users/17/u2f/4%32");
        assert_eq!(path("encoded-slash", "/v2/users/17/u2f/42"), "/v2/users/17/u2f%2F42");
        assert_eq!(path("unknown-service", "/a.B/C"), "/nothing.a.B/C");
    }
}
