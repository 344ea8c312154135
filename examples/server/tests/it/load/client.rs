//! One client: it uploads under a key and sends again until it has a 202, and watches its task to the end, over however many
//! connections that takes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Method, Request, Response, StatusCode};
use leyline_core::task::Hasher;
use serde_json::Value;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::answers::{check_head, check_unavailable};
use super::crowd::{Accepted, Tally};
use super::lines::{Addresses, Lines, Places};
use super::seen::Seen;
use crate::client::{self, Failed, Socket, request, send};

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two tasks of a client that waits for none.
const BREATH: Duration = Duration::from_millis(250);

pub(super) struct Client {
    number: usize,
    sent: usize,
    /// Whose turn it is among several processes.
    turn: usize,
    places: Places,
    lines: Lines,
    tally: Arc<Tally>,
}

impl Client {
    pub(super) fn new(number: usize, places: Places, lines: Lines, tally: Arc<Tally>) -> Self {
        Self {
            number,
            sent: 0,
            turn: number,
            places,
            lines,
            tally,
        }
    }

    /// Uploads one file, watches its task to the end, and asks for what it has seen in other ways too.
    pub(super) async fn see_one_through(&mut self, picture: &[u8]) -> Accepted {
        let key = self.key();
        let (query, file) = self.work(&key, picture);
        let task = self.upload(&key, query, &file).await;
        let id = task["id"].as_str().unwrap().to_owned();
        let mut seen = Seen::default();
        seen.take(&task);
        while seen.completed_at.is_none() {
            self.watch(&id, &mut seen).await;
        }
        self.look(&id, &mut seen).await;
        let mut hasher = Hasher::new();
        hasher.update(&file);
        Accepted {
            id,
            key,
            completed_at: seen.completed_at.expect("it was waited for"),
            sha256: Some(hasher.finish().to_string()),
        }
    }

    /// Asks for a little work four times a second, until `stop`; then waits for all of it.
    pub(super) async fn ask_until(mut self, stop: &AtomicBool) -> Vec<Accepted> {
        let mut asked = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let key = self.key();
            let task = self.submit(&key).await;
            asked.push((task["id"].as_str().unwrap().to_owned(), key));
            tokio::time::sleep(BREATH).await;
        }
        let mut accepted = Vec::new();
        for (id, key) in asked {
            accepted.push(Accepted {
                completed_at: self.completed(&id).await,
                id,
                key,
                sha256: None,
            });
        }
        accepted
    }

    /// Waits until a task has completed, and says at which revision.
    async fn completed(&mut self, id: &str) -> u64 {
        let path = format!("/api/tasks/{id}");
        let mut seen = Seen::default();
        loop {
            let answer = self
                .until(StatusCode::OK, || request(Method::GET, &path, &[], b""))
                .await;
            seen.take(&client::json(&answer));
            if let Some(revision) = seen.completed_at {
                return revision;
            }
            tokio::time::sleep(BREATH).await;
        }
    }

    /// A key that nobody has used.
    fn key(&mut self) -> String {
        self.sent += 1;
        format!("{}-{}", self.number, self.sent)
    }

    fn work(&self, key: &str, picture: &[u8]) -> (&'static str, Vec<u8>) {
        match (self.number + self.sent) % 4 {
            0 => ("?kind=image", picture.to_vec()),
            1 | 2 => (
                r"?kind=simulate&params=%7B%22seconds%22%3A0.4%2C%22steps%22%3A4%7D",
                key.into(),
            ),
            _ => ("?kind=digest", key.repeat(20_000).into_bytes()),
        }
    }

    /// Sends the same request until it is accepted.
    async fn upload(&mut self, key: &str, query: &str, file: &[u8]) -> Value {
        let headers = [("idempotency-key", key)];
        let upload = || request(Method::POST, &format!("/api/upload{query}"), &headers, file);
        self.accepted(upload).await
    }

    /// The same for work without a file.
    async fn submit(&mut self, key: &str) -> Value {
        let headers = [("idempotency-key", key), ("content-type", "application/json")];
        let task = br#"{"kind":"simulate","params":{"seconds":0,"steps":1}}"#;
        self.accepted(|| request(Method::POST, "/api/tasks", &headers, task))
            .await
    }

    async fn accepted(&mut self, request: impl Fn() -> Request<Full<Bytes>>) -> Value {
        let answer = self.until(StatusCode::ACCEPTED, request).await;
        self.tally.accepted.fetch_add(1, Ordering::Relaxed);
        client::json(&answer)
    }

    /// Reads in one of several ways.
    async fn look(&mut self, id: &str, seen: &mut Seen) {
        let path = match self.sent % 5 {
            0 => format!("/api/tasks/{id}/result"),
            1 => "/api/tasks?limit=5".to_owned(),
            2 => "/api/stats".to_owned(),
            3 => "/readyz".to_owned(),
            _ => format!("/api/tasks/{id}"),
        };
        let answer = self
            .until(StatusCode::OK, || request(Method::GET, &path, &[], b""))
            .await;
        if self.sent % 5 == 4 {
            seen.take(&client::json(&answer));
        }
    }

    /// Sends a request until it is answered so.
    async fn until(
        &mut self,
        status: StatusCode,
        request: impl Fn() -> Request<Full<Bytes>>,
    ) -> Response<Bytes> {
        loop {
            let address = next(&mut self.places.apis, &mut self.turn).await;
            match send(address, request()).await {
                Ok(response) if response.status() == status => return response,
                Ok(response) => {
                    check_unavailable(&response);
                    self.tally.unavailable.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => {
                    self.lines.unanswered(&error);
                    self.tally.unanswered.fetch_add(1, Ordering::Relaxed);
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Watches until the end, or until the socket's.
    async fn watch(&mut self, id: &str, seen: &mut Seen) {
        let address = next(&mut self.places.gateways, &mut self.turn).await;
        let mut socket = match Socket::open(address, id).await {
            Ok(socket) => socket,
            Err(error) => return self.refused(&error).await,
        };
        loop {
            match socket.next().await {
                Ok(Ok(snapshot)) => seen.take(&snapshot),
                Ok(Err(CloseCode::Normal)) => return,
                Ok(Err(code)) => {
                    assert_eq!(code, CloseCode::Away);
                    self.lines.went_away();
                    break;
                }
                Err(error) => {
                    self.lines.broke(&error);
                    break;
                }
            }
        }
        self.tally.reopened.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(PAUSE).await;
    }

    /// No socket was to be had.
    async fn refused(&self, error: &Failed) {
        if let Some(tungstenite::Error::Http(answer)) = error.downcast_ref() {
            check_head(answer);
            self.tally.unavailable.fetch_add(1, Ordering::Relaxed);
        } else {
            self.lines.unanswered(error);
            self.tally.unanswered.fetch_add(1, Ordering::Relaxed);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The next address, as soon as there is any.
async fn next(addresses: &mut Addresses, turn: &mut usize) -> SocketAddr {
    *turn += 1;
    let there = addresses
        .wait_for(|addresses| !addresses.is_empty())
        .await
        .expect("the test goes on");
    there[*turn % there.len()]
}
