//! A TCP stream that gives up on a peer that takes nothing, and closes such that the last answer arrives.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// See the module.
pub(super) struct Wire<S, P> {
    stream: S,
    /// Its place among the connections, which a WebSocket keeps too.
    _place: P,
    write_timeout: Duration,
    linger: Duration,
    /// Runs while the peer takes nothing, then while the connection lingers.
    timer: Option<Pin<Box<Sleep>>>,
    closing: Closing,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    Open,
    /// Our side is closed; what the peer still sends is thrown away.
    Lingering,
    Closed,
}

impl<S: AsyncRead + AsyncWrite + Unpin, P> Wire<S, P> {
    pub(super) fn new(stream: S, place: P, write_timeout: Duration, linger: Duration) -> Self {
        Self {
            stream,
            _place: place,
            write_timeout,
            linger,
            timer: None,
            closing: Closing::Open,
        }
    }

    /// Passes on what a write says, unless it has said "not yet" for too long.
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.timer = None;
            return written;
        }
        ready!(self.poll_timer(cx, self.write_timeout));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>, after: Duration) -> Poll<()> {
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + after)));
        timer.as_mut().poll(cx)
    }

    /// Reads on until the peer has closed too. A socket that is closed with bytes unread resets the connection, and the
    /// peer may lose the answer that it has not read yet.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; 4096];
        loop {
            if self.poll_timer(cx, self.linger).is_ready() {
                return Poll::Ready(());
            }
            let mut read = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut read)) {
                Ok(()) if !read.filled().is_empty() => {}
                _ => return Poll::Ready(()),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, P: Unpin> AsyncRead for Wire<S, P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin, P: Unpin> AsyncWrite for Wire<S, P> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.closing == Closing::Open {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.timer = None;
            this.closing = Closing::Lingering;
        }
        if this.closing == Closing::Lingering {
            ready!(this.poll_linger(cx));
            this.closing = Closing::Closed;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (ours, _theirs) = duplex(16);
        let mut wire = Wire::new(ours, (), 5 * SECOND, SECOND);
        let start = Instant::now();
        let error = wire.write_all(&[0; 64]).await.unwrap_err();
        assert_eq!(
            (error.kind(), start.elapsed().as_secs()),
            (io::ErrorKind::TimedOut, 5)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn closing_takes_what_is_still_sent_but_not_for_ever() {
        let (ours, mut theirs) = duplex(1 << 20);
        let mut wire = Wire::new(ours, (), SECOND, 2 * SECOND);
        theirs.write_all(&[0; 10_000]).await.unwrap();
        let start = Instant::now();
        wire.shutdown().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 2);
        assert_eq!(theirs.read(&mut [0]).await.unwrap(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_closes_too_ends_it_at_once() {
        let (ours, theirs) = duplex(64);
        let mut wire = Wire::new(ours, (), SECOND, 2 * SECOND);
        drop(theirs);
        let start = Instant::now();
        wire.shutdown().await.unwrap();
        assert!(start.elapsed() < SECOND);
    }
}
