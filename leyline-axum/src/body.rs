//! A request's body, read with a limit, and thrown away with one.

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use crate::serve::BodyTimeout;

/// The length that the request declares.
pub(crate) fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// A body that is read up to a limit.
pub(crate) struct RequestBody {
    body: Body,
    read: u64,
    limit: u64,
    end: Option<End>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Broken,
}

/// Why a body can't be read on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("the body is over {limit} bytes")]
    TooLarge { limit: u64 },
    #[error("the body came too slowly")]
    TooSlow(#[source] axum::Error),
    #[error("the body ended early")]
    Broken(#[source] axum::Error),
}

impl RequestBody {
    pub(crate) fn new(body: Body, limit: u64) -> Self {
        Self {
            body,
            read: 0,
            limit,
            end: None,
        }
    }

    /// The next bytes, never empty; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| {
                self.end = Some(End::Broken);
                if BodyTimeout::is_in(&error) {
                    BodyError::TooSlow(error)
                } else {
                    BodyError::Broken(error)
                }
            })?;
            // Trailers say nothing here.
            let Ok(bytes) = frame.into_data() else { continue };
            self.read += bytes.len() as u64;
            if self.read > self.limit {
                return Err(BodyError::TooLarge { limit: self.limit });
            }
            if !bytes.is_empty() {
                return Ok(Some(bytes));
            }
        }
        self.end = Some(End::Whole);
        Ok(None)
    }

    /// All of it.
    pub(crate) async fn collect(&mut self) -> Result<Bytes, BodyError> {
        let mut all = BytesMut::new();
        while let Some(bytes) = self.next().await? {
            all.extend_from_slice(&bytes);
        }
        Ok(all.freeze())
    }

    /// Reads and throws away what is left, within bounds: a client that is still sending does not look for the answer, and
    /// takes a closed connection for a broken one. Says whether the end was reached.
    pub(crate) async fn drain(&mut self, limit: u64, time: Duration) -> bool {
        self.limit = self.read.saturating_add(limit);
        let rest = async { while self.end.is_none() && matches!(self.next().await, Ok(Some(_))) {} };
        timeout(time, rest).await.is_ok() && self.end == Some(End::Whole)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn body(chunks: usize, limit: u64) -> RequestBody {
        let chunks = (0..chunks).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[7; 10])));
        RequestBody::new(Body::from_stream(stream::iter(chunks)), limit)
    }

    #[tokio::test]
    async fn the_limit_is_exact() {
        assert_eq!(body(3, 30).collect().await.unwrap().len(), 30);
        assert!(matches!(
            body(3, 29).collect().await,
            Err(BodyError::TooLarge { limit: 29 })
        ));
    }

    #[tokio::test]
    async fn draining_ends_at_its_limit() {
        let mut short = body(5, 10);
        assert!(short.next().await.unwrap().is_some());
        assert!(short.drain(40, Duration::from_secs(5)).await);
        let mut long = body(100, 10);
        assert!(!long.drain(40, Duration::from_secs(5)).await);
        assert_eq!(long.read, 50);
    }

    #[tokio::test]
    async fn a_broken_body_is_never_drained() {
        let chunks = [Ok(Bytes::from_static(b"x")), Err(std::io::Error::other("gone"))];
        let mut body = RequestBody::new(Body::from_stream(stream::iter(chunks)), 10);
        assert!(matches!(body.collect().await, Err(BodyError::Broken(_))));
        assert!(!body.drain(40, Duration::from_secs(5)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn draining_ends_in_time() {
        let pending = stream::pending::<Result<Bytes, std::io::Error>>();
        let mut body = RequestBody::new(Body::from_stream(pending), 10);
        assert!(!body.drain(40, Duration::from_secs(5)).await);
    }
}
