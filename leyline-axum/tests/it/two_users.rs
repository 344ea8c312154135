//! Two users and an operator, over every route.

use crate::app::App;
use crate::bad_ids::{NOT_FOUND, request, routes};
use crate::users::users;
use crate::ws::Socket;

async fn shared() -> App {
    App::with(|setup| setup.http = users()).await
}

/// A completed task of this user.
async fn task_of(app: &App, user: &str) -> String {
    let request = app.request("POST", "/api/upload?kind=copy").user(user);
    let answer = request.body("file").send().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.id();
    loop {
        let request = app
            .request("GET", &format!("/api/tasks/{id}"))
            .user(user)
            .header("prefer", "wait=30");
        if request.send().await.is_terminal() {
            return id;
        }
    }
}

#[tokio::test]
async fn another_users_task_is_the_same_404_as_none_on_every_route() {
    let app = shared().await;
    let id = task_of(&app, "alice").await;
    for (method, path) in routes(&id) {
        let foreign = request(&app, method, &path).user("bob").send().await;
        assert_eq!(
            (foreign.status, &*foreign.body),
            (404, NOT_FOUND.as_bytes()),
            "{method} {path}"
        );
    }
    let waiting = app
        .request("GET", &format!("/api/tasks/{id}"))
        .user("bob")
        .header("prefer", "wait=5");
    waiting.send().await.check_problem(404, "task-not-found");
    assert_eq!(app.stored(&id).await.owner, "alice");
}

#[tokio::test]
async fn the_owner_and_the_operator_reach_every_route() {
    let app = shared().await;
    for user in ["alice", "operator"] {
        for (method, path) in routes(&task_of(&app, "alice").await) {
            if path.starts_with("/ws") || method == "DELETE" {
                continue;
            }
            let answer = request(&app, method, &path).user(user).send().await;
            // A completed task can be neither cancelled nor requeued.
            let expected = if method == "POST" { 409 } else { 200 };
            assert_eq!(answer.status, expected, "{user} {method} {path}: {answer:?}");
        }
        let id = task_of(&app, "alice").await;
        let socket = Socket::try_open(app.addr, &format!("/ws/{id}"), &[("x-user", user)])
            .await
            .unwrap();
        assert_eq!(socket.all().await.1, 1000);
        assert_eq!(
            app.request("DELETE", &format!("/api/tasks/{id}"))
                .user(user)
                .send()
                .await
                .status,
            204
        );
    }
}

#[tokio::test]
async fn nobody_gets_401_on_every_route_whether_the_task_is_there_or_not() {
    let app = shared().await;
    let id = task_of(&app, "alice").await;
    let mut all = routes(&id);
    all.extend(routes(crate::client::NOBODY));
    all.extend([
        ("POST", "/api/upload?kind=copy".to_owned()),
        ("POST", "/api/tasks".to_owned()),
        ("GET", "/api/tasks".to_owned()),
        ("GET", "/api/stats".to_owned()),
        ("GET", "/ws".to_owned()),
    ]);
    for (method, path) in all {
        let answer = request(&app, method, &path).user("mallory").send().await;
        answer.check_problem(401, "unauthenticated");
        assert_eq!(answer.header("www-authenticate"), "Bearer", "{method} {path}");
    }
    for path in ["/healthz", "/readyz", "/api/openapi.json"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn an_upload_of_nobody_is_refused_before_its_body() {
    let app = shared().await;
    let head =
        "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n";
    let answer = crate::client::raw(app.addr, head).await;
    assert!(
        answer.starts_with("HTTP/1.1 401 ") && answer.contains("connection: close\r\n"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_list_shows_a_user_its_own_and_the_operator_all() {
    let app = shared().await;
    let (alices, bobs) = (task_of(&app, "alice").await, task_of(&app, "bob").await);
    for (user, expected) in [
        ("alice", vec![&alices]),
        ("bob", vec![&bobs]),
        ("operator", vec![&alices, &bobs]),
    ] {
        for query in ["", "?status=completed", "?kind=copy"] {
            let answer = app
                .request("GET", &format!("/api/tasks{query}"))
                .user(user)
                .send()
                .await;
            let tasks = answer.json()["tasks"].clone();
            let mut ids: Vec<_> = tasks
                .as_array()
                .unwrap()
                .iter()
                .map(|task| task["id"].as_str().unwrap())
                .collect();
            ids.sort_unstable();
            let mut expected = expected.clone();
            expected.sort();
            assert_eq!(ids, expected, "{user} {query}");
        }
    }
}

#[tokio::test]
async fn stats_are_for_those_who_see_everything() {
    let app = shared().await;
    app.request("GET", "/api/stats")
        .user("alice")
        .send()
        .await
        .check_problem(403, "forbidden");
    assert_eq!(
        app.request("GET", "/api/stats")
            .user("operator")
            .send()
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_same_idempotency_key_of_two_users_makes_two_tasks() {
    let app = shared().await;
    let send = async |user: &str, body: &'static str| {
        let request = app.request("POST", "/api/upload?kind=copy").user(user);
        request
            .header("idempotency-key", "shared")
            .body(body)
            .send()
            .await
    };
    let (alices, bobs) = (send("alice", "a").await, send("bob", "b").await);
    assert_eq!((alices.status, bobs.status), (202, 202));
    assert_ne!(alices.id(), bobs.id());
    assert_eq!(send("alice", "a").await.id(), alices.id());
    assert_eq!(send("bob", "b").await.id(), bobs.id());
    send("bob", "a").await.check_problem(422, "idempotency-conflict");
}

#[tokio::test]
async fn the_cursor_of_one_user_shows_another_nothing_that_is_not_theirs() {
    let app = shared().await;
    for _ in 0..3 {
        task_of(&app, "alice").await;
    }
    let page = app
        .request("GET", "/api/tasks?limit=1")
        .user("alice")
        .send()
        .await
        .json();
    let next = page["next"].as_str().unwrap();
    let answer = app
        .request("GET", &format!("/api/tasks?after={next}"))
        .user("bob")
        .send()
        .await;
    assert_eq!(answer.json()["tasks"], serde_json::json!([]));
}
