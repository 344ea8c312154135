//! Processes whose clocks are an hour off, in either direction. Only the ids of tasks show it: they begin with the time of the
//! process that accepted them, and lists are in their order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use leyline_core::env::Clock;
use leyline_core::store::ListQuery;
use leyline_core::{
    Builder, Env, Json, KindOptions, LOOKS, Leyline, Options, ProcessError, Status, Task, TaskContext,
    TaskId, TaskStore as _, Timestamp, typed,
};

use crate::given::{self, Store};
use crate::worker::{
    ALONE, Worker, incarnations, options, row, until_all_have_beaten, until_begun, until_there_are,
};

const HOUR: Duration = Duration::from_hours(1);
/// No test takes longer, and no clock that is off by an hour comes so near.
const MINUTE: Duration = Duration::from_mins(1);

/// How far a clock is off.
#[derive(Debug, Clone, Copy)]
enum Off {
    Behind,
    Not,
    Ahead,
}

impl Clock for Off {
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        match self {
            Self::Behind => now - HOUR,
            Self::Not => now,
            Self::Ahead => now + HOUR,
        }
    }
}

impl Off {
    fn env(self) -> Env {
        Env::seeded(self, Env::system().random_u64())
    }

    fn build(self) -> impl FnOnce(Builder) -> Builder {
        move |builder| builder.env(self.env())
    }

    /// A process that accepts tasks and runs none.
    fn gateway(self, store: &Store) -> Leyline {
        let builder = Leyline::builder(Arc::new(store.postgres())).env(self.env());
        let builder = builder.kind(ALONE, KindOptions::default());
        builder.build().expect("it builds")
    }

    /// A process that runs tasks by this code.
    fn worker(self, store: &Store, options: Options, code: impl leyline_core::Processor) -> Leyline {
        let builder = Leyline::builder(Arc::new(store.postgres())).env(self.env());
        let builder = builder.options(options).processor(ALONE, code);
        builder.build().expect("it builds")
    }
}

async fn submit(leyline: &Leyline, delay: Duration) -> Task {
    let mut task = leyline.new_task(ALONE).expect("the kind is declared");
    task.delay = delay;
    leyline.submit(task).await.expect("it is accepted").task
}

/// Runs a worker until the future has come to its end.
async fn with_worker<T>(leyline: &Leyline, run: impl Future<Output = T>) -> T {
    let stop = leyline_core::CancellationToken::new();
    let (_, answer) = tokio::join!(leyline.run_worker(stop.clone()), async {
        let answer = run.await;
        stop.cancel();
        answer
    });
    answer
}

