//! Which web pages may call: the allow-list of origins, for CORS, for WebSockets, and against forged requests.

use std::fmt;
use std::str::FromStr;

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::problem::{Problem, ProblemType};

/// The origin of a web page: `https://app.example` or `http://localhost:8080`, as browsers write it (RFC 6454, 6.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin(HeaderValue);

/// A text is not an [`Origin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParseOriginError;

impl fmt::Display for ParseOriginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an origin is http:// or https://, a host and perhaps a port, and nothing behind it")
    }
}

impl std::error::Error for ParseOriginError {}

impl FromStr for Origin {
    type Err = ParseOriginError;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        let origin = s.to_ascii_lowercase();
        let authority = origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"));
        let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        match authority {
            Some(authority) if !authority.is_empty() && authority.chars().all(host) => {
                HeaderValue::from_str(&origin)
                    .map(Self)
                    .map_err(|_| ParseOriginError)
            }
            _ => Err(ParseOriginError),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

/// Refuses a request that a page of a foreign origin made, unless that is on the list. What carries no `Origin` was not
/// made by a page (or reads only, and then CORS guards the answer).
///
/// `Sec-Fetch-Site`, where the browser sends it, says the truth behind proxies that change the `Host` too; else the
/// origin's host is compared with `Host`.
pub(crate) fn check(parts: &Parts, allowed: &[Origin]) -> Result<(), Problem> {
    let Some(origin) = parts.headers.get(header::ORIGIN) else {
        return Ok(());
    };
    if allowed.iter().any(|allowed| allowed.0 == *origin) {
        return Ok(());
    }
    let same = match parts.headers.get("sec-fetch-site") {
        Some(site) => matches!(site.as_bytes(), b"same-origin" | b"none"),
        None => same_host(origin, parts),
    };
    if same {
        Ok(())
    } else {
        Err(Problem::new(ProblemType::ForeignOrigin))
    }
}

fn same_host(origin: &HeaderValue, parts: &Parts) -> bool {
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = parts
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    matches!((authority, host), (Some((_, authority)), Some(host)) if authority.eq_ignore_ascii_case(host))
}

/// Answers preflights and marks answers for pages of the listed origins; credentials are allowed, so the list is exact.
pub(crate) fn cors(allowed: &[Origin]) -> CorsLayer {
    let origins = allowed.iter().map(|origin| origin.0.clone());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_DISPOSITION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            header::IF_RANGE,
            header::RANGE,
            HeaderName::from_static("idempotency-key"),
            HeaderName::from_static("last-event-id"),
            HeaderName::from_static("prefer"),
            HeaderName::from_static("traceparent"),
        ])
        .expose_headers([
            header::ACCEPT_RANGES,
            header::CONTENT_DISPOSITION,
            header::CONTENT_RANGE,
            header::ETAG,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("preference-applied"),
        ])
        .max_age(std::time::Duration::from_hours(1))
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn allowed(headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check(&parts, &["https://app.example".parse().unwrap()]).is_ok()
    }

    #[test]
    fn same_host_and_listed_origins_pass_and_others_do_not() {
        assert!(allowed(&[("host", "a.example:3000")]));
        assert!(allowed(&[
            ("host", "a.example:3000"),
            ("origin", "http://A.example:3000")
        ]));
        assert!(allowed(&[
            ("host", "a.example"),
            ("origin", "https://app.example")
        ]));
        assert!(!allowed(&[
            ("host", "a.example"),
            ("origin", "https://evil.example")
        ]));
        assert!(!allowed(&[
            ("host", "a.example:3000"),
            ("origin", "http://a.example:4000")
        ]));
        assert!(!allowed(&[("host", "a.example"), ("origin", "null")]));
    }

    #[test]
    fn the_browsers_own_word_counts_more_than_the_host() {
        let behind_proxy = [("host", "backend"), ("origin", "https://a.example")];
        assert!(!allowed(&behind_proxy));
        assert!(allowed(&[
            behind_proxy[0],
            behind_proxy[1],
            ("sec-fetch-site", "same-origin")
        ]));
        let tricked = [
            ("host", "a.example"),
            ("origin", "http://a.example"),
            ("sec-fetch-site", "cross-site"),
        ];
        assert!(!allowed(&tricked));
    }

    #[test]
    fn only_origins_are_origins() {
        assert!("https://[::1]:3000".parse::<Origin>().is_ok());
        for text in [
            "*",
            "null",
            "https://",
            "https://a/",
            "https://a?b",
            "ftp://a",
            "https://u@a",
            "a.example",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
