//! Subjects from a file, or from a command that the user gives: both have the same published JSON form.

use std::collections::HashSet;
use std::process::Stdio;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::wire::secret::{LEAST_SECRET_LENGTH, Secret};

/// A pool of subjects, as `provision` prints it and `subjects-file` holds it. Schema: `reports/schemas/subjects.schema.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SubjectPoolFile {
    /// Users that enrol.
    pub subjects: Vec<SubjectEntry>,
    /// Token of a caller that may act on every user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_token: Option<String>,
    /// Token of a caller without permissions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_rights_token: Option<String>,
    /// Token of a caller with a role that may only read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_token: Option<String>,
}

/// One user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct SubjectEntry {
    /// The user's id.
    pub user_id: String,
    /// The user's bearer token.
    pub token: String,
}

/// A command that did not provide subjects.
#[derive(Debug, Error)]
pub enum ProvisionError {
    /// It could not be started.
    #[error("`{command}` could not be started: {cause}; give the path of an executable file")]
    Start {
        /// The command as written.
        command: String,
        /// The system's word.
        cause: std::io::Error,
    },
    /// It ended with an error.
    #[error("`{command}` ended with {status}{stderr}")]
    Failed {
        /// The command as written.
        command: String,
        /// Exit status.
        status: String,
        /// The end of what it wrote to standard error, if anything.
        stderr: String,
    },
    /// It took too long or printed too much.
    #[error("`{command}` {what}")]
    Bound {
        /// The command as written.
        command: String,
        /// Which bound was passed.
        what: String,
    },
    /// It printed no token.
    #[error("`{command}` printed no token: the output {wrong}; the token alone is expected")]
    Token {
        /// The command as written.
        command: String,
        /// What is wrong with the output, which is not quoted.
        wrong: String,
    },
    /// It printed something else.
    #[error(
        "{origin}: {message}; expected {{\"subjects\": [{{\"userId\": \"..\", \"token\": \"..\"}}, ..]}}, as `proofmark schema subjects` has it"
    )]
    Form {
        /// File, or command.
        origin: String,
        /// What is wrong, with line and column.
        message: String,
    },
}

/// The maximum size of a pool: room for 1,000,000 subjects.
const MOST_BYTES: u64 = 256 * 1024 * 1024;
/// The most time that a command may take, and the most bytes that it may print.
struct Bounds {
    time: Duration,
    bytes: u64,
    /// The same in words.
    most: &'static str,
}

/// Making a pool can take minutes.
const OF_POOL: Bounds = Bounds { time: Duration::from_secs(600), bytes: MOST_BYTES, most: "256 MiB" };
/// While a token is renewed, a case waits.
const OF_TOKEN: Bounds = Bounds { time: Duration::from_secs(30), bytes: 64 * 1024, most: "64 KiB" };

/// Reads a pool.
///
/// # Errors
/// [`ProvisionError::Form`]
pub fn parse(origin: &str, text: &[u8]) -> Result<SubjectPoolFile, ProvisionError> {
    let form = |message: String| ProvisionError::Form { origin: origin.to_owned(), message };
    let pool: SubjectPoolFile = serde_json::from_slice(text).map_err(|error| form(error.to_string()))?;
    if let Some(wrong) = wrong_pool(&pool) {
        return Err(form(wrong));
    }
    Ok(pool)
}

