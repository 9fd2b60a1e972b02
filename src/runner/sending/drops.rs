//! Whether connections to a target sometimes end without a reply, whatever the request is.
//!
//! If a new connection ends in place of a reply, and only some requests cause this, it is the target's answer. If harmless requests
//! sometimes have the same end, something on the way drops connections, and nothing can be said about the target.

use std::time::{Duration, Instant};

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Mutex;

use super::pace::Pace;
use crate::transport::{Call, Connection, Phase, Transport, TransportError};

/// The number of harmless requests, each over its own connection. If one connection of fourteen is dropped, the chance that all of them
/// get through is less than 1 %.
const ASKED: usize = 64;
/// How many of them go at a time.
const AT_A_TIME: usize = 8;
/// The longest time for all of them.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the result that none was dropped stays valid.
const HOLDS: Duration = Duration::from_secs(10);

/// What was seen on one protocol's connections.
#[derive(Debug, Default)]
pub(crate) struct Drops(Mutex<Option<Seen>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Instant,
    /// How many connections were dropped; 0 if the number says nothing.
    dropped: usize,
}

/// Whether a call ended in the way of a dropped connection.
pub(crate) fn is_dropped<T>(result: &Result<T, TransportError>) -> bool {
    matches!(result, Err(TransportError::Reset { during: Phase::Headers, .. }))
}

/// Whether so many dropped connections are the network's doing: that is so if some are dropped, and most are not. If most are dropped, that
/// is the target's answer.
const fn is_noise(dropped: usize, asked: usize) -> bool {
    dropped > 0 && dropped * 2 < asked
}

impl Drops {
    /// Finds out whether connections are sometimes dropped, unless that is known; in words, or `None` if they are not. The requests begin a
    /// registration without a token, which a target refuses without doing anything.
    pub(crate) async fn seen(&self, transport: &dyn Transport, pace: Option<&Pace>, call: &Call) -> Option<String> {
        let mut known = self.0.lock().await;
        let is_known = known.is_some_and(|seen| seen.dropped > 0 || seen.at.elapsed() < HOLDS);
        if !is_known {
            let harmless = Call::start(call.endpoint.flow, "0", None)?;
            let dropped = look(transport, pace, &harmless).await;
            *known = Some(Seen { at: Instant::now(), dropped });
        }
        let dropped = known.map_or(0, |seen| seen.dropped);
        let words = || format!("{dropped} of {ASKED} new connections for harmless requests ended in the same way");
        (dropped > 0).then(words)
    }
}

/// How many connections are dropped, if the network drops them.
async fn look(transport: &dyn Transport, pace: Option<&Pace>, harmless: &Call) -> usize {
    let ask = |_| async move {
        if let Some(pace) = pace {
            pace.wait().await;
        }
        let result = transport.send_over(harmless, Connection::New).await;
        // On a busy machine a dropped connection may be seen before anything was sent.
        is_dropped(&result) || result.is_err_and(|error| error.is_without_connection())
    };
    let (mut asked, mut dropped) = (0, 0);
    let all = async {
        let mut answers = stream::iter(0..ASKED).map(ask).buffer_unordered(AT_A_TIME);
        while let Some(is_dropped) = answers.next().await {
            asked += 1;
            dropped += usize::from(is_dropped);
        }
    };
    // The results so far are enough.
    let _: Result<(), _> = tokio::time::timeout(PATIENCE, all).await;
    if is_noise(dropped, asked) { dropped } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_dropped_connections_are_noise_and_most_are_the_targets_word() {
        assert_eq!([0, 1, 31, 32, 64].map(|dropped| is_noise(dropped, 64)), [false, true, true, false, false]);
        assert!(!is_noise(0, 0));
    }
}
