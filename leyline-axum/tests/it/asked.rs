//! What an authorizer is asked, and what its answers mean.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use leyline_axum::{Action, Authorizer, Denied, HttpOptions, Principal, Subject};

use crate::app::App;
use crate::bad_ids::{request, routes};

/// Notes what it is asked, and answers by `x-answer`: with a task, or without one.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<Note>>>);

/// What was asked for, and about which task.
type Note = (Action, Option<String>);

#[async_trait]
impl Authorizer for Notes {
    async fn authorize(
        &self,
        request: &Parts,
        action: Action,
        subject: Option<Subject<'_>>,
    ) -> Result<Principal, Denied> {
        let about = subject.map(|Subject { id, kind, owner, .. }| format!("{id} {kind} {owner}"));
        self.0.lock().unwrap().push((action, about));
        let answer = request.headers.get("x-answer").map(HeaderValue::as_bytes);
        match (answer, subject) {
            (Some(b"challenge"), None) => Err(Denied::Unauthenticated {
                challenge: Some(HeaderValue::from_static("Basic realm=\"a\"")),
            }),
            (Some(b"forbidden"), None) | (Some(b"forbidden task"), Some(_)) => Err(Denied::Forbidden),
            (Some(b"hidden task"), Some(_)) => Err(Denied::Hidden),
            (Some(b"unavailable"), None) => Err(Denied::unavailable("a secret host is down")),
            (Some(b"another"), Some(_)) => Ok(Principal::owner("another")),
            _ => Ok(Principal::all("me")),
        }
    }
}

async fn noted() -> (App, Notes) {
    let notes = Notes::default();
    let http = HttpOptions::authorized_by(notes.clone());
    (App::with(|setup| setup.http = http).await, notes)
}

impl Notes {
    fn take(&self) -> Vec<Note> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test]
async fn every_route_asks_first_without_a_task_and_then_with_it() {
    let (app, notes) = noted().await;
    let id = app.task("elsewhere", "1").await;
    let task = format!("{id} elsewhere me");
    assert_eq!(
        notes.take(),
        [(Action::Submit, None), (Action::Submit, Some(task.clone()))]
    );
    let answer = app
        .request("POST", "/api/upload?kind=copy")
        .body("x")
        .send()
        .await;
    let uploaded = format!("{} copy me", answer.id());
    assert_eq!(
        notes.take(),
        [(Action::Upload, None), (Action::Upload, Some(uploaded))]
    );
    for (path, action) in [
        ("/api/tasks", Action::List),
        ("/api/stats", Action::Stats),
        ("/ws", Action::Watch),
    ] {
        request(&app, "GET", path).open().await;
        assert_eq!(notes.take(), [(action, None)], "{path}");
    }
    // A task that is not terminal refuses the verbs that it is asked for here, after the authorizer was.
    let expected = [
        Action::Read,
        Action::Delete,
        Action::Cancel,
        Action::Requeue,
        Action::Download,
        Action::Download,
        Action::Download,
        Action::Watch,
        Action::Watch,
    ];
    for ((method, path), action) in routes(&id).into_iter().zip(expected) {
        request(&app, method, &path).open().await;
        assert_eq!(
            notes.take(),
            [(action, None), (action, Some(task.clone()))],
            "{method} {path}"
        );
    }
    for path in ["/healthz", "/readyz", "/api/openapi.json"] {
        app.get(path).await;
        assert_eq!(notes.take(), []);
    }
}

#[tokio::test]
async fn each_denial_has_its_answer() {
    let (app, _) = noted().await;
    let id = app.task("elsewhere", "1").await;
    for (answer, status, word) in [
        ("challenge", 401, "unauthenticated"),
        ("forbidden", 403, "forbidden"),
        ("forbidden task", 403, "forbidden"),
        ("hidden task", 404, "task-not-found"),
        ("another", 404, "task-not-found"),
        ("unavailable", 503, "unavailable"),
    ] {
        for (method, path) in routes(&id) {
            let denied = request(&app, method, &path)
                .header("x-answer", answer)
                .send()
                .await;
            denied.check_problem(status, word);
            assert!(!String::from_utf8_lossy(&denied.body).contains("secret"));
            if answer == "challenge" {
                assert_eq!(denied.header("www-authenticate"), "Basic realm=\"a\"");
            }
        }
    }
    assert_eq!(app.stored(&id).await.revision, 1);
}

#[tokio::test]
async fn a_task_that_may_not_be_made_is_refused_before_its_bytes_are_kept() {
    let (app, _) = noted().await;
    for (answer, status) in [("forbidden task", 403), ("hidden task", 404)] {
        let request = app
            .request("POST", "/api/upload?kind=copy")
            .header("x-answer", answer);
        assert_eq!(request.body("x").send().await.status, status);
        let request = app.request("POST", "/api/tasks").header("x-answer", answer);
        assert_eq!(request.json(r#"{"kind":"value"}"#).send().await.status, status);
    }
    assert_eq!((app.task_count().await, app.uploads().await), (0, vec![]));
}
