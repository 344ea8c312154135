//! The clients: they upload under keys and send again until they have a 202, and watch every task to its end, over however
//! many connections that takes.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::{Method, StatusCode};
use image::{ImageFormat, Rgb, RgbImage};
use leyline_core::task::Hasher;
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Accepted, Shared};
use crate::client::{self, Failed, Socket, request, send};

/// Clients at once; each has one task at a time under way.
const CLIENTS: usize = 24;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);
/// How long everything may take to end once nobody kills any more.
const SETTLE: Duration = Duration::from_mins(5);

type Addresses = watch::Receiver<Option<SocketAddr>>;

/// Clients at work.
pub(super) struct Load {
    clients: JoinSet<()>,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    done: Shared<Vec<Accepted>>,
}

impl Load {
    pub(super) fn begin(addresses: &Addresses) -> Self {
        let mut load = Self {
            clients: JoinSet::new(),
            stop: Arc::default(),
            count: Arc::default(),
            done: Arc::default(),
        };
        let picture = Arc::new(picture());
        for number in 0..CLIENTS {
            let mut client = Client {
                number,
                sent: 0,
                addresses: addresses.clone(),
                picture: Arc::clone(&picture),
            };
            let (stop, count, done) = (
                Arc::clone(&load.stop),
                Arc::clone(&load.count),
                Arc::clone(&load.done),
            );
            load.clients.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let accepted = client.see_one_through(&count).await;
                    done.lock().unwrap().push(accepted);
                }
            });
        }
        load
    }

    /// How many tasks were accepted so far.
    pub(super) fn accepted(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until every client has seen its last task to the end.
    pub(super) async fn settle(mut self) -> Vec<Accepted> {
        self.stop.store(true, Ordering::Relaxed);
        let settled = async {
            while let Some(client) = self.clients.join_next().await {
                client.unwrap();
            }
        };
        tokio::time::timeout(SETTLE, settled)
            .await
            .expect("every accepted task ends");
        std::mem::take(&mut self.done.lock().unwrap())
    }
}

/// So small that a life of the server is long enough for it: what never ends would take every slot for good.
fn picture() -> Vec<u8> {
    let picture = RgbImage::from_fn(24, 24, |x, y| Rgb([(x * 10) as u8, (y * 10) as u8, 99]));
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}

struct Client {
    number: usize,
    sent: usize,
    addresses: Addresses,
    picture: Arc<Vec<u8>>,
}

impl Client {
    /// Uploads one file and watches its task to the end.
    async fn see_one_through(&mut self, count: &AtomicUsize) -> Accepted {
        self.sent += 1;
        let key = format!("{}-{}", self.number, self.sent);
        let (query, file) = self.work(&key);
        let task = self.upload(&key, query, &file).await;
        count.fetch_add(1, Ordering::Relaxed);
        let id = task["id"].as_str().unwrap().to_owned();
        let mut seen = Seen::default();
        seen.take(&task);
        while seen.completed_at.is_none() {
            let address = self.address().await;
            // The server may die at any moment: whoever watches comes again.
            if watch_once(address, &id, &mut seen).await.is_err() {
                tokio::time::sleep(PAUSE).await;
            }
        }
        let mut hasher = Hasher::new();
        hasher.update(&file);
        Accepted {
            id,
            key,
            completed_at: seen.completed_at.unwrap(),
            sha256: hasher.finish().to_string(),
        }
    }

    fn work(&self, key: &str) -> (&'static str, Vec<u8>) {
        match (self.number + self.sent) % 4 {
            0 => ("?kind=image", self.picture.to_vec()),
            1 | 2 => (
                r"?kind=simulate&params=%7B%22seconds%22%3A0.4%2C%22steps%22%3A4%7D",
                key.into(),
            ),
            _ => ("?kind=digest", key.repeat(20_000).into_bytes()),
        }
    }

    /// Sends the same request until it is accepted.
    async fn upload(&mut self, key: &str, query: &str, file: &[u8]) -> Value {
        loop {
            let address = self.address().await;
            let headers = [("idempotency-key", key)];
            let upload = request(Method::POST, &format!("/api/upload{query}"), &headers, file);
            match send(address, upload).await {
                Ok(response) if response.status() == StatusCode::ACCEPTED => return client::json(&response),
                Ok(response) => assert!(response.status().is_server_error(), "{response:?}"),
                Err(_) => {}
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Where the server is, as soon as it is anywhere.
    async fn address(&mut self) -> SocketAddr {
        let address = self
            .addresses
            .wait_for(Option::is_some)
            .await
            .expect("the test goes on");
        address.expect("it was waited for")
    }
}

/// What a watcher has been told of one task.
#[derive(Default)]
struct Seen {
    /// Status by revision.
    statuses: BTreeMap<u64, String>,
    completed_at: Option<u64>,
}

impl Seen {
    /// A revision never goes back, never changes its status, and a task completes at one only.
    fn take(&mut self, task: &Value) {
        let revision = task["revision"].as_u64().unwrap();
        let status = task["status"].as_str().unwrap();
        if let Some((newest, _)) = self.statuses.last_key_value() {
            assert!(*newest <= revision, "went back from {newest}: {task}");
        }
        let known = self.statuses.entry(revision).or_insert_with(|| status.to_owned());
        assert_eq!(known, status, "{task}");
        assert!(matches!(status, "pending" | "processing" | "completed"), "{task}");
        if status == "completed" {
            assert!(
                self.completed_at.is_none_or(|at| at == revision),
                "completed twice: {task}"
            );
            self.completed_at = Some(revision);
        }
    }
}

/// Watches until the end, or until the connection breaks.
async fn watch_once(address: SocketAddr, id: &str, seen: &mut Seen) -> Result<(), Failed> {
    let mut socket = Socket::open(address, id).await?;
    while let Ok(snapshot) = socket.next().await? {
        seen.take(&snapshot);
    }
    Ok(())
}
