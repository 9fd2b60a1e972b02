//! Texts that only the internals of a server write, as data: one entry each.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::words::beginning;

/// Characters around a match that are looked at, and shown.
const AROUND: usize = 60;

/// One kind of text.
#[derive(Debug)]
pub(super) struct Pattern {
    /// What it is, for people.
    pub what: &'static str,
    /// What has to be in the text.
    literal: &'static str,
    /// What has to come before and after it.
    fits: fn(&str, &str) -> bool,
}

/// A text that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// What it is, for people.
    pub what: &'static str,
    /// The place, with a little text around it.
    pub excerpt: String,
}

const fn always(what: &'static str, literal: &'static str) -> Pattern {
    Pattern { what, literal, fits: |_, _| true }
}

const fn when(what: &'static str, literal: &'static str, fits: fn(&str, &str) -> bool) -> Pattern {
    Pattern { what, literal, fits }
}

const GO: &str = "an error of Go's libraries";
const JAVA: &str = "an exception's class";
const PYTHON: &str = "an error of Python";
const SCRIPT: &str = "an error of JavaScript";
const NET: &str = "an error of .NET";
const RUST: &str = "an error of Rust's libraries";
const PHP: &str = "an error of PHP";
const RUBY: &str = "an error of Ruby";
const SQL: &str = "an error of a database";
const CONNECTION: &str = "the address of a database";
const STATEMENT: &str = "an SQL statement";
const FILE: &str = "a source file with a line";
const PLACE: &str = "a place in the server's file system";

/// All of them.
pub(super) const PATTERNS: &[Pattern] = &[
    always(GO, "looking for beginning of "),
    always(GO, "json: cannot unmarshal "),
    always(GO, "unexpected end of JSON input"),
    always(GO, "illegal base64 data at input byte "),
    when(GO, "(line ", |before, after| {
        (before.ends_with("proto: ") || before.ends_with("proto:\u{a0}")) && begins_with_digit(after)
    }),
    when(GO, "strconv.", |_, after| ["Parse", "Atoi", "Quote", "Unquote"].iter().any(|name| after.starts_with(name))),
    always(GO, "runtime error: "),
    when(GO, "asn1: ", |_, after| after.starts_with("structure error") || after.starts_with("syntax error")),
    when(GO, "x509: ", |_, after| after.starts_with(|c: char| c.is_ascii_lowercase())),
    when(GO, "cbor: ", |_, after| {
        ["unexpected ", "cannot unmarshal ", "invalid "].iter().any(|words| after.starts_with(words))
    }),
    when(JAVA, "Exception", |before, _| ends_with_qualified_name(before)),
    when(PYTHON, "object has no attribute ", |_, after| after.starts_with(['\'', '"'])),
    when(PYTHON, "object is not ", |before, after| {
        before.trim_end().ends_with('\'') && (after.starts_with("subscriptable") || after.starts_with("callable"))
    }),
    when(PYTHON, "KeyError: ", |_, after| after.starts_with(['\'', '"'])),
    when(PYTHON, "Expecting value: line ", |_, after| begins_with_digit(after)),
    when(PYTHON, ".py\", line ", |_, after| begins_with_digit(after)),
    when(SCRIPT, "Cannot read propert", |_, after| after.contains(" of undefined") || after.contains(" of null")),
    when(SCRIPT, " in JSON at position ", |_, after| begins_with_digit(after)),
    always(NET, "Object reference not set to an instance of an object"),
    when(RUST, "called `", |_, after| after.starts_with("Option::") || after.starts_with("Result::")),
    when(RUST, " at line ", |_, after| {
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        rest.len() < after.len() && rest.strip_prefix(" column ").is_some_and(begins_with_digit)
    }),
    always(PHP, "Undefined array key "),
    when(PHP, "Uncaught ", |_, after| after.contains("Error: ")),
    when(RUBY, "undefined method ", |_, after| after.starts_with(['\'', '`'])),
    always(SQL, "SQLSTATE"),
    always(SQL, "sql: no rows in result set"),
    always(SQL, "duplicate key value violates unique constraint"),
    always(SQL, "syntax error at or near "),
    always(SQL, "UNIQUE constraint failed: "),
    always(SQL, "You have an error in your SQL syntax"),
    when(SQL, "Duplicate entry '", |_, after| after.contains("' for key ")),
    when(SQL, "ORA-", |_, after| after.len() >= 5 && after.bytes().take(5).all(|byte| byte.is_ascii_digit())),
    when(CONNECTION, "host=", |_, after| {
        ["dbname=", "database=", "user=", "password="].iter().any(|key| after.contains(key))
    }),
    when(CONNECTION, "://", |before, _| {
        ["postgres", "postgresql", "mysql", "mongodb", "mongodb+srv", "redis", "amqp", "cockroachdb"]
            .iter()
            .any(|scheme| before.ends_with(scheme))
    }),
    when(CONNECTION, "jdbc:", |_, after| after.contains("://")),
    when(STATEMENT, "SELECT ", |_, after| after.contains(" FROM ")),
    when(STATEMENT, "INSERT INTO ", |_, after| after.contains(" VALUES") || after.contains('(')),
    when(STATEMENT, "UPDATE ", |_, after| after.contains(" SET ")),
    when(STATEMENT, "DELETE FROM ", |_, after| after.contains(" WHERE ")),
    when(FILE, ".go:", is_file_with_line),
    when(FILE, ".java:", is_file_with_line),
    when(FILE, ".kt:", is_file_with_line),
    when(FILE, ".js:", is_file_with_line),
    when(FILE, ".ts:", is_file_with_line),
    when(FILE, ".cs:", is_file_with_line),
    when(FILE, ".cpp:", is_file_with_line),
    when(FILE, ".php:", is_file_with_line),
    when(FILE, ".rb:", is_file_with_line),
    // `.rs` is also a country's domain, before a port; a source position in Rust has a column too.
    when(FILE, ".rs:", |before, after| {
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
        is_file_with_line(before, after) && rest.strip_prefix(':').is_some_and(begins_with_digit)
    }),
    always(PLACE, "/go/pkg/mod/"),
    always(PLACE, "/node_modules/"),
    always(PLACE, "/site-packages/"),
    always("the error details that are meant for developers", "google.rpc.DebugInfo"),
];

