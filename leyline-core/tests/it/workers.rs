//! Workers among others: crashes, zombies, suspects, lost replies, and the orderly end.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leyline_core::store::ClaimRequest;
use leyline_core::{KindOptions, Leyline, Options, ProcessError, Status, TaskContext, TaskStore as _, typed};
use serde_json::json;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::service::{Worker, ended, env, get, memory, options, over, submit, until};

/// A processor that hangs in its first execution and ends in the next; says how often it ran.
fn hangs_once(runs: &Arc<AtomicU32>) -> impl leyline_core::Processor {
    let runs = Arc::clone(runs);
    typed(move |_: TaskContext, (): ()| {
        let nth = runs.fetch_add(1, Ordering::SeqCst);
        async move {
            if nth == 0 {
                std::future::pending::<()>().await;
            }
            Ok::<_, ProcessError>(nth)
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_dead_workers_task_runs_again_within_ttl_and_a_period_and_costs_no_attempt() {
    let (_store, builder) = memory(20);
    let runs = Arc::default();
    let leyline = builder.processor("work", hangs_once(&runs)).build().unwrap();
    let first = Worker::start(&leyline);
    let id = submit(&leyline, "work", json!(null)).await;
    until(&leyline, id, Status::Processing).await;
    let _second = Worker::start(&leyline);
    tokio::time::sleep(Duration::from_secs(15)).await;
    first.kill().await;
    let died = Instant::now();
    let task = ended(&leyline, id).await;
    assert_eq!(
        (task.status, task.attempt, task.rescues),
        (Status::Completed, 1, 1)
    );
    // claim 2, rescue 3, claim 4, complete 5
    assert_eq!(task.revision, 5);
    let Options { lease_ttl, .. } = options();
    let most = lease_ttl + options().beat_period() + Duration::from_secs(1);
    assert!(died.elapsed() <= most, "{:?}", died.elapsed());
    assert!(
        died.elapsed() + options().beat_period() >= lease_ttl,
        "{:?}",
        died.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_zombie_changes_nothing_and_its_code_is_stopped_by_its_next_beat() {
    let (store, builder) = memory(21);
    let stopped = Arc::new(Notify::new());
    let runs = Arc::new(AtomicU32::new(0));
    let (tells, counts) = (Arc::clone(&stopped), Arc::clone(&runs));
    let leyline = builder
        .processor(
            "work",
            typed(move |cx: TaskContext, (): ()| {
                let (tells, nth) = (Arc::clone(&tells), counts.fetch_add(1, Ordering::SeqCst));
                async move {
                    if nth == 0 {
                        cx.cancelled().await;
                        tells.notify_one();
                    }
                    Ok::<_, ProcessError>(nth)
                }
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "work", json!(null)).await;
    until(&leyline, id, Status::Processing).await;
    // Declared dead behind its back, as if it had been paused: another process removes its row and frees the task.
    let row = store.workers(0).await.unwrap()[0].clone();
    let dead = leyline_core::store::Dead {
        worker: row.worker,
        counter: row.counter,
    };
    let rescue = leyline_core::store::Rescue {
        dead: vec![dead],
        max_rescues: 3,
        limit: 10,
    };
    assert_eq!(store.rescue(&rescue).await.unwrap().tasks.len(), 1);
    stopped.notified().await;
    let task = ended(&leyline, id).await;
    assert_eq!(
        task.output.unwrap().value.as_str(),
        "1",
        "the zombie's result is not the task's"
    );
    assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_claim_whose_reply_is_lost_is_given_back_and_run() {
    let (store, builder) = memory(22);
    let leyline = builder
        .processor(
            "work",
            typed(async |cx: TaskContext, (): ()| Ok::<_, ProcessError>(cx.attempt())),
        )
        .build()
        .unwrap();
    let worker = Worker::start(&leyline);
    tokio::time::sleep(Duration::from_millis(1)).await;
    let row = store.workers(0).await.unwrap()[0].clone();
    // Inserted behind the worker's back and claimed in its name: the reply goes nowhere.
    let mut new = leyline.new_task("work").unwrap();
    let id = new.id;
    new.params = leyline_core::Json::null();
    leyline_core::TaskStoreExt::insert_one(&*store, new)
        .await
        .unwrap();
    let claimed = store
        .claim(&ClaimRequest {
            worker: row.worker,
            limit: 1,
            wants: vec![leyline_core::store::Want {
                kind: "work".parse().unwrap(),
                slots: 1,
            }],
            suspects: 1,
            max_rescues: 3,
            ids: vec![id],
        })
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1, "the worker had no time to claim it itself");
    let task = ended(&leyline, id).await;
    assert_eq!(
        (task.status, task.attempt),
        (Status::Completed, 1),
        "the lost claim cost no attempt"
    );
    // claim 2, release 3, claim 4, complete 5
    assert_eq!(task.revision, 5);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_kills_its_worker_fails_and_its_neighbours_complete() {
    let (_store, builder) = memory(23);
    let kill = Arc::new(Notify::new());
    let tells = Arc::clone(&kill);
    let mut slots = options();
    slots.concurrency = 8;
    let leyline = builder
        .options(slots)
        .processor(
            "killer",
            typed(move |_: TaskContext, (): ()| {
                let tells = Arc::clone(&tells);
                async move {
                    // Late enough for its neighbours to be claimed beside it.
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    tells.notify_one();
                    std::future::pending::<()>().await;
                    Ok::<_, ProcessError>(())
                }
            }),
        )
        .processor(
            "calm",
            typed(async |_: TaskContext, (): ()| {
                tokio::time::sleep(Duration::from_secs(10)).await;
                Ok::<_, ProcessError>("fine")
            }),
        )
        .build()
        .unwrap();
    let killer = submit(&leyline, "killer", json!(null)).await;
    let mut calm = Vec::new();
    for _ in 0..7 {
        calm.push(submit(&leyline, "calm", json!(null)).await);
    }
    let deaths = async {
        loop {
            let worker = Worker::start(&leyline);
            kill.notified().await;
            worker.kill().await;
        }
    };
    tokio::select! { biased;
        () = deaths => unreachable!("the loop of deaths has no end"),
        task = ended(&leyline, killer) => {
            assert_eq!((task.status, task.rescues), (Status::Failed, 3));
            assert_eq!(task.failure.unwrap().code, "worker-lost");
        }
    }
    let _worker = Worker::start(&leyline);
    for id in calm {
        let task = ended(&leyline, id).await;
        assert_eq!(task.status, Status::Completed, "{:?}", task.failure);
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_then_signals_then_gives_the_rest_back() {
    let (_store, builder) = memory(24);
    let signalled = Arc::new(AtomicU32::new(0));
    let counts = Arc::clone(&signalled);
    let leyline = builder
        .processor(
            "short",
            typed(async |_: TaskContext, (): ()| {
                tokio::time::sleep(Duration::from_secs(10)).await;
                Ok::<_, ProcessError>("done")
            }),
        )
        .processor(
            "heeds",
            typed(move |cx: TaskContext, (): ()| {
                let counts = Arc::clone(&counts);
                async move {
                    cx.cancelled().await;
                    counts.fetch_add(1, Ordering::SeqCst);
                    Err::<(), _>(ProcessError::retryable("interrupted"))
                }
            }),
        )
        .processor(
            "ignores",
            typed(async |_: TaskContext, (): ()| {
                std::future::pending::<()>().await;
                Ok::<_, ProcessError>(())
            }),
        )
        .build()
        .unwrap();
    let worker = Worker::start(&leyline);
    let short = submit(&leyline, "short", json!(null)).await;
    let heeds = submit(&leyline, "heeds", json!(null)).await;
    let ignores = submit(&leyline, "ignores", json!(null)).await;
    for id in [short, heeds, ignores] {
        until(&leyline, id, Status::Processing).await;
    }
    let began = Instant::now();
    let drained = worker.stop().await;
    let options = options();
    assert_eq!((drained.stuck, drained.unsettled), (0, 0));
    assert!(began.elapsed() <= options.drain_wait + options.drain_signal + Duration::from_secs(2));
    assert_eq!(get(&leyline, short).await.status, Status::Completed, "waited for");
    assert_eq!(signalled.load(Ordering::SeqCst), 1);
    for id in [heeds, ignores] {
        let task = get(&leyline, id).await;
        assert_eq!(
            (task.status, task.attempt, task.rescues),
            (Status::Pending, 0, 0),
            "given back unharmed"
        );
        assert!(task.history.is_empty());
    }
    assert!(leyline.workers().await.unwrap().is_empty(), "took its leave");
}

#[tokio::test]
async fn a_stuck_blocking_body_neither_delays_the_exit_nor_is_called_ready() {
    let env = env(25);
    let store = Arc::new(leyline_core::MemoryStore::new(env.clone()));
    let (release, wait) = std::sync::mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(Some(wait)));
    let mut options = options();
    options.concurrency = 1;
    options.lease_ttl = Duration::from_millis(300);
    options.cancel_grace = Duration::from_millis(10);
    options.drain_wait = Duration::from_millis(10);
    options.drain_signal = Duration::from_millis(10);
    let leyline = over(store, &env)
        .options(options)
        .processor(
            "stuck",
            typed(move |cx: TaskContext, (): ()| {
                let wait = wait.lock().unwrap().take().expect("it runs once");
                async move {
                    let work = move |_: &TaskContext| {
                        let _ = wait.recv();
                        Ok::<_, ProcessError>(())
                    };
                    cx.blocking(work).await
                }
            }),
        )
        .build()
        .unwrap();
    let worker = Worker::start(&leyline);
    let id = submit(&leyline, "stuck", json!(null)).await;
    until(&leyline, id, Status::Processing).await;
    leyline
        .ready()
        .await
        .expect("ready while the code runs under its claim");
    leyline.cancel(id, None).await.unwrap();
    assert_eq!(
        get(&leyline, id).await.status,
        Status::Cancelled,
        "the status changes at once"
    );
    wait_until(|| async { leyline.ready().await.is_err() }).await;
    let drained = worker.stop().await;
    assert_eq!((drained.stuck, drained.unsettled), (1, 0));
    release.send(()).unwrap();
}

/// Ends the loop with the test, however that ends: a runtime waits for its threads.
#[derive(Default)]
struct EndsLoop(Arc<AtomicU32>);

impl Drop for EndsLoop {
    fn drop(&mut self) {
        self.0.store(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_blocking_loop_past_its_timeout_fails_its_attempt_and_its_neighbour_finishes() {
    let env = env(27);
    let store = Arc::new(leyline_core::MemoryStore::new(env.clone()));
    let stop = EndsLoop::default();
    let reads = Arc::clone(&stop.0);
    let mut options = options();
    options.concurrency = 2;
    options.cancel_grace = Duration::from_millis(10);
    options.drain_wait = Duration::from_millis(10);
    options.drain_signal = Duration::from_millis(10);
    let mut endless = KindOptions::default();
    endless.timeout = Some(Duration::from_millis(50));
    endless.max_attempts = 1;
    let leyline = over(store, &env)
        .options(options)
        .kind("endless", endless)
        .processor(
            "endless",
            typed(move |cx: TaskContext, (): ()| {
                let reads = Arc::clone(&reads);
                async move {
                    cx.blocking(move |_| {
                        // Deaf to its signal, until the test is over.
                        while reads.load(Ordering::SeqCst) == 0 {
                            std::thread::yield_now();
                        }
                        Ok::<_, ProcessError>(())
                    })
                    .await
                }
            }),
        )
        .processor(
            "calm",
            typed(async |_: TaskContext, (): ()| Ok::<_, ProcessError>("fine")),
        )
        .build()
        .unwrap();
    let worker = Worker::start(&leyline);
    let endless = submit(&leyline, "endless", json!(null)).await;
    until(&leyline, endless, Status::Processing).await;
    let calm = submit(&leyline, "calm", json!(null)).await;
    assert_eq!(ended(&leyline, calm).await.status, Status::Completed);
    let task = ended(&leyline, endless).await;
    assert_eq!(
        (task.status, task.failure.unwrap().code.as_str()),
        (Status::Failed, "timeout")
    );
    assert!(leyline.ready().await.is_ok(), "one of two slots is left");
    let drained = worker.stop().await;
    assert_eq!(drained.unsettled, 0);
}

/// Polls in real time, for what no signal tells.
async fn wait_until<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let poll = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), poll)
        .await
        .expect("it holds in time");
}

#[tokio::test(start_paused = true)]
async fn a_worker_serves_only_kinds_it_has_code_for() {
    let (store, builder) = memory(26);
    let api = builder.kind("elsewhere", KindOptions::default()).build().unwrap();
    let id = submit(&api, "elsewhere", json!(null)).await;
    let _idle = Worker::start(&api);
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(get(&api, id).await.status, Status::Pending);
    let env = api.env().clone();
    let worker: Leyline = over(store, &env)
        .processor(
            "elsewhere",
            typed(async |_: TaskContext, (): ()| Ok::<_, ProcessError>(())),
        )
        .build()
        .unwrap();
    let _busy = Worker::start(&worker);
    // This process' hub hears nothing of the other's: reconciling tells.
    let task = ended(&api, id).await;
    assert_eq!(task.status, Status::Completed);
}
