//! What is known of a target: a load excuses what a run excuses, and nothing else.

use super::{run, server, target_file};

/// Entries as `known suggest` writes them for a server that refuses every malformed credential with a 500.
const CRASHES: &str = r#"
[[known]]
case = "**"
flow = "v2/passkey"
verdict = "fail"
reason = "crash"
observed = "no-server-error: expected a refusal that blames the request"
why = "the handler maps every error to 500"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_is_excused_under_load_and_nothing_else() {
    let directory = tempfile::tempdir().expect("a directory");
    let known = directory.path().join("known.toml");
    let other = CRASHES.replace("reason = \"crash\"", "reason = \"hang\"");
    let expired = format!("{CRASHES}expires = 2020-01-01\n");
    let of_one_protocol = format!("{CRASHES}protocol = \"grpc\"\n");
    for (defect, text, exit, says) in [
        ("status-ceremony-refusal-as-500", None, 8, "verify/check/no-server-error"),
        ("status-ceremony-refusal-as-500", Some(CRASHES), 0, "known and excused: "),
        ("status-ceremony-refusal-as-500", Some(other.as_str()), 8, "verify/check/no-server-error"),
        ("status-ceremony-refusal-as-500", Some(expired.as_str()), 8, "verify/check/no-server-error"),
        ("status-ceremony-refusal-as-500", Some(of_one_protocol.as_str()), 8, "verify/check/no-server-error"),
        ("verification-skips-challenge", Some(CRASHES), 8, "malformed attestations are accepted"),
    ] {
        let server = server(&[defect], 2).await;
        let target = target_file(directory.path(), &server, &server.base_url(), 2);
        let mut arguments = vec!["--users", "2", "--duration", "1500ms", "--seed", "3", "--generator-lag", "60s"];
        arguments.extend(["--negatives", "60%", "--races", "0%", "--lookups", "0%"]);
        arguments.extend(["--target", target.to_str().expect("UTF-8")]);
        if let Some(text) = text {
            std::fs::write(&known, text).expect("writable");
            arguments.extend(["--known", known.to_str().expect("UTF-8")]);
        }
        let (code, out, err) = run(&arguments).await;
        assert_eq!(code, Some(exit), "{defect} {text:?}: {out}{err}");
        assert!(out.contains(says), "{defect} {text:?}: {out}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_target_file_can_name_what_is_known() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = server(&["status-ceremony-refusal-as-500"], 2).await;
    let target = target_file(directory.path(), &server, &server.base_url(), 2);
    let text = std::fs::read_to_string(&target).expect("written");
    std::fs::write(&target, format!("known = \"known.toml\"\n{text}")).expect("writable");
    std::fs::write(directory.path().join("known.toml"), CRASHES).expect("writable");
    let target = target.to_str().expect("UTF-8");
    let common =
        ["--users", "2", "--duration", "1s", "--negatives", "60%", "--generator-lag", "60s", "--target", target];
    let (code, out, err) = run(&common).await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("verify/known/no-server-error"), "{out}");
    std::fs::write(directory.path().join("known.toml"), "[[known]]\n").expect("writable");
    let (code, _, err) = run(&common).await;
    assert!(code == Some(3) && err.contains("known.toml"), "{err}");
}
