//! How many calls of a run were sent again, and why.

use serde::{Deserialize, Serialize};

use crate::transport::FaultKind;

/// Calls that were sent again, by the reason why they did not reach the target. A call that was sent again twice counts twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct SentAgain {
    /// There were too many calls.
    pub rate_limited: u64,
    /// A gateway did not reach the target.
    pub gateway: u64,
    /// There was no connection.
    pub unreachable: u64,
    /// GOAWAY.
    pub go_away: u64,
    /// REFUSED_STREAM.
    pub refused_stream: u64,
    /// A connection that was kept had ended.
    pub stale_connection: u64,
}

impl SentAgain {
    /// The count of a kind.
    pub fn of(&mut self, kind: FaultKind) -> &mut u64 {
        match kind {
            FaultKind::RateLimited => &mut self.rate_limited,
            FaultKind::Gateway => &mut self.gateway,
            FaultKind::Unreachable => &mut self.unreachable,
            FaultKind::GoAway => &mut self.go_away,
            FaultKind::RefusedStream => &mut self.refused_stream,
            FaultKind::Stale => &mut self.stale_connection,
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(mut self, mut other: SentAgain) -> SentAgain {
        for kind in FaultKind::ALL {
            *self.of(kind) += *other.of(kind);
        }
        self
    }

    /// Whether no call was sent again.
    pub fn is_none(&self) -> bool {
        *self == SentAgain::default()
    }

    /// Such as `41 calls: 38 rate-limited (429), 3 refused streams`; `None` if there are none.
    pub fn words(mut self) -> Option<String> {
        let mut total = 0;
        let mut named = Vec::new();
        for kind in FaultKind::ALL {
            let count = *self.of(kind);
            total += count;
            let plural = if count == 1 { "" } else { "s" };
            match kind {
                _ if count == 0 => {}
                FaultKind::RateLimited => named.push(format!("{count} rate-limited (429)")),
                FaultKind::Gateway => named.push(format!("{count} gateway error{plural}")),
                FaultKind::Unreachable => named.push(format!("{count} without a connection")),
                FaultKind::GoAway => named.push(format!("{count} not processed (GOAWAY)")),
                FaultKind::RefusedStream => named.push(format!("{count} refused stream{plural}")),
                FaultKind::Stale => named.push(format!("{count} on a connection that had ended")),
            }
        }
        let calls = if total == 1 { "call" } else { "calls" };
        (total > 0).then(|| format!("{total} {calls}: {}", named.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_name_each_cause_once() {
        let some = SentAgain { rate_limited: 38, refused_stream: 2, ..SentAgain::default() };
        let more = SentAgain { refused_stream: 1, stale_connection: 1, ..SentAgain::default() };
        let both = some.and(more);
        let words = "42 calls: 38 rate-limited (429), 3 refused streams, 1 on a connection that had ended";
        assert_eq!(both.words().as_deref(), Some(words));
        assert_eq!(
            SentAgain { gateway: 1, ..SentAgain::default() }.words().as_deref(),
            Some("1 call: 1 gateway error")
        );
        assert_eq!(SentAgain::default().words(), None);
        assert!(SentAgain::default().is_none() && !both.is_none());
    }
}
