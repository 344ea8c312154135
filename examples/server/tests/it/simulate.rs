//! `simulate`: time that passes in steps, and failures on demand.

use leyline_core::Status;
use serde_json::json;

use crate::service::Service;

#[tokio::test(flavor = "multi_thread")]
async fn steps_pass_and_are_told() {
    let service = Service::start();
    let seen = service
        .submit("simulate", json!({ "seconds": 1, "steps": 10 }))
        .await;
    seen.assert_monotonic();
    assert_eq!(seen.value()["steps"], 10);
    let phases: Vec<_> = seen
        .events
        .iter()
        .filter_map(|event| event.progress.phase.as_deref())
        .collect();
    for phase in ["load", "infer", "decode"] {
        assert!(phases.contains(&phase), "{phases:?}");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_attempt_after_a_failure_goes_on_with_the_failed_step() {
    let service = Service::start();
    let params = json!({ "seconds": 0.05, "steps": 5, "fail_at": 4, "fail_attempts": 2 });
    let value = service.submit("simulate", params).await.value();
    assert_eq!((&value["attempt"], &value["resumed_at"]), (&json!(3), &json!(3)));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_failed_for_good_completes_when_it_is_requeued() {
    let service = Service::start();
    let params = json!({ "seconds": 0, "steps": 2, "fail_at": 1, "fail_attempts": 3 });
    let seen = service.submit("simulate", params).await;
    assert_eq!(seen.failure(), ("simulated", "step 1 failed, as it was asked to"));
    let id = seen.last().id;
    service.leyline().requeue(id, None).await.unwrap();
    assert_eq!(service.watch(id).await.value()["attempt"], 1);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn params_out_of_bounds_fail_at_once_with_their_path() {
    let service = Service::start();
    for (params, path) in [
        (json!({ "seconds": -1 }), "seconds"),
        (json!({ "steps": 0 }), "steps"),
        (json!({ "fail_at": "x" }), "fail_at"),
    ] {
        let seen = service.submit("simulate", params).await;
        let (code, message) = seen.failure();
        assert_eq!(code, "invalid-params");
        assert!(message.contains(&format!("`{path}`")), "{message}");
        assert_eq!(seen.last().attempt, 1);
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_task_ends_at_once() {
    let service = Service::start();
    let mut task = service.leyline().new_task("simulate").unwrap();
    task.params = leyline_core::Json::new(&json!({ "seconds": 3600, "steps": 1 })).unwrap();
    let id = service.leyline().submit(task).await.unwrap().task.id;
    let mut watch = service.leyline().watch(id).await.unwrap();
    while let Some(leyline_core::Update::Event(event)) = watch.next().await {
        if event.progress.phase.is_some() {
            service.leyline().cancel(id, None).await.unwrap();
        }
        if event.status.is_terminal() {
            assert_eq!(event.status, Status::Cancelled);
        }
    }
    // Within the grace, or the drain would take its 20 seconds.
    tokio::time::timeout(std::time::Duration::from_secs(10), service.stop())
        .await
        .unwrap();
}
