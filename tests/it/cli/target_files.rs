//! Target files that are wrong: one error each, with file and line and what to write instead, before any request.

use std::path::Path;

use super::{Output, command, finish, text};

/// Nobody listens on port 1: what is good gets as far as the preflight.
const GOOD: &str = "base-url = \"http://127.0.0.1:1\"
rp-id = \"localhost\"
origin = \"https://localhost\"
[accounts]
subjects-file = \"pool.json\"
";

const POOL: &str = r#"{"subjects": [{"userId": "1", "token": "token-of-one"}, {"userId": "2", "token": "token-of-two"}],
"adminToken": "token-of-admin", "noRightsToken": "token-of-nobody"}"#;

fn run(directory: &Path, target: &str) -> Output {
    let path = directory.join("target.toml");
    std::fs::write(&path, target).expect("written");
    finish(
        command(&["run", "enrolment/good", "--target", &text(&path)])
            .env("GOOD_TOKEN", "a-good-token")
            .env("SHORT_TOKEN", "short")
            .env("BROKEN_TOKEN", "two words-in-it")
            .env_remove("UNSET_VARIABLE"),
    )
}

fn directory() -> tempfile::TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("pool.json"), POOL).expect("written");
    directory
}

/// Each of these replaces a part of the good file; then the line, and what the error has to say.
#[track_caller]
fn refused(cases: &[(&str, &str, usize, &str)]) {
    let directory = directory();
    for (part, replacement, line, words) in cases {
        assert!(GOOD.contains(part));
        let output = run(directory.path(), &GOOD.replace(part, replacement)).exits(3);
        output.says(&[&format!("target.toml:{line}: "), words]);
        for secret in ["token-of", "secret-word", "a-good-token", "words-in-it"] {
            assert!(!output.err.contains(secret), "{}", output.err);
        }
    }
}

const RP_ID: &str = "rp-id = \"localhost\"";
const ORIGIN: &str = "origin = \"https://localhost\"";
const BASE: &str = "base-url = \"http://127.0.0.1:1\"";
const FILE: &str = "subjects-file = \"pool.json\"";

#[test]
fn the_good_file_gets_as_far_as_the_preflight() {
    let directory = directory();
    let output = run(directory.path(), GOOD).exits(5);
    output.says(&["rest does not answer at http://127.0.0.1:1", "refused", "fix: start the server"]);
    let missing = finish(&mut command(&["run", "--target", "missing.toml"])).exits(3);
    missing.says(&["missing.toml", "proofmark serve --target-out"]);
    std::fs::write(directory.path().join("target.toml"), b"\xff\xfe").expect("written");
    let binary = finish(&mut command(&["run", "--target", &text(&directory.path().join("target.toml"))])).exits(3);
    binary.says(&["target.toml", "UTF-8"]);
}

