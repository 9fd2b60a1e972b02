//! An operation that is far slower than others.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Bytes of a request's body from which it is large.
pub const LARGE: usize = 256 * 1024;

/// One operation that is far slower than others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slow {
    /// Its documented name.
    pub operation: String,
    /// Slugs of the protocols over which it is.
    pub protocols: Vec<String>,
    /// Whether only its calls with a large body, of 256 KiB and more, are slow, compared with its other calls.
    pub large_bodies: bool,
    /// Calls that were looked at.
    pub calls: usize,
    /// Their median, in microseconds.
    pub median_us: u64,
    /// What it is compared with: the median of the other operations' medians, or of its own calls with smaller bodies.
    pub usual_us: u64,
}

impl Slow {
    /// In words, such as `VerifyU2FRegistration over rest and grpc: 3.0 s (median of 1204 calls), and other operations 3 ms`.
    pub fn words(&self) -> String {
        let (which, others) = if self.large_bodies {
            (" with bodies of 256 KiB and more", "smaller ones")
        } else {
            ("", "other operations")
        };
        format!(
            "{} over {}{which}: {} (median of {} calls), and {others} {}",
            self.operation,
            self.protocols.join(", "),
            time(self.median_us),
            self.calls,
            time(self.usual_us)
        )
    }
}

fn time(us: u64) -> String {
    let seconds = Duration::from_micros(us).as_secs_f64();
    if us >= 1_000_000 {
        format!("{seconds:.1} s")
    } else if us >= 1_000 {
        format!("{:.0} ms", seconds * 1000.0)
    } else {
        format!("{us} us")
    }
}
