//! From a URL to a first run: `init` finds and writes, `check` says what is wrong and what to do.

mod terminal;
mod tls;

use std::path::Path;

use proofmark::server::{Server, ServerConfig};
use serde_json::Value;

use crate::misbehaving::json;
use crate::misbehaving::proxy::{Act, Proxy, Request};

use super::{Output, Served, command, finish, proofmark, text};

fn base_url(served: &Served) -> String {
    let target = std::fs::read_to_string(served.path("target.toml")).expect("written");
    let line = target.lines().find_map(|line| line.strip_prefix("base-url = ")).expect("a URL");
    line.trim_matches('"').to_owned()
}

/// Checks a target file, and gives the ids of its findings that are not `ok`, with their fixes.
fn checked(path: &Path, code: i32) -> (Vec<(String, String)>, Output) {
    let args = ["check", "--seed", "7", "--timeout", "3s", "--format", "json", "--target", &text(path)];
    let output = proofmark(&args).exits(code);
    let document: Value = serde_json::from_str(&output.out).expect("JSON");
    let schema = serde_json::from_str(include_str!("../../../reports/schemas/check.schema.json")).expect("JSON");
    jsonschema::validate(&schema, &document).expect("as published");
    let lines = document["lines"].as_array().expect("a list");
    let shown = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let bad: Vec<_> = lines
        .iter()
        .filter(|line| line["grade"] != "ok")
        .map(|line| (shown(line, "id"), shown(line, "mend")))
        .collect();
    let problems = lines.iter().filter(|line| line["grade"] == "problem").count();
    assert_eq!(document["problems"], problems);
    (bad, output)
}

#[test]
fn a_target_file_is_written_from_a_url_and_works() {
    let served = Served::with(&[]);
    let out = served.path("made.toml");
    let pool = text(&served.path("target.subjects.json"));
    let args = ["init", &base_url(&served), "--out", &text(&out), "--subjects-file", &pool];
    let origin = ["--origin", "https://localhost"];
    let output = proofmark(&[&args[..], &origin].concat()).exits(0);
    for line in [
        "ok       rest             answers the start of v1/u2f, v1/passwordless, v2/u2f, v2/passkey",
        "ok       grpc             answers the start of v1/u2f, v1/passwordless, v2/u2f, v2/passkey",
        "ok       grpc-web         answers the start of v1/u2f, v1/passwordless, v2/u2f, v2/passkey",
        "ok       health           the gRPC health service reports SERVING",
        "ok       reflection       lists zitadel.auth.v1.AuthService, zitadel.user.v2.UserService",
        "ok       clock            its clock and ours agree",
        &format!("wrote {0}; now: proofmark check --target {0}", text(&out)),
    ] {
        assert!(output.out.contains(line), "no {line:?} in {}", output.out);
    }
    let written = std::fs::read_to_string(&out).expect("written");
    assert!(written.contains("subjects-file = \"target.subjects.json\""), "{written}");
    assert!(served.tokens().iter().all(|token| !written.contains(token)), "{written}");
    let output = proofmark(&["check", "--seed", "7", "--target", &text(&out)]).exits(0);
    for line in [
        "ok       rest             v1/u2f, v1/passwordless, v2/u2f, v2/passkey can be started",
        "ok       subjects         40 subjects can start v1/u2f over rest",
        "ok       admin-token      it can start v2/u2f for subject ",
        "ok       no-rights-token  the target knows it, and it may not start v2/u2f for subject ",
        "ok       read-only-token  the target knows it, and it may not start v2/u2f for subject ",
        "ok       rp-id            the creation options are for localhost",
        "ok       enrolment        a good credential was enrolled on v2/passkey over rest, for origin https://localhost",
        " ok, 0 notes, 0 problems: a run can begin",
    ] {
        assert!(output.out.contains(line), "no {line:?} in {}", output.out);
    }
    proofmark(&["run", "-q", "enrolment/good", "--target", &text(&out)]).exits(0);
    // It is there now, and stays as it is.
    let again = proofmark(&args).exits(2);
    again.says(&["made.toml", "--force"]);
    assert_eq!(std::fs::read_to_string(&out).expect("there"), written);
    proofmark(&[&args[..], &origin, &["--force"]].concat()).exits(0);
}

