//! Request bodies, read whole within a bound of bytes and of time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt as _;

use super::refusal::Refused;

/// Most bytes of a REST body or of one gRPC message.
pub(super) const MAX_MESSAGE: usize = 4 * 1024 * 1024;

/// How much of a body that is too long is read and dropped, so that its sender can finish and read the refusal.
const MAX_DRAINED: usize = 32 * 1024 * 1024;

/// How long a body may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Reads a body of at most `max` bytes. Refusals: `REQUEST-body-size`, `REQUEST-body-incomplete`, `REQUEST-timeout`.
pub(super) async fn read<B>(body: B, max: usize) -> Result<Bytes, Refused>
where
    B: Body<Data = Bytes> + Unpin,
{
    tokio::time::timeout(TIMEOUT, collect(body, max)).await.unwrap_or_else(|_| Err(Refused::new("REQUEST-timeout")))
}

async fn collect<B>(mut body: B, max: usize) -> Result<Bytes, Refused>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut read = BytesMut::new();
    let mut dropped = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refused::new("REQUEST-body-incomplete"))?;
        let Ok(data) = frame.into_data() else { continue };
        if dropped > 0 || read.len() + data.len() > max {
            dropped += data.len() + std::mem::take(&mut read).len();
        } else {
            read.extend_from_slice(&data);
        }
        if dropped > MAX_DRAINED {
            break;
        }
    }
    if dropped > 0 { Err(Refused::new("REQUEST-body-size")) } else { Ok(read.freeze()) }
}

#[cfg(test)]
mod tests {
    use http_body_util::Full;

    use super::*;

    #[tokio::test]
    async fn the_bound_is_inclusive() {
        assert_eq!(read(Full::from("abcd"), 4).await, Ok(Bytes::from("abcd")));
        assert_eq!(read(Full::from("abcde"), 4).await, Err(Refused::new("REQUEST-body-size")));
        assert_eq!(read(Full::from(""), 0).await, Ok(Bytes::new()));
    }
}