/// All times of a row are the store's.
async fn assert_times_are_the_stores(task: &Task) {
    let now: Timestamp =
        given::text("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            .await
            .parse()
            .expect("it is a time");
    let times = [
        Some(task.created_at),
        Some(task.run_at),
        task.started_at,
        task.finished_at,
        Some(task.updated_at),
    ];
    for time in times {
        let time = time.expect("it has ended");
        assert!(now.duration_since(time).unsigned_abs() < MINUTE, "{task:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_whose_clocks_are_hours_apart_convict_nobody() {
    let store = given::store(|_| {}).await;
    let mut workers = Vec::new();
    let mut ids = Vec::new();
    for off in [Off::Behind, Off::Not, Off::Ahead] {
        let worker = Worker::start(&store, str::to_owned, off.build()).await;
        until_there_are(&store, workers.len() + 1).await;
        ids.push(worker.submit(ALONE).await);
        until_begun(&worker, 1).await;
        workers.push(worker);
    }
    let before = incarnations(&store).await;
    // By then whoever is thought dead is convicted.
    until_all_have_beaten(&store, u64::from(LOOKS) + 2).await;
    assert!(incarnations(&store).await.keys().eq(before.keys()));
    for (worker, id) in workers.into_iter().zip(ids) {
        worker.code.let_go(1);
        given::until(async || row(&store, id).await.status == Status::Completed).await;
        let task = row(&store, id).await;
        assert_eq!((task.attempt, task.rescues, task.revision), (1, 0, 3));
        assert_times_are_the_stores(&task).await;
        assert_eq!((worker.code.begun(), worker.code.stopped()), (1, 0));
        worker.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tasks_run_in_the_order_in_which_they_came_and_lists_are_in_that_of_their_ids() {
    let store = given::store(|_| {}).await;
    let gateways = [Off::Ahead, Off::Behind, Off::Not].map(|off| off.gateway(&store));
    let mut ids = Vec::new();
    for gateway in &gateways {
        ids.push(submit(gateway, Duration::ZERO).await.id);
    }
    let begun = Arc::new(std::sync::Mutex::new(Vec::<TaskId>::new()));
    let noted = Arc::clone(&begun);
    let code = typed(move |cx: TaskContext, _: Json| {
        noted.lock().expect("nobody panics").push(cx.id());
        async { Ok::<_, ProcessError>(()) }
    });
    let mut one_by_one = options();
    one_by_one.concurrency = 1;
    let worker = Off::Ahead.worker(&store, one_by_one, code);
    let all = given::until(async || begun.lock().expect("nobody panics").len() == 3);
    with_worker(&worker, all).await;
    assert_eq!(*begun.lock().expect("nobody panics"), ids);
    let page = store.list(&ListQuery::default()).await.expect("it is read");
    let listed: Vec<TaskId> = page.tasks.iter().map(|task| task.id).collect();
    assert_eq!(
        listed,
        [ids[0], ids[2], ids[1]],
        "the newest by its id comes first"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn delays_and_retries_take_as_long_as_they_should() {
    const WAIT: Duration = Duration::from_millis(700);
    for (accepts, works) in [(Off::Ahead, Off::Behind), (Off::Behind, Off::Ahead)] {
        let store = given::store(|_| {}).await;
        let code = typed(async |cx: TaskContext, _: Json| match cx.attempt() {
            1 => Err(ProcessError::retry_after(WAIT, "not yet")),
            _ => Ok(()),
        });
        let worker = works.worker(&store, options(), code);
        let began = Instant::now();
        let accepted = submit(&accepts.gateway(&store), WAIT).await;
        assert_eq!(
            accepted.run_at.duration_since(accepted.created_at).unsigned_abs(),
            WAIT
        );
        let ended = given::until(async || row(&store, accepted.id).await.status == Status::Completed);
        with_worker(&worker, ended).await;
        let took = began.elapsed();
        assert!(WAIT * 2 <= took && took < MINUTE, "{took:?}");
        let task = row(&store, accepted.id).await;
        assert_eq!((task.attempt, task.history.len()), (2, 1));
        assert_times_are_the_stores(&task).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_old_is_pruned_by_the_stores_clock() {
    for off in [Off::Behind, Off::Ahead] {
        let store = given::store(|_| {}).await;
        let gateway = Off::Not.gateway(&store);
        let (old, fresh) = (
            submit(&gateway, Duration::ZERO).await,
            submit(&gateway, Duration::ZERO).await,
        );
        for task in [&old, &fresh] {
            store.cancel(task.id, None).await.expect("it is pending");
        }
        let age = format!(
            "UPDATE {}.task SET finished_at = finished_at - INTERVAL '31 minutes' WHERE id = '{}'",
            store.schema, old.id
        );
        given::execute(&age).await;
        let mut options = options();
        options.retention = Some(Duration::from_mins(30));
        let worker = off.worker(
            &store,
            options,
            typed(async |_: TaskContext, _: Json| Ok::<_, ProcessError>(())),
        );
        let pruned = given::until(async || store.get(old.id).await.expect("it is read").is_none());
        with_worker(&worker, pruned).await;
        assert!(
            store.get(fresh.id).await.expect("it is read").is_some(),
            "{off:?}"
        );
    }
}
