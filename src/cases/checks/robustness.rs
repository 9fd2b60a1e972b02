//! No request makes the server fail.

use super::check::Check;
use super::observation::{Observation, Wrong};
use crate::contract::Protocol;
use crate::outcome::Reason;
use crate::transport::Reply;
use crate::wire::status::Code;

/// HTTP 5xx (except 501, which means "not implemented" as code 12 does) and the gRPC codes of a failing server.
pub const NO_SERVER_ERROR: Check =
    Check { id: "no-server-error", clause: "api/robustness", reason: Reason::Crash, examine: no_server_error };

/// `UNKNOWN`, `DEADLINE_EXCEEDED`, `INTERNAL`, `UNAVAILABLE`, `DATA_LOSS`: those that go with HTTP 5xx, but 12.
const FAILING: [i32; 5] = [2, 4, 13, 14, 15];

/// The same words over every protocol, so that reports show one cause.
const EXPECTED: &str = "a refusal that blames the request";

fn no_server_error(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    let code = match &exchange.reply {
        Reply::Refusal(refusal) => refusal.status.as_ref().map(|status| status.code),
        _ => None,
    };
    let http = exchange.http_status;
    // By gRPC's status code document, a server's library answers INTERNAL if it can't read the request at all; some answer UNKNOWN.
    let unread = observation.malformed && exchange.protocol != Protocol::Rest;
    let failing_code = code.filter(|code| FAILING.contains(code) && !unread);
    Some(if (500..600).contains(&http) && http != 501 {
        vec![Wrong::new(EXPECTED, format!("HTTP {http}"))]
    } else if let Some(code) = failing_code {
        let name = Code::new(code).map_or("no known code", Code::name);
        vec![Wrong::new(EXPECTED, format!("code {code} ({name})"))]
    } else {
        Vec::new()
    })
}
