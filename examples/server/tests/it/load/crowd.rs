//! All clients, and what they have counted.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;

use super::client::Client;
use super::lines::{Lines, Places};
use super::picture::picture;

/// Clients at once; each has one task at a time under way.
const CLIENTS: usize = 24;
/// How long everything may take to end once nobody does any harm any more.
const SETTLE: Duration = Duration::from_mins(5);

/// An accepted task as its client knows it.
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) key: String,
    /// The revision at which it was seen completed.
    pub(crate) completed_at: u64,
    /// Digest of the uploaded bytes.
    pub(crate) sha256: String,
}

/// What clients have counted.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) accepted: AtomicUsize,
    /// Answers with 503.
    pub(super) unavailable: AtomicUsize,
    /// Requests without an answer.
    pub(super) unanswered: AtomicUsize,
    /// Sockets that ended before their tasks.
    pub(super) reopened: AtomicUsize,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        write!(
            f,
            "{} tasks accepted, {} answers with 503, {} requests unanswered, {} sockets opened again",
            of(&self.accepted),
            of(&self.unavailable),
            of(&self.unanswered),
            of(&self.reopened)
        )
    }
}

/// Clients at work.
pub(crate) struct Load {
    clients: JoinSet<()>,
    stop: Arc<AtomicBool>,
    tally: Arc<Tally>,
    done: Arc<Mutex<Vec<Accepted>>>,
}

impl Load {
    pub(crate) fn begin(places: &Places, lines: Lines) -> Self {
        let mut load = Self {
            clients: JoinSet::new(),
            stop: Arc::default(),
            tally: Arc::default(),
            done: Arc::default(),
        };
        let picture = Arc::new(picture());
        for number in 0..CLIENTS {
            let (places, picture) = (places.clone(), Arc::clone(&picture));
            let mut client = Client::new(number, places, lines, picture, Arc::clone(&load.tally));
            let (stop, done) = (Arc::clone(&load.stop), Arc::clone(&load.done));
            load.clients.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let accepted = client.see_one_through().await;
                    done.lock().unwrap().push(accepted);
                }
            });
        }
        load
    }

    /// What was counted so far, in words.
    pub(crate) fn tally(&self) -> String {
        self.tally.to_string()
    }

    /// How many tasks were accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.tally.accepted.load(Ordering::Relaxed)
    }

    /// Panics if a client has seen what may not be.
    pub(crate) fn check(&mut self) {
        while let Some(client) = self.clients.try_join_next() {
            client.unwrap();
        }
    }

    /// Waits until every client has seen its last task to the end.
    pub(crate) async fn settle(mut self) -> Vec<Accepted> {
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
