//! A socket that was there before, and stays to the end.

use std::net::SocketAddr;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::client::{self, Socket, request, send};

/// A task that runs for an hour and keeps a checkpoint three times a second, and one socket that watches it.
pub(crate) struct Standing {
    pub(crate) id: String,
    watching: JoinHandle<Vec<Value>>,
}

impl Standing {
    pub(crate) async fn begin(api: SocketAddr, gateway: SocketAddr) -> Self {
        let task = json!({ "kind": "simulate", "params": { "seconds": 3600, "steps": 10_000 } });
        let id = client::submit(api, &task).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        client::task_when(api, &id, |task| task["status"] == "processing").await;
        let socket = Socket::open(gateway, &id).await.unwrap();
        let watching = tokio::spawn(watch(socket));
        Self { id, watching }
    }

    /// Ends the task, and sees the end on that one socket.
    pub(crate) async fn end(self, api: SocketAddr) -> Value {
        assert!(
            !self.watching.is_finished(),
            "the socket has ended before its task"
        );
        let cancel = request(Method::POST, &format!("/api/tasks/{}/cancel", self.id), &[], b"");
        let answer = send(api, cancel).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
        let told = self.watching.await.unwrap();
        let last = told.last().unwrap().clone();
        assert_eq!(last["status"], "cancelled", "{last}");
        last
    }
}

/// Every snapshot up to the close after the last.
async fn watch(mut socket: Socket) -> Vec<Value> {
    let mut told = Vec::<Value>::new();
    loop {
        match socket.next().await.expect("the socket stays") {
            Ok(snapshot) => {
                let before = told.last().map(|before| before["revision"].as_u64());
                assert!(
                    before <= Some(snapshot["revision"].as_u64()),
                    "went back: {snapshot}"
                );
                told.push(snapshot);
            }
            Err(code) => {
                assert_eq!(code, CloseCode::Normal);
                return told;
            }
        }
    }
}
