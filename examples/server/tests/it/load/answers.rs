//! What a service may say while it can't do what it is asked.

use std::fmt::Debug;

use bytes::Bytes;
use hyper::{Response, StatusCode, header};
use serde_json::Value;

/// 503 with the time to come back after, as a problem document, and nothing else.
#[track_caller]
pub(super) fn check_unavailable(answer: &Response<Bytes>) {
    check_head(answer);
    let problem: Value =
        serde_json::from_slice(answer.body()).unwrap_or_else(|error| panic!("{error}: {answer:?}"));
    assert_eq!(problem["type"], "urn:leyline:problem:unavailable", "{answer:?}");
}

/// The same, of an answer whose body was not waited for.
#[track_caller]
pub(super) fn check_head<T: Debug>(answer: &Response<T>) {
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    let header = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let seconds: Option<u64> = header(header::RETRY_AFTER).and_then(|text| text.parse().ok());
    assert!(seconds.is_some_and(|seconds| seconds > 0), "{answer:?}");
    assert_eq!(
        header(header::CONTENT_TYPE),
        Some("application/problem+json"),
        "{answer:?}"
    );
}
