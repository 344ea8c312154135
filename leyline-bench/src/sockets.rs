//! `sockets`: resident memory of a WebSocket watcher, beside a bare axum server with the same read buffer.

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use axum::routing::get;
use futures_util::StreamExt as _;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::Result;
use crate::report::{figure, title};
use crate::server::Server;

const READ_BUFFER: usize = 4 * 1024;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

pub(crate) async fn run(count: usize) -> Result {
    title("sockets", &format!("{count} WebSocket watchers of one task"));
    let bare = Server::start_self("bare-sockets").await?;
    let raw = each(&bare, "/ws", count).await?;
    drop(bare);
    let server = Server::start(&["--roles", "api,gateway"]).await?;
    let body = br#"{"kind":"simulate","params":{"seconds":3600}}"#;
    let answer = server.post("/api/tasks", "application/json", body).await?;
    let (_, json) = answer.split_once("\r\n\r\n").ok_or("an answer")?;
    let task: serde_json::Value = serde_json::from_str(json)?;
    let id = task["id"].as_str().ok_or("a task")?;
    let leyline = each(&server, &format!("/ws/{id}"), count).await?;
    figure("bare axum", raw, "KiB each", "-");
    figure("leyline", leyline, "KiB each", "at most 8");
    figure("leyline / bare axum", leyline / raw, "", "-");
    Ok(())
}

/// KiB that each of `count` sockets adds.
async fn each(server: &Server, path: &str, count: usize) -> Result<f64> {
    let url = format!("ws://{}{path}", server.address);
    let _warm = open(&url).await?;
    let before = server.memory("VmRSS")?;
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        sockets.push(open(&url).await?);
    }
    let added = server.memory("VmRSS")?.saturating_sub(before);
    Ok(added as f64 / count as f64)
}

/// Open, and its first frame read.
async fn open(url: &str) -> Result<Socket> {
    let (mut socket, _) = connect_async(url).await?;
    socket.next().await.ok_or("a first frame")??;
    Ok(socket)
}

/// The bare server: sends one frame and waits for the peer.
pub(crate) async fn bare() -> Result {
    let address = std::env::var("LEYLINE_LISTEN")?;
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, Router::new().route("/ws", get(upgrade))).await?;
    Ok(())
}

async fn upgrade(upgrade: WebSocketUpgrade) -> Response {
    upgrade.read_buffer_size(READ_BUFFER).on_upgrade(greet)
}

async fn greet(mut socket: WebSocket) {
    if socket.send(Message::text("x".repeat(700))).await.is_ok() {
        while socket.recv().await.is_some() {}
    }
}
