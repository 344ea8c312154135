//! The router under a prefix.

use axum::Router;

use crate::app::{App, Setup};
use crate::client::raw;
use crate::ws::Socket;

pub(crate) async fn under(mount: fn(Router) -> Router) -> App {
    App::with(|setup: &mut Setup| setup.mount = mount).await
}

#[tokio::test]
async fn links_honour_the_prefix_and_lead_somewhere() {
    let app = under(|router| Router::new().nest("/media/v1", router)).await;
    let answer = app
        .request("POST", "/media/v1/api/upload?kind=copy")
        .body("x")
        .send()
        .await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let location = answer.header("location").to_owned();
    assert_eq!(location, format!("/media/v1/api/tasks/{}", answer.id()));
    let mut task = app.get(&location).await;
    while !task.is_terminal() {
        task = app
            .request("GET", &location)
            .header("prefer", "wait=30")
            .send()
            .await;
    }
    let links = task.json()["links"].clone();
    for name in ["self", "input", "result"] {
        assert_eq!(
            app.get(links[name].as_str().unwrap()).await.status,
            200,
            "{name}: {links}"
        );
    }
    let artifact = links["artifacts"]["first.txt"].as_str().unwrap();
    assert_eq!(app.get(artifact).await.body, "first");
    assert_eq!(app.get(links["events"].as_str().unwrap()).await.status, 200);
    assert_eq!(
        Socket::open(app.addr, links["ws"].as_str().unwrap())
            .await
            .all()
            .await
            .1,
        1000
    );
    assert_eq!(app.post(links["cancel"].as_str().unwrap()).await.status, 409);
    assert_eq!(app.post(links["requeue"].as_str().unwrap()).await.status, 409);
    let list = app.get("/media/v1/api/tasks").await.json();
    assert_eq!(list["tasks"][0]["links"], links);
    app.get("/media/v1/api/tasks/x")
        .await
        .check_problem(404, "task-not-found");
    app.request("PUT", "/media/v1/api/tasks")
        .send()
        .await
        .check_problem(405, "method-not-allowed");
    assert_eq!(app.get("/api/tasks").await.status, 404);
    let document = app.get("/media/v1/api/openapi.json").await.json();
    assert_eq!(document["servers"][0]["url"], "/media/v1");
}

#[tokio::test]
async fn a_prefix_with_parameters_is_taken_as_the_client_wrote_it() {
    let app = under(|router| Router::new().nest("/of/{task_owner}", router)).await;
    let answer = app
        .request("POST", "/of/a%20b/api/upload?kind=copy")
        .body("x")
        .send()
        .await;
    let location = answer.header("location").to_owned();
    assert_eq!(location, format!("/of/a%20b/api/tasks/{}", answer.id()));
    assert_eq!(app.get(&location).await.status, 200);
}

#[tokio::test]
async fn a_prefix_that_a_client_did_not_encode_is_encoded_in_links() {
    let app = under(|router| Router::new().nest("/of/{task_owner}", router)).await;
    let request = "POST /of/ü/api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx";
    let answer = raw(app.addr, request).await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    assert!(answer.contains("location: /of/%C3%BC/api/tasks/"), "{answer}");
}

#[tokio::test]
async fn a_proxy_that_takes_a_prefix_away_can_be_allowed_for() {
    let app = App::with(|setup| setup.http.public_prefix = Some("/behind/".to_owned())).await;
    let answer = app
        .request("POST", "/api/upload?kind=copy")
        .body("x")
        .send()
        .await;
    assert_eq!(
        answer.header("location"),
        format!("/behind/api/tasks/{}", answer.id())
    );
}

#[tokio::test]
async fn the_router_merges_with_others() {
    let app = under(|router| {
        let mine = Router::new()
            .route("/mine", axum::routing::get(async || "mine"))
            .fallback(async || "nothing");
        mine.merge(router)
    })
    .await;
    assert_eq!(app.get("/mine").await.body, "mine");
    assert_eq!(app.get("/elsewhere").await.body, "nothing");
    assert_eq!(app.get("/api/tasks").await.status, 200);
}
