//! A task that kills its process, and the seven beside it.

use std::time::Duration;

use leyline_core::{ProcessError, TaskContext, typed};
use leyline_server::app::App;
use leyline_server::config::Config;
use leyline_server::{logs, shutdown};
use serde::Deserialize;
use serde_json::json;
use tokio::process::Command;

use crate::client;
use crate::server::{Server, configured};

/// The server with a kind more, in the process of this test binary. Run by the test below, never by itself.
#[test]
#[ignore = "the process that the other test starts"]
fn server_with_an_aborting_kind() {
    if std::env::var_os("LEYLINE_LISTEN").is_none() {
        return;
    }
    let config = Config::read(["leyline-server"]).unwrap();
    logs::install(config.log_format, &config.log).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let stop = shutdown::on_signal().unwrap();
        let app = App::start(&config, |builder| builder.processor("abort", typed(abort)));
        app.await.unwrap().run(stop).await.unwrap();
    });
}

#[derive(Deserialize)]
struct Params {
    after_ms: u64,
}

/// Dies when the others are at work, and takes the process along.
async fn abort(_: TaskContext, params: Params) -> Result<(), ProcessError> {
    tokio::time::sleep(Duration::from_millis(params.after_ms)).await;
    std::process::abort()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_kills_its_process_fails_and_the_seven_beside_it_complete() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        let mut program = Command::new(std::env::current_exe().unwrap());
        program.args([
            "--exact",
            "worker_lost::server_with_an_aborting_kind",
            "--ignored",
            "--nocapture",
        ]);
        program.env("LEYLINE_CONCURRENCY", "8");
        Server::run(configured(program, folder.path())).await
    };
    let mut server = start().await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        let task = json!({ "kind": "simulate", "params": { "seconds": 2, "steps": 20 } });
        ids.push(
            client::submit(server.address, &task).await["id"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    let task = json!({ "kind": "abort", "params": { "after_ms": 300 } });
    ids.push(
        client::submit(server.address, &task).await["id"]
            .as_str()
            .unwrap()
            .to_owned(),
    );
    // It is on board of three deaths; no other one is.
    for death in 1..=3 {
        let ended = server.ended().await;
        assert!(!ended.success(), "death {death}: {ended}");
        server = start().await;
    }
    for id in &ids[..7] {
        let task = client::task_when(server.address, id, client::is_terminal).await;
        assert_eq!(task["status"], "completed", "{task}");
    }
    let task = client::task_when(server.address, &ids[7], client::is_terminal).await;
    assert_eq!(
        (&task["status"], &task["failure"]["code"]),
        (&json!("failed"), &json!("worker-lost"))
    );
    assert_eq!(task["rescues"], 3);
    assert_eq!(server.terminate().await.code(), Some(0));
}
