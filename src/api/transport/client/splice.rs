//! Lines that no library sends, such as a second length, and that are written into the head of an HTTP/1.1 request by hand.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use hyper::rt::{Read, ReadBufCursor, Write};

/// The end of a head.
const END: &[u8] = b"\r\n\r\n";

/// A connection whose first request gets further lines at the end of its head. Everything else passes as it is.
#[derive(Debug)]
pub(super) struct Spliced<T> {
    inner: T,
    /// Not yet written lines, each with its line end.
    lines: Option<Bytes>,
    /// Bytes that wait: a head without its end, or bytes that the connection did not take yet.
    waiting: BytesMut,
}

impl<T> Spliced<T> {
    /// A new connection, and lines that each end with CRLF.
    pub fn new(inner: T, lines: Option<Bytes>) -> Spliced<T> {
        Spliced { inner, lines, waiting: BytesMut::new() }
    }

    /// Takes bytes, and puts the lines in once the end of the head is there.
    fn take(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        let end = self.waiting.windows(END.len()).position(|window| window == END);
        if let Some((at, lines)) = end.and_then(|at| Some((at + END.len() / 2, self.lines.take()?))) {
            let rest = self.waiting.split_off(at);
            self.waiting.extend_from_slice(&lines);
            self.waiting.extend_from_slice(&rest);
        }
    }
}

impl<T: Write + Unpin> Spliced<T> {
    /// Writes the bytes that wait, except a head that has no end yet.
    fn drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.lines.is_none() && !self.waiting.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(context, &self.waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.waiting.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: Read + Unpin> Read for Spliced<T> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, into)
    }
}

impl<T: Write + Unpin> Write for Spliced<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.drain(context))?;
        if self.lines.is_none() {
            return Pin::new(&mut self.inner).poll_write(context, bytes);
        }
        self.take(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(context))?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(context))?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes three bytes at a time.
    #[derive(Debug, Default)]
    struct Slow(Vec<u8>);

    impl Write for Slow {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let taken = bytes.len().min(3);
            self.0.extend_from_slice(&bytes[..taken]);
            Poll::Ready(Ok(taken))
        }
        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn written(parts: &[&[u8]], lines: Option<&'static [u8]>) -> String {
        let mut spliced = Spliced::new(Slow::default(), lines.map(Bytes::from_static));
        let mut context = Context::from_waker(std::task::Waker::noop());
        for part in parts {
            let mut rest = *part;
            while !rest.is_empty() {
                match Pin::new(&mut spliced).poll_write(&mut context, rest) {
                    Poll::Ready(Ok(taken)) => rest = &rest[taken..],
                    other => panic!("{other:?}"),
                }
            }
        }
        assert!(matches!(Pin::new(&mut spliced).poll_flush(&mut context), Poll::Ready(Ok(()))));
        String::from_utf8(spliced.inner.0).expect("ASCII")
    }

    #[test]
    fn lines_come_at_the_end_of_the_first_head_wherever_it_is_cut() {
        let whole = b"POST / HTTP/1.1\r\nhost: h\r\n\r\n{\"a\":\"\r\n\r\n\"}";
        let expected = "POST / HTTP/1.1\r\nhost: h\r\nx: 1\r\n\r\n{\"a\":\"\r\n\r\n\"}";
        for at in 0..whole.len() {
            let (head, tail) = whole.split_at(at);
            assert_eq!(written(&[head, tail], Some(b"x: 1\r\n")), expected, "cut at {at}");
        }
        assert_eq!(written(&[whole], None).as_bytes(), whole);
    }
}
