//! JSON over HTTP: bounded in time, size and tries, without redirects, so that a token goes nowhere else.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, Method, redirect, retry};
use serde_json::Value;

use crate::transport::{TransportError, tls_configuration};
use crate::wire::secret::{Masker, Secret};

use super::connection::{Connection, LEAST_TIMEOUT};
use super::pace::Pace;
use super::patience::Patience;
use crate::words::beginning;

/// Bytes of an answer.
const MOST_BYTES: usize = 4 << 20;
/// Tries if the connection failed, while nothing has answered yet.
const CONNECTION_TRIES: u32 = 3;
/// Before the second try; each further pause is twice as long.
const PAUSE: Duration = Duration::from_millis(100);
/// The longest pause that the server did not ask for.
const LONGEST: Duration = Duration::from_secs(4);
/// How long to wait for an answer that is not a gateway's, while nothing has answered yet.
const UNKNOWN: Duration = Duration::from_secs(15);
/// How long to wait for a server that has answered, and accepts no connections any more: it may be restarting.
const AWAY: Duration = Duration::from_secs(20);
/// Characters of a server's text that are shown.
const SHOWN: usize = 200;
/// 429, and the statuses of a server, or of a gateway in front of it, while it starts.
const BUSY: [u16; 4] = [RATE_LIMITED, 502, 503, 504];
/// Too Many Requests (RFC 6585 section 4).
const RATE_LIMITED: u16 = 429;
/// The error of a call that was not sent any more.
const ENDED: &str = "stopped because another call failed";

/// Sends calls to one server.
#[derive(Debug, Clone)]
pub(super) struct JsonClient {
    client: Client,
    base_url: String,
    /// How many calls go at a time.
    pub pace: Arc<Pace>,
    /// How long to wait for a server that is busy, or lags behind.
    pub patience: Arc<Patience>,
    /// Whether the server itself, and not only a gateway, has answered.
    has_answered: Arc<AtomicBool>,
}

/// A status and a body; `null` if the body is not JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Value,
    /// How long the server asks to wait (`Retry-After` in seconds, RFC 9110 section 10.2.3).
    pub retry_after: Option<Duration>,
}

impl JsonClient {
    /// Nothing is sent yet.
    pub fn new(connection: &Connection) -> Result<JsonClient, TransportError> {
        let address = &connection.address;
        let failed =
            |error: reqwest::Error| TransportError::Other(format!("the HTTP client cannot be set up: {error}"));
        let mut builder = Client::builder().no_proxy();
        if let Some(proxy) = &address.proxy {
            let through = reqwest::Proxy::all(proxy.uri().to_string()).map_err(failed)?;
            builder = builder.proxy(match proxy.authorization() {
                Some(value) => through.custom_http_auth(value.clone()),
                None => through,
            });
        }
        let client = builder
            .default_headers(address.headers.iter().cloned().collect())
            .tls_backend_preconfigured(tls_configuration(address)?)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .http1_only()
            .user_agent(concat!("proofmark/", env!("CARGO_PKG_VERSION")))
            .timeout(connection.timeout.max(LEAST_TIMEOUT))
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(failed)?;
        Ok(JsonClient {
            client,
            base_url: connection.address.base_url.trim_end_matches('/').to_owned(),
            pace: Arc::new(Pace::new(connection.concurrency)),
            patience: Arc::new(Patience::new(connection.patience)),
            has_answered: Arc::default(),
        })
    }

