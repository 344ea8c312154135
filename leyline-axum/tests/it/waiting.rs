//! `Prefer: wait=N`.

use std::time::Duration;

use crate::app::App;
use crate::client::Request;
use crate::processors::Command;

fn wait(app: &App, id: &str, seconds: u32) -> Request {
    app.request("GET", &format!("/api/tasks/{id}"))
        .header("prefer", &format!("wait={seconds}"))
}

#[tokio::test]
async fn an_answer_comes_when_the_task_is_other_than_the_client_knows() {
    let app = App::start().await;
    let id = app.running("w").await;
    let known = app
        .get(&format!("/api/tasks/{id}"))
        .await
        .header("etag")
        .to_owned();
    let waiting = tokio::spawn(wait(&app, &id, 60).header("if-none-match", &known).send());
    tokio::task::yield_now().await;
    app.steps.tell("w", Command::Progress(0.5));
    let answer = waiting.await.unwrap();
    assert_eq!(
        (answer.status, &answer.json()["progress"]["fraction"]),
        (200, &0.5.into()),
        "{answer:?}"
    );
    assert_eq!(answer.header("preference-applied"), "wait=60");
    let stale = wait(&app, &id, 60).header("if-none-match", &known).send().await;
    assert_eq!(
        stale.json(),
        answer.json(),
        "what differs already is answered at once"
    );
}

#[tokio::test]
async fn a_wait_in_vain_ends_with_304_or_the_snapshot() {
    let app = App::with(|setup| setup.http.max_wait = Duration::from_millis(30)).await;
    let id = app.running("v").await;
    let known = app.get(&format!("/api/tasks/{id}")).await;
    let answer = wait(&app, &id, 1000)
        .header("if-none-match", known.header("etag"))
        .send()
        .await;
    assert_eq!((answer.status, answer.body.len()), (304, 0));
    let answer = wait(&app, &id, 1000).send().await;
    assert_eq!((answer.status, answer.json()), (200, known.json()));
}

#[tokio::test]
async fn what_has_ended_is_not_waited_for() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    let answer = wait(&app, &id, 60).send().await;
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (200, &"completed".into())
    );
    let answer = wait(&app, &id, 60)
        .header("if-none-match", answer.header("etag"))
        .send()
        .await;
    assert_eq!(answer.status, 304);
}

#[tokio::test]
async fn a_preference_that_is_none_is_passed_over() {
    let app = App::start().await;
    let id = app.running("p").await;
    for preference in ["wait=soon", "wait", "respond-async"] {
        let request = app
            .request("GET", &format!("/api/tasks/{id}"))
            .header("prefer", preference);
        let answer = request.send().await;
        assert_eq!(
            (answer.status, answer.header("preference-applied")),
            (200, ""),
            "{preference}"
        );
    }
}
