//! Server-sent events: whatever a snapshot holds, a browser reads the events that were told.

use axum::http::Request;
use http_body_util::BodyExt as _;
use leyline_core::TaskEvent;
use serde_json::Value;

use super::header::empty;
use super::{Target, snapshot};
use crate::reference::events::{self, Event};
use crate::service::{Service, with};
use crate::source::Source;

pub(super) const TARGET: Target = Target {
    name: "events",
    run,
    words: &[
        "\n",
        "\r",
        "\r\n",
        "data:",
        "id: 9.9",
        "event: gone",
        "\0",
        "\u{2028}",
        "{\"a\":\n[1,\r\n2]}",
        ":",
        " ",
    ],
    tries: 500,
};

fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let told = with(async |service| {
        let task = service.task().await;
        let first = TaskEvent::of(&task);
        let mut snapshot = snapshot::draw(&mut source);
        // The end of this task, after which the stream ends.
        snapshot.id = task.id;
        snapshot.owner.clear();
        snapshot.revision = snapshot.revision.max(2);
        snapshot.status = leyline_core::Status::Completed;
        let last = TaskEvent::new(snapshot);
        let stream = watch(service, &first, &last).await;
        service.forget(task.id).await;
        (stream, [first, last])
    });
    let (stream, expected) = told;
    let events = events::read(&stream);
    assert_eq!(events.len(), expected.len(), "{events:?}");
    for (event, expected) in events.iter().zip(&expected) {
        check(event, expected);
    }
}

/// All of a stream, in whose midst the last event is published.
async fn watch(service: &Service, first: &TaskEvent, last: &TaskEvent) -> Vec<u8> {
    let path = format!("/api/tasks/{}/events", first.id);
    let mut body = service.open(empty(Request::get(path))).await.into_body();
    let mut stream = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.expect("a stream in memory does not break");
        stream.extend(frame.into_data().expect("it has no trailers"));
        service.leyline.hub().publish(std::slice::from_ref(last));
    }
    stream
}

fn check(event: &Event, expected: &TaskEvent) {
    let (revision, tick) = expected.version();
    assert_eq!((&*event.kind, &*event.id), ("", &*format!("{revision}.{tick}")));
    // A browser may see other line ends between the tokens of JSON, and the same values.
    let told: Value = serde_json::from_str(&event.data).unwrap_or_else(|error| panic!("{error}: {event:?}"));
    let known: Value = serde_json::from_slice(&expected.json()).expect("an event is JSON");
    assert_eq!(told, known);
}
