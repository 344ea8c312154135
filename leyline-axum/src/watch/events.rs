//! `GET /api/tasks/{task_id}/events`: server-sent events (HTML, 9.2).

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use leyline_core::TaskEvent;
use leyline_core::hub::{Update, Watch};
use tokio::time::{Duration, Instant, sleep_until};
use tracing::{Instrument as _, Span};

use super::link::expiry;
use super::message::Notice;
use crate::auth::Action;
use crate::gate::{Api, Named};
use crate::header::etag;
use crate::problem::Problem;
use crate::serve::Shutdown;
use crate::urls;

/// Watch one task as server-sent events.
///
/// Every event is a whole snapshot; its `id` is `revision.tick`. The stream ends after the terminal one. A client that comes
/// back with `Last-Event-ID` is told what is newer, and 204 if it has the terminal one, upon which `EventSource` stops.
#[utoipa::path(
    get,
    path = urls::EVENTS,
    tag = "watching",
    params(
        ("task_id" = String, Path, description = "The task"),
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that the client has"),
    ),
    responses(
        (status = 200, description = "The events", content_type = "text/event-stream"),
        (status = 204, description = "The client has the terminal event"),
        (status = 404, description = "No such task"),
    )
)]
pub(crate) async fn watch_events(
    State(api): State<Api>,
    id: Named,
    parts: Parts,
) -> Result<Response, Problem> {
    let principal = api.identify(&parts, Action::Watch).await?;
    let watch = api.watch(&parts, Action::Watch, &principal, id).await?;
    let known = last_event_id(&parts.headers);
    if watch.first().is_terminal() && known == Some(watch.first().version()) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let shutdown: Option<Shutdown> = parts.extensions.get().cloned();
    let events = Events {
        watch,
        known,
        ping_interval: api.options.ping_interval,
        expires: principal.expires_at.map(|time| expiry(&api, time)),
        away: Shutdown::draw(shutdown.as_ref(), api.leyline.env()),
        shutdown,
    };
    let span = Span::current();
    let frames = stream::unfold((events, span), async |(mut events, span)| {
        let frame = events.frame().instrument(span.clone()).await?;
        Some((Ok::<_, Infallible>(frame), (events, span)))
    });
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            HeaderName::from_static("x-accel-buffering"),
            HeaderValue::from_static("no"),
        ),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Option<(u64, u64)> {
    etag::parse_version(headers.get("last-event-id")?.to_str().ok()?)
}

/// A stream as it is told. Each frame is made when the client has taken the one before.
struct Events {
    watch: Watch,
    /// The version that the client has.
    known: Option<(u64, u64)>,
    ping_interval: Duration,
    expires: Option<Instant>,
    shutdown: Option<Shutdown>,
    away: Duration,
}

impl Events {
    /// Whether the client had this before it came back, or a later progress of it: the store is told of progress now and
    /// then only, so another process may know less than the client. The end is never taken for known: it has no later
    /// progress, so a client that names one has it from before a backup was restored, and would come back for ever.
    fn is_known(&self, event: &TaskEvent) -> bool {
        let has = |(revision, tick)| event.revision == revision && event.tick <= tick;
        !event.is_terminal() && self.known.is_some_and(has)
    }

    /// The next frame; `None` ends the stream.
    async fn frame(&mut self) -> Option<Bytes> {
        let ping_at = Instant::now() + self.ping_interval;
        loop {
            tokio::select! {
                biased;
                () = Shutdown::closing(self.shutdown.as_ref(), self.away) => return None,
                () = sleep_until(self.expires.unwrap_or(ping_at)), if self.expires.is_some() => return None,
                update = self.watch.next() => match update? {
                    Update::Event(event) if self.is_known(&event) => {}
                    Update::Event(event) => {
                        self.known = None;
                        return Some(event_frame(&event));
                    }
                    Update::Gone(gone) => {
                        return Some(frame("event: gone\n", &Notice::Gone { gone }.json()));
                    }
                },
                () = sleep_until(ping_at) => return Some(Bytes::from_static(b":\n\n")),
            }
        }
    }
}

fn event_frame(event: &TaskEvent) -> Bytes {
    let (revision, tick) = event.version();
    frame(&format!("id: {revision}.{tick}\n"), &event.json())
}

/// Data of several lines is told line by line; JSON may hold line ends between its tokens, and only there.
fn frame(fields: &str, json: &[u8]) -> Bytes {
    let mut frame = fields.as_bytes().to_vec();
    for line in json.split(|&b| b == b'\n' || b == b'\r') {
        frame.extend_from_slice(b"data: ");
        frame.extend_from_slice(line);
        frame.push(b'\n');
    }
    frame.push(b'\n');
    frame.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_of_several_lines_stays_one_event() {
        assert_eq!(
            frame("id: 1.2\n", b"{\r\n\"a\":1}"),
            "id: 1.2\ndata: {\ndata: \ndata: \"a\":1}\n\n"
        );
    }
}
