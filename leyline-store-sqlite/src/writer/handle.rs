//! What callers hold of the writer. The thread ends with it.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use leyline_core::store::{Due, Result, Waker};
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::group::Committer;
use super::job::call;
use super::log::Log;
use super::queue::{Lane, Limits, Queue};
use super::thread::{Neighbours, Thread};
use crate::halt::Halt;
use crate::options::SqliteOptions;
use crate::verb::Verb;

/// What is longer than this is as good as never.
const LONGEST_INTERVAL: Duration = Duration::from_hours(24);

pub(crate) struct Writer {
    queue: Arc<Queue>,
    halt: Arc<Halt>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread on its connection.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start(
        conn: Connection,
        log: Box<dyn Log>,
        options: &SqliteOptions,
        halt: Arc<Halt>,
        waker: Waker,
    ) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::new(options.queue));
        let interval = options.cross_process_wakeups.filter(|every| !every.is_zero());
        let interval = interval.map(|every| every.min(LONGEST_INTERVAL));
        let thread = Thread {
            committer: Committer::new(conn, log, Arc::clone(&halt)),
            queue: Arc::clone(&queue),
            limits: Limits {
                calls: options.group_calls,
                bytes: options.group_bytes,
            },
            durability: options.durability,
            clock: Arc::clone(&options.clock),
            waker,
            due: Due::default(),
            neighbours: interval.map(|interval| Neighbours {
                interval,
                next: Instant::now(),
                version: None,
            }),
            idle_at: None,
        };
        let thread = std::thread::Builder::new()
            .name("leyline-sqlite".to_owned())
            .spawn(move || thread.run())?;
        Ok(Self {
            queue,
            halt,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Has a verb run and committed.
    ///
    /// # Cancel safety
    /// Dropped, the verb runs as a whole or not at all.
    pub(crate) async fn call<V: Verb>(&self, lane: Lane, verb: V) -> Result<V::Answer> {
        self.halt.check()?;
        let (job, answered) = call(verb);
        if self.queue.send(lane, job).await.is_err() {
            return Err(self.halt.error());
        }
        answered.await.unwrap_or_else(|_| Err(self.halt.error()))
    }

    /// Has something done on the writing connection, outside of any transaction.
    pub(crate) async fn errand<T: Send + 'static>(
        &self,
        errand: impl FnOnce(&Connection) -> T + Send + 'static,
    ) -> Result<T> {
        self.halt.check()?;
        let (reply, answered) = oneshot::channel();
        let errand = Box::new(move |conn: &Connection| {
            let _ = reply.send(errand(conn));
        });
        if self.queue.send_errand(errand).await.is_err() {
            return Err(self.halt.error());
        }
        answered.await.map_err(|_| self.halt.error())
    }

    /// Hears from when on a task can be claimed that was written on another connection; workers are woken then.
    pub(crate) fn tell_due(&self, time: Timestamp) {
        self.queue.tell_due(time);
    }

    /// Takes in nothing more, does what is queued, and waits for the thread to end. Blocks.
    pub(crate) fn close(&self) {
        self.queue.close();
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // A panic of the thread has stopped the store already.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    /// The thread waits for no async task, so this can't deadlock, wherever the last handle is dropped; it takes as long as
    /// the commit that is under way.
    fn drop(&mut self) {
        self.close();
    }
}
