//! Rust source as tokens with their lines, without comments, literals and test code. Enough for rules about names; no parser.

use std::path::{Path, PathBuf};

/// One token: an identifier, `::`, or a single character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The text.
    pub text: String,
    /// Line from 1.
    pub line: usize,
}

/// One file of the library or the binary.
#[derive(Debug)]
pub struct Source {
    /// Path from the package's root, for messages.
    pub path: String,
    /// Path of modules, such as `["wire", "schema"]`; empty for `lib.rs` and `main.rs`.
    pub modules: Vec<String>,
    /// Tokens outside of `#[cfg(test)]` items.
    pub tokens: Vec<Token>,
    /// Lines outside of `#[cfg(test)]` items.
    pub lines: usize,
}

impl Source {
    /// Reads a text as the file at `path`, which begins with `src/`.
    pub fn new(path: &str, text: &str) -> Source {
        let all = tokens(&without_comments_and_literals(text));
        let (tokens, test_lines) = without_tests(all);
        Source { path: path.to_owned(), modules: modules(path), tokens, lines: text.lines().count() - test_lines }
    }

    /// The top-level module; empty for `lib.rs` and `main.rs`.
    pub fn top(&self) -> &str {
        self.modules.first().map_or("", String::as_str)
    }

    /// `path:line` of a token.
    pub fn place(&self, index: usize) -> String {
        format!("{}:{}", self.path, self.tokens[index].line)
    }

    /// The token at an index that may be behind the end.
    pub fn text(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| token.text.as_str())
    }

    /// Whether these tokens stand at an index.
    pub fn has(&self, index: usize, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(offset, word)| self.text(index + offset) == *word)
    }

    /// The index of the bracket that closes the one at `open`.
    pub fn closing(&self, open: usize) -> usize {
        closing(&self.tokens, open)
    }
}

/// Every file under `src` but those that hold nothing but tests.
pub fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    collect(root, &root.join("src"), &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Every file below a directory.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn collect(root: &Path, directory: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(directory).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            collect(root, &path, found);
            continue;
        }
        let name = path.strip_prefix(root).expect("below the root").display().to_string();
        let tests = name.ends_with("/tests.rs") || name.ends_with("_tests.rs") || name.contains("/tests/");
        if name.ends_with(".rs") && !tests {
            found.push(Source::new(&name, &std::fs::read_to_string(&path).expect("text")));
        }
    }
}

/// Members of the workspace that hold several modules; a member that is one module has its name.
const MEMBERS: [&str; 4] = ["credential/", "api/", "cases/", "reports/"];

fn modules(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let inner = MEMBERS.iter().find_map(|member| inner.strip_prefix(member)).unwrap_or(inner);
    let mut modules: Vec<String> = inner.split('/').map(str::to_owned).collect();
    modules.pop_if(|last| ["mod", "lib", "main"].contains(&last.as_str()));
    modules
}

/// The same text with blanks for comments and for what literals hold; line breaks stay.
fn without_comments_and_literals(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let end = skipped(&characters, at);
        if end == at {
            kept.push(characters[at]);
            at += 1;
            continue;
        }
        kept.extend(characters[at..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        at = end;
    }
    kept
}

/// Where the comment or literal that begins at `at` ends; `at` where none begins.
fn skipped(text: &[char], at: usize) -> usize {
    let end_of = |from: usize, what: &str| {
        let what: Vec<char> = what.chars().collect();
        let found = text[from..].windows(what.len()).position(|window| window == what);
        found.map_or(text.len(), |offset| from + offset + what.len())
    };
    let next = |offset: usize| text.get(at + offset).copied().unwrap_or('\0');
    let in_name = at > 0 && (text[at - 1].is_alphanumeric() || text[at - 1] == '_');
    match text[at] {
        '/' if next(1) == '/' => end_of(at, "\n") - usize::from(end_of(at, "\n") < text.len()),
        '/' if next(1) == '*' => end_of(at + 2, "*/"),
        '"' => quoted(text, at + 1, '"'),
        'r' if !in_name || text[at - 1] == 'b' => raw(text, at, end_of).unwrap_or(at),
        '\'' if next(1) == '\\' || next(2) == '\'' => quoted(text, at + 1, '\''),
        _ => at,
    }
}

fn quoted(text: &[char], mut at: usize, quote: char) -> usize {
    while at < text.len() && text[at] != quote {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

fn raw(text: &[char], at: usize, end_of: impl Fn(usize, &str) -> usize) -> Option<usize> {
    let hashes = text[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    (text.get(open) == Some(&'"')).then(|| end_of(open + 1, &format!("\"{}", "#".repeat(hashes))))
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let length = match word {
                0 if rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                word => word,
            };
            found.push(Token { text: rest[..length].to_owned(), line: index + 1 });
            rest = rest[length..].trim_start();
        }
    }
    found
}

fn closing(tokens: &[Token], open: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(open) {
        match token.text.as_str() {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index;
        }
    }
    tokens.len() - 1
}

/// Takes out every item under `#[cfg(test)]`, up to its `;` or its closing brace; says how many lines these have.
fn without_tests(all: Vec<Token>) -> (Vec<Token>, usize) {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::with_capacity(all.len());
    let (mut at, mut lines) = (0, 0);
    while at < all.len() {
        let attribute = ATTRIBUTE.iter().enumerate().all(|(i, word)| all.get(at + i).is_some_and(|t| t.text == *word));
        if !attribute {
            kept.push(all[at].clone());
            at += 1;
            continue;
        }
        let body = (at..all.len()).find(|index| [";", "{"].contains(&all[*index].text.as_str()));
        let end = body.map_or(all.len() - 1, |index| if all[index].text == "{" { closing(&all, index) } else { index });
        lines += all[end].line - all[at].line + 1;
        at = end + 1;
    }
    (kept, lines)
}

#[test]
fn comments_literals_and_tests_are_no_code() {
    let text = "use a::b; // crate::x\n/* crate::y\n */ const A: &str = \"crate::z \\\" {\"; const B: char = '\"';\n\
        fn f<'a>(x: &'a str) { r#\"crate::w \" {\"#; b\"}\"; '\\''; }\n#[cfg(test)]\nmod tests {\n fn g() {}\n}\nmod last;\n";
    let source = Source::new("src/wire/schema.rs", text);
    let words: Vec<&str> = source.tokens.iter().map(|token| token.text.as_str()).collect();
    let expected =
        "use a :: b ; const A : & str = ; const B : char = ; fn f < ' a > ( x : & ' a str ) { ; b ; ; } mod last ;";
    assert_eq!(words.join(" "), expected);
    assert_eq!(source.modules, ["wire", "schema"]);
    assert_eq!(source.lines, 5, "without the four lines of tests");
    assert_eq!(source.tokens.last().map(|token| token.line), Some(9));
}
