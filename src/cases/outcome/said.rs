//! What a target answers in a refusal, read back from the words of a finding: error id, code, message. Two refusals that say
//! the same have one cause, whichever protocol they came over.

/// The beginning of findings about a refusal.
pub const REFUSED: &str = "refused";
/// The beginning of such findings if the target's reason map says that the refusal comes from an unhandled exception.
pub const CRASHED: &str = "crashed";

/// Signs of an exception in a message, in lower case: the words of runtimes, and of software that answers if a handler has failed.
const SIGNS: &[&str] = &[
    "panic",
    "runtime error",
    "nil pointer",
    "null pointer",
    "nullpointerexception",
    "index out of range",
    "index out of bounds",
    "indexoutofbounds",
    "slice bounds",
    "stack overflow",
    "stack trace",
    "traceback",
    "unhandled",
    "uncaught",
    "unexpected error",
    "exception",
    "assertion failed",
    "segmentation fault",
    "internal error",
    "internal server error",
    "something went wrong",
    "undefined is not",
    "cannot read propert",
    "is not a function",
];

/// A refusal in its own words. All of it is the target's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// Error id: the one of the details, or the one in brackets that ends the message.
    pub id: Option<&'a str>,
    /// gRPC code, also in the body of a REST reply; `None` if the reply had none.
    pub code: Option<i32>,
    /// Text for people; may be empty.
    pub message: &'a str,
    /// Whether the target's reason map says that it is an unhandled exception.
    pub is_mapped_to_crash: bool,
}

impl<'a> Said<'a> {
    /// Reads `refused: HTTP 404, code 5, id X-1: message`, as findings have it; `None` for a text that is not a refusal.
    pub fn of(received: &'a str) -> Option<Said<'a>> {
        let (word, rest) = received.split_once(": HTTP ")?;
        let is_mapped_to_crash = word == CRASHED;
        if word != REFUSED && !is_mapped_to_crash {
            return None;
        }
        let (_, rest) = rest.split_once(", ")?;
        let Some(rest) = rest.strip_prefix("code ") else {
            return Some(Said { id: None, code: None, message: "", is_mapped_to_crash });
        };
        let end = rest.find([',', ':']).unwrap_or(rest.len());
        let (code, rest) = rest.split_at(end);
        let code = code.parse().ok();
        let (id, message) = match rest.strip_prefix(", id ").map(|rest| rest.split_once(": ").unwrap_or((rest, ""))) {
            Some((id, message)) => (Some(id), message),
            None => (None, rest.strip_prefix(": ").unwrap_or_default()),
        };
        Some(Said { id: id.or_else(|| bracketed(message)), code, message, is_mapped_to_crash })
    }

    /// What two refusals of one cause have in common: the error id, or without one the code and the form of the message.
    pub fn key(&self) -> String {
        match (self.id, self.code) {
            (Some(id), _) => format!("id {id}"),
            (None, Some(code)) => format!("code {code}: {}", form(self.message)),
            (None, None) => "no code".to_owned(),
        }
    }

    /// Whether the words are those of an exception, rather than of a refusal.
    pub fn shows_an_exception(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        self.is_mapped_to_crash || SIGNS.iter().any(|sign| message.contains(sign))
    }
}

/// The id in brackets at the end of a message, such as `(COMMAND-M9dsd)`.
fn bracketed(message: &str) -> Option<&str> {
    let (_, id) = message.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let (kind, rest) = id.split_once('-')?;
    let is_id = !kind.is_empty() && kind.starts_with(|c: char| c.is_ascii_uppercase()) && !rest.is_empty();
    (is_id && id.len() <= 60 && id.chars().all(fits)).then_some(id)
}

/// A message without the parts that differ from one refusal to the next: quotations, numbers, and words with a digit, such as ids.
pub fn form(message: &str) -> String {
    let mut form = String::new();
    let (mut rest, mut before) = (message.trim(), ' ');
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '=');
        // Within a word it is an apostrophe.
        let quoted = if before.is_alphanumeric() { 0 } else { quoted(rest) };
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (taken, shown) = match (quoted, word) {
            (1.., _) => (quoted, "\"\""),
            (_, 1..) if rest[..word].contains(|c: char| c.is_ascii_digit()) => (word, "#"),
            (_, 1..) => (word, &rest[..word]),
            _ => (first.len_utf8(), &rest[..first.len_utf8()]),
        };
        form.push_str(shown);
        before = rest[..taken].chars().next_back().unwrap_or(' ');
        rest = &rest[taken..];
    }
    form
}