#[test]
fn without_a_terminal_flags_say_what_nobody_can_guess() {
    let directory = tempfile::tempdir().expect("a directory");
    let out = directory.path().join("target.toml");
    // Nobody listens on port 1, and nobody is asked.
    let missing = proofmark(&["init", "http://127.0.0.1:1", "--out", &text(&out)]).exits(2);
    missing.says(&[
        "--subjects-file, --admin-token, --no-rights-token",
        "proofmark init http://127.0.0.1:1 --subjects-file",
    ]);
    let tokens = ["--admin-token", "ADMIN_TOKEN", "--no-rights-token", "NO_RIGHTS"];
    let out_file = text(&out);
    let made =
        [&["init", "http://127.0.0.1:1", "--out", &out_file, "--provision", "./make {count}"][..], &tokens].concat();
    let output = proofmark(&made).exits(0);
    assert!(output.out.contains("problem  connect"), "{}", output.out);
    let written = std::fs::read_to_string(&out).expect("written");
    for line in [
        "admin-token = \"${ADMIN_TOKEN}\"",
        "no-rights-token = \"${NO_RIGHTS}\"",
        "provision = [\"./make\", \"{count}\"]",
        "rp-id = \"127.0.0.1\"   # guessed",
    ] {
        assert!(written.contains(line), "{written}");
    }
    let args =
        ["init", "http://127.0.0.1:1", "--out", "x.toml", "--subjects-file", "p.json", "--admin-token", "s3cret-word"];
    let secret = proofmark(&args).exits(2);
    secret.says(&["--admin-token", "neither the name of an environment variable"]);
    assert!(!secret.err.contains("s3cret-word"), "{}", secret.err);
    let (out, pool) = (text(&directory.path().join("other.toml")), ["--subjects-file", "p.json"]);
    for (identity, words) in [
        (&["--rp-id", "example.org", "--origin", "https://id.example.com"][..], "neither the host of the origin"),
        (
            &["--rp-id", "127.0.0.1", "--origin", "https://id.127.0.0.1.example"],
            "write for example \"id.127.0.0.1.example\"",
        ),
        (&["--origin", "https://id.example.com/login"], "--origin: origin `https://id.example.com/login` has a path"),
        (&["--origin", "id.example.com"], "is not an origin; write for example \"https://id.example.com\""),
        (&["--origin", "https://user:s3cret-word@id.example.com"], "an origin has none"),
    ] {
        let wrong = proofmark(&[&["init", "http://127.0.0.1:1", "--out", &out][..], &pool, identity].concat()).exits(2);
        wrong.says(&[words]);
        assert!(!wrong.err.contains("s3cret-word") && !Path::new(&out).exists(), "{}", wrong.err);
    }
    // What is guessed has to go with it too.
    let guessed = [&["init", "http://127.0.0.1:1", "--out", &out, "--rp-id", "example.org"][..], &pool].concat();
    let output = proofmark(&guessed).exits(2);
    assert!(output.err.contains("the origin was guessed, give the right one with --origin"), "{}", output.err);
    assert!(!Path::new(&out).exists());
    for url in ["localhost:8080", "ftp://localhost", "http://user:s3cret-word@localhost", "http://host/?q"] {
        let wrong = proofmark(&["init", url, "--out", "x.toml", "--subjects-file", "p.json"]).exits(2);
        wrong.says(&["write for example https://id.example.org"]);
        assert!(!wrong.err.contains("s3cret-word"), "{}", wrong.err);
    }
}

#[test]
fn without_a_terminal_the_first_proposal_works_for_what_is_recognised() {
    let served = Served::with(&["--management", "--lag", "300ms"]);
    let (url, out) = (base_url(&served), text(&served.path("made.toml")));
    let init = ["init", &url, "--out", &out, "--origin", "https://localhost"];
    let missing = proofmark(&init).exits(2);
    missing.says(&["missing: --admin-token;", "The provisioner zitadel makes the users", "recognised"]);
    let first = missing.err.lines().find_map(|line| line.strip_prefix("  proofmark ")).expect("a proposal");
    assert_eq!(first, format!("init {url} --provisioner zitadel --admin-token ADMIN_TOKEN"));
    let words: Vec<&str> = first.split(' ').chain(["--out", &out, "--origin", "https://localhost"]).collect();
    proofmark(&words).exits(0);
    let token = std::fs::read_to_string(served.path("target.admin-token")).expect("written");
    let made = std::fs::read_to_string(&out).expect("written");
    assert!(made.contains("provisioner = { kind = \"zitadel\" }") && !made.contains(token.trim()), "{made}");
    let checked = finish(command(&["check", "--target", &out]).env("ADMIN_TOKEN", &token)).exits(0);
    assert!(checked.out.contains("ok       enrolment"), "{}", checked.out);
    // The token alone is enough.
    let named = ["--force", "--admin-token", "ADMIN_TOKEN"];
    proofmark(&[&init[..], &named].concat()).exits(0);
    assert_eq!(std::fs::read_to_string(&out).expect("written"), made);
    // A server without these calls is not taken for one that has them, nor one that asks for a token everywhere.
    let plain = Served::with(&[]);
    let other = proofmark(&["init", &base_url(&plain), "--out", &text(&plain.path("made.toml"))]).exits(2);
    other.says(&["missing: --subjects-file, --admin-token, --no-rights-token", "--provisioner KIND (zitadel)"]);
    let (_directory, _runtime, proxy) =
        behind(|_: &Request| json("401 Unauthorized", "{\"code\": 16, \"message\": \"m\", \"details\": []}"));
    let asking = proofmark(&["init", &proxy.base_url(), "--out", &text(&plain.path("made.toml"))]).exits(2);
    asking.says(&["missing: --subjects-file"]);
    let wrong = proofmark(&["init", &url, "--out", &out, "--provisioner", "other"]).exits(2);
    wrong.says(&["[possible values: zitadel]"]);
}

