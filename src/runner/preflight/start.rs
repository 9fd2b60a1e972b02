//! What the start of a flow shows about the set-up.

use serde_json::Value;

use super::line::Line;
use crate::contract::{Flow, Protocol};
use crate::transport::{Call, Exchange, Reply, Transport, TransportError};
use crate::wire::secret::Secret;
use crate::wire::status::Code;
use crate::words::beginning;

/// Characters of a target's message that are quoted.
const QUOTED: usize = 160;
/// UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE and DATA_LOSS.
pub(crate) const SERVER_ERRORS: [i32; 5] = [2, 4, 13, 14, 15];

/// The result of a start.
#[derive(Debug)]
pub(crate) enum Start {
    /// It answered, with this message.
    Begun(Value),
    /// The target refuses the caller's token.
    Token { answer: String },
    /// There is no such operation, or no such user.
    Absent { answer: String },
    /// It redirects elsewhere.
    Moved { answer: String, to: String },
    /// A proxy or gateway reports that the server behind it does not answer.
    Gateway { answer: String },
    /// The answer is an HTML page.
    Page { answer: String },
    /// It is refused in another way: `denied` if the caller lacks the permission, `failed` if the server reports a failure of its own.
    Refused { answer: String, denied: bool, failed: bool },
    /// The answer can't be read.
    Unreadable(String),
    /// No reply.
    Silent(TransportError),
}

/// Starts a registration of a user by a caller.
pub(crate) async fn start(transport: &dyn Transport, flow: Flow, user_id: &str, token: Option<&Secret>) -> Start {
    let Some(call) = Call::start(flow, user_id, token) else {
        return Start::Absent { answer: "nothing".to_owned() };
    };
    match transport.send(&call).await {
        Ok(exchange) => Start::of(exchange),
        Err(cause) => Start::Silent(cause),
    }
}

/// Whether another program may listen there and answer anything in this way; otherwise it is a fault of the server.
pub(crate) fn is_of_another_program(cause: &TransportError) -> bool {
    let is_fault = matches!(
        cause,
        TransportError::Reset { .. }
            | TransportError::BodyTooLarge { .. }
            | TransportError::HeadersTooLarge { .. }
            | TransportError::BadFrame { .. }
    );
    !is_fault
}

impl Start {
    fn of(exchange: Exchange) -> Start {
        let http = exchange.http_status;
        let header = |name: &str| exchange.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_page = header("content-type").starts_with("text/html");
        let page = || Start::Page { answer: format!("HTTP {http}, a page of HTML") };
        let refusal = match exchange.reply {
            Reply::Success(message) => return Start::Begun(message),
            Reply::Unreadable(_) if is_page => return page(),
            Reply::Unreadable(why) => return Start::Unreadable(why),
            Reply::Refusal(refusal) => refusal,
        };
        let status = refusal.status.as_ref();
        let code = status.map(|status| status.code).filter(|code| *code != 0);
        let is = |codes: &[Code]| code.is_some_and(|code| codes.iter().any(|one| one.number() == code));
        let mut answer = code.map_or_else(|| format!("HTTP {http}"), |code| format!("HTTP {http}, code {code}"));
        let location = header("location");
        if matches!(http, 300..=399) && !location.is_empty() {
            return Start::Moved { answer, to: location.to_owned() };
        }
        if matches!(http, 502..=504) && code.is_none_or(|code| code == 14) || code == Some(14) {
            return Start::Gateway { answer };
        }
        if http == 401 || is(&[Code::UNAUTHENTICATED]) {
            return Start::Token { answer };
        }
        if is_page && http != 403 {
            return page();
        }
        if matches!(http, 404 | 405 | 415 | 501) || is(&[Code::NOT_FOUND, Code::UNIMPLEMENTED]) {
            return Start::Absent { answer };
        }
        let denied = http == 403 || is(&[Code::PERMISSION_DENIED]);
        // A 2xx status other than the documented one is a fault too.
        let succeeds = (200..300).contains(&http) && code.is_none();
        let failed = succeeds || http >= 500 || code.is_some_and(|code| SERVER_ERRORS.contains(&code));
        if let Some(status) = status.filter(|status| !status.message.trim().is_empty()) {
            let message = beginning(status.message.trim(), QUOTED);
            answer = format!("{answer}: {message}");
        }
        Start::Refused { answer, denied, failed }
    }

