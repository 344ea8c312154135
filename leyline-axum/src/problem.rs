//! Problem details (RFC 9457): every answer that is an error, and the only place where errors become HTTP statuses.
//!
//! Bodies say what the client did and can do; what went on inside goes to the log alone.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leyline_core::blob;
use leyline_core::store::{self, BoxError};
use leyline_core::task::{Invalid, JsonError, MAX_JSON_BYTES, MAX_JSON_DEPTH};
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::auth::Denied;
use crate::body::BodyError;
use crate::upload::FormError;

macro_rules! problem_types {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:ident, $title:literal;)*) => {
        /// The types of problem that the API answers with. Their URNs are stable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ProblemType {
            $($(#[$doc])* $name,)*
        }

        impl ProblemType {
            /// Every type.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The last part of the URN; WebSocket errors carry it alone.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// The same short text for every problem of the type.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

problem_types! {
    /// A query parameter is malformed.
    InvalidParameter = "invalid-parameter", BAD_REQUEST, "A query parameter is malformed";
    /// A header is malformed.
    InvalidHeader = "invalid-header", BAD_REQUEST, "A header is malformed";
    /// The body ended early or can't be read.
    InvalidBody = "invalid-body", BAD_REQUEST, "The body can't be read";
    /// The form is malformed, truncated, or over one of its limits.
    InvalidMultipart = "invalid-multipart", BAD_REQUEST, "The multipart form is malformed";
    /// A text that should be JSON is not.
    InvalidJson = "invalid-json", BAD_REQUEST, "Not valid JSON";
    /// Nobody is logged in, or not as far as this server can tell.
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "Authentication is required";
    /// The principal may not do this.
    Forbidden = "forbidden", FORBIDDEN, "This is not allowed";
    /// A page of another origin asked, and its origin is not on the list.
    ForeignOrigin = "foreign-origin", FORBIDDEN, "Requests from this origin are not allowed";
    /// There is no such task, or it is another's: the two can't be told apart.
    TaskNotFound = "task-not-found", NOT_FOUND, "There is no such task";
    /// The task is there but has no such file.
    FileNotFound = "file-not-found", NOT_FOUND, "The task has no such file";
    /// The path does not take this method.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The body came too slowly.
    BodyTimeout = "body-timeout", REQUEST_TIMEOUT, "The body came too slowly";
    /// The task's status forbids the verb.
    WrongStatus = "wrong-status", CONFLICT, "The task's status does not allow this";
    /// The task has no result: it is not finished, or ended without one.
    NoResult = "no-result", CONFLICT, "The task has no result";
    /// The task is not at the revision that `If-Match` names.
    WrongRevision = "wrong-revision", PRECONDITION_FAILED, "The task has changed";
    /// The body is over the limit.
    TooLarge = "too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// `params` are over 64 KiB.
    ParamsTooLarge = "params-too-large", PAYLOAD_TOO_LARGE, "The params are too large";
    /// The body's media type is not one that this path takes.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The media type is not supported";
    /// No byte of the file is in the requested range.
    RangeNotSatisfiable = "range-not-satisfiable", RANGE_NOT_SATISFIABLE, "The range is outside of the file";
    /// No such kind is known here; the member `known` names those that are.
    UnknownKind = "unknown-kind", UNPROCESSABLE_ENTITY, "The kind is not known";
    /// `params` are JSON, but out of bounds.
    InvalidParams = "invalid-params", UNPROCESSABLE_ENTITY, "The params are out of bounds";
    /// A value is out of its bounds.
    InvalidValue = "invalid-value", UNPROCESSABLE_ENTITY, "A value is out of bounds";
    /// The form's parts are not what an upload consists of.
    InvalidForm = "invalid-form", UNPROCESSABLE_ENTITY, "The form is not an upload";
    /// The file is empty, and this service takes no empty files.
    EmptyFile = "empty-file", UNPROCESSABLE_ENTITY, "The file is empty";
    /// The idempotency key was used for another request.
    IdempotencyConflict = "idempotency-conflict", UNPROCESSABLE_ENTITY, "The idempotency key was used for another request";
    /// The path speaks WebSocket only.
    UpgradeRequired = "upgrade-required", UPGRADE_REQUIRED, "A WebSocket handshake is required";
    /// Too many uploads at once.
    TooManyUploads = "too-many-uploads", TOO_MANY_REQUESTS, "Too many uploads at once";
    /// The socket watches as many tasks as it may (WebSocket only).
    TooManyWatched = "too-many-watched", TOO_MANY_REQUESTS, "The socket watches too many tasks";
    /// Something failed that the client can't mend.
    Internal = "internal", INTERNAL_SERVER_ERROR, "The server failed";
    /// The service was set up without a blob store.
    NoFiles = "no-files", NOT_IMPLEMENTED, "This service takes no files";
    /// Too many tasks are waiting.
    TooManyPending = "too-many-pending", SERVICE_UNAVAILABLE, "Too many tasks are waiting";
    /// The store can't be reached, or can't tell whether the change was made: the same request may be sent again.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service is not available";
    /// There is no room left.
    StorageFull = "storage-full", INSUFFICIENT_STORAGE, "There is no room left";
}

impl ProblemType {
    /// The `type` member: `urn:leyline:problem:` and the [word](Self::word).
    pub fn urn(self) -> String {
        format!("urn:leyline:problem:{}", self.word())
    }
}

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

    fn caused_by(mut self, source: impl Into<BoxError>) -> Self {
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

impl From<leyline_core::Error> for Problem {
    fn from(error: leyline_core::Error) -> Self {
        use leyline_core::Error;
        match error {
            Error::UnknownKind { kind, known } => unknown_kind(&kind, &known),
            Error::TooManyPending { retry_after } => {
                Self::new(ProblemType::TooManyPending).retry_after(retry_after)
            }
            Error::NoBlobs => Self::new(ProblemType::NoFiles),
            Error::Invalid(error) => error.into(),
            Error::Json(error) => error.into(),
            Error::Store(error) => error.into(),
            Error::Blob(error) => error.into(),
            error => Self::new(ProblemType::Internal).caused_by(error),
        }
    }
}

fn unknown_kind(kind: &str, known: &[leyline_core::Kind]) -> Problem {
    let names: Vec<&str> = known.iter().map(leyline_core::Kind::as_str).collect();
    let detail = if kind.is_empty() {
        format!("a kind is needed: one of {}", names.join(", "))
    } else {
        format!("the kind {kind:?} is not one of {}", names.join(", "))
    };
    Problem::because(ProblemType::UnknownKind, detail).with("known", &names)
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        use store::Error;
        match error {
            Error::NotFound { .. } => Self::new(ProblemType::TaskNotFound),
            Error::IdempotencyConflict { .. } => Self::new(ProblemType::IdempotencyConflict),
            Error::WrongStatus { task } => {
                Self::because(ProblemType::WrongStatus, format!("the task is {}", task.status))
            }
            Error::WrongRevision { task } => Self::because(
                ProblemType::WrongRevision,
                format!("the task is at revision {}", task.revision),
            ),
            Error::Invalid(error) => error.into(),
            error if error.is_full() => Self::new(ProblemType::StorageFull)
                .retry_after(Duration::from_secs(30))
                .caused_by(error),
            error if error.is_retryable() || error.is_stopped() => Self::new(ProblemType::Unavailable)
                .retry_after(Duration::from_secs(5))
                .caused_by(error),
            error => Self::new(ProblemType::Internal).caused_by(error),
        }
    }
}

impl From<blob::Error> for Problem {
    fn from(error: blob::Error) -> Self {
        match error {
            // The row was read a moment ago: task and bytes went meanwhile.
            blob::Error::NotFound { .. } => Self::new(ProblemType::FileNotFound).caused_by(error),
            error if error.is_full() => Self::new(ProblemType::StorageFull)
                .retry_after(Duration::from_secs(30))
                .caused_by(error),
            error if error.is_retryable() => Self::new(ProblemType::Unavailable)
                .retry_after(Duration::from_secs(5))
                .caused_by(error),
            error => Self::new(ProblemType::Internal).caused_by(error),
        }
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        Self::because(ProblemType::InvalidValue, invalid.to_string()).with("field", invalid.field)
    }
}

impl From<JsonError> for Problem {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::TooLarge { .. } => Self::because(
                ProblemType::ParamsTooLarge,
                format!("params take at most {MAX_JSON_BYTES} bytes"),
            ),
            JsonError::TooDeep => Self::because(
                ProblemType::InvalidParams,
                format!("params are nested at most {MAX_JSON_DEPTH} levels deep"),
            ),
            JsonError::Nul => Self::because(
                ProblemType::InvalidParams,
                "params may not hold the character U+0000",
            ),
            error => Self::because(ProblemType::InvalidJson, format!("params are {error}")),
        }
    }
}

/// What a whole body that is JSON holds: malformed, or not of the shape that is wanted.
impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        let kind = if error.is_data() {
            ProblemType::InvalidValue
        } else {
            ProblemType::InvalidJson
        };
        Self::because(kind, error.to_string())
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { limit } => Self::because(
                ProblemType::TooLarge,
                format!("the body takes at most {limit} bytes"),
            ),
            BodyError::TooSlow(_) => Self::new(ProblemType::BodyTimeout).caused_by(error),
            BodyError::Broken(_) => Self::new(ProblemType::InvalidBody).caused_by(error),
        }
    }
}

