//! `GET /api/tasks` and `GET /api/stats`.

use crate::app::App;
use crate::processors::Command;

async fn ids(app: &App, path: &str) -> Vec<String> {
    let answer = app.get(path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let tasks = answer.json()["tasks"].clone();
    tasks
        .as_array()
        .unwrap()
        .iter()
        .map(|task| task["id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn pages_show_every_task_once_though_others_come_in_between() {
    let app = App::with(|setup| setup.worker = false).await;
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.push(app.task("value", &n.to_string()).await);
    }
    expected.sort();
    expected.reverse();
    let (mut seen, mut path) = (Vec::new(), "/api/tasks?limit=2".to_owned());
    loop {
        let page = app.get(&path).await.json();
        let tasks = page["tasks"].as_array().unwrap();
        seen.extend(tasks.iter().map(|task| task["id"].as_str().unwrap().to_owned()));
        app.task("value", "0").await;
        match page["next"].as_str() {
            Some(next) => path = format!("/api/tasks?limit=2&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_list_is_filtered_by_status_and_kind() {
    let app = App::start().await;
    let value = app.task("value", "1").await;
    let waiting = app.task("elsewhere", "1").await;
    app.finished(&value).await;
    assert_eq!(ids(&app, "/api/tasks?status=completed").await, [value.as_str()]);
    assert_eq!(ids(&app, "/api/tasks?status=pending").await, [waiting.as_str()]);
    assert_eq!(
        ids(&app, "/api/tasks?kind=value&status=&after=").await,
        [value.as_str()]
    );
    assert_eq!(
        ids(&app, "/api/tasks?kind=value&status=pending").await,
        Vec::<String>::new()
    );
    assert_eq!(ids(&app, "/api/tasks?kind=nonsense").await, Vec::<String>::new());
}

#[tokio::test]
async fn each_task_of_a_list_is_as_it_is_alone() {
    let app = App::start().await;
    let id = app.task("value", r#"{"a":1}"#).await;
    app.finished(&id).await;
    let alone = app.get(&format!("/api/tasks/{id}")).await.json();
    assert_eq!(
        app.get("/api/tasks").await.json()["tasks"],
        serde_json::json!([alone])
    );
}

#[tokio::test]
async fn a_parameter_that_is_malformed_gets_400() {
    let app = App::start().await;
    for query in [
        "status=done",
        "kind=No%20Kind",
        "after=x",
        "limit=many",
        "limit=-1",
        "kind=%ff",
    ] {
        app.get(&format!("/api/tasks?{query}"))
            .await
            .check_problem(400, "invalid-parameter");
    }
    app.request("POST", "/api/upload?kind=a&kind=b")
        .send()
        .await
        .check_problem(400, "invalid-parameter");
}

#[tokio::test]
async fn a_page_holds_50_unless_asked_for_and_at_most_200() {
    let app = App::with(|setup| setup.worker = false).await;
    let tasks: Vec<_> = (0..210).map(|_| app.leyline.new_task("value").unwrap()).collect();
    app.leyline.submit_many(&tasks).await.unwrap();
    for (query, count) in [("", 50), ("?limit=0", 50), ("?limit=7", 7), ("?limit=1000", 200)] {
        assert_eq!(
            ids(&app, &format!("/api/tasks{query}")).await.len(),
            count,
            "{query}"
        );
    }
}

#[tokio::test]
async fn stats_count_tasks_by_kind_and_name_the_workers() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    app.task("elsewhere", "1").await;
    app.finished(&id).await;
    let body = stats(&app).await;
    let kinds: Vec<_> = body
        .kinds
        .iter()
        .map(|counts| (&*counts.kind, counts.pending, counts.completed))
        .collect();
    assert_eq!(kinds, [("elsewhere", 1, 0), ("value", 0, 1)]);
    assert_eq!((body.workers.len(), body.window_seconds), (1, 24 * 60 * 60));
    assert!(body.oldest_due.is_some());
}

#[tokio::test]
async fn stats_tell_what_a_worker_runs_and_since_when() {
    let app = App::start().await;
    let first = app.running("first").await;
    let second = app.running("second").await;
    let body = stats(&app).await;
    let worker = &body.workers[0];
    assert_eq!((body.workers.len(), worker.running), (1, 2));
    let shown: Vec<_> = worker.tasks.iter().map(|task| (&*task.id, &*task.kind)).collect();
    assert_eq!(shown, [(&*first, "step"), (&*second, "step")]);
    let [time, now, beat] = [&worker.tasks[0].since, &body.now, &worker.beat_at].map(|time| instant(time));
    assert_eq!(time, app.stored(&first).await.updated_at);
    assert!(time <= now && beat <= now, "ages are told by the store's time");
    app.steps.tell("first", Command::Fail);
    app.finished(&first).await;
    let after = stats(&app).await;
    assert_eq!(
        (after.workers[0].running, &*after.workers[0].tasks[0].id),
        (1, &*second)
    );
}

async fn stats(app: &App) -> leyline_axum::schema::ServiceStats {
    serde_json::from_slice(&app.get("/api/stats").await.body).unwrap()
}

fn instant(time: &str) -> leyline_core::Timestamp {
    time.parse().unwrap()
}
