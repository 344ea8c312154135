//! Bodies that tell of tasks: the event's JSON as everyone gets it, with links put in.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leyline_core::store::Page;
use leyline_core::{Task, TaskEvent};
use serde_json::value::RawValue;

use crate::header::etag;
use crate::urls::Urls;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The event's JSON, encoded once for all, with `links` as its last member.
pub(crate) fn task_json(event: &TaskEvent, urls: &Urls) -> Vec<u8> {
    let snapshot = event.json();
    let links = serde_json::to_vec(&urls.links(event)).expect("links are plain texts");
    let members = snapshot.strip_suffix(b"}").expect("a snapshot is a JSON object");
    [members, b",\"links\":", &links, b"}"].concat()
}

/// The same for a member of another body.
pub(crate) fn raw_task(task: &Task, urls: &Urls) -> Box<RawValue> {
    let json = task_json(&TaskEvent::of(task), urls);
    let json = String::from_utf8(json).expect("JSON is UTF-8");
    RawValue::from_string(json).expect("the snapshot and its links are JSON")
}

/// `{"tasks":[..],"next":..}`.
pub(crate) fn page_json(page: &Page, urls: &Urls) -> Vec<u8> {
    let mut json = b"{\"tasks\":[".to_vec();
    for (index, task) in page.tasks.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        json.extend(task_json(&TaskEvent::of(task), urls));
    }
    let next = match &page.next {
        Some(cursor) => format!("],\"next\":\"{cursor}\"}}"),
        None => "],\"next\":null}".to_owned(),
    };
    json.extend(next.into_bytes());
    json
}

/// An answer that is one task: with its tag, and never kept by caches between.
pub(crate) fn task_response(status: StatusCode, event: &TaskEvent, urls: &Urls) -> Response {
    let mut response = json_response(status, task_json(event, urls));
    response
        .headers_mut()
        .insert(header::ETAG, etag::of_snapshot(event.version()));
    response
}

/// An answer that is JSON of this moment.
pub(crate) fn json_response(status: StatusCode, json: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, JSON),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        ),
    ];
    (status, headers, json).into_response()
}