impl From<FormError> for Problem {
    fn from(error: FormError) -> Self {
        match error {
            FormError::Body(error) => error.into(),
            error => Self::because(ProblemType::InvalidMultipart, error.to_string()),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated { challenge } => {
                let challenge = challenge.unwrap_or(HeaderValue::from_static("Bearer"));
                Self::new(ProblemType::Unauthenticated).header(header::WWW_AUTHENTICATE, challenge)
            }
            Denied::Forbidden => Self::new(ProblemType::Forbidden),
            Denied::Hidden => Self::new(ProblemType::TaskNotFound),
            Denied::Unavailable { source } => Self::new(ProblemType::Unavailable)
                .retry_after(Duration::from_secs(5))
                .caused_by(source),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_fit_for_a_urn() {
        let mut words: Vec<_> = ProblemType::ALL.iter().map(|kind| kind.word()).collect();
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
        );
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ProblemType::ALL.len());
    }

    #[test]
    fn the_cause_is_not_in_the_body() {
        let problem = Problem::from(store::Error::backend("secret path"));
        let body = serde_json::to_string(&problem).unwrap();
        assert_eq!(
            body,
            r#"{"type":"urn:leyline:problem:internal","title":"The server failed","status":500}"#
        );
    }

    #[test]
    fn retry_after_is_rounded_up() {
        let problem = Problem::new(ProblemType::TooManyPending).retry_after(Duration::from_millis(1200));
        assert_eq!(problem.into_response().headers()[header::RETRY_AFTER], "2");
    }
}
