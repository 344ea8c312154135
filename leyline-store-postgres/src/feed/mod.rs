//! The feed: how events reach the other processes on the same schema, over LISTEN and NOTIFY. Hints all of them (invariant 1):
//! if every one is lost, workers and watchers learn from the store, within the poll interval.
//!
//! On the way out `sink` takes events, `coalescer` keeps the newest of each task for a moment, and `message` makes payloads of
//! them. On the way in `listen` holds a connection, `receive` does what each entry asks for, `inbox` keeps what is worth a read
//! of the store until it is made, and `run` holds it together.

mod message;

mod coalescer;
mod sink;

mod inbox;
mod listen;
mod receive;
mod run;

#[cfg(any(fuzzing, test))]
pub mod hostile;

pub(crate) use coalescer::Outbox;
pub use run::Feed;
pub use sink::PostgresSink;
