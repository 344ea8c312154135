//! What is decided before the first byte of the body is read.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use tokio::sync::OwnedSemaphorePermit;

use crate::body::declared_length;
use crate::gate::Api;
use crate::header::disposition::parameters;
use crate::media::essence;
use crate::problem::{Problem, ProblemType};
use crate::upload::FormError;

/// What a form may hold beside its file: headers, params, fields that nobody asked for.
const FORM_OVERHEAD: u64 = 1 << 20;

/// How the body is to be read.
pub(super) enum Format {
    /// `multipart/form-data` with this boundary.
    Form(String),
    /// The body is the file.
    Raw,
}

pub(super) fn format(headers: &HeaderMap) -> Result<Format, FormError> {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default();
    if !essence(content_type).eq_ignore_ascii_case("multipart/form-data") {
        return Ok(Format::Raw);
    }
    let rest = content_type.split_once(';').map_or("", |(_, rest)| rest);
    let boundary = parameters(rest).into_iter().find(|(name, _)| name == "boundary");
    match boundary {
        Some((_, boundary)) if (1..=70).contains(&boundary.len()) => Ok(Format::Form(boundary)),
        _ => Err(FormError::NoBoundary),
    }
}

/// Longest body for this service. A form may be somewhat longer than its file.
pub(super) fn limit(api: &Api, format: &Format) -> u64 {
    match format {
        Format::Form(_) => api.options.max_upload.saturating_add(FORM_OVERHEAD),
        Format::Raw => api.options.max_upload,
    }
}

/// A place among the uploads of this process, for a body that is not known to be too long, while tasks are taken at all.
pub(super) async fn admit(
    api: &Api,
    headers: &HeaderMap,
    limit: u64,
) -> Result<OwnedSemaphorePermit, Problem> {
    if declared_length(headers).is_some_and(|length| length > limit) {
        let detail = format!("files take at most {} bytes", api.options.max_upload);
        return Err(Problem::because(ProblemType::TooLarge, detail));
    }
    let place = Arc::clone(&api.uploads).try_acquire_owned();
    let place =
        place.map_err(|_| Problem::new(ProblemType::TooManyUploads).retry_after(Duration::from_secs(1)))?;
    api.leyline.admit().await?;
    Ok(place)
}
