//! `Prefer: wait=N` (RFC 7240, 4.3).

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName};

pub(crate) const PREFER: HeaderName = HeaderName::from_static("prefer");
pub(crate) const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How long the client is ready to wait. Anything malformed is no preference, as the RFC wants.
pub(crate) fn wait(headers: &HeaderMap) -> Option<Duration> {
    let values = headers
        .get_all(PREFER)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split(','));
    preferences.find_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        let seconds = value.trim().trim_matches('"');
        name.trim()
            .eq_ignore_ascii_case("wait")
            .then(|| seconds.parse().ok().map(Duration::from_secs))?
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[track_caller]
    fn check(value: &'static str, seconds: Option<u64>) {
        let headers = HeaderMap::from_iter([(PREFER, HeaderValue::from_static(value))]);
        assert_eq!(wait(&headers), seconds.map(Duration::from_secs), "{value}");
    }

    #[test]
    fn wait_is_found_among_other_preferences() {
        check("wait=10", Some(10));
        check("respond-async, WAIT = \"5\"; x=y", Some(5));
        check("return=minimal", None);
        check("wait=soon", None);
        check("wait=-1", None);
    }
}
