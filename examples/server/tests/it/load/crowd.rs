//! All clients, and what they have counted.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;

use super::client::Client;
use super::lines::{Lines, Places};
use super::picture::picture;

/// Watching clients at once; each has one task at a time under way.
const WATCHERS: usize = 24;
/// Asking clients at once, where there are any: each has four tasks a second accepted, and waits for none before the end.
const ASKERS: usize = 8;
/// How long everything may take to end once nobody does any harm any more.
const SETTLE: Duration = Duration::from_mins(5);

/// An accepted task as its client knows it.
pub(crate) struct Accepted {
    pub(crate) id: String,
    pub(crate) key: String,
    /// The revision at which it was seen completed.
    pub(crate) completed_at: u64,
    /// Digest of the uploaded bytes, if there were any.
    pub(crate) sha256: Option<String>,
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
    places: Places,
    lines: Lines,
}

impl Load {
    /// Clients that watch each task to its end before they bring the next.
    pub(crate) fn begin(places: &Places, lines: Lines) -> Self {
        let mut load = Self {
            clients: JoinSet::new(),
            stop: Arc::default(),
            tally: Arc::default(),
            done: Arc::default(),
            places: places.clone(),
            lines,
        };
        let picture = Arc::new(picture());
        for number in 0..WATCHERS {
            let mut client = load.client(number);
            let picture = Arc::clone(&picture);
            let (stop, done) = (Arc::clone(&load.stop), Arc::clone(&load.done));
            load.clients.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let accepted = client.see_one_through(&picture).await;
                    done.lock().unwrap().push(accepted);
                }
            });
        }
        load
    }

    /// And others, who ask and ask, so that there is no moment without requests.
    pub(crate) fn pressing(mut self) -> Self {
        for number in WATCHERS..WATCHERS + ASKERS {
            let client = self.client(number);
            let (stop, done) = (Arc::clone(&self.stop), Arc::clone(&self.done));
            self.clients.spawn(async move {
                let accepted = client.ask_until(&stop).await;
                done.lock().unwrap().extend(accepted);
            });
        }
        self
    }

    fn client(&self, number: usize) -> Client {
        Client::new(number, self.places.clone(), self.lines, Arc::clone(&self.tally))
    }

    /// How many answers with 503 there were so far.
    pub(crate) fn unavailable(&self) -> usize {
        self.tally.unavailable.load(Ordering::Relaxed)
    }

    /// What was counted so far, in words.
    pub(crate) fn tally(&self) -> String {
        self.tally.to_string()
    }

    /// How many tasks were accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.tally.accepted.load(Ordering::Relaxed)
    }

    /// Panics if a client has seen what may not be: none ends before it is told to.
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
