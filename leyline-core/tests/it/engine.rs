//! The worker engine: how an attempt can end, and what the task and its watchers see of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use leyline_core::{Json, KindOptions, ProcessError, RetryPolicy, Status, TaskContext, typed};
use serde_json::json;
use tokio::time::Instant;

use crate::service::{Worker, ended, get, memory, submit, until, watch_to_end};

#[tokio::test(start_paused = true)]
async fn a_task_runs_to_its_end_and_its_watcher_sees_every_stage() {
    let (_store, builder) = memory(1);
    let step = Arc::new(tokio::sync::Notify::new());
    let waits = Arc::clone(&step);
    let leyline = builder
        .processor(
            "work",
            typed(move |cx: TaskContext, (): ()| {
                let waits = Arc::clone(&waits);
                async move {
                    waits.notified().await;
                    cx.progress().units(1, 4, "parts");
                    waits.notified().await;
                    cx.progress().units(2, 4, "parts");
                    waits.notified().await;
                    Ok::<_, ProcessError>(json!({"answer": 42}))
                }
            }),
        )
        .build()
        .unwrap();
    let id = submit(&leyline, "work", json!(null)).await;
    let mut watch = leyline.watch(id).await.unwrap();
    let worker = Worker::start(&leyline);
    let mut seen = Vec::new();
    while let Some(leyline_core::Update::Event(event)) = watch.next().await {
        if event.status == Status::Processing {
            step.notify_one();
        }
        seen.push((event.status, event.revision, event.progress.percent));
    }
    assert_eq!(
        seen,
        [
            (Status::Pending, 1, None),
            (Status::Processing, 2, None),
            (Status::Processing, 2, Some(25)),
            (Status::Processing, 2, Some(50)),
            (Status::Completed, 3, Some(100)),
        ]
    );
    let task = get(&leyline, id).await;
    assert_eq!(task.output.unwrap().value.as_str(), r#"{"answer":42}"#);
    assert_eq!((task.attempt, task.worker), (1, None));
    assert_eq!(worker.stop().await.unsettled, 0);
    assert!(
        leyline.workers().await.unwrap().is_empty(),
        "an orderly end removes the worker's row"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_is_retried_after_a_backoff_and_the_history_tells() {
    let (_store, builder) = memory(2);
    let mut options = KindOptions::default();
    options.retry = RetryPolicy::new(Duration::from_secs(40), Duration::from_secs(40));
    let leyline = builder
        .kind("flaky", options)
        .processor(
            "flaky",
            typed(async |cx: TaskContext, (): ()| {
                if cx.attempt() < 3 {
                    return Err(
                        ProcessError::retryable(format!("attempt {} fell over", cx.attempt())).code("fell"),
                    );
                }
                Ok(cx.attempt())
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "flaky", json!(null)).await;
    let task = ended(&leyline, id).await;
    assert_eq!(
        (task.status, task.attempt, task.revision),
        (Status::Completed, 3, 7)
    );
    let history: Vec<_> = task
        .history
        .iter()
        .map(|h| (h.attempt, h.code.as_str(), h.message.as_str()))
        .collect();
    assert_eq!(
        history,
        [
            (1, "fell", "attempt 1 fell over"),
            (2, "fell", "attempt 2 fell over")
        ]
    );
    assert_eq!(task.failure, None);
}

#[tokio::test(start_paused = true)]
async fn a_retry_comes_when_it_is_due_and_not_a_poll_later() {
    let (_store, builder) = memory(3);
    let leyline = builder
        .processor(
            "later",
            typed(async |cx: TaskContext, (): ()| match cx.attempt() {
                1 => Err(ProcessError::retry_after(Duration::from_millis(1500), "not now")),
                _ => Ok(()),
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "later", json!(null)).await;
    let began = Instant::now();
    ended(&leyline, id).await;
    let waited = began.elapsed();
    assert!(
        waited >= Duration::from_millis(1500) && waited < Duration::from_millis(1700),
        "{waited:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_last_attempt_fails_the_task_and_a_requeue_starts_a_new_run() {
    let (_store, builder) = memory(4);
    let leyline = builder
        .processor(
            "doomed",
            typed(async |_: TaskContext, (): ()| Err::<(), _>(ProcessError::retryable("no luck"))),
        )
        .build()
        .unwrap();
    let worker = Worker::start(&leyline);
    let id = submit(&leyline, "doomed", json!(null)).await;
    let task = ended(&leyline, id).await;
    assert_eq!((task.status, task.attempt), (Status::Failed, 3));
    assert_eq!(task.failure.as_ref().unwrap().message, "no luck");
    worker.stop().await;
    let task = leyline.requeue(id, None).await.unwrap();
    assert_eq!(
        (task.status, task.attempt, task.failure),
        (Status::Pending, 0, None)
    );
    assert_eq!(task.history.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_fails_at_once_and_a_snooze_costs_no_attempt() {
    let (_store, builder) = memory(5);
    let snoozes = Arc::new(AtomicU32::new(0));
    let leyline = builder
        .processor(
            "bad",
            typed(async |_: TaskContext, (): ()| {
                Err::<(), _>(ProcessError::permanent(
                    "not-an-image",
                    "this file is not an image",
                ))
            }),
        )
        .processor(
            "sleepy",
            typed(move |cx: TaskContext, (): ()| {
                let nth = snoozes.fetch_add(1, Ordering::Relaxed);
                async move {
                    if nth < 5 {
                        Err(ProcessError::snooze(Duration::from_secs(1)))
                    } else {
                        Ok(cx.attempt())
                    }
                }
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let bad = submit(&leyline, "bad", json!(null)).await;
    let sleepy = submit(&leyline, "sleepy", json!(null)).await;
    let task = ended(&leyline, bad).await;
    assert_eq!((task.status, task.attempt), (Status::Failed, 1));
    assert_eq!(task.failure.unwrap().code, "not-an-image");
    let task = ended(&leyline, sleepy).await;
    assert_eq!(
        (task.status, task.attempt, task.history.len()),
        (Status::Completed, 1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure_and_the_neighbours_finish() {
    let (_store, builder) = memory(6);
    let leyline = builder
        .processor(
            "boom",
            typed(async |cx: TaskContext, (): ()| {
                assert!(cx.attempt() == 0, "out of cheese");
                Ok::<_, ProcessError>(())
            }),
        )
        .processor(
            "calm",
            typed(async |_: TaskContext, (): ()| Ok::<_, ProcessError>("fine")),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let boom = submit(&leyline, "boom", json!(null)).await;
    let calm = submit(&leyline, "calm", json!(null)).await;
    assert_eq!(ended(&leyline, calm).await.status, Status::Completed);
    let task = ended(&leyline, boom).await;
    assert_eq!(task.status, Status::Failed);
    let failure = task.failure.unwrap();
    assert_eq!(
        (failure.code.as_str(), failure.message.as_str()),
        ("panic", "the code panicked: out of cheese")
    );
}

#[tokio::test(start_paused = true)]
async fn an_attempt_past_its_timeout_is_signalled_dropped_and_retried() {
    let (_store, builder) = memory(7);
    let mut options = KindOptions::default();
    options.timeout = Some(Duration::from_mins(1));
    options.max_attempts = 2;
    let leyline = builder
        .kind("endless", options)
        .processor(
            "endless",
            typed(async |_: TaskContext, (): ()| {
                std::future::pending::<()>().await;
                Ok::<_, ProcessError>(())
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "endless", json!(null)).await;
    let task = ended(&leyline, id).await;
    assert_eq!((task.status, task.attempt), (Status::Failed, 2));
    assert_eq!(task.failure.unwrap().code, "timeout");
    assert_eq!(task.history.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn bad_params_fail_permanently_with_the_json_path() {
    #[derive(serde::Deserialize)]
    struct Params {
        #[allow(dead_code)]
        size: Size,
    }
    #[derive(serde::Deserialize)]
    struct Size {
        #[allow(dead_code)]
        width: u32,
    }
    let (_store, builder) = memory(8);
    let leyline = builder
        .processor(
            "resize",
            typed(async |_: TaskContext, _: Params| Ok::<_, ProcessError>(())),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "resize", json!({"size": {"width": "wide"}})).await;
    let task = ended(&leyline, id).await;
    assert_eq!((task.status, task.attempt), (Status::Failed, 1));
    let failure = task.failure.unwrap();
    assert_eq!(failure.code, "invalid-params");
    assert!(failure.message.contains("`size.width`"), "{}", failure.message);
}

#[tokio::test(start_paused = true)]
async fn no_params_are_read_as_nothing_and_as_all_defaults() {
    #[derive(serde::Deserialize)]
    struct AllDefaults {
        #[serde(default)]
        width: Option<u32>,
    }
    let (_store, builder) = memory(15);
    let leyline = builder
        .processor(
            "unit",
            typed(async |_: TaskContext, (): ()| Ok::<_, ProcessError>(())),
        )
        .processor(
            "defaults",
            typed(async |_: TaskContext, params: AllDefaults| Ok::<_, ProcessError>(params.width)),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    for kind in ["unit", "defaults"] {
        for params in [json!({}), json!(null)] {
            let id = submit(&leyline, kind, params).await;
            assert_eq!(ended(&leyline, id).await.status, Status::Completed);
        }
        let id = submit(&leyline, kind, json!("x")).await;
        assert_eq!(ended(&leyline, id).await.status, Status::Failed);
    }
}

/// Runs until it is told to stop, tells that it was, and ends well all the same.
fn until_stopped(stopped: &Arc<tokio::sync::Notify>) -> impl leyline_core::Processor {
    let stopped = Arc::clone(stopped);
    typed(move |cx: TaskContext, (): ()| {
        let tells = Arc::clone(&stopped);
        async move {
            cx.cancelled().await;
            tells.notify_one();
            Ok::<_, ProcessError>("too late")
        }
    })
}

#[tokio::test(start_paused = true)]
async fn cancel_is_final_at_once_and_stops_the_running_code() {
    let (_store, builder) = memory(9);
    let stopped = Arc::new(tokio::sync::Notify::new());
    let leyline = builder
        .processor("long", until_stopped(&stopped))
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "long", json!(null)).await;
    until(&leyline, id, Status::Processing).await;
    let before = Instant::now();
    let task = leyline.cancel(id, None).await.unwrap();
    assert_eq!((task.status, task.revision), (Status::Cancelled, 3));
    stopped.notified().await;
    assert!(
        before.elapsed() < Duration::from_millis(10),
        "the local hub tells at once, not by the next beat"
    );
    tokio::time::sleep(Duration::from_mins(1)).await;
    let task = get(&leyline, id).await;
    assert_eq!(
        (task.status, task.revision, task.output),
        (Status::Cancelled, 3, None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_cancel_by_another_process_reaches_the_code_within_a_beat() {
    use leyline_core::TaskStore as _;
    let (store, builder) = memory(10);
    let stopped = Arc::new(tokio::sync::Notify::new());
    let leyline = builder
        .processor("long", until_stopped(&stopped))
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "long", json!(null)).await;
    until(&leyline, id, Status::Processing).await;
    // Straight to the store: this process' hub hears nothing of it.
    store.cancel(id, None).await.unwrap();
    let before = Instant::now();
    stopped.notified().await;
    assert!(before.elapsed() <= leyline.options().beat_period());
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_is_there_in_the_next_attempt() {
    let (_store, builder) = memory(11);
    let leyline = builder
        .processor(
            "steps",
            typed(async |cx: TaskContext, (): ()| {
                let Some(kept) = cx.previous_checkpoint() else {
                    cx.progress().units(3, 9, "steps");
                    cx.checkpoint(&Json::new(&3)?).await?;
                    return Err(ProcessError::retryable("power cut"));
                };
                Ok(json!({"kept": kept, "was": cx.previous_progress().done}))
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "steps", json!(null)).await;
    let task = ended(&leyline, id).await;
    assert_eq!(task.output.unwrap().value.as_str(), r#"{"kept":3,"was":3}"#);
}

#[tokio::test(start_paused = true)]
async fn artifacts_are_part_of_the_output_in_the_order_they_were_begun() {
    let (_store, builder) = memory(12);
    let leyline = builder
        .processor(
            "make",
            typed(async |cx: TaskContext, (): ()| {
                for bad in ["", "..", "a/b", "ü", &"x".repeat(129)] {
                    assert!(cx.artifact(bad, None).is_err(), "{bad}");
                }
                let mut first = cx.artifact("first.txt", Some("text/plain"))?;
                cx.artifact_bytes("second.bin", None, vec![0u8; 3]).await?;
                assert!(
                    cx.artifact("second.bin", None).is_err(),
                    "a second of the same name"
                );
                let unfinished = cx.artifact("unfinished", None)?;
                first.write("hello".into()).await?;
                first.finish().await?;
                drop(unfinished);
                Ok::<_, ProcessError>(())
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "make", json!(null)).await;
    let task = ended(&leyline, id).await;
    let output = task.output.unwrap();
    let named: Vec<_> = output
        .artifacts
        .iter()
        .map(|a| (a.name.as_str(), a.size))
        .collect();
    assert_eq!(named, [("first.txt", 5), ("second.bin", 3)]);
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_bounded_in_all_and_for_each_kind() {
    let (_store, builder) = memory(13);
    let running = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let most = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
    let processor = |at: usize| {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        typed(move |_: TaskContext, (): ()| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                let now = running[at].fetch_add(1, Ordering::SeqCst) + 1;
                most[at].fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                running[at].fetch_sub(1, Ordering::SeqCst);
                Ok::<_, ProcessError>(())
            }
        })
    };
    let mut two = KindOptions::default();
    two.concurrency = Some(2);
    let leyline = builder
        .kind("two", two)
        .processor("two", processor(0))
        .processor("any", processor(1))
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let mut ids = Vec::new();
    for n in 0..20 {
        ids.push(submit(&leyline, if n % 2 == 0 { "two" } else { "any" }, json!(null)).await);
    }
    for id in ids {
        assert_eq!(ended(&leyline, id).await.status, Status::Completed);
    }
    assert_eq!(most[0].load(Ordering::SeqCst), 2);
    assert!((2..=4).contains(&most[1].load(Ordering::SeqCst)));
}

#[tokio::test(start_paused = true)]
async fn a_kind_at_its_cap_is_refilled_at_once_beside_an_idle_one() {
    let (_store, builder) = memory(16);
    let mut one = KindOptions::default();
    one.concurrency = Some(1);
    let short = typed(async |_: TaskContext, (): ()| {
        tokio::time::sleep(Duration::from_millis(10)).await;
        Ok::<_, ProcessError>(())
    });
    let idle = typed(async |_: TaskContext, (): ()| Ok::<_, ProcessError>(()));
    let leyline = builder
        .kind("one", one)
        .processor("one", short)
        .processor("idle", idle)
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(submit(&leyline, "one", json!(null)).await);
    }
    let began = Instant::now();
    for id in ids {
        ended(&leyline, id).await;
    }
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn progress_is_stored_by_beats_and_never_goes_back_for_a_watcher() {
    let (_store, builder) = memory(14);
    let leyline = builder
        .processor(
            "count",
            typed(async |cx: TaskContext, (): ()| {
                for n in 0..200u32 {
                    cx.progress().units(u64::from(n), 200, "steps");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Ok::<_, ProcessError>(())
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "count", json!(null)).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let stored = get(&leyline, id).await.progress;
    assert!(
        stored.done.is_some_and(|done| (80..=100).contains(&done)),
        "{stored:?}"
    );
    let seen = watch_to_end(&leyline, id).await;
    assert!(
        seen.windows(2)
            .all(|w| (w[0].revision, w[0].tick) < (w[1].revision, w[1].tick))
    );
    assert!(
        seen.len() > 50,
        "live progress reaches the watcher, not only what beats store"
    );
}

#[tokio::test]
async fn options_out_of_their_bounds_are_named() {
    let check = |change: fn(&mut leyline_core::Options), named: &str| {
        let mut options = leyline_core::Options::default();
        change(&mut options);
        let (_store, builder) = memory(17);
        let error = builder.options(options).build().unwrap_err();
        assert!(error.to_string().contains(named), "{error}");
    };
    check(|options| options.cancel_grace = Duration::MAX, "cancel_grace");
    check(|options| options.poll_interval = Duration::MAX, "poll_interval");
    check(|options| options.poll_interval = Duration::ZERO, "poll_interval");
    check(
        |options| options.lease_ttl = Duration::from_millis(1),
        "lease_ttl",
    );
    check(|options| options.concurrency = usize::MAX, "concurrency");
}