/// What is replaced in a good target file and by what, the id of the problem, and words of its fix.
type Wrong = ((String, String), &'static str, &'static str);

fn wrong_addresses(url: &str) -> Vec<Wrong> {
    let by = |to: String| (url.to_owned(), to);
    let port = url.rsplit(':').next().expect("a port");
    let own = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let names = "rp-id = \"localhost\"\norigin = \"https://localhost\"";
    let others = "rp-id = \"example.org\"\norigin = \"https://login.example.org\"";
    let (origin, at_port) = ("origin = \"https://localhost\"", "origin = \"https://localhost:8443\"");
    vec![
        (by(url.to_owned()), "", ""),
        (by("http://127.0.0.1:1".to_owned()), "no-connection", "start the server"),
        (by(format!("http://no-such-host.invalid:{port}")), "no-address", "correct the host name"),
        (by(url.replace("http://", "https://")), "tls-plain", "write http:// in place of https://"),
        (by(format!("{url}/elsewhere")), "nothing-there", "correct the URL"),
        (
            own("rp-id = ", "grpc-url = \"http://127.0.0.1:1\"\nrp-id = "),
            "no-connection",
            "take grpc out of `protocols`",
        ),
        (own(names, others), "rp-id-other", "write rp-id = \"localhost\""),
        (own(origin, at_port), "preflight", "write rp-id = \"localhost\" and origin = \"https://localhost\""),
    ]
}

/// The same of tokens, each in a pool of its own.
fn wrong_tokens(served: &Served, pool: &Value) -> Vec<Wrong> {
    let token = |pointer: &str| pool.pointer(pointer).and_then(Value::as_str).expect("a token").to_owned();
    let other = |name: &str, of: &str, by: &str| {
        std::fs::write(served.path(name), pool.to_string().replace(of, by)).expect("written");
        ("\"target.subjects.json\"".to_owned(), format!("\"{name}\""))
    };
    let unknown = |name: &str, pointer: &str| other(name, &token(pointer), "not-a-token-of-anybody");
    let (admin, nobody, reader) = (token("/adminToken"), token("/noRightsToken"), token("/readOnlyToken"));
    vec![
        (unknown("a.json", "/subjects/0/token"), "token-refused", "renew the tokens"),
        (unknown("b.json", "/subjects/7/token"), "subjects-refused", "renew the subjects' tokens"),
        (unknown("c.json", "/adminToken"), "admin-token-refused", "renew the token"),
        (unknown("d.json", "/noRightsToken"), "no-rights-token-refused", "renew the token"),
        (other("e.json", &nobody, &admin), "no-rights-token-has-rights", "without any permission"),
        (unknown("f.json", "/readOnlyToken"), "read-only-token-refused", "may read and nothing else"),
        (other("g.json", &reader, &admin), "read-only-token-has-rights", "may read and nothing else"),
        (other("h.json", &admin, &reader), "admin-token-denied", "give the administrator's token the right to act"),
        (other("i.json", &token("/subjects/0/token"), &nobody), "flow-denied", "the right to enrol its own user"),
        (other("j.json", &format!(",\"readOnlyToken\":\"{reader}\""), ""), "no-read-only-token", ""),
    ]
}

