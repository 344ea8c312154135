//! Pages of other origins.

use crate::app::{App, Setup};
use crate::client::Answer;

const OURS: &str = "https://app.example";
const THEIRS: &str = "https://evil.example";

fn listed(setup: &mut Setup) {
    setup.http.allowed_origins = vec![OURS.parse().unwrap()];
}

#[tokio::test]
async fn a_page_of_a_foreign_origin_can_change_nothing() {
    let app = App::with(listed).await;
    let id = app.task("elsewhere", "1").await;
    for (method, path) in [
        ("POST", "/api/upload?kind=copy".to_owned()),
        ("POST", "/api/tasks".to_owned()),
        ("POST", format!("/api/tasks/{id}/cancel")),
        ("POST", format!("/api/tasks/{id}/requeue")),
        ("DELETE", format!("/api/tasks/{id}")),
    ] {
        for origin in [THEIRS, "null"] {
            let request = app
                .request(method, &path)
                .header("origin", origin)
                .json(r#"{"kind":"value"}"#);
            request.send().await.check_problem(403, "foreign-origin");
        }
    }
    assert_eq!(app.task_count().await, 1);
}

async fn handshake(app: &App, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = app.request("GET", path).upgrade();
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(name, value))
        .send()
        .await
}

#[tokio::test]
async fn a_websocket_from_a_foreign_origin_gets_403() {
    for app in [App::with(listed).await, App::start().await] {
        let id = app.task("elsewhere", "1").await;
        for path in ["/ws", &format!("/ws/{id}"), &format!("/api/tasks/{id}/events")] {
            let foreign = handshake(&app, path, &[("origin", THEIRS)]).await;
            foreign.check_problem(403, "foreign-origin");
            let tricked = [
                ("origin", &*format!("http://{}", app.addr)),
                ("sec-fetch-site", "cross-site"),
            ];
            handshake(&app, path, &tricked)
                .await
                .check_problem(403, "foreign-origin");
        }
    }
}

#[tokio::test]
async fn a_websocket_from_the_own_or_a_listed_origin_or_from_no_page_is_opened() {
    let app = App::with(listed).await;
    let own = format!("http://{}", app.addr);
    for headers in [&[][..], &[("origin", OURS)], &[("origin", &*own)]] {
        let opened = headers
            .iter()
            .fold(app.request("GET", "/ws").upgrade(), |r, (name, value)| {
                r.header(name, value)
            });
        assert_eq!(opened.open().await.response.status(), 101, "{headers:?}");
    }
}

#[tokio::test]
async fn listed_origins_get_cors_headers_and_others_none() {
    let app = App::with(listed).await;
    let preflight = async |origin: &str| {
        let request = app.request("OPTIONS", "/api/tasks").header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        request
            .header("access-control-request-headers", "content-type,idempotency-key")
            .send()
            .await
    };
    let ours = preflight(OURS).await;
    assert_eq!(ours.status, 200);
    assert_eq!(ours.header("access-control-allow-origin"), OURS);
    assert_eq!(ours.header("access-control-allow-credentials"), "true");
    assert!(
        ours.header("access-control-allow-headers")
            .contains("idempotency-key")
    );
    assert!(ours.header("access-control-allow-methods").contains("DELETE"));
    assert_eq!(preflight(THEIRS).await.header("access-control-allow-origin"), "");
    let get = app
        .request("GET", "/api/tasks")
        .header("origin", OURS)
        .send()
        .await;
    assert_eq!(
        (get.status, get.header("access-control-allow-origin")),
        (200, OURS)
    );
    assert!(get.header("access-control-expose-headers").contains("location"));
    assert!(get.header("vary").contains("origin"));
}

#[tokio::test]
async fn without_a_list_no_page_of_another_origin_may_read() {
    let app = App::start().await;
    let answer = app
        .request("GET", "/api/tasks")
        .header("origin", OURS)
        .send()
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert_eq!(
        app.request("OPTIONS", "/api/tasks")
            .header("origin", OURS)
            .send()
            .await
            .status,
        405
    );
}
