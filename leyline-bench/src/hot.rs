//! `hot`: whether beats stay on their page. Tasks tell progress, workers beat every second, and the server counts its updates.

use std::time::Duration;

use leyline_core::{Json, Options, ProcessError, TaskContext, Update, typed};
use leyline_store_postgres::sqlx::Row as _;

use crate::Result;
use crate::node::Node;
use crate::place::Place;
use crate::postgres::Server;
use crate::report::{figure, title};

const SCHEMA: &str = "bench_hot";
const KIND: &str = "steps";
const TASKS: usize = 64;
/// Of a claim and of a finish there is one for each task, and neither can stay: both change an index.
const MOVES: i64 = 2;

pub(crate) async fn run(place: &Place, seconds: u64) -> Result {
    title(
        "hot",
        &format!(
            "updates while {TASKS} tasks tell progress for {seconds} s and their worker beats every second"
        ),
    );
    let server = place.server()?;
    server.store(SCHEMA).await?;
    let processor = typed(move |cx: TaskContext, (): ()| steps(cx, seconds * 20));
    let mut node = Node::start(&server, SCHEMA, |builder| {
        let mut options = Options::default();
        options.concurrency = TASKS;
        options.lease_ttl = Duration::from_secs(3);
        builder.options(options).processor(KIND, processor)
    })
    .await?;
    node.run_worker();
    let mut watches = Vec::new();
    for _ in 0..TASKS {
        let mut task = node.leyline.new_task(KIND)?;
        task.params = Json::null();
        let id = node.leyline.submit(task).await?.task.id;
        watches.push(node.leyline.watch(id).await?);
    }
    for mut watch in watches {
        while let Some(Update::Event(_)) = watch.next().await {}
    }
    // Sessions tell their counts when they end.
    node.end().await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    print(&server, "worker", 0).await?;
    print(&server, "task", MOVES * TASKS as i64).await
}

async fn steps(cx: TaskContext, steps: u64) -> std::result::Result<(), ProcessError> {
    for step in 1..=steps {
        cx.progress().units(step, steps, "steps");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn print(server: &Server, table: &str, moves: i64) -> Result {
    let counts = format!(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = '{SCHEMA}' AND relname = '{table}'"
    );
    let row = server.row(&counts).await?;
    let (updates, hot): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    println!("  {table}: n_tup_upd {updates}, n_tup_hot_upd {hot}, of which {moves} are claims and finishes");
    figure(
        &format!("{table}: beats that stay on their page"),
        hot as f64 / (updates - moves) as f64,
        "",
        ">= 0.95",
    );
    Ok(())
}