fn begins_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a name such as `System.Format` ends the text: parts with points between them, the last with a capital.
fn ends_with_qualified_name(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._$".contains(c);
    let name = text.rsplit(|c: char| !is_name(c)).next().unwrap_or_default();
    name.rsplit_once('.')
        .is_some_and(|(package, class)| !package.is_empty() && class.starts_with(|c: char| c.is_ascii_uppercase()))
}

/// A file name before and a number after, and not in a URL: a host may end like a file name, and a port may follow.
fn is_file_with_line(before: &str, after: &str) -> bool {
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    let is_name = word.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    is_name && !word.contains("://") && begins_with_digit(after)
}

/// The first entry that is in a text.
pub(super) fn find(text: &str) -> Option<Found> {
    static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
        let literals = PATTERNS.iter().map(|pattern| pattern.literal);
        AhoCorasick::builder().match_kind(MatchKind::Standard).build(literals).ok()
    });
    let finder = FINDER.as_ref()?;
    finder.find_overlapping_iter(text).find_map(|found| {
        let pattern = &PATTERNS[found.pattern().as_usize()];
        let (before, after) = (text.get(..found.start())?, text.get(found.end()..)?);
        (pattern.fits)(before, after).then(|| {
            let start = before.char_indices().rev().nth(AROUND / 2).map_or(0, |(at, _)| at);
            let excerpt = beginning(&text[start..], AROUND + pattern.literal.len()).to_owned();
            Found { what: pattern.what, excerpt }
        })
    })
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Texts of servers as they come, each with what it is.
    pub const INTERNAL: &[(&str, &str)] = &[
        (GO, "invalid character '}' looking for beginning of value"),
        (GO, "json: cannot unmarshal string into Go struct field Credential.id of type int"),
        (GO, "could not read: unexpected end of JSON input"),
        (GO, "illegal base64 data at input byte 4"),
        (GO, "proto: (line 1:5): unknown field \"x\""),
        (GO, "proto:\u{a0}(line 1:5): invalid value for string type: 1"),
        (GO, "strconv.ParseInt: parsing \"a\": invalid syntax"),
        (GO, "runtime error: index out of range [3] with length 3"),
        (GO, "asn1: structure error: tags don't match"),
        (GO, "x509: certificate signed by unknown authority"),
        (GO, "cbor: unexpected \"break\" code"),
        (JAVA, "java.lang.NullPointerException"),
        (JAVA, "failed: System.FormatException: Input string was not in a correct format."),
        (JAVA, "com.fasterxml.jackson.core.JsonParseException: Unexpected character"),
        (PYTHON, "'NoneType' object has no attribute 'id'"),
        (PYTHON, "'NoneType' object is not subscriptable"),
        (PYTHON, "KeyError: 'challenge'"),
        (PYTHON, "Expecting value: line 1 column 1 (char 0)"),
        (PYTHON, "File \"/srv/app/views.py\", line 31"),
        (SCRIPT, "Cannot read properties of undefined (reading 'id')"),
        (SCRIPT, "Cannot read property 'id' of null"),
        (SCRIPT, "Unexpected token < in JSON at position 0"),
        (NET, "Object reference not set to an instance of an object."),
        (RUST, "called `Option::unwrap()` on a `None` value"),
        (RUST, "expected value at line 1 column 5"),
        (PHP, "Undefined array key \"id\""),
        (PHP, "Uncaught TypeError: strlen()"),
        (RUBY, "undefined method 'id' for nil"),
        (SQL, "ERROR: null value in column \"id\" (SQLSTATE 23502)"),
        (SQL, "sql: no rows in result set"),
        (SQL, "ERROR: duplicate key value violates unique constraint \"keys_pkey\""),
        (SQL, "ERROR: syntax error at or near \"WHERE\""),
        (SQL, "UNIQUE constraint failed: credentials.id"),
        (SQL, "You have an error in your SQL syntax; check the manual"),
        (SQL, "Duplicate entry 'abc' for key 'PRIMARY'"),
        (SQL, "ORA-00001: unique constraint violated"),
        (CONNECTION, "pgx: host=10.0.3.7 user=svc database=iam"),
        (CONNECTION, "dial postgres://svc@db:5432/iam"),
        (CONNECTION, "jdbc:sqlserver://db:1433"),
        (STATEMENT, "no result of SELECT id, name FROM users"),
        (STATEMENT, "INSERT INTO credentials (id) VALUES ($1)"),
        (STATEMENT, "UPDATE users SET name = $1"),
        (STATEMENT, "DELETE FROM users WHERE id = $1"),
        (FILE, "webauthn.go:214: challenge mismatch"),
        (FILE, "at Verifier.java:71"),
        (FILE, "Verifier.kt:71 failed"),
        (FILE, "/srv/app.js:1:7"),
        (FILE, "src/verify.ts:12"),
        (FILE, "Verify.cs:12"),
        (FILE, "verify.cpp:12: assertion"),
        (FILE, "Verify.php:12"),
        (FILE, "verify.rb:12"),
        (FILE, "src/ceremony.rs:71:9"),
        (PLACE, "/go/pkg/mod/github.com/x/y"),
        (PLACE, "/srv/node_modules/x"),
        (PLACE, "/usr/lib/python3/site-packages/x"),
        ("the error details that are meant for developers", "type.googleapis.com/google.rpc.DebugInfo"),
    ];

    /// What a server may say: in the place of each pattern, something near to it.
    pub const LEGITIMATE: &[&str] = &[
        "the name has an invalid character",
        "a challenge was expected at the beginning of the ceremony",
        "json: a member is missing",
        "the end of the credential is unexpected",
        "the challenge is not base64: character 12",
        "see the table (line 3)",
        "strconv. is not a member",
        "an error at run time",
        "asn1: the certificate has another structure",
        "x509: 2 certificates, one was expected",
        "the attestation object is not cbor: a map was expected",
        "an exception: Exception to the rule, version 1.2",
        "the object has no attribute `id`",
        "the object is not a credential",
        "KeyError: the key is wrong",
        "Expecting value: a name",
        "the file main.py, line by line",
        "Cannot read properties of the credential",
        "the challenge in JSON is at another position",
        "an object was not set",
        "the operation is called `verify`",
        "a comma is missing at line 3",
        "Undefined key",
        "Uncaught mistakes are rare",
        "undefined method PUT",
        "the state is 23505",
        "no rows",
        "the credential id is a duplicate: it is registered already",
        "syntax error in the name",
        "the constraint UNIQUE does not hold",
        "You have an error in your credential",
        "a duplicate entry",
        "ORA-1",
        "host=id.example.org is not the one of the origin",
        "https://id.example.org/postgres",
        "jdbc: is not the scheme of an origin",
        "SELECT an authenticator, please",
        "INSERT INTO the reader your security key",
        "UPDATE your browser",
        "DELETE FROM the list what you do not need",
        "https://login.example.go:8443/errors",
        "https://id.example.rs:8443/errors, at section 7.1:9",
        "id.example.rs:8443 is not the origin",
        "publicKeyCredential.response: 12 bytes, 55 were expected",
        "Das geht so nicht: Überprüfung fehlgeschlagen",
        "type.googleapis.com/google.rpc.ErrorInfo",
        "",
    ];

    #[test]
    fn each_pattern_has_a_text_that_it_finds_and_is_named() {
        for (what, text) in INTERNAL {
            let found = find(&format!("refused: {text}")).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(found.what, *what, "{text}");
            assert!(found.excerpt.chars().count() < 200 && format!("refused: {text}").contains(&found.excerpt));
        }
        let needed: BTreeSet<&str> = PATTERNS.iter().map(|pattern| pattern.literal).collect();
        assert_eq!(needed.len(), PATTERNS.len(), "each once");
        for literal in needed {
            assert!(INTERNAL.iter().any(|(_, text)| text.contains(literal)), "nothing has {literal:?}");
        }
    }

    #[test]
    fn what_a_server_may_say_is_none() {
        for text in LEGITIMATE {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        let found = find(&format!("{}\u{fc}{}", "x".repeat(5000), "SQLSTATE".repeat(1000))).expect("found");
        assert!(found.excerpt.chars().count() < 100, "{}", found.excerpt);
    }
}
