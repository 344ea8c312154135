//! The way out: events of this process to the channel.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use leyline_core::store::BoxError;
use leyline_core::{ProgressSink, TaskEvent};
use tokio::time::Instant;

use super::message;
use crate::PostgresStore;
use crate::store::Inner;

/// Least time between two transactions that notify. They follow each other: PostgreSQL commits one at a time in the whole
/// server, so each carries what a moment brings.
const COALESCE: Duration = Duration::from_millis(10);

/// Longest time that one may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// Sends events to the other processes on the same schema, whose [`Feed`](super::Feed)s take them in. Hand it to the builder of
/// the service ([`Builder::sink`](leyline_core::Builder::sink)).
///
/// The first event after a silence is sent at once; what comes within 10 ms of it goes together, the newest of each task. Each
/// transaction is one of its own, which nobody's commit waits for.
#[derive(Clone)]
pub struct PostgresSink(Arc<Inner>);

/// Events were not sent.
#[derive(Debug, thiserror::Error)]
enum Unsent {
    #[error("{0} events were dropped: too many wait to be sent")]
    Dropped(usize),
    #[error("PostgreSQL did not take the notifications in time")]
    Late,
}

impl PostgresStore {
    /// The way out for events of this process.
    pub fn sink(&self) -> PostgresSink {
        PostgresSink(Arc::clone(&self.0))
    }
}

#[async_trait]
impl ProgressSink for PostgresSink {
    /// Waits until the events are sent, at most about 10 s: for the transaction before, and for its own.
    async fn publish(&self, events: &[TaskEvent]) -> Result<(), BoxError> {
        let dropped = {
            let mut waiting = self.0.outbox.waiting();
            events.iter().filter(|event| !waiting.put(event)).count()
        };
        self.send().await?;
        if dropped > 0 {
            return Err(Unsent::Dropped(dropped).into());
        }
        Ok(())
    }
}

impl PostgresSink {
    /// Sends all that waits, whoever put it there; nothing, if somebody else has sent it meanwhile and knows what became of it.
    async fn send(&self) -> Result<(), BoxError> {
        let mut next = self.0.outbox.turn.lock().await;
        if let Some(next) = *next {
            tokio::time::sleep_until(next).await;
        }
        let entries = self.0.outbox.waiting().take();
        if entries.is_empty() {
            return Ok(());
        }
        *next = Some(Instant::now() + COALESCE);
        let payloads = message::pack(&self.0.origin, entries);
        let sql = self.0.sql.query(&self.0.sql.notify);
        let sql = sql.bind(message::channel(&self.0.options.schema)).bind(payloads);
        match tokio::time::timeout(DEADLINE, self.0.change(sql)).await {
            Ok(sent) => Ok(sent.map(drop)?),
            Err(_) => Err(Unsent::Late.into()),
        }
    }
}

impl fmt::Debug for PostgresSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresSink").finish_non_exhaustive()
    }
}
