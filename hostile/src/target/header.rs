//! Requests with headers of strangers. In an input, a line end parts one value of a header from the next.

use axum::body::Body;
use axum::http::request::Builder;
use axum::http::{HeaderValue, Request};

/// Most values of one header in a request.
const MOST: usize = 4;

/// The values as a server would see them: without space around them; `None` where one can't be a header's value.
pub(super) fn values(data: &[u8]) -> Option<Vec<&[u8]>> {
    let values: Vec<&[u8]> = data.splitn(MOST, |&b| b == b'\n').map(trim).collect();
    let valid = values.iter().all(|value| HeaderValue::from_bytes(value).is_ok());
    valid.then_some(values)
}

fn trim(mut value: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    value
}

/// A request with these values of a header.
pub(super) fn request(method: &str, path: &str, name: &str, values: &[&[u8]]) -> Builder {
    let request = Request::builder().method(method).uri(path);
    values
        .iter()
        .fold(request, |request, value| request.header(name, *value))
}

pub(super) fn empty(request: Builder) -> Request<Body> {
    request.body(Body::empty()).expect("its parts are valid")
}
