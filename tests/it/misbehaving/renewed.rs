//! Tokens that expire in mid-run and are renewed.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;

use super::*;
use proofmark::wire::secret::Secret;

const REFUSAL: &str = r#"{"code": 16, "message": "the token has expired", "details": []}"#;

/// Prints the new token of a caller, or of a subject.
const RENEWED: &str = r#"if [ "$1" = subject ]; then echo "renewed-token-of-$2"; else echo "renewed-token-of-$1"; fi"#;

/// A command that prints a token, and notes that it was asked.
fn command(directory: &Path, printed: &str) -> Vec<String> {
    let log = directory.join("asked").display().to_string();
    let script = format!(r#"echo "$1 $2" >> {log}; {printed}"#);
    ["sh", "-c", &script, "sh", "{caller}", "{userId}"].map(str::to_owned).to_vec()
}

fn asked(directory: &Path) -> Vec<String> {
    let asked = std::fs::read_to_string(directory.join("asked")).unwrap_or_default();
    let mut asked: Vec<String> = asked.lines().map(|line| line.trim().to_owned()).collect();
    asked.sort();
    asked
}

/// Before a server: tokens are taken for so many calls, and then only the renewed ones, each of which stands for the first.
async fn expiring(server: &RunningServer, calls: usize) -> Proxy {
    let of = |account: &proofmark::server::Account| (account.user_id.clone(), account.token.expose().to_owned());
    let mut first: HashMap<String, String> = server.accounts.subjects.iter().map(of).collect();
    first.insert("admin".to_owned(), server.accounts.admin.expose().to_owned());
    first.insert("no-rights".to_owned(), server.accounts.no_rights.token.expose().to_owned());
    first.insert("read-only".to_owned(), server.accounts.read_only.token.expose().to_owned());
    let good: std::collections::HashSet<String> = first.values().cloned().collect();
    let (seen, seen_by) = (AtomicUsize::new(0), Mutex::new(HashMap::<String, usize>::new()));
    let act = move |request: &Request| {
        let token = request.header("authorization").unwrap_or_default();
        let Some(token) = token.strip_prefix("Bearer ") else { return Act::Forward };
        if let Some(holder) = token.strip_prefix("renewed-token-of-") {
            *seen_by.lock().expect("no panic").entry(holder.to_owned()).or_default() += 1;
            return first.get(holder).map_or(Act::Forward, |first| Act::ForwardBytes(request.replaced(token, first)));
        }
        let is_over = good.contains(token) && seen.fetch_add(1, Ordering::SeqCst) >= calls;
        if is_over { json("401 Unauthorized", REFUSAL) } else { Act::Forward }
    };
    Proxy::start(server.address, act).await
}

/// A run whose tokens expire after so many calls, of which everything passes, and whom the command was asked for.
async fn run_expiring(calls: usize, patterns: &[&str]) -> (RunRecord, Vec<String>) {
    let server = server(30, &[]).await;
    let directory = tempfile::tempdir().expect("a directory");
    let proxy = expiring(&server, calls).await;
    let mut target = Target { web: Address::new(proxy.base_url()), protocols: vec![Protocol::Rest], ..target(&server) };
    target.accounts.refresh = command(directory.path(), RENEWED);
    let run = run(target, patterns).await;
    assert_eq!(not_passed(&run), BTreeMap::new());
    let asked = asked(directory.path());
    let mut once = asked.clone();
    once.dedup();
    assert_eq!(asked, once, "each token was renewed once, whoever needed it at the same time");
    (run, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_renewed_once_and_the_run_is_as_good_as_without() {
    let (run, asked) = run_expiring(60, &["authorization/*", "client-data/type*", "enrolment/good"]).await;
    assert_eq!(run.finished.expect("a last event").stopped, None);
    assert_eq!(run.cases.iter().filter(|case| case.protocol != "all").count(), run.started.tests);
    for caller in ["admin", "no-rights", "read-only"] {
        assert!(asked.iter().any(|line| line == caller), "{caller}: {asked:?}");
    }
    let subjects = asked.iter().filter(|line| line.starts_with("subject ")).count();
    assert!(subjects > 5, "{asked:?}");
    // Wrong tokens, which cases send on purpose, were not renewed.
    assert_eq!(asked.len(), subjects + 3, "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_refused_again_or_not_had_is_an_error_and_is_masked() {
    for (printed, words, most) in [
        ("echo another-token-that-is-refused", "code 16", usize::MAX),
        ("echo a-token-in-the-words-of-an-error >&2; exit 3", "there is no new token: `sh -c", 3 + 8),
    ] {
        let server = server(30, &[]).await;
        let directory = tempfile::tempdir().expect("a directory");
        let proxy = expiring(&server, 0).await;
        let mut target =
            Target { web: Address::new(proxy.base_url()), protocols: vec![Protocol::Rest], ..target(&server) };
        target.flows = vec![Flow::V2_PASSKEY];
        target.accounts.refresh = command(directory.path(), printed);
        target.accounts.subjects[0].token = Secret::new("a-token-in-the-words-of-an-error");
        let run = run(target, &["enrolment/*", "client-data/type*"]).await;
        assert!(run.cases.len() > 11, "more than may be asked for at a time");
        assert!(
            run.cases.iter().all(|case| matches!(case.reason, Reason::Auth | Reason::NotDeclared)),
            "{:?}",
            not_passed(&run)
        );
        let told = serde_json::to_string(&run.cases).expect("JSON");
        assert!(told.contains(words), "{told}");
        assert!(!told.contains("that-is-refused") && !told.contains("in-the-words-of"), "{told}");
        let asked = asked(directory.path()).len();
        assert!((1..=most).contains(&asked), "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_at_the_same_time_are_sent_again_with_new_tokens() {
    let races = ["ceremony/starts-at-once", "ceremony/verify-race", "ceremony/credential-id-race"];
    let (_, asked) = run_expiring(0, &races).await;
    assert!(asked.len() > 2 * races.len(), "{asked:?}");
}
