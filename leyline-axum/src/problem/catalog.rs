//! The types of problem, and the only place where an error gets its HTTP status.

use axum::http::StatusCode;

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
}