    /// Sends a call when the pace allows it; again if the server is busy or the connection failed, as long as patience lasts. A
    /// server that says how long to wait is waited for so long.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn call(
        &self,
        method: &Method,
        path: &str,
        token: &Secret,
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let (begun, mut pause, mut tries) = (Instant::now(), PAUSE, 0);
        loop {
            tries += 1;
            let slot = self.pace.slot().await;
            if self.patience.is_over() {
                return Err(ENDED.to_owned());
            }
            let sent = Instant::now();
            let outcome = self.once(method, path, token, body).await;
            drop(slot);
            match &outcome {
                Ok(answer) if !BUSY.contains(&answer.status) => {
                    self.has_answered.store(true, Ordering::SeqCst);
                    if answer.status >= 500 {
                        self.pace.lower();
                    } else if tries == 1 {
                        self.pace.answered(&format!("{method} {}", kind(path)), sent.elapsed());
                    }
                    return outcome;
                }
                _ => self.pace.lower(),
            }
            let asked = outcome.as_ref().ok().and_then(|answer| answer.retry_after);
            // Even if the server says 0, there is a pause.
            let wait = asked.unwrap_or_default().max(pause);
            let is_over = begun.elapsed().saturating_add(wait) > self.bound(&outcome);
            if is_over || (tries >= CONNECTION_TRIES && self.is_unknown(&outcome)) {
                return outcome;
            }
            self.patience.sleep(wait).await;
            pause = (pause * 2).min(LONGEST);
        }
    }

    /// How long a call with this result is tried again.
    fn bound(&self, outcome: &Result<Answer, String>) -> Duration {
        let is_known = self.has_answered.load(Ordering::SeqCst);
        let most = self.patience.most();
        match outcome {
            Ok(answer) if answer.status == RATE_LIMITED || is_known => most,
            Err(_) if is_known => most.min(AWAY),
            _ => most.min(UNKNOWN),
        }
    }

    /// Whether nothing answers, and nothing has answered before.
    fn is_unknown(&self, outcome: &Result<Answer, String>) -> bool {
        outcome.is_err() && !self.has_answered.load(Ordering::SeqCst)
    }

    /// Sends a call once, whatever other calls are under way.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn once(
        &self,
        method: &Method,
        path: &str,
        token: &Secret,
        body: Option<&Value>,
    ) -> Result<Answer, String> {
        let url = format!("{}{path}", self.base_url);
        let mut request = self.client.request(method.clone(), &url).bearer_auth(token.expose());
        request = request.header("accept", "application/json");
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let mut response = request.send().await.map_err(|error| words(&error))?;
        let status = response.status().as_u16();
        let header = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = header.and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| words(&error))? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(format!("an answer of more than {MOST_BYTES} bytes"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default(), retry_after })
    }
}

/// The operation of a path, for any user: its last part that is not a number, since ids are numbers.
fn kind(path: &str) -> &str {
    let is_name = |part: &&str| !part.bytes().all(|byte| byte.is_ascii_digit());
    path.rsplit('/').find(is_name).unwrap_or(path)
}

/// The error and its causes, without the URL, which the caller knows.
fn words(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = if text.is_empty() { message } else { format!("{text}: {message}") };
        }
        cause = error.source();
    }
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    if text.is_empty() { "the call failed".to_owned() } else { text }
}

impl Answer {
    /// 200 or 201.
    pub fn is_success(&self) -> bool {
        matches!(self.status, 200 | 201)
    }

    /// A text of the body.
    pub fn text(&self, member: &str) -> Option<&str> {
        self.body.get(member).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// Its words, in one line. Masked before it is cut, so that no part of a secret is left.
    pub fn words(&self, secrets: &[&Secret]) -> String {
        let code = self.body.get("code").and_then(Value::as_i64).map(|code| format!(", code {code}"));
        let message = self.text("message").map(|message| {
            let masked = Masker::new(secrets.iter().copied()).mask(message).into_owned();
            format!(": {}", beginning(&masked, SHOWN))
        });
        let wait = self.retry_after.map(|time| format!(" (asks to wait {} s)", time.as_secs())).unwrap_or_default();
        format!("HTTP {}{}{}{wait}", self.status, code.unwrap_or_default(), message.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_told_without_secrets() {
        let secret = Secret::new("a-password-of-somebody");
        let message = format!("{}{}", "x".repeat(SHOWN - 5), secret.expose());
        let answer = Answer { status: 403, body: json!({ "code": 7, "message": message }), retry_after: None };
        let words = answer.words(&[&secret]);
        assert!(words.starts_with("HTTP 403, code 7: xxx") && !words.contains("a-pas"), "{words}");
        let wait = Some(Duration::from_secs(90));
        assert_eq!(Answer { status: 404, body: Value::Null, retry_after: None }.words(&[]), "HTTP 404");
        let limited = Answer { status: 429, body: Value::Null, retry_after: wait };
        assert_eq!(limited.words(&[]), "HTTP 429 (asks to wait 90 s)");
    }

    #[test]
    fn a_kind_of_call_is_the_same_for_every_user() {
        for (path, expected) in [
            ("/v2/users/human", "human"),
            ("/v2/users/312870937164316675", "users"),
            ("/v2/users/312870937164316675/u2f/17", "u2f"),
            ("/v2/users/1/authentication_factors/_search", "_search"),
        ] {
            assert_eq!(kind(path), expected);
        }
    }
}
