//! The head of a handshake, kept for as long as its socket lives: the authorizer is shown it whenever a task is added.

use axum::extract::OriginalUri;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// The same head in memory of its own. As it came, its headers and its path are slices of the buffer that the connection
/// was read into, and would keep all 8 KiB of that.
pub(super) fn keep(mut parts: Parts) -> Parts {
    parts.headers = headers(&parts.headers);
    parts.uri = uri(&parts.uri);
    if let Some(OriginalUri(original)) = parts.extensions.get_mut() {
        *original = uri(original);
    }
    parts
}

fn headers(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).expect("it is the name of a header");
        let mut copy = HeaderValue::from_bytes(value.as_bytes()).expect("it is the value of a header");
        copy.set_sensitive(value.is_sensitive());
        kept.append(name, copy);
    }
    kept
}

fn uri(uri: &Uri) -> Uri {
    uri.to_string().parse().unwrap_or_else(|_| uri.clone())
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn what_is_kept_says_the_same() {
        let request = Request::get("/a%20b/ws?ticket=1").extension(OriginalUri("/x/ws?y".parse().unwrap()));
        let request = request
            .header("cookie", "a=1")
            .header("x-own", "1")
            .header("x-own", "\u{fc}");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let kept = keep(parts.clone());
        assert_eq!(
            (&kept.headers, &kept.uri, &kept.method),
            (&parts.headers, &parts.uri, &parts.method)
        );
        assert_eq!(kept.extensions.get::<OriginalUri>().unwrap().0, "/x/ws?y");
    }
}
