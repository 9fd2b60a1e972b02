//! JSON over HTTP: bounded in time, size and tries, without redirects and proxies, so that a token goes nowhere else.

use std::error::Error as _;
use std::time::Duration;

use reqwest::{Client, Method, redirect, retry};
use serde_json::Value;

use crate::transport::{TransportError, tls_configuration};
use crate::wire::secret::{Masker, Secret};

use super::{Connection, LEAST_TIMEOUT};

/// Bytes of an answer.
const MOST_BYTES: usize = 4 << 20;
/// Tries of one call, where the server says that it is busy, or does not speak at all.
const TRIES: u32 = 6;
/// The same where the connection failed.
const CONNECTION_TRIES: u32 = 3;
/// Before the second try; each further pause is twice as long.
const PAUSE: Duration = Duration::from_millis(100);
/// Characters of a server's text that are shown.
const SHOWN: usize = 200;
/// 429, and what a server or the one before it answers while it starts.
const BUSY: [u16; 4] = [429, 502, 503, 504];

/// Sends calls to one server.
#[derive(Debug, Clone)]
pub(super) struct JsonClient {
    client: Client,
    base_url: String,
}

/// A status and a body; `null` if the body is no JSON.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    pub status: u16,
    pub body: Value,
}

impl JsonClient {
    /// Nothing is sent yet.
    pub fn new(connection: &Connection) -> Result<JsonClient, TransportError> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls_configuration(&connection.address)?)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .http1_only()
            .user_agent(concat!("proofmark/", env!("CARGO_PKG_VERSION")))
            .timeout(connection.timeout.max(LEAST_TIMEOUT))
            .connect_timeout(Duration::from_secs(5))
            .build()
            .map_err(|error| TransportError::Other(format!("the HTTP client cannot be set up: {error}")))?;
        Ok(JsonClient { client, base_url: connection.address.base_url.trim_end_matches('/').to_owned() })
    }

    /// Sends a call, again if the server is busy or the connection failed.
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
        let mut pause = PAUSE;
        for tried in 1..TRIES {
            match self.once(method, path, token, body).await {
                Ok(answer) if !BUSY.contains(&answer.status) => return Ok(answer),
                Err(why) if tried >= CONNECTION_TRIES => return Err(why),
                _ => {}
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        self.once(method, path, token, body).await
    }

    async fn once(&self, method: &Method, path: &str, token: &Secret, body: Option<&Value>) -> Result<Answer, String> {
        let url = format!("{}{path}", self.base_url);
        let mut request = self.client.request(method.clone(), &url).bearer_auth(token.expose());
        request = request.header("accept", "application/json");
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let mut response = request.send().await.map_err(|error| words(&error))?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| words(&error))? {
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(format!("an answer of more than {MOST_BYTES} bytes"));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or_default() })
    }
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

    /// What it says, in one line. Masked before it is cut, so that no part of a secret is left.
    pub fn words(&self, secrets: &[&Secret]) -> String {
        let code = self.body.get("code").and_then(Value::as_i64).map(|code| format!(", code {code}"));
        let message = self.text("message").map(|message| {
            let masked = Masker::new(secrets.iter().copied()).mask(message).into_owned();
            format!(": {}", masked.chars().take(SHOWN).collect::<String>())
        });
        format!("HTTP {}{}{}", self.status, code.unwrap_or_default(), message.unwrap_or_default())
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
        let answer = Answer { status: 403, body: json!({ "code": 7, "message": message }) };
        let words = answer.words(&[&secret]);
        assert!(words.starts_with("HTTP 403, code 7: xxx") && !words.contains("a-pas"), "{words}");
        assert_eq!(Answer { status: 404, body: Value::Null }.words(&[]), "HTTP 404");
    }
}
