//! Cancel, requeue and delete.

use crate::app::App;
use crate::client::Answer;
use crate::processors::Command;

async fn send(app: &App, id: &str, verb: &str) -> Answer {
    match verb {
        "delete" => app.request("DELETE", &format!("/api/tasks/{id}")).send().await,
        verb => app.post(&format!("/api/tasks/{id}/{verb}")).await,
    }
}

#[track_caller]
fn check_refused(answer: &Answer, id: &str, status: &str) {
    answer.check_problem(409, "wrong-status");
    assert_eq!(answer.json()["detail"], format!("the task is {status}"));
    let task = &answer.json()["task"];
    assert_eq!((&task["id"], &task["status"]), (&id.into(), &status.into()));
    assert_eq!(task["links"]["self"], format!("/api/tasks/{id}"));
}

#[tokio::test]
async fn a_pending_and_a_running_task_can_be_cancelled_and_a_cancelled_one_stays_so() {
    let app = App::start().await;
    for id in [app.task("elsewhere", "1").await, app.running("c").await] {
        let answer = send(&app, &id, "cancel").await;
        assert_eq!(
            (answer.status, &answer.json()["status"]),
            (200, &"cancelled".into()),
            "{answer:?}"
        );
        let again = send(&app, &id, "cancel").await;
        assert_eq!((again.status, again.json()), (200, answer.json()));
    }
}

#[tokio::test]
async fn cancelling_what_has_ended_otherwise_gets_409_with_the_snapshot() {
    let app = App::start().await;
    let completed = app.task("value", "1").await;
    app.finished(&completed).await;
    check_refused(&send(&app, &completed, "cancel").await, &completed, "completed");
    let failed = app.task("misbehaves", "1").await;
    app.finished(&failed).await;
    check_refused(&send(&app, &failed, "cancel").await, &failed, "failed");
}

#[tokio::test]
async fn requeueing_what_is_neither_failed_nor_cancelled_gets_409_with_the_snapshot() {
    let app = App::start().await;
    let pending = app.task("elsewhere", "1").await;
    check_refused(&send(&app, &pending, "requeue").await, &pending, "pending");
    let running = app.running("r").await;
    check_refused(&send(&app, &running, "requeue").await, &running, "processing");
    app.steps.tell("r", Command::Finish);
    app.finished(&running).await;
    check_refused(&send(&app, &running, "requeue").await, &running, "completed");
}

#[tokio::test]
async fn a_failed_task_can_be_requeued_and_runs_anew() {
    let app = App::start().await;
    let id = app.running("again").await;
    app.steps.tell("again", Command::Fail);
    let failed = app.finished(&id).await;
    assert_eq!(failed["failure"]["code"], "told-to");
    let requeued = send(&app, &id, "requeue").await;
    assert_eq!(
        (requeued.status, &requeued.json()["status"]),
        (200, &"pending".into())
    );
    assert!(requeued.json()["failure"].is_null() && requeued.json()["finished_at"].is_null());
    assert_eq!(
        requeued.json()["revision"],
        failed["revision"].as_u64().unwrap() + 1
    );
    app.steps.tell("again", Command::Finish);
    assert_eq!(app.finished(&id).await["status"], "completed");
}

#[tokio::test]
async fn deleting_what_has_not_ended_gets_409_with_the_snapshot() {
    let app = App::start().await;
    let pending = app.task("elsewhere", "1").await;
    check_refused(&send(&app, &pending, "delete").await, &pending, "pending");
    let running = app.running("d").await;
    check_refused(&send(&app, &running, "delete").await, &running, "processing");
}

#[tokio::test]
async fn a_deleted_task_is_gone() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    let answer = send(&app, &id, "delete").await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    for verb in ["delete", "cancel", "requeue"] {
        send(&app, &id, verb).await.check_problem(404, "task-not-found");
    }
    assert_eq!(app.task_count().await, 0);
}

#[tokio::test]
async fn if_match_makes_a_verb_hold_at_one_revision_only() {
    let app = App::start().await;
    let id = app.task("elsewhere", "1").await;
    let with = async |tag: &str, verb: &str| {
        let (method, path) = match verb {
            "delete" => ("DELETE", format!("/api/tasks/{id}")),
            verb => ("POST", format!("/api/tasks/{id}/{verb}")),
        };
        app.request(method, &path).header("if-match", tag).send().await
    };
    for verb in ["cancel", "requeue", "delete"] {
        let stale = with("\"7.0\"", verb).await;
        stale.check_problem(412, "wrong-revision");
        assert_eq!(stale.json()["task"]["revision"], 1);
        with("7", verb).await.check_problem(400, "invalid-header");
    }
    assert_eq!(with("\"1.0\"", "cancel").await.status, 200);
    assert_eq!(with("\"1.0\", \"2.0\"", "requeue").await.status, 200);
    assert_eq!(
        with("\"3.99\"", "cancel").await.status,
        200,
        "progress is no reason to refuse"
    );
    assert_eq!(with("*", "delete").await.status, 204);
}