#[test]
fn each_wrong_set_up_has_its_fix() {
    let served = Served::with(&[]);
    let good = std::fs::read_to_string(served.path("target.toml")).expect("written");
    let pool = std::fs::read_to_string(served.path("target.subjects.json")).expect("written");
    let pool: Value = serde_json::from_str(&pool).expect("JSON");
    let path = served.path("wrong.toml");
    let tokens = served.tokens();
    let cases = wrong_addresses(&base_url(&served)).into_iter().chain(wrong_tokens(&served, &pool));
    for ((from, to), id, fix) in cases {
        assert!(good.contains(&from), "{from}");
        std::fs::write(&path, good.replace(&from, &to)).expect("written");
        // A note has no fix.
        let (bad, output) = checked(&path, if fix.is_empty() { 0 } else { 5 });
        let found = bad.iter().any(|(found, words)| found == id && words.contains(fix));
        assert!(found || (id.is_empty() && bad.is_empty()), "{id}: {}", output.out);
        for token in &tokens {
            assert!(!output.out.contains(token.as_str()) && !output.err.contains(token.as_str()), "{id}");
        }
    }
    // A file that can't be used says nothing about the target.
    std::fs::write(&path, good.replace("rp-id", "rpid")).expect("written");
    proofmark(&["check", "--target", &text(&path)]).exits(3).says(&["wrong.toml", "rpid"]);
}

/// The files of a target that is reached through a proxy.
fn behind(
    act: impl Fn(&Request) -> Act + Send + Sync + 'static,
) -> (tempfile::TempDir, tokio::runtime::Runtime, Proxy) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let directory = tempfile::tempdir().expect("a directory");
    let proxy = runtime.block_on(async {
        let server = Server::start(ServerConfig { users: 4, seed: 9, ..ServerConfig::default() }).await.expect("a port");
        let subject = |account: &proofmark::server::Account| {
            serde_json::json!({ "userId": account.user_id, "token": account.token.expose() })
        };
        let pool = serde_json::json!({
            "subjects": server.accounts.subjects.iter().map(subject).collect::<Vec<_>>(),
            "adminToken": server.accounts.admin.expose(),
            "noRightsToken": server.accounts.no_rights.token.expose(),
            "readOnlyToken": server.accounts.read_only.token.expose(),
        });
        std::fs::write(directory.path().join("pool.json"), pool.to_string()).expect("written");
        let proxy = Proxy::start(server.address, act).await;
        // It ends with the runtime.
        std::mem::forget(server);
        proxy
    });
    let target = format!(
        "base-url = \"{}\"\nrp-id = \"localhost\"\norigin = \"https://localhost\"\nprotocols = [\"rest\"]\n[accounts]\nsubjects-file = \"pool.json\"\n",
        proxy.base_url()
    );
    std::fs::write(directory.path().join("target.toml"), target).expect("written");
    (directory, runtime, proxy)
}

#[test]
fn the_name_by_which_a_server_goes_is_found() {
    let by_host = |request: &Request| match request.header("host").is_some_and(|host| host.starts_with("localhost")) {
        true => Act::Forward,
        false => json("404 Not Found", "{\"code\": 5, \"message\": \"no instance\"}"),
    };
    let (directory, _runtime, proxy) = behind(by_host);
    let (bad, _) = checked(&directory.path().join("target.toml"), 5);
    let unknown = bad.iter().find(|(id, _)| id == "host-unknown").expect("it goes by the name");
    assert!(unknown.1.contains("write http://localhost"), "{bad:?}");
    let out = text(&directory.path().join("made.toml"));
    let output = proofmark(&["init", &proxy.base_url(), "--out", &out, "--subjects-file", "pool.json"]).exits(0);
    assert!(output.out.contains("problem  rest             rest at http://127.0.0.1"), "{}", output.out);
    let written = std::fs::read_to_string(&out).expect("written");
    assert!(written.contains("\nbase-url = \"http://localhost:"), "{written}");
}

type Acts = Box<dyn Fn(&Request) -> Act + Send + Sync>;

