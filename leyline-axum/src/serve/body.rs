//! A request's body with a deadline for its next bytes, and a least rate.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::BoxError;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::ServeOptions;

/// The body came too slowly. Time is counted only while somebody waits for the body, so a slow disk convicts no client.
#[derive(Debug)]
pub(crate) struct BodyTimeout;

impl BodyTimeout {
    /// Whether this is why reading failed.
    pub(crate) fn is_in(error: &(dyn Error + 'static)) -> bool {
        let mut next = Some(error);
        while let Some(error) = next {
            if error.is::<Self>() {
                return true;
            }
            next = error.source();
        }
        false
    }
}

impl fmt::Display for BodyTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body came too slowly")
    }
}

impl Error for BodyTimeout {}

/// The limits of one body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    idle: Duration,
    min_rate: u64,
    window: Duration,
}

impl From<&ServeOptions> for Pace {
    fn from(options: &ServeOptions) -> Self {
        Self {
            idle: options.body_idle_timeout,
            min_rate: options.min_body_rate,
            window: options.body_rate_window,
        }
    }
}

/// A body that is held to a [`Pace`].
pub(super) struct PacedBody<B> {
    body: B,
    pace: Pace,
    /// Since when the next bytes are waited for.
    waiting: Option<Instant>,
    /// Made at the first wait: most bodies are there at once.
    timer: Option<Pin<Box<Sleep>>>,
    /// How long bytes were waited for in this window, and how many came.
    waited: Duration,
    received: u64,
}

impl<B> PacedBody<B> {
    pub(super) fn new(body: B, pace: Pace) -> Self {
        Self {
            body,
            pace,
            waiting: None,
            timer: None,
            waited: Duration::ZERO,
            received: 0,
        }
    }

    /// Counts what came.
    fn count(&mut self, bytes: usize) -> Result<(), BodyTimeout> {
        self.received += bytes as u64;
        if let Some(since) = self.waiting.take() {
            self.waited += since.elapsed();
        }
        if self.waited >= self.pace.window {
            if (self.received as f64) < self.pace.min_rate as f64 * self.waited.as_secs_f64() {
                return Err(BodyTimeout);
            }
            (self.waited, self.received) = (Duration::ZERO, 0);
        }
        Ok(())
    }

    /// Ready when nothing has come for too long.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> Poll<BodyTimeout> {
        let since = *self.waiting.get_or_insert_with(Instant::now);
        let deadline = since + self.pace.idle;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() != deadline {
            timer.as_mut().reset(deadline);
        }
        timer.as_mut().poll(cx).map(|()| BodyTimeout)
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Body for PacedBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        match Pin::new(&mut this.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                let counted = this.count(frame.data_ref().map_or(0, Bytes::len));
                Poll::Ready(Some(counted.map(|()| frame).map_err(Into::into)))
            }
            Poll::Ready(end) => Poll::Ready(end.map(|frame| frame.map_err(Into::into))),
            Poll::Pending => {
                let late = ready!(this.poll_idle(cx));
                Poll::Ready(Some(Err(late.into())))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt as _, StreamBody};
    use tokio::sync::mpsc;
    use tokio::time::sleep;

    use super::*;

    const PACE: Pace = Pace {
        idle: Duration::from_secs(30),
        min_rate: 100,
        window: Duration::from_secs(10),
    };

    type Sender = mpsc::UnboundedSender<Bytes>;

    fn body() -> (Sender, impl Body<Data = Bytes, Error = BoxError> + Unpin) {
        let (sender, mut receiver) = mpsc::unbounded_channel::<Bytes>();
        let frames = futures_util::stream::poll_fn(move |cx| {
            receiver
                .poll_recv(cx)
                .map(|bytes| bytes.map(|bytes| Ok::<_, BoxError>(Frame::data(bytes))))
        });
        (sender, PacedBody::new(StreamBody::new(frames), PACE))
    }

    async fn send(sender: Sender, bytes: usize, every: Duration, times: usize) {
        for _ in 0..times {
            sleep(every).await;
            let _ = sender.send(Bytes::from(vec![0; bytes]));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_is_given_up() {
        let (sender, body) = body();
        sender.send(Bytes::from_static(b"x")).unwrap();
        let error = body.collect().await.unwrap_err();
        assert!(BodyTimeout::is_in(&*error));
        drop(sender);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_drips_is_given_up_and_one_at_the_least_rate_is_not() {
        let (sender, body_at_rate) = body();
        let ((), collected) = tokio::join!(
            send(sender, 500, Duration::from_secs(5), 20),
            body_at_rate.collect()
        );
        assert_eq!(collected.unwrap().to_bytes().len(), 10_000);
        let (sender, dripping) = body();
        let ((), collected) = tokio::join!(send(sender, 499, Duration::from_secs(5), 20), dripping.collect());
        assert!(BodyTimeout::is_in(&*collected.unwrap_err()));
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_reads_does_not_count() {
        let (sender, mut body) = body();
        for _ in 0..5 {
            sleep(Duration::from_mins(5)).await;
            sender.send(Bytes::from_static(b"x")).unwrap();
            assert!(body.frame().await.unwrap().is_ok());
        }
    }
}
