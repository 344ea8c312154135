//! A TCP stream that gives up on a peer that takes nothing, and closes such that the last words arrive.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::runtime::Handle;
use tokio::time::{Instant, Sleep, sleep_until, timeout};

use super::Shutdown;

/// What a [`Wire`] goes over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Stream for S {}

/// See the module.
pub(super) struct Wire<S: Stream, P: Send + 'static> {
    /// The stream, and its place among the connections, which a WebSocket keeps too. Gone when the farewell begins.
    open: Option<(S, P)>,
    farewell: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    write_timeout: Duration,
    linger: Duration,
    /// Runs while the peer takes nothing.
    timer: Option<Pin<Box<Sleep>>>,
    shutdown: Shutdown,
}

impl<S: Stream, P: Send + 'static> Wire<S, P> {
    pub(super) fn new(
        stream: S,
        place: P,
        write_timeout: Duration,
        linger: Duration,
        shutdown: Shutdown,
    ) -> Self {
        Self {
            open: Some((stream, place)),
            farewell: None,
            write_timeout,
            linger,
            timer: None,
            shutdown,
        }
    }

    fn stream(&mut self) -> io::Result<Pin<&mut S>> {
        let open = self.open.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(Pin::new(&mut open.0))
    }

    /// Passes on what a write says, unless it has said "not yet" for too long. To a peer that is gone there is nothing more
    /// to say.
    fn watch<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        let written = if written.is_ready() {
            self.timer = None;
            written
        } else {
            let deadline = Instant::now() + self.write_timeout;
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            ready!(timer.as_mut().poll(cx));
            Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
        };
        if matches!(written, Poll::Ready(Err(_))) {
            self.open = None;
        }
        written
    }
}

/// Closes our side, and reads on until the peer has closed too. A socket that is closed with bytes unread resets the
/// connection, and the peer may lose the answer, or the close frame, that it has not read yet.
async fn say_farewell<S: Stream, P>(mut stream: S, _place: P, linger: Duration) {
    let farewell = async {
        stream.shutdown().await?;
        let mut scratch = [0; 4096];
        while stream.read(&mut scratch).await? > 0 {}
        io::Result::Ok(())
    };
    // Late or broken, the peer is left to itself.
    let _ = timeout(linger, farewell).await;
}

/// What was not closed as connections are (a WebSocket, whose owner only drops it) is closed in the background, known to
/// whoever waits for the server's end.
impl<S: Stream, P: Send + 'static> Drop for Wire<S, P> {
    fn drop(&mut self) {
        if let (Some((stream, place)), Ok(runtime)) = (self.open.take(), Handle::try_current()) {
            let tracked = Shutdown::track(Some(&self.shutdown));
            runtime.spawn(tracked.run(say_farewell(stream, place, self.linger)));
        }
    }
}

impl<S: Stream, P: Send + Unpin + 'static> AsyncRead for Wire<S, P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(cx, buf)
    }
}

impl<S: Stream, P: Send + Unpin + 'static> AsyncWrite for Wire<S, P> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write(cx, buf);
        self.watch(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = self.stream()?.poll_write_vectored(cx, bufs);
        self.watch(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.open
            .as_ref()
            .is_some_and(|(stream, _)| stream.is_write_vectored())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let linger = self.linger;
        if let Some((stream, place)) = self.open.take() {
            self.farewell = Some(Box::pin(say_farewell(stream, place, linger)));
        }
        if let Some(farewell) = &mut self.farewell {
            ready!(farewell.as_mut().poll(cx));
            self.farewell = None;
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{DuplexStream, duplex};
    use tokio_util::sync::CancellationToken;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn shutdown() -> Shutdown {
        Shutdown::new(CancellationToken::new(), Duration::ZERO)
    }

    fn wire(stream: DuplexStream, shutdown: &Shutdown) -> Wire<DuplexStream, ()> {
        Wire::new(stream, (), 5 * SECOND, 2 * SECOND, shutdown.clone())
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_is_given_up() {
        let (ours, _theirs) = duplex(16);
        let mut wire = wire(ours, &shutdown());
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
        let mut wire = wire(ours, &shutdown());
        theirs.write_all(&[0; 10_000]).await.unwrap();
        let start = Instant::now();
        wire.shutdown().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 2);
        assert_eq!(theirs.read(&mut [0]).await.unwrap(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_closes_too_ends_it_at_once() {
        let (ours, theirs) = duplex(64);
        let mut wire = wire(ours, &shutdown());
        drop(theirs);
        let start = Instant::now();
        wire.shutdown().await.unwrap();
        assert!(start.elapsed() < SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_only_dropped_is_closed_in_order_and_waited_for() {
        let shutdown = shutdown();
        let (ours, mut theirs) = duplex(1 << 20);
        theirs.write_all(&[0; 10_000]).await.unwrap();
        let mut wire = wire(ours, &shutdown);
        wire.write_all(b"last words").await.unwrap();
        drop(wire);
        let mut heard = String::new();
        theirs.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "last words");
        let start = Instant::now();
        shutdown.sockets_closed().await;
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_waited_for_after_the_cut() {
        let shutdown = shutdown();
        shutdown.cut();
        let (ours, _theirs) = duplex(64);
        drop(wire(ours, &shutdown));
        let start = Instant::now();
        shutdown.sockets_closed().await;
        assert!(start.elapsed() < SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_was_given_up_gets_no_farewell() {
        let shutdown = shutdown();
        let (ours, _theirs) = duplex(16);
        let mut wire = wire(ours, &shutdown);
        wire.write_all(&[0; 64]).await.unwrap_err();
        drop(wire);
        let start = Instant::now();
        shutdown.sockets_closed().await;
        assert!(start.elapsed() < SECOND);
    }
}
