//! A client of event streams.

use std::time::Duration;

use axum::http::HeaderMap;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::time::timeout;

use crate::client::{Opened, Request};

/// Longest wait for an event: a test that hits it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// An event as `EventSource` would give it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: Value,
}

pub(crate) struct Events {
    opened: Opened,
    buffer: Vec<u8>,
}

impl Events {
    /// Sends the request, whose answer has to be a stream.
    pub(crate) async fn open(request: Request) -> Self {
        Self::of(request.open().await)
    }

    /// The stream of an answer that has come.
    pub(crate) fn of(opened: Opened) -> Self {
        let headers: &HeaderMap = opened.response.headers();
        assert_eq!(opened.response.status(), 200);
        assert_eq!(headers["content-type"], "text/event-stream");
        assert_eq!(headers["cache-control"], "no-store");
        Self {
            opened,
            buffer: Vec::new(),
        }
    }

    /// The lines up to the next empty one; `None` at the end.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block = self.buffer.drain(..end + 2).collect::<Vec<_>>();
                return Some(String::from_utf8(block).unwrap());
            }
            let frame = timeout(PATIENCE, self.opened.response.frame())
                .await
                .expect("an event in time");
            let Some(frame) = frame else {
                assert!(self.buffer.is_empty(), "the stream ends within an event");
                return None;
            };
            self.buffer
                .extend(frame.unwrap().into_data().unwrap_or(Bytes::new()));
        }
    }

    /// The next event; comments are passed over.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block().await?;
            if !block.starts_with(':') {
                return Some(parse(&block));
            }
        }
    }

    /// All events up to the end.
    pub(crate) async fn all(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(block: &str) -> Event {
    let (mut id, mut name, mut data) = (String::new(), String::new(), Vec::new());
    for line in block.lines().filter(|line| !line.is_empty()) {
        let (field, value) = line.split_once(": ").unwrap();
        match field {
            "id" => value.clone_into(&mut id),
            "event" => value.clone_into(&mut name),
            "data" => data.push(value),
            _ => panic!("{line}"),
        }
    }
    let data = serde_json::from_str(&data.join("\n")).unwrap();
    Event { id, name, data }
}