    /// Whether it is a fault of the server: the operation is there, and it fails, gives an unreadable answer, or gives no answer. A run
    /// judges that.
    pub(crate) fn is_fault(&self) -> bool {
        match self {
            Start::Refused { failed, .. } => *failed,
            Start::Unreadable(_) => true,
            Start::Silent(cause) => !cause.is_without_connection(),
            _ => false,
        }
    }

    /// The answer in words, for a line of the report.
    pub(crate) fn answer(&self) -> &str {
        match self {
            Start::Token { answer }
            | Start::Absent { answer }
            | Start::Moved { answer, .. }
            | Start::Gateway { answer }
            | Start::Page { answer }
            | Start::Refused { answer, .. } => answer,
            Start::Begun(_) => "HTTP 200",
            Start::Unreadable(why) => why,
            Start::Silent(_) => "nothing",
        }
    }

    /// Whether two starts are the same as far as the set-up is concerned.
    pub(crate) fn is_like(&self, other: &Start) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// The problem if every flow over a protocol gives this answer; `None` if the server is there, or did not reply.
    pub(crate) fn everywhere(&self, protocol: Protocol, url: &str) -> Option<Line> {
        let about = protocol.slug();
        let everywhere = |answer: &str| format!("{protocol} at {url} answers {answer} to the start of every flow");
        Some(match self {
            Start::Absent { answer } => Line::problem(
                about,
                "nothing-there",
                everywhere(answer),
                format!(
                    "correct the URL (with the path before /v2 and /auth/v1) or the subjects' user ids in the target file, or \
                     take {protocol} out of `protocols`"
                ),
            ),
            Start::Moved { answer, to } => Line::problem(
                about,
                "redirected",
                format!("{}, and redirects to {to}", everywhere(answer)),
                "write the new address as the URL in the target file: redirects are not followed, because a token must not be sent there",
            ),
            Start::Page { answer } => Line::problem(
                about,
                "page-of-html",
                everywhere(answer),
                "a login page or a proxy answers in place of the API: write the API's own URL in the target file",
            ),
            _ => return None,
        })
    }

    /// The problem if one flow gives this answer; `None` if the flow is there.
    pub(crate) fn problem(&self, flow: Flow, protocol: Protocol, user_id: &str) -> Option<Line> {
        let (about, answer) = (protocol.slug(), self.answer());
        let text = |what: &str| format!("the start of {flow} over {protocol} {what}");
        let take_out = format!("take {flow} out of `flows` in the target file");
        Some(match self {
            Start::Begun(_) | Start::Silent(_) => return None,
            Start::Token { .. } => Line::problem(
                about,
                "token-refused",
                format!("the target refuses the token of subject {user_id} ({flow} over {protocol}: {answer})"),
                "renew the tokens under [accounts] in the target file",
            ),
            Start::Absent { .. } => Line::problem(
                about,
                "flow-absent",
                text(&format!("is answered {answer}: it is not there")),
                format!("{take_out}, or correct the user id of subject {user_id} if it is unknown"),
            ),
            Start::Refused { denied: true, .. } => Line::problem(
                about,
                "flow-denied",
                text(&format!("is denied to subject {user_id} ({answer})")),
                "give the subject's token the right to enrol its own user, or get a new token if the server requires more of it",
            ),
            Start::Refused { .. } => Line::problem(
                about,
                "flow-refused",
                text(&format!("is refused ({answer})")),
                format!("if it is switched off, switch it on in the server's settings, or {take_out}"),
            ),
            Start::Gateway { .. } => Line::problem(
                about,
                "gateway",
                text(&format!(
                    "is answered {answer}: there is a proxy without a server behind it, or the server is not ready"
                )),
                "wait until the server is ready, or write its own URL in the target file",
            ),
            Start::Moved { to, .. } => {
                Line::problem(about, "flow-redirected", text(&format!("is redirected to {to} ({answer})")), take_out)
            }
            Start::Page { .. } | Start::Unreadable(_) => Line::problem(
                about,
                "flow-unreadable",
                text(&format!("has an answer that is not one of the API ({answer})")),
                format!("{take_out}, or write the API's own URL"),
            ),
        })
    }
}
