//! One file as a response: whole or a part, for browsers that must not be tricked by what is in it.

use std::ops::Range;

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use leyline_core::task::BlobRef;

use crate::gate::Api;
use crate::header::disposition::{self, Disposition};
use crate::header::etag;
use crate::header::range::{self, Part};
use crate::media::essence;
use crate::problem::{Problem, ProblemType};

/// A file never changes under its address, and may hold what is only for whoever fetched it.
pub(super) const IMMUTABLE: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// Should a browser be made to show a file as a page, it is a page of no origin that runs nothing.
const SANDBOX: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'",
);

/// Answers with the blob, or the part of it that was asked for. A whole one is verified on the way: where its bytes are not
/// those of its digest, the connection is cut before the end.
pub(super) async fn respond(api: &Api, parts: &Parts, blob: &BlobRef) -> Result<Response, Problem> {
    let tag = etag::of_digest(&blob.sha256);
    if etag::none_match_fails(&parts.headers, &tag) {
        let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, IMMUTABLE)];
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    // Ranges are defined for GET alone (RFC 9110, 14.2).
    let ranged = parts.method == Method::GET && etag::if_range_holds(&parts.headers, &tag);
    let range = match range::parse(&parts.headers, blob.size) {
        _ if !ranged => None,
        Part::Whole => None,
        Part::Bytes(range) => Some(range),
        Part::Unsatisfiable => {
            let problem = Problem::new(ProblemType::RangeNotSatisfiable);
            return Err(problem.header(header::CONTENT_RANGE, range::unsatisfied(blob.size)));
        }
    };
    let body = if parts.method == Method::HEAD {
        Body::empty()
    } else {
        read(api, blob, range.clone()).await?
    };
    let mut response = Response::new(body);
    describe(response.headers_mut(), &api.options.inline, blob, tag);
    let length = range.as_ref().map_or(blob.size, |range| range.end - range.start);
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, length.into());
    if let Some(range) = range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        response
            .headers_mut()
            .insert(header::CONTENT_RANGE, range::content_range(&range, blob.size));
    }
    Ok(response)
}

async fn read(api: &Api, blob: &BlobRef, range: Option<Range<u64>>) -> Result<Body, Problem> {
    let blobs = api
        .leyline
        .blobs()
        .ok_or_else(|| Problem::new(ProblemType::NoFiles))?;
    Ok(Body::from_stream(blobs.read(blob, range).await?))
}

fn describe(headers: &mut HeaderMap, inline: &[String], blob: &BlobRef, tag: HeaderValue) {
    let shown = inline
        .iter()
        .any(|media_type| essence(&blob.content_type).eq_ignore_ascii_case(media_type));
    let disposition = if shown {
        Disposition::Inline
    } else {
        Disposition::Attachment
    };
    let content_type = HeaderValue::from_str(&blob.content_type);
    let content_type = content_type.unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(
        header::CONTENT_DISPOSITION,
        disposition::write(disposition, &blob.name),
    );
    headers.insert(header::ETAG, tag);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, IMMUTABLE);
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
}