/// Length in bytes of the quotation that a text begins with, its quotation marks included; 0 if it does not begin with one, or if it has no end.
pub fn quoted(text: &str) -> usize {
    let Some(mark) = text.chars().next().filter(|first| ['"', '\'', '`'].contains(first)) else { return 0 };
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        if character == mark && !is_escaped {
            return at + 1;
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_finding_are_read_back() {
        let said =
            Said::of("refused: HTTP 404, code 5, id X-1: user 659184569000000002 is not there").expect("a refusal");
        assert_eq!((said.id, said.code, said.message), (Some("X-1"), Some(5), "user 659184569000000002 is not there"));
        let said = Said::of("refused: HTTP 200, code 13: no: not so").expect("a refusal");
        assert_eq!((said.id, said.code, said.message), (None, Some(13), "no: not so"));
        let said = Said::of("refused: HTTP 502, no code").expect("a refusal");
        assert_eq!((said.id, said.code, said.key().as_str()), (None, None, "no code"));
        assert!(Said::of("crashed: HTTP 500, code 13, id E: m").expect("a refusal").is_mapped_to_crash);
        for other in ["accepted: 200", "unreadable: x", "0 times", "", "refused: HTTP 5"] {
            assert_eq!(Said::of(other), None, "{other}");
        }
    }

    #[test]
    fn refusals_that_say_the_same_have_one_key_over_every_protocol() {
        let key = |received: &str| Said::of(received).expect("a refusal").key();
        let one = |a: &str, b: &str| key(a) == key(b);
        assert!(one("refused: HTTP 500, code 13, id E-1: one thing", "refused: HTTP 200, code 13, id E-1: another"));
        assert!(!one("refused: HTTP 500, code 13, id E-1: m", "refused: HTTP 500, code 13, id E-2: m"));
        // gRPC without details has the id in its message alone.
        assert!(one("refused: HTTP 500, code 13, id CO-1a: no (CO-1a)", "refused: HTTP 200, code 13: no (CO-1a)"));
        let at = |http: u16, what: &str| format!("refused: HTTP {http}, code 3: {what}");
        assert!(one(&at(400, "length 201 of \"aaa\" at 3f2b-77"), &at(200, "length 7 of \"b\\\" 9\" at 00aa-11")));
        assert!(!one(&at(400, "too long"), &at(400, "too short")));
        assert!(!one("refused: HTTP 400, code 3: m", "refused: HTTP 500, code 13: m"), "another code");
        assert_eq!(form("it's 'so' (see 12)"), "it's \"\" (see #)");
        assert_eq!(form("\"open"), "\"open");
        assert_eq!(bracketed("wrong (sic)"), None);
        assert_eq!(bracketed("wrong (see A-1 b)"), None);
    }

    #[test]
    fn an_exception_is_known_by_its_words() {
        let shows = |received: &str| Said::of(received).expect("a refusal").shows_an_exception();
        for exception in [
            "refused: HTTP 500, code 13: runtime error: index out of range [3] with length 2",
            "refused: HTTP 500, code 13, id Q-1: Internal Server Error",
            "refused: HTTP 500, code 2: java.lang.NullPointerException",
            "crashed: HTTP 500, code 13, id Q-2: not today",
        ] {
            assert!(shows(exception), "{exception}");
        }
        for refusal in [
            "refused: HTTP 500, code 13, id W-1: the attestation statement is not valid",
            "refused: HTTP 500, code 13: Errors.User.WebAuthN.CreateCredentialFailed (DOMAIN-3fj4s)",
        ] {
            assert!(!shows(refusal), "{refusal}");
        }
    }
}
