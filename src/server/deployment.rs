//! Properties of a server that the contract leaves open: it is slow, has a flow switched off, or is known under one host name.

use std::time::Duration;

use axum::extract::Request;
use http::header::HOST;

use crate::contract::Flow;

/// How a server is set up. None of this is a defect: target files have to fit it.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// How long every request waits before it is handled.
    pub delay: Duration,
    /// Flows that are not offered: their operations are unimplemented.
    pub off: Vec<Flow>,
    /// The host name that requests have to name; under any other name nothing is served. `None` for any name.
    pub host: Option<String>,
    /// The time-out that options state, after which a registration can't be finished; five minutes if it is not given.
    pub challenge_timeout: Option<Duration>,
}

/// As in the documented example.
const CHALLENGE_TIMEOUT: Duration = Duration::from_secs(300);

impl Conditions {
    /// Waits for as long as every request has to wait.
    pub(super) async fn wait(&self) {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
    }

    /// Whether the server has the host name that the request uses.
    pub(super) fn is_named(&self, request: &Request) -> bool {
        let Some(name) = &self.host else { return true };
        let header = request.headers().get(HOST).and_then(|value| value.to_str().ok());
        let called = request.uri().authority().map(http::uri::Authority::as_str).or(header).unwrap_or_default();
        let called: Option<http::uri::Authority> = called.parse().ok();
        called.is_some_and(|called| called.host().eq_ignore_ascii_case(name))
    }

    /// The time-out that options state.
    pub(super) fn challenge_timeout(&self) -> Duration {
        self.challenge_timeout.unwrap_or(CHALLENGE_TIMEOUT)
    }

    /// Whether a flow is offered.
    pub(super) fn offers(&self, flow: Flow) -> bool {
        !self.off.contains(&flow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_compared_without_its_port() {
        let named = |uri: &str, host: Option<&str>| {
            let request = Request::builder().uri(uri);
            let request = host.into_iter().fold(request, |request, host| request.header(HOST, host));
            let conditions = Conditions { host: Some("localhost".to_owned()), ..Conditions::default() };
            conditions.is_named(&request.body(axum::body::Body::empty()).expect("a request"))
        };
        assert!(named("/", Some("LOCALHOST:8080")) && named("http://localhost:8080/", None));
        assert!(!named("/", Some("127.0.0.1:8080")) && !named("http://127.0.0.1/", None) && !named("/", None));
    }
}