#[test]
fn keys_and_types() {
    refused(&[
        (RP_ID, "rp-id = \"localhost\"\nrpid = \"x\"", 3, "expected one of `name`, `base-url`"),
        (RP_ID, "rp-id = 7", 2, "expected a string"),
        (
            RP_ID,
            "rp-id = \"localhost\"\nprofile = \"w3c\"",
            3,
            "there is no profile `w3c`; write webauthn, fido or strict",
        ),
        (RP_ID, "rp-id = localhost", 2, "quoted"),
        (RP_ID, "rp-id = \"localhost\"\nrp-id = \"localhost\"", 3, "duplicate key"),
        (BASE, "", 1, "write for example base-url = \"https://id.example.org\""),
        (RP_ID, "rp-id = \"localhost\"\ntimeout-seconds = \"1\"", 3, "expected a number"),
        (RP_ID, "rp-id = \"localhost\"\ntimeout-seconds = 0", 3, "a number from 0.01 to 600"),
        (RP_ID, "rp-id = \"localhost\"\ntimeout-seconds = nan", 3, "a number from 0.01 to 600"),
        (RP_ID, "rp-id = \"localhost\"\ndomains = [\"https://a.example\"]", 3, "`https://a.example` is not a domain"),
        (RP_ID, "rp-id = \"localhost\"\nflows = [\"v3/u2f\"]", 3, "write some of v1/u2f, v1/passwordless"),
        (RP_ID, "rp-id = \"localhost\"\nflows = []", 3, "leave it out"),
        (RP_ID, "rp-id = \"localhost\"\nprotocols = [\n\"rest\",\n\"soap\"]", 5, "write some of rest, grpc, grpc-web"),
        (RP_ID, "rp-id = \"localhost\"\nattestation-formats = [\"TPM\"]", 3, "write some of none, packed"),
        (FILE, "subjects-file = \"pool.json\"\n[policy]\nsingle = true", 7, "write some of full-json-parser"),
        (FILE, "subjects-file = \"pool.json\"\n[tls]\nverify = false", 7, "`ca-file`"),
        (FILE, "subjects-file = \"pool.json\"\n[reasons]\n\"X\" = \"no/clause\"", 7, "`proofmark list clauses`"),
        (FILE, "subjects-file = \"pool.json\"\n[reasons]\n\"X\" = 3", 7, "the id of a clause"),
        (FILE, "subjects-file = \"pool.json\"\n[reasons]\n\"X[\" = \"api/robustness\"", 7, "is not a pattern"),
        (FILE, "subjects-file = \"pool.json\"\n[reasons]\n\"X\" = []", 7, "or a list of ids"),
        (FILE, "subjects-file = \"pool.json\"\n[reasons]\n\"X\" = [\"api/robustness\", 1]", 7, "or a list of ids"),
        (FILE, "subjects-file = \"pool.json\"\n[reasons]\n\"code:x\" = \"api/robustness\"", 7, "such as code:9"),
        (FILE, "subjects-file = \"pool.json\"\n[reasons]\n\"http:4\" = \"api/robustness\"", 7, "such as http:409"),
    ]);
}

#[test]
fn addresses() {
    refused(&[
        (BASE, "base-url = \"nonsense here\"", 1, "write for example \"https://id.example.org\""),
        (BASE, "base-url = \"localhost:8080\"", 1, "neither http:// nor https://"),
        (BASE, "base-url = \"ftp://127.0.0.1\"", 1, "neither http:// nor https://"),
        (BASE, "base-url = \"http://user:secret-word@127.0.0.1\"", 1, "take it out"),
        (BASE, "base-url = \"http://user:secret-word with blank@127.0.0.1\"", 1, "take it out"),
        (BASE, "base-url = \"http://127.0.0.1:99999\"", 1, "1 to 65535"),
        (BASE, "base-url = \"http://127.0.0.1:1?x=1\"", 1, "a query or a fragment"),
        (BASE, "base-url = \"http://127.0.0.1:1/#x\"", 1, "a query or a fragment"),
        (RP_ID, "rp-id = \"localhost\"\ngrpc-url = \"grpc://127.0.0.1\"", 3, "neither http:// nor https://"),
        (RP_ID, "rp-id = \"localhost\"\ntls.ca-file = \"missing.pem\"", 3, "No such file"),
        (RP_ID, "rp-id = \"localhost\"\ntls.ca-file = \"pool.json\"", 3, "PEM certificates"),
    ]);
}

#[test]
fn origins_and_rp_ids() {
    refused(&[
        (ORIGIN, "origin = \"https://localhost/login\"", 3, "scheme, host and port only"),
        (ORIGIN, "origin = \"https://localhost/\"", 3, "scheme, host and port only"),
        (ORIGIN, "origin = \"localhost\"", 3, "write for example \"https://localhost\""),
        (ORIGIN, "origin = \"android://localhost\"", 3, "is not an origin"),
        (ORIGIN, "origin = \"https://user:secret-word@localhost\"", 3, "an origin has none"),
        (ORIGIN, "origin = \"https://LOCALHOST\"", 3, "write \"https://localhost\""),
        (ORIGIN, "origin = \"https://localhost:443\"", 3, "leave out the default one"),
        (RP_ID, "rp-id = \"example.org\"", 2, "write for example \"localhost\""),
        (RP_ID, "rp-id = \"ocalhost\"", 2, "neither the host of the origin"),
        (RP_ID, "rp-id = \"\"", 2, "neither the host of the origin"),
    ]);
}

