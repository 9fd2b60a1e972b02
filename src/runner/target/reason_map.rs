//! The reason map: what a target's refusals are about, as far as its owners have written it down.

use globset::{Glob, GlobMatcher};

use crate::contract::Protocol;
use crate::transport::Refusal;
use crate::wire::status::Code;

/// The codes of gRPC.
const CODES: std::ops::Range<i32> = 0..17;
/// The prefixes of patterns that are not over error ids, and `id:` for ids that begin with one of these prefixes.
pub(crate) const PREFIXES: [&str; 4] = ["id:", "message:", "code:", "http:"];

/// From refusals to the clauses that they are about.
#[derive(Debug, Clone, Default)]
pub struct ReasonMap(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    text: String,
    pattern: Pattern,
    clause: String,
}

/// The part of a refusal that is compared. The first kind that matches decides, in this order: an id says most, a status least.
#[derive(Debug, Clone)]
enum Pattern {
    Id(GlobMatcher),
    Message(GlobMatcher),
    Code(i32),
    Http(u16),
}

/// What a refusal says about its reason.
#[derive(Debug, Clone, Copy, Default)]
pub struct Said<'a> {
    /// Error id.
    pub id: Option<&'a str>,
    /// Text for people.
    pub message: &'a str,
    /// gRPC code, also in the body of a REST reply.
    pub code: Option<i32>,
    /// HTTP status; for REST alone, because the other protocols always have 200.
    pub http: Option<u16>,
}

impl<'a> Said<'a> {
    /// By a refusal that came over a protocol with an HTTP status.
    pub fn by(refusal: &'a Refusal, protocol: Protocol, http_status: u16) -> Said<'a> {
        let status = refusal.status.as_ref();
        Said {
            id: status.and_then(|status| status.error_id()),
            message: status.map(|status| status.message.trim()).unwrap_or_default(),
            code: status.map(|status| status.code).filter(|code| *code != Code::OK.number()),
            http: (protocol == Protocol::Rest).then_some(http_status),
        }
    }

    /// By an error id alone.
    pub fn id(id: &'a str) -> Said<'a> {
        Said { id: Some(id), ..Said::default() }
    }
}

impl ReasonMap {
    /// Adds an entry: a pattern of refusals, and a clause id. A pattern is a glob over error ids, or one over messages
    /// (`message:*origin*`), a gRPC code by number or name (`code:9`, `code:NOT_FOUND`), or an HTTP status (`http:409`).
    /// A pattern that begins with `id:` is an id, whatever follows.
    ///
    /// # Errors
    /// Why the text is not a pattern.
    pub fn add(&mut self, text: &str, clause: &str) -> Result<(), String> {
        let pattern = Pattern::new(text)?;
        self.0.push(Entry { text: text.to_owned(), pattern, clause: clause.to_owned() });
        Ok(())
    }

    /// Patterns and clause ids, as they were added.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|entry| (entry.text.as_str(), entry.clause.as_str()))
    }

    /// The same, as a stream records them.
    pub fn pairs(&self) -> Vec<(String, String)> {
        self.entries().map(|(pattern, clause)| (pattern.to_owned(), clause.to_owned())).collect()
    }

    /// The clauses that a refusal is about; empty if the map does not know it.
    pub fn clauses(&self, said: &Said<'_>) -> Vec<&str> {
        let known = || self.0.iter().filter(|entry| entry.pattern.knows(said));
        let first = known().map(|entry| entry.pattern.rank()).min();
        known().filter(|entry| Some(entry.pattern.rank()) == first).map(|entry| entry.clause.as_str()).collect()
    }
}

impl Pattern {
    fn new(text: &str) -> Result<Pattern, String> {
        let glob = |text: &str| match Glob::new(text) {
            Ok(glob) => Ok(glob.compile_matcher()),
            Err(error) => Err(error.kind().to_string()),
        };
        match text.split_once(':') {
            Some(("message", rest)) => glob(rest).map(Pattern::Message),
            Some(("id", rest)) => glob(rest).map(Pattern::Id),
            Some(("code", rest)) => code(rest).map(Pattern::Code).ok_or_else(|| {
                "a code is a number from 1 to 16 or its name, such as code:9 or code:FAILED_PRECONDITION".to_owned()
            }),
            Some(("http", rest)) => {
                let status = rest.parse().ok().filter(|status| (100..=599).contains(status));
                status.map(Pattern::Http).ok_or_else(|| "an HTTP status has three digits, such as http:409".to_owned())
            }
            _ => glob(text).map(Pattern::Id),
        }
    }

    fn knows(&self, said: &Said<'_>) -> bool {
        match self {
            Pattern::Id(glob) => said.id.is_some_and(|id| glob.is_match(id)),
            Pattern::Message(glob) => glob.is_match(said.message),
            Pattern::Code(code) => said.code == Some(*code),
            Pattern::Http(status) => said.http == Some(*status),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Pattern::Id(_) => 0,
            Pattern::Message(_) => 1,
            Pattern::Code(_) => 2,
            Pattern::Http(_) => 3,
        }
    }
}

fn code(text: &str) -> Option<i32> {
    let is_named = |code: &i32| Code::new(*code).is_some_and(|code| code.name() == text);
    let found = text.parse().ok().filter(|code| CODES.contains(code)).or_else(|| CODES.into_iter().find(is_named));
    found.filter(|code| *code != Code::OK.number())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> ReasonMap {
        let mut map = ReasonMap::default();
        for (text, clause) in entries {
            map.add(text, clause).expect("a pattern");
        }
        map
    }

    const SAID: Said<'_> = Said { id: Some("A-1"), message: "the origin is not ours", code: Some(9), http: Some(409) };

    #[test]
    fn each_kind_of_pattern_knows_its_refusals() {
        for (text, knows) in [
            ("A-1", true),
            ("A-*", true),
            ("id:A-?", true),
            ("a-1", false),
            ("message:*origin*", true),
            ("message:origin", false),
            ("code:9", true),
            ("code:FAILED_PRECONDITION", true),
            ("code:3", false),
            ("http:409", true),
            ("http:400", false),
        ] {
            assert_eq!(map(&[(text, "c")]).clauses(&SAID) == ["c"], knows, "{text}");
        }
        let silent = Said { id: None, message: "", code: None, http: None };
        assert_eq!(map(&[("*", "c"), ("code:9", "c"), ("http:409", "c")]).clauses(&silent), [""; 0]);
    }

    #[test]
    fn an_id_says_more_than_a_message_and_that_more_than_a_status() {
        let all = [("http:409", "h"), ("code:9", "c"), ("message:*", "m"), ("A-1", "i"), ("A*", "j")];
        assert_eq!(map(&all).clauses(&SAID), ["i", "j"]);
        assert_eq!(map(&all[..3]).clauses(&SAID), ["m"]);
        assert_eq!(map(&all[..2]).clauses(&SAID), ["c"]);
        assert_eq!(map(&all[..1]).clauses(&SAID), ["h"]);
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for (text, words) in [
            ("X[", "unclosed"),
            ("message:X[", "unclosed"),
            ("code:17", "1 to 16"),
            ("code:0", "1 to 16"),
            ("code:OK", "1 to 16"),
            ("code:", "1 to 16"),
            ("http:99", "three digits"),
            ("http:abc", "three digits"),
        ] {
            let error = ReasonMap::default().add(text, "c").expect_err(text);
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
