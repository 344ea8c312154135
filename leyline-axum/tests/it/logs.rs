//! What the log tells. Each test runs on a thread of its own and so has a log of its own.

use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::Once;

use axum::Router;
use leyline_core::Env;
use tracing_subscriber::filter::LevelFilter;

use crate::app::App;
use crate::client::NOBODY;
use crate::nesting::under;
use crate::troubled::{Trouble, TroubledStore};
use crate::ws::Socket;

thread_local! {
    static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The log of this thread.
struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.with_borrow_mut(|log| log.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins an empty log. For all threads at once and before anything is logged: whether something is logged at all is
/// decided once for the process.
pub(crate) fn begin() {
    static BEGIN: Once = Once::new();
    LOG.take();
    BEGIN.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::DEBUG)
            .with_ansi(false)
            .with_writer(|| Log)
            .init();
    });
}

/// The one line that says all of this.
#[track_caller]
fn check(says: &[&str]) {
    let log = LOG.with_borrow(|log| String::from_utf8(log.clone()).unwrap());
    let count = log
        .lines()
        .filter(|line| says.iter().all(|says| line.contains(says)))
        .count();
    assert_eq!(count, 1, "{says:?} in\n{log}");
}

#[tokio::test]
async fn a_refusal_tells_of_its_request_and_its_task() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    app.post(&format!("/api/tasks/{id}/cancel")).await;
    let span = format!("request{{method=POST route=\"/api/tasks/{{task_id}}/cancel\" task={id}}}: ");
    check(&[" DEBUG ", &span, "request refused", "wrong-status"]);
    check(&[" DEBUG ", &span, "answered", "status=409"]);
}

#[tokio::test]
async fn a_failure_tells_of_its_request_and_its_cause() {
    let (store, switch) = TroubledStore::new(Env::system());
    let app = App::with(|setup| {
        setup.worker = false;
        setup.store = Some(store);
    })
    .await;
    switch.set(Trouble::Broken);
    app.get(&format!("/api/tasks/{NOBODY}")).await;
    let span = format!("request{{method=GET route=\"/api/tasks/{{task_id}}\" task={NOBODY}}}: ");
    check(&[" ERROR ", &span, "request failed", "a secret path"]);
}

#[tokio::test]
async fn what_creates_a_task_tells_which_it_became() {
    let app = under(|router| Router::new().nest("/media", router)).await;
    let request = app.request("POST", "/media/api/upload?kind=copy").body("x");
    let id = request.send().await.id();
    let span = format!("request{{method=POST route=\"/media/api/upload\" task={id}}}: ");
    check(&[&span, "answered", "status=202"]);
}

#[tokio::test]
async fn what_a_client_writes_for_an_id_is_not_logged() {
    let app = App::start().await;
    app.get("/api/tasks/forged").await;
    check(&[
        "request{method=GET route=\"/api/tasks/{task_id}\"}: ",
        "request refused",
    ]);
    app.request("PUT", "/api/tasks/forged").send().await;
    check(&[
        "request{method=PUT route=\"/api/tasks/{task_id}\"}: ",
        "method-not-allowed",
    ]);
    LOG.with_borrow(|log| assert!(!String::from_utf8_lossy(log).contains("forged")));
}

#[tokio::test]
async fn a_socket_tells_of_its_request_for_as_long_as_it_lives() {
    let app = App::start().await;
    let mut socket = Socket::open(app.addr, "/ws").await;
    socket.say(format!(r#"{{"watch":["{NOBODY}"]}}"#)).await;
    socket.next().await;
    let span = format!("request{{method=GET route=\"/ws\"}}:watch{{task={NOBODY}}}: ");
    check(&[&span, "request refused", "task-not-found"]);
}