#[test]
fn tokens() {
    let accounts = |line: &'static str| -> String { format!("[accounts]\n{line}") };
    let cases = [
        ("admin-token = \"secret-word-in-file\"", "write \"${NAME}\""),
        ("admin-token = 1234", "write"),
        ("admin-token = { path = \"secret-word\" }", "\"${NAME}\" or { file = \"path\" }"),
        ("admin-token = { file = \"missing\" }", "write the token into that file"),
        ("admin-token = \"${UNSET_VARIABLE}\"", "UNSET_VARIABLE is not set; export it"),
        ("admin-token = \"${SHORT_TOKEN}\"", "fewer than 8 characters"),
        ("admin-token = \"${BROKEN_TOKEN}\"", "RFC 6750"),
        ("no-rights-token = \"secret-word", "expected `\"`"),
    ];
    let directory = directory();
    for (line, words) in cases {
        let output = run(directory.path(), &GOOD.replace("[accounts]", &accounts(line)));
        let output = output.exits(3);
        output.says(&["target.toml:5: ", words]);
        assert!(!output.err.contains("secret-word") && !output.err.contains("words-in-it"), "{}", output.err);
    }
}

#[test]
fn subjects() {
    let one = r#"subjects = [{ user-id = "1", token = "${GOOD_TOKEN}" }]"#;
    let twice =
        r#"subjects = [{ user-id = "1", token = "${GOOD_TOKEN}" }, { user-id = "1", token = "${GOOD_TOKEN}" }]"#;
    let no_admin =
        r#"subjects = [{ user-id = "1", token = "${GOOD_TOKEN}" }, { user-id = "2", token = "${GOOD_TOKEN}" }]"#;
    let pool = |name: &str| format!("subjects-file = \"{name}\"");
    let both = format!("{FILE}\nprovision = [\"true\"]");
    let shell = |script: &str| format!("provision = [\"sh\", \"-c\", '''{script}''']");
    let hostile = shell(r"printf 'no\033[31m licence' >&2; exit 3");
    let cases = [
        (String::new(), 4, "exactly one of `subjects`, `subjects-file`, `provision` and `provisioner`"),
        (both, 4, "exactly one of"),
        ("subjects = []".to_owned(), 5, "at least two subjects"),
        (one.to_owned(), 5, "at least two subjects"),
        (twice.to_owned(), 5, "userId 1 occurs twice"),
        (no_admin.to_owned(), 4, "accounts.admin-token is missing"),
        (pool("missing.json"), 5, "missing.json: No such file"),
        (pool("target.toml"), 5, "target.toml: expected value at line 1"),
        ("provision = []".to_owned(), 5, "write [\"command\", \"argument\"]"),
        ("provision = [\"/no/such/command\"]".to_owned(), 5, "give the path of an executable file"),
        ("provision = [\"false\"]".to_owned(), 5, "`false` ended with exit status: 1"),
        (hostile, 5, "exit status: 3: no\\u{1b}[31m licence"),
        (shell("echo garbage"), 5, "expected {\"subjects\": [{\"userId\""),
        (shell(r#"echo "{\"subjects\":[]}""#), 5, "at least two subjects"),
        (shell("yes | head -c 300000000"), 5, "printed more than 256 MiB"),
    ];
    let directory = directory();
    for (line, number, words) in cases {
        let output = run(directory.path(), &GOOD.replace(FILE, &line)).exits(3);
        output.says(&[&format!("target.toml:{number}: "), words]);
        assert!(!output.err.contains('\u{1b}') && !output.err.contains("a-good-token"), "{}", output.err);
    }
}

#[test]
fn a_command_that_makes_users_runs_last() {
    let directory = directory();
    let made = directory.path().join("made");
    let provision =
        format!("provision = [\"sh\", \"-c\", \"touch {}; cat {}/pool.json\"]", text(&made), text(directory.path()));
    let target = GOOD.replace(FILE, &provision);
    run(directory.path(), &format!("{target}[reasons]\nX = \"no/clause\"\n")).exits(3);
    assert!(!made.exists(), "nothing else was checked before users were made");
    let report =
        finish(&mut command(&["run", "--report", "x", "--target", &text(&directory.path().join("target.toml"))]));
    report.exits(2);
    assert!(!made.exists(), "the command line was not checked before users were made");
    run(directory.path(), &target).exits(5);
    assert!(made.exists());
}