/// What is wrong with a pool, if anything; tokens are not quoted.
pub fn wrong_pool(pool: &SubjectPoolFile) -> Option<String> {
    if pool.subjects.len() < 2 {
        return Some("there have to be at least two subjects: some cases need a second user".to_owned());
    }
    let mut ids = HashSet::new();
    for (index, subject) in pool.subjects.iter().enumerate() {
        if subject.user_id.is_empty() {
            return Some(format!("subjects[{index}].userId is empty"));
        }
        if !ids.insert(subject.user_id.as_str()) {
            let why = "one user can't be used by two cases at the same time";
            return Some(format!("subjects[{index}].userId {} occurs twice: {why}", subject.user_id));
        }
        if let Some(wrong) = wrong_token(&subject.token) {
            return Some(format!("subjects[{index}].token {wrong}"));
        }
    }
    let others = [
        ("adminToken", &pool.admin_token),
        ("noRightsToken", &pool.no_rights_token),
        ("readOnlyToken", &pool.read_only_token),
    ];
    let wrong = |(name, token): (&str, &Option<String>)| {
        token.as_deref().and_then(wrong_token).map(|wrong| format!("{name} {wrong}"))
    };
    others.into_iter().find_map(wrong)
}

/// Why a text can't be used as a bearer token, if so. It is put into a header, and must be recognisable in any answer.
pub fn wrong_token(token: &str) -> Option<String> {
    if token.len() < LEAST_SECRET_LENGTH {
        return Some(format!(
            "has fewer than {LEAST_SECRET_LENGTH} characters; so short a text can't be masked in reports"
        ));
    }
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\');
    let allowed = "visible ASCII characters without quotes and backslashes (RFC 6750 section 2.1)";
    (!token.chars().all(fits))
        .then(|| format!("has a character that no bearer token may have; it may have only {allowed}"))
}

/// Runs a command and reads the pool that it prints. `{count}` in an argument becomes the number of subjects needed.
///
/// # Errors
/// [`ProvisionError`]; the command is ended when it passes a bound.
pub async fn run(command: &[String], count: usize) -> Result<SubjectPoolFile, ProvisionError> {
    let out = printed(command, &[("{count}", &count.to_string())], &OF_POOL).await?;
    parse(&format!("the output of `{}`", command.join(" ")), &out)
}

/// Runs a command that prints a new token for a caller, alone on its standard output. In its arguments `{caller}` becomes `subject`,
/// `admin`, `no-rights` or `read-only`, and `{userId}` the subject's id, which is empty for the other callers.
///
/// # Errors
/// [`ProvisionError`]; the command is ended after 30 seconds. No error quotes the output.
pub async fn refresh(command: &[String], caller: &str, user_id: &str) -> Result<Secret, ProvisionError> {
    let out = printed(command, &[("{caller}", caller), ("{userId}", user_id)], &OF_TOKEN).await?;
    let failed = |wrong: String| ProvisionError::Token { command: command.join(" "), wrong };
    let token = std::str::from_utf8(&out).map_err(|_| failed("is not text".to_owned()))?.trim();
    match wrong_token(token) {
        Some(wrong) => Err(failed(wrong)),
        None => Ok(Secret::new(token)),
    }
}

/// What a command prints, with names in its arguments replaced.
async fn printed(command: &[String], names: &[(&str, &str)], bounds: &Bounds) -> Result<Vec<u8>, ProvisionError> {
    let shown = command.join(" ");
    let replaced = |word: &String| names.iter().fold(word.clone(), |word, (name, value)| word.replace(name, value));
    let mut words = command.iter().map(replaced);
    let program = words.next().unwrap_or_default();
    let mut child = tokio::process::Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|cause| ProvisionError::Start { command: shown.clone(), cause })?;
    let bound = |what: &str| ProvisionError::Bound { command: shown.clone(), what: what.to_owned() };
    let late = || bound(&format!("did not end within {} s", bounds.time.as_secs()));
    let stdout = child.stdout.take().ok_or_else(|| bound("has no output"))?;
    let stderr = child.stderr.take().ok_or_else(|| bound("has no error output"))?;
    // A command that has printed too much, or whose errors nobody reads, may not end by itself.
    let work = async { tokio::try_join!(bounded(stdout, bounds.bytes), tail(stderr)) };
    let (out, err) = match tokio::time::timeout(bounds.time, work).await {
        Ok(Ok(read)) => read,
        Ok(Err(())) => return Err(bound(&format!("printed more than {}", bounds.most))),
        Err(_) => return Err(late()),
    };
    let status = tokio::time::timeout(bounds.time, child.wait()).await.map_err(|_| late())?;
    let status = status.map_err(|cause| ProvisionError::Start { command: shown.clone(), cause })?;
    if !status.success() {
        let text = String::from_utf8_lossy(&err);
        let tail = text.trim().lines().last().unwrap_or_default().to_owned();
        let stderr = if tail.is_empty() { String::new() } else { format!(": {tail}") };
        return Err(ProvisionError::Failed { command: shown, status: status.to_string(), stderr });
    }
    Ok(out)
}