/// What stands before a server, the id of the problem, and words of its fix.
fn fronts() -> Vec<(Acts, &'static str, &'static str)> {
    let page = |_: &Request| {
        Act::Say(
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\nconnection: close\r\n\r\n<html>".into(),
        )
    };
    let moved = |_: &Request| {
        Act::Say("HTTP/1.1 308 Permanent Redirect\r\nlocation: https://id.example/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into())
    };
    let gateway =
        |_: &Request| Act::Say("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into());
    let off = |request: &Request| match request.line.contains("/u2f") {
        true => json("412 Precondition Failed", "{\"code\": 9, \"message\": \"U2F is not allowed\", \"details\": []}"),
        false => Act::Forward,
    };
    let gone = |request: &Request| match request.line.contains("/auth/v1") {
        true => json("501 Not Implemented", "{\"code\": 12, \"message\": \"m\", \"details\": []}"),
        false => Act::Forward,
    };
    let denied = |request: &Request| match request.line.contains("/v2/") {
        true => json("403 Forbidden", "{\"code\": 7, \"message\": \"missing permission\", \"details\": []}"),
        false => Act::Forward,
    };
    let late = |request: &Request| {
        match request.line.starts_with("GET / ") {
        true => Act::Say(
            "HTTP/1.1 404 Not Found\r\ndate: Tue, 15 Nov 1994 08:12:31 GMT\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".into(),
        ),
        false => Act::Forward,
    }
    };
    vec![
        (Box::new(|_: &Request| Act::Forward), "", ""),
        (Box::new(denied), "flow-denied", "give the subject's token the right to enrol its own user"),
        (Box::new(late), "clock-skew", "set both clocks (NTP)"),
        (Box::new(page), "page-of-html", "a login page or a proxy"),
        (Box::new(moved), "redirected", "redirects are not followed"),
        (Box::new(gateway), "gateway", "wait until the server is ready"),
        (
            Box::new(off),
            "flow-refused",
            "if it is switched off, switch it on in the server's settings, or take v1/u2f out",
        ),
        (Box::new(gone), "flow-absent", "take v1/u2f out of `flows`"),
    ]
}

#[test]
fn what_stands_before_a_server_is_told_from_the_server() {
    for (act, id, fix) in fronts() {
        let (directory, _runtime, _proxy) = behind(act);
        let (bad, output) = checked(&directory.path().join("target.toml"), if id.is_empty() { 0 } else { 5 });
        let found = bad.iter().any(|(found, words)| found == id && words.contains(fix));
        assert!(found || (id.is_empty() && bad.is_empty()), "{id}: {}", output.out);
    }
}

/// The target file without its reason map, with these lines in its place.
fn remapped(served: &Served, name: &str, reasons: &str) -> String {
    let target = std::fs::read_to_string(served.path("target.toml")).expect("written");
    let (before, rest) = target.split_once("[reasons]\n").expect("a map");
    let (_, after) = rest.split_once("\n# How the server behaves").expect("a policy");
    let path = served.path(name);
    std::fs::write(&path, format!("{before}\n# How the server behaves{after}\n{reasons}")).expect("written");
    text(&path)
}

const REFUSED: [&str; 5] = [
    "limits/credential-54",
    "limits/name-201-ascii",
    "client-data/type-get",
    "client-data/origin-scheme-http",
    "envelope/attestation-object-array",
];

#[test]
fn a_proposed_reason_map_attributes_every_refusal_and_finds_a_wrong_one() {
    let variant = ["--variant", "refusal-ids"];
    let served = Served::with(&variant);
    let events = text(&served.path("events.ndjson"));
    let report = format!("ndjson={events}");
    let run = |target: &str| {
        let args = ["run", "--seed", "7", "--report", &report, "--target", target];
        proofmark(&[&args[..], &REFUSED].concat()).exits(0)
    };
    let output = run(&remapped(&served, "without.toml", ""));
    assert!(output.out.contains(" unattributed: "), "{}", output.out);
    let suggested = proofmark(&["reasons", "suggest", &events]).exits(0);
    // Which number a refusal has is the server's affair.
    for clause in ["api/limit/credential", "webauthn/7.1/type"] {
        let end = format!("\" = \"{clause}\"");
        let is_entry = |line: &str| line.starts_with("\"E-1") && line.ends_with(&end);
        assert!(suggested.out.lines().any(is_entry), "no {clause} in {}", suggested.out);
    }
    assert!(suggested.err.contains("6 entries for ") && !suggested.err.contains("left to you"), "{}", suggested.err);
    let pasted = remapped(&served, "pasted.toml", &suggested.out);
    let judged = proofmark(&["judge", &events, "--target", &pasted]).exits(0);
    assert!(!judged.out.contains(" unattributed: ") && judged.out.contains("is pass (right-reason)"), "{}", judged.out);
    let output = run(&pasted);
    assert!(!output.out.contains(" unattributed: "), "{}", output.out);
    let nothing = proofmark(&["reasons", "suggest", &events]).exits(0);
    assert!(nothing.out.is_empty() && nothing.err.contains("no refusal of the run is unattributed"), "{}", nothing.err);

    let faulty = Served::with(&[&variant[..], &["--defect", "limit-credential-min"]].concat());
    let gate = |target: &str| {
        finish(&mut command(&["run", "-q", "limits/credential-54", "--deny", "deviation", "--target", target]))
    };
    gate(&remapped(&faulty, "without.toml", "")).exits(0);
    let found = gate(&remapped(&faulty, "pasted.toml", &suggested.out)).exits(1);
    assert!(found.out.contains("wrong-reason"), "{}", found.out);
}
