//! The answer: problem JSON, and what goes to the log instead.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use leyline_core::store::BoxError;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::ProblemType;

/// The media type of a problem.
pub(crate) const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// An answer that is an error.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemType,
    detail: Option<Cow<'static, str>>,
    members: Vec<(&'static str, Box<RawValue>)>,
    headers: Vec<(HeaderName, HeaderValue)>,
    source: Option<BoxError>,
}

impl Problem {
    pub(crate) fn new(kind: ProblemType) -> Self {
        Self {
            kind,
            detail: None,
            members: Vec::new(),
            headers: Vec::new(),
            source: None,
        }
    }

    /// A problem with a sentence on this occurrence.
    pub(crate) fn because(kind: ProblemType, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..Self::new(kind)
        }
    }

    /// Adds a member of the type's own.
    pub(crate) fn with<T: serde::Serialize + ?Sized>(mut self, name: &'static str, value: &T) -> Self {
        let value = serde_json::value::to_raw_value(value);
        self.members
            .push((name, value.expect("members are plain values with string keys")));
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Says when to try again, in whole seconds, at least one.
    pub(crate) fn retry_after(self, delay: Duration) -> Self {
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        self.header(header::RETRY_AFTER, seconds.max(1).into())
    }

    /// Ends the connection with this answer, because the body was not read to its end.
    pub(crate) fn closing(self) -> Self {
        self.header(header::CONNECTION, HeaderValue::from_static("close"))
    }

    pub(super) fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Leaves the cause in the log, which is the only place that it is told to.
    pub(crate) fn log(&self) {
        let source = self
            .source
            .as_deref()
            .map(|source| source as &dyn std::error::Error);
        if self.kind.status().is_server_error() && self.kind != ProblemType::TooManyPending {
            tracing::error!(problem = self.kind.word(), error = source, "request failed");
        } else {
            tracing::debug!(problem = self.kind.word(), error = source, "request refused");
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.kind.urn())?;
        map.serialize_entry("title", self.kind.title())?;
        map.serialize_entry("status", &self.kind.status().as_u16())?;
        if let Some(detail) = &self.detail {
            map.serialize_entry("detail", detail)?;
        }
        for (name, value) in &self.members {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.log();
        let body = serde_json::to_vec(&self).expect("a problem has only string keys and writes to memory");
        let mut response = (self.kind.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, MEDIA_TYPE);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for (name, value) in self.headers {
            headers.insert(name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up() {
        let problem = Problem::new(ProblemType::TooManyPending).retry_after(Duration::from_millis(1200));
        assert_eq!(problem.into_response().headers()[header::RETRY_AFTER], "2");
    }
}
