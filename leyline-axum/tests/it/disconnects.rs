//! Clients that go away.

use std::path::Path;
use std::time::Duration;

use leyline_core::{Blobs, Env};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::app::App;
use crate::ws::Socket;

fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            files.extend(self::files(&entry.path()));
        } else {
            files.push(entry.path().display().to_string());
        }
    }
    files
}

/// Waits until it is so, for as long as it may take on a busy machine.
async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

async fn over_files() -> (App, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::local(folder.path(), Env::system()).unwrap();
    (App::with(|setup| setup.blobs = Some(blobs)).await, folder)
}

/// Sends two parts' worth of a file, and waits until they are on disk under a temporary name.
async fn half_an_upload(app: &App, folder: &Path, head: &str) -> TcpStream {
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&vec![7; 2 << 20]).await.unwrap();
    eventually("the file begins", || !files(&folder.join("uploads")).is_empty()).await;
    stream
}

#[tokio::test]
async fn a_client_that_goes_in_the_middle_of_an_upload_leaves_no_task_and_no_file() {
    let form = "POST /api/upload HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=XX\r\n\
        Content-Length: 10000000\r\n\r\n--XX\r\nContent-Disposition: form-data; name=\"kind\"\r\n\r\ncopy\r\n\
        --XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
    let raw = "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n";
    for head in [form, raw] {
        let (app, folder) = over_files().await;
        let stream = half_an_upload(&app, folder.path(), head).await;
        drop(stream);
        eventually("the file goes", || files(folder.path()).is_empty()).await;
        assert_eq!(app.task_count().await, 0);
    }
}

#[tokio::test]
async fn a_client_that_resets_in_the_middle_of_an_upload_leaves_nothing_either() {
    let (app, folder) = over_files().await;
    let head = "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n";
    let stream = half_an_upload(&app, folder.path(), head).await;
    stream.set_zero_linger().unwrap();
    drop(stream);
    eventually("the file goes", || files(folder.path()).is_empty()).await;
    assert_eq!(app.task_count().await, 0);
}

#[tokio::test]
async fn an_upload_that_ends_in_the_middle_of_a_chunk_leaves_nothing() {
    let (app, folder) = over_files().await;
    let head =
        "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1000000\r\n";
    let mut stream = half_an_upload(&app, folder.path(), head).await;
    stream.shutdown().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 400 "),
        "{answer}"
    );
    eventually("the file goes", || files(folder.path()).is_empty()).await;
    assert_eq!(app.task_count().await, 0);
}

#[tokio::test]
async fn a_closed_tab_ends_a_watch_and_never_a_task() {
    let app = App::start().await;
    let id = app.running("t").await;
    let hub = app.leyline.hub().clone();
    let mut socket = Socket::open(app.addr, &format!("/ws/{id}")).await;
    socket.next().await;
    let events = app
        .request("GET", &format!("/api/tasks/{id}/events"))
        .open()
        .await;
    drop((socket, events));
    app.steps.tell("t", crate::processors::Command::Finish);
    assert_eq!(app.finished(&id).await["status"], "completed");
    eventually("nobody holds the slot", || hub.slot_count() == 0).await;
}
