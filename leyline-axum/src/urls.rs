//! Every path of the API, and the links that lead to them.

use axum::extract::OriginalUri;
use axum::http::request::Parts;
use leyline_core::{Status, TaskEvent, TaskId};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::schema::Links;

pub(crate) const UPLOAD: &str = "/api/upload";
pub(crate) const TASKS: &str = "/api/tasks";
pub(crate) const TASK: &str = "/api/tasks/{task_id}";
pub(crate) const CANCEL: &str = "/api/tasks/{task_id}/cancel";
pub(crate) const REQUEUE: &str = "/api/tasks/{task_id}/requeue";
pub(crate) const INPUT: &str = "/api/tasks/{task_id}/input";
pub(crate) const RESULT: &str = "/api/tasks/{task_id}/result";
pub(crate) const ARTIFACT: &str = "/api/tasks/{task_id}/artifacts/{name}";
pub(crate) const EVENTS: &str = "/api/tasks/{task_id}/events";
pub(crate) const SOCKET: &str = "/ws/{task_id}";
pub(crate) const SOCKETS: &str = "/ws";
pub(crate) const STATS: &str = "/api/stats";
pub(crate) const OPENAPI: &str = "/api/openapi.json";
pub(crate) const HEALTHZ: &str = "/healthz";
pub(crate) const READYZ: &str = "/readyz";

/// The parameter of every path that names a task.
pub(crate) const TASK_ID: &str = "task_id";
/// The parameter of an artifact's path.
pub(crate) const NAME: &str = "name";

/// What a path segment may hold unencoded (RFC 3986, 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// What of a prefix can't stand in a header as it is: a client may have written it without encoding it.
const NOT_ASCII: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// Paths as this request's client has to write them: with the prefix under which the router is mounted.
#[derive(Debug, Clone)]
pub(crate) struct Urls {
    prefix: String,
}

impl Urls {
    /// Finds the prefix by comparing the path that came in with what nesting left of it. `public` replaces it, for proxies
    /// that take a prefix away.
    pub(crate) fn of(parts: &Parts, public: Option<&str>) -> Self {
        let mounted = || {
            let original = parts.extensions.get::<OriginalUri>()?;
            original.path().strip_suffix(parts.uri.path()).map(str::to_owned)
        };
        let prefix = public.map_or_else(|| mounted().unwrap_or_default(), str::to_owned);
        Self {
            prefix: utf8_percent_encode(prefix.trim_end_matches('/'), NOT_ASCII).to_string(),
        }
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    fn at(&self, template: &str, id: TaskId) -> String {
        format!(
            "{}{}",
            self.prefix,
            template.replace("{task_id}", &id.to_string())
        )
    }

    pub(crate) fn task(&self, id: TaskId) -> String {
        self.at(TASK, id)
    }

    fn artifact(&self, id: TaskId, name: &str) -> String {
        let name = utf8_percent_encode(name, SEGMENT).to_string();
        self.at(ARTIFACT, id).replace("{name}", &name)
    }

    /// The links of a task: those to its input and result only where there is one.
    pub(crate) fn links(&self, event: &TaskEvent) -> Links {
        let id = event.id;
        let artifacts = event.output.iter().flat_map(|output| &output.artifacts);
        Links {
            this: self.task(id),
            events: self.at(EVENTS, id),
            ws: self.at(SOCKET, id),
            cancel: self.at(CANCEL, id),
            requeue: self.at(REQUEUE, id),
            input: event.input.is_some().then(|| self.at(INPUT, id)),
            result: (event.status == Status::Completed).then(|| self.at(RESULT, id)),
            artifacts: artifacts
                .map(|blob| (blob.name.clone(), self.artifact(id, &blob.name)))
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn prefix(original: &str, seen: &str, public: Option<&str>) -> String {
        let (mut parts, ()) = Request::builder().uri(seen).body(()).unwrap().into_parts();
        parts.extensions.insert(OriginalUri(original.parse().unwrap()));
        Urls::of(&parts, public).prefix
    }

    #[test]
    fn the_prefix_is_what_nesting_took_away() {
        assert_eq!(prefix("/api/tasks", "/api/tasks", None), "");
        assert_eq!(
            prefix("/a/b%20c/api/tasks?x=1", "/api/tasks?x=1", None),
            "/a/b%20c"
        );
    }

    #[test]
    fn a_prefix_that_was_not_encoded_is() {
        assert_eq!(prefix("/ü/api/tasks", "/api/tasks", None), "/%C3%BC");
        assert_eq!(prefix("/api/tasks", "/api/tasks", Some("/a b/%20")), "/a%20b/%20");
    }

    #[test]
    fn a_public_prefix_replaces_it() {
        assert_eq!(prefix("/api/tasks", "/api/tasks", Some("/service/")), "/service");
        assert_eq!(prefix("/a/api/tasks", "/api/tasks", Some("")), "");
    }
}
