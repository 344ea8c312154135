//! The writer: one thread that owns the only writing connection, and commits what has queued up as a group.
//!
//! `queue` is how calls come in, `job` what they are, `group` how they are committed together, `log` the moments at which
//! SQLite syncs, `thread` the loop around it all, and `handle` what callers hold.

mod group;
mod handle;
mod job;
mod log;
mod queue;
mod thread;

#[cfg(test)]
mod tests;

pub(crate) use handle::Writer;
pub(crate) use log::{Log, Wal};
pub(crate) use queue::Lane;
pub(crate) use thread::now;
