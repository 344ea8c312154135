//! The page: embedded in the binary, or from a folder while it is being worked on.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use leyline_core::task::Hasher;

/// Name and bytes of every file of the page, listed when the server is built.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/page.rs"));

/// What the page needs, and nothing else: its own scripts, styles, pictures and films, its own API and socket. So a
/// result that holds a script can't run it, and nobody can put the page into a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Routes of the page: `/` and its files. With a folder the files are read from it, anew at every request.
pub fn router(folder: Option<PathBuf>) -> Router {
    let index =
        async |State(source): State<Source>, headers: HeaderMap| source.answer("index.html", &headers).await;
    let file = async |State(source): State<Source>, Path(name): Path<String>, headers: HeaderMap| {
        source.answer(&name, &headers).await
    };
    Router::new()
        .route("/", get(index))
        .route("/{file}", get(file))
        .with_state(Source(folder.map(Arc::new)))
}

#[derive(Clone)]
struct Source(Option<Arc<PathBuf>>);

impl Source {
    async fn answer(&self, name: &str, headers: &HeaderMap) -> Response {
        let found = match content_type(name) {
            Some(content_type) => self.read(name).await.map(|bytes| (content_type, bytes)),
            None => None,
        };
        found.map_or_else(not_found, |(content_type, bytes)| {
            respond(content_type, bytes, headers)
        })
    }

    async fn read(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        match &self.0 {
            Some(folder) => tokio::fs::read(folder.join(name)).await.ok().map(Cow::Owned),
            None => EMBEDDED
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, bytes)| Cow::Borrowed(*bytes)),
        }
    }
}

/// The media type of a file of the page; `None` for a name that can't be one, such as a path.
fn content_type(name: &str) -> Option<&'static str> {
    let (stem, extension) = name.rsplit_once('.')?;
    if stem.is_empty() || !stem.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return None;
    }
    match extension {
        "html" => Some("text/html; charset=utf-8"),
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// The file, or 304 where the browser has it. Modules import each other by their plain names, so a browser has to ask each
/// time, and gets an answer without a body unless there is a new version.
fn respond(content_type: &'static str, bytes: Cow<'static, [u8]>, headers: &HeaderMap) -> Response {
    let tag = tag(&bytes);
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|known| {
        known
            .split(',')
            .any(|known| known.trim().trim_start_matches("W/") == tag)
    });
    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        bytes.into_response()
    };
    let tag = HeaderValue::from_str(&tag).expect("hexadecimal digits are a header's value");
    let sent = response.headers_mut();
    sent.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    sent.insert(header::ETAG, tag);
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    for (name, value) in [
        ("content-security-policy", POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        sent.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// A strong entity tag: half of the digest tells versions apart.
fn tag(bytes: &[u8]) -> String {
    let mut hasher = Hasher::new();
    hasher.update(bytes);
    let digest = hasher.finish().to_string();
    format!("\"{}\"", &digest[..32])
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "There is no such page.\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_embedded_without_its_tests() {
        let names: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
        for name in ["index.html", "main.js", "style.css", "favicon.svg"] {
            assert!(names.contains(&name), "{name}");
        }
        assert!(names.iter().all(|name| content_type(name).is_some()), "{names:?}");
        assert!(
            !names
                .iter()
                .any(|name| name.contains("test") || name.contains("package")),
            "{names:?}"
        );
    }

    #[test]
    fn a_path_is_no_name() {
        for name in [
            "../Cargo.toml",
            "..html",
            ".js",
            "a/b.js",
            "..\\x.js",
            "package.json",
            "a%2fb.js",
            "",
        ] {
            assert_eq!(content_type(name), None, "{name}");
        }
    }
}
