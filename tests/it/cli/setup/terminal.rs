//! `init` at a terminal: what it asks, what it refuses, and what is left of it.

use std::path::Path;
use std::process::Stdio;

use rexpect::process::WaitStatus;
use rexpect::session::{PtySession, spawn_command};

use super::super::{Served, command, finish, proofmark, text};
use super::base_url;

/// The longest wait for what has to come, in ms. Nothing waits so long but what is wrong.
const PATIENCE: Option<u64> = Some(20_000);

fn begun(url: &str, out: &Path) -> PtySession {
    let mut init = command(&["init", url, "--out", &text(out)]);
    init.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    spawn_command(init, PATIENCE).expect("a terminal")
}

/// Waits for the end of a question and answers it.
#[track_caller]
fn answer(session: &mut PtySession, question: &str, line: &str) {
    session.exp_string(question).expect("asked");
    session.send_line(line).expect("read");
}

#[track_caller]
fn code(session: &PtySession) -> i32 {
    match session.process().wait().expect("a child") {
        WaitStatus::Exited(_, code) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn questions_are_asked_again_until_the_answer_can_be_used() {
    let served = Served::with(&[]);
    let (url, out) = (base_url(&served), served.path("asked.toml"));
    let mut session = begun(&url, &out);
    let origin = format!("origin of the login pages [{url}]: ");
    answer(&mut session, &origin, "https://localhost/login");
    session.exp_string("origin `https://localhost/login` has a path").expect("told why");
    answer(&mut session, &origin, " https://localhost ");
    answer(&mut session, "RP ID [localhost]: ", "example.org");
    let why = "rp-id `example.org` is neither the host of the origin `https://localhost` nor a suffix of it";
    session.exp_string(why).expect("told why");
    answer(&mut session, "RP ID [localhost]: ", "");
    answer(
        &mut session,
        "schema subjects`), or zitadel to make users [subjects.json]: ",
        &text(&served.path("target.subjects.json")),
    );
    let admin = "the administrator's token (never the token itself) [PROOFMARK_ADMIN_TOKEN]: ";
    answer(&mut session, admin, "s3cret-word");
    let told = session.exp_string(admin).expect("asked again");
    assert!(told.contains("neither the name of an environment variable") && !told.contains("s3cret-word"), "{told}");
    session.send_line("ADMIN").expect("read");
    answer(&mut session, "a token without any permission (never the token itself) [PROOFMARK_NO_RIGHTS_TOKEN]: ", "");
    session.exp_string(&format!("wrote {}; now: proofmark check", text(&out))).expect("written");
    session.exp_eof().expect("the end");
    assert_eq!(code(&session), 0);

    let written = std::fs::read_to_string(&out).expect("written");
    for line in [
        "rp-id = \"localhost\"",
        "origin = \"https://localhost\"",
        "admin-token = \"${ADMIN}\"",
        "no-rights-token = \"${PROOFMARK_NO_RIGHTS_TOKEN}\"",
        "subjects-file = \"target.subjects.json\"",
    ] {
        assert!(written.contains(line), "no {line} in {written}");
    }
    let tokens = served.tokens();
    let [.., admin, no_rights, _] = &tokens[..] else { panic!("{} tokens", tokens.len()) };
    let mut check = command(&["check", "--no-enrolment", "--target", &text(&out)]);
    finish(check.env("ADMIN", admin).env("PROOFMARK_NO_RIGHTS_TOKEN", no_rights)).exits(0);
}

#[test]
fn who_leaves_in_the_middle_leaves_no_file() {
    let directory = tempfile::tempdir().expect("a directory");
    let out = directory.path().join("target.toml");
    // It asks although nobody listens there.
    let url = "http://127.0.0.1:1";
    let mut session = begun(url, &out);
    answer(&mut session, "origin of the login pages [http://127.0.0.1:1]: ", "");
    session.exp_string("RP ID [127.0.0.1]: ").expect("asked");
    session.send_control('c').expect("sent");
    session.exp_string("interrupted; nothing was written").expect("told");
    session.exp_eof().expect("the end");
    assert_eq!(code(&session), 130);
    assert!(!out.exists());

    let mut session = begun(url, &out);
    session.exp_string("origin of the login pages").expect("asked");
    session.send_control('d').expect("sent");
    session.exp_string("error: the input ended before an answer: origin of the login pages").expect("told");
    session.exp_eof().expect("the end");
    assert_eq!(code(&session), 2);
    assert!(!out.exists());
    // The name is free for the next time.
    let args = ["init", url, "--out", &text(&out), "--subjects-file", "pool.json"];
    proofmark(&args).exits(0);
}

#[test]
fn a_server_that_is_recognised_is_proposed_its_provisioner() {
    let served = Served::with(&["--management"]);
    let out = served.path("asked.toml");
    let mut session = begun(&base_url(&served), &out);
    session.exp_string("management       it has the management calls of zitadel").expect("recognised");
    answer(&mut session, "origin of the login pages", "https://localhost");
    answer(&mut session, "RP ID [localhost]: ", "");
    answer(&mut session, "zitadel to make users for each run, or a file of subjects", "");
    answer(&mut session, "the administrator's token (never the token itself) [PROOFMARK_ADMIN_TOKEN]: ", "");
    session.exp_string(&format!("wrote {}; now: proofmark check", text(&out))).expect("written");
    session.exp_eof().expect("the end");
    assert_eq!(code(&session), 0);
    let token = std::fs::read_to_string(served.path("target.admin-token")).expect("written");
    finish(command(&["check", "--target", &text(&out)]).env("PROOFMARK_ADMIN_TOKEN", token)).exits(0);
}
