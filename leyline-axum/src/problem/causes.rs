//! Which problem each error is.

use std::time::Duration;

use axum::http::{HeaderValue, header};
use leyline_core::blob;
use leyline_core::store;
use leyline_core::task::{Invalid, JsonError, MAX_JSON_BYTES, MAX_JSON_DEPTH};

use super::{Problem, ProblemType};
use crate::auth::Denied;
use crate::body::BodyError;
use crate::upload::FormError;

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
    fn the_cause_is_not_in_the_body() {
        let problem = Problem::from(store::Error::backend("secret path"));
        let body = serde_json::to_string(&problem).unwrap();
        assert_eq!(
            body,
            r#"{"type":"urn:leyline:problem:internal","title":"The server failed","status":500}"#
        );
    }
}