/// All of the output; an error if it is too long or can't be read.
async fn bounded(output: impl AsyncRead + Unpin, most: u64) -> Result<Vec<u8>, ()> {
    let mut out = Vec::new();
    output.take(most + 1).read_to_end(&mut out).await.map_err(drop)?;
    if u64::try_from(out.len()).is_ok_and(|length| length <= most) { Ok(out) } else { Err(()) }
}

/// The end of the output; all of it is read.
async fn tail(mut output: impl AsyncRead + Unpin) -> Result<Vec<u8>, ()> {
    const MOST: usize = 64 * 1024;
    let mut end = Vec::new();
    while output.read_buf(&mut end).await.map_err(drop)? > 0 {
        let over = end.len().saturating_sub(MOST);
        end.drain(..over);
    }
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &[&str]) -> Vec<String> {
        text.iter().map(|word| (*word).to_owned()).collect()
    }

    #[tokio::test]
    async fn a_command_prints_the_pool_and_is_told_the_count() {
        let script = r#"printf '{"subjects":[{"userId":"%s","token":"secret-token"},{"userId":"u","token":"other-token"}]}' "$0""#;
        let pool = run(&words(&["sh", "-c", script, "{count}"]), 7).await.expect("a pool");
        assert_eq!(pool.subjects[0].user_id, "7");
    }

    #[tokio::test]
    async fn a_command_renews_a_token_and_is_told_whose() {
        let command = words(&["sh", "-c", r#"echo " new-token-of-$0-$1 ""#, "{caller}", "{userId}"]);
        let token = refresh(&command, "subject", "17").await.expect("a token");
        assert_eq!(token.expose(), "new-token-of-subject-17");
        assert_eq!(refresh(&command, "admin", "").await.expect("a token").expose(), "new-token-of-admin-");
        for (script, wrong) in [
            ("echo short", "fewer than 8"),
            ("printf 'two words-%s' of-it", "no bearer token"),
            ("printf '\\377'", "is not text"),
            ("head -c 99999 /dev/zero", "printed more than 64 KiB"),
            ("echo not-me >&2; exit 1", "not-me"),
        ] {
            let error = refresh(&words(&["sh", "-c", script]), "admin", "").await.expect_err(script).to_string();
            assert!(error.contains(wrong) && !error.contains("words-of-it"), "{error}");
        }
    }

    #[tokio::test]
    async fn every_failure_names_the_command_and_the_cause() {
        let failed = run(&words(&["sh", "-c", "echo no licence >&2; exit 3"]), 1).await.expect_err("fails").to_string();
        assert!(failed.contains("exit status: 3") && failed.contains("no licence"), "{failed}");
        let start = run(&words(&["/nonexistent/provision"]), 1).await.expect_err("fails").to_string();
        assert!(start.contains("could not be started"), "{start}");
        let form = run(&words(&["echo", "[]"]), 1).await.expect_err("fails").to_string();
        assert!(form.contains("expected {\"subjects\""), "{form}");
        let empty = parse("pool.json", br#"{"subjects":[]}"#).expect_err("empty").to_string();
        assert!(empty.contains("pool.json") && empty.contains("at least two"), "{empty}");
        let key = parse("pool.json", br#"{"subjects":[{"userId":"1","tokn":"x"}]}"#).expect_err("key").to_string();
        assert!(key.contains("tokn") && key.contains("line 1"), "{key}");
    }
}
