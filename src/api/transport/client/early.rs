//! A server may answer before it has read a whole request, and close (RFC 9110 section 15.5.14: "to prevent the client from continuing the
//! request"). The reply has to be read although the rest of the request cannot be written any more.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A TCP connection. Once the peer takes no more bytes, further ones are thrown away without an error, and reading goes on: it comes to the reply
/// that the peer sent before, or to the end of the connection, which then is what went wrong.
#[derive(Debug)]
pub(super) struct EarlyReply {
    stream: TcpStream,
    takes_no_more: bool,
}

impl EarlyReply {
    pub fn new(stream: TcpStream) -> EarlyReply {
        EarlyReply { stream, takes_no_more: false }
    }

    /// The result of a write of `length` bytes.
    fn written(&mut self, result: io::Result<usize>, length: usize) -> io::Result<usize> {
        match result {
            Err(error) if is_end(&error) => {
                self.takes_no_more = true;
                Ok(length)
            }
            other => other,
        }
    }
}

fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind as E;
    matches!(error.kind(), E::BrokenPipe | E::ConnectionReset | E::ConnectionAborted | E::NotConnected)
}

impl AsyncRead for EarlyReply {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for EarlyReply {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.takes_no_more {
            return Poll::Ready(Ok(bytes.len()));
        }
        let result = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        Poll::Ready(self.written(result, bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let length = parts.iter().map(|part| part.len()).sum();
        if self.takes_no_more {
            return Poll::Ready(Ok(length));
        }
        let result = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, parts));
        Poll::Ready(self.written(result, length))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match ready!(Pin::new(&mut self.stream).poll_shutdown(context)) {
            Err(error) if is_end(&error) => Poll::Ready(Ok(())),
            other => Poll::Ready(other),
        }
    }
}
